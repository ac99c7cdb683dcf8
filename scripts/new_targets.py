"""What new targets cost: TF-IDF on the same pairs, split as the settings say and crossed, at the same training size.

    python scripts/new_targets.py configs/fnc1.toml [--seeds 3] [--set data.path=DIR …]

For each seed of the split, the pairs are built twice: as the settings say, and with ``split.method = "crossed"``. Of
the first, as many training pairs are drawn as the crossed split has (they have more different texts and targets). The
model of the crossed split is also tested on pairs that it left out: of a text of test, and a target of train. Intervals
are by texts where targets are known, and by texts and targets where both are new.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import as_command
import numpy as np

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.config_file import Settings, load_config, parse_settings
from classifier.dataset.builders import builder_settings
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.evaluation.groups import Grouping, group_articles
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from classifier.models.tfidf import Baselines, fit_baselines
from classifier.stats.metrics import headline, intervals
from classifier.stats.resampling import Interval

METRIC, SAMPLES = "f1_macro", 2000


def built(config: Path, settings: Settings, out: Path) -> DatasetFolder:
    """The dataset of a config under further settings."""
    build_dataset(load_config(config, settings, check=builder_settings), out, BuildOptions(count_tokens=False))
    return open_dataset(out)


def known_targets(dataset: DatasetFolder, every: list[Article]) -> list[Article]:
    """Pairs that a crossed split left out: of a text of test, and a target of train."""
    table = dataset.assigned()
    units = dict(zip(table["id"].to_pylist(), table["unit"].to_pylist(), strict=True))
    placed = {name for split in dataset.splits for name in dataset.column(split, "id")}
    test = {units[name] for name in dataset.column("test", "id")}
    targets = {text_key(target) for target in dataset.column("train", "target")}
    return [
        article
        for article in every
        if article.id not in placed and units.get(article.id) in test and text_key(article.target or "") in targets
    ]


def scored(model: Baselines, labels: LabelSet, test: list[Article], grouping: Grouping) -> tuple[float, Interval]:
    """Macro F1 on some articles."""
    y_test = labels.encode(article.labels for article in test)
    predicted = model.predict_tfidf(test)
    bounds = intervals(y_test, predicted, labels.names, groups=grouping.ids, crossed=grouping.crossed, samples=SAMPLES)[
        METRIC
    ]
    return headline(y_test, predicted, labels.names)[METRIC], bounds or (np.nan, np.nan)


def rows(
    config: Path, given: Settings, seed: int, folder: Path
) -> Iterator[tuple[str, int, list[Article], float, Interval, Grouping]]:
    """Of one seed: what is tested, training pairs, test pairs, macro F1, its interval, and what is resampled."""
    more: dict[str, Settings] = {"as set": {}, "crossed": {"split.method": "crossed"}}
    plain, crossed = (
        built(config, {**given, "split.seed": seed, **settings}, folder / name) for name, settings in more.items()
    )
    size, labels = crossed.info.counts["train"].articles, plain.info.label_set
    for name, dataset in (("as set", plain), ("crossed", crossed)):
        train = list(dataset.articles("train"))
        chosen = [train[row] for row in np.sort(np.random.default_rng(seed).permutation(len(train))[:size])]
        model = fit_baselines(chosen, labels.encode(article.labels for article in chosen), pair=True)
        tests = {"as set: new texts": list(dataset.articles("test"))}
        if name == "crossed":
            known = known_targets(dataset, list(plain.articles()))
            tests = {
                "crossed: new texts, new targets": list(dataset.articles("test")),
                "the same model: new texts, known targets": known,
            }
        for what, test in tests.items():
            units = dataset.units([article.id for article in test])
            own = [column for column in dataset.info.group_by if column not in dataset.info.crossed_by]
            crossing = dataset.info.crossed_by if what.startswith("crossed") else ()
            grouping = group_articles(test, units, own, crossing)
            yield what, len(chosen), test, *scored(model, labels, test, grouping), grouping


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    options = parser.parse_args()
    given = parse_settings(options.settings)
    print("| tested on | seed | train | test | macro F1 | 95% interval | by |")
    print("|---|---|---|---|---|---|---|")
    found: dict[str, list[float]] = {}
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            for what, train, test, score, (low, high), grouping in rows(options.config, given, seed, Path(folder)):
                found.setdefault(what, []).append(score)
                print(
                    f"| {what} | {seed} | {train:,} | {len(test):,} | {score:.3f} | {low:.3f} to {high:.3f} | "
                    f"{grouping.name} ({grouping.effective:.0f} effective) |",
                    flush=True,
                )
    for name, scores in found.items():
        print(f"{name}: mean {np.mean(scores):.3f}, standard deviation over seeds {np.std(scores, ddof=1):.3f}")


if __name__ == "__main__":
    as_command.call(main)
