"""Does a model of pairs read the target? Its score with the target taken away, or another article's in its place.

- **target removed**: an empty target, which leaves the special tokens around it; TF-IDF sees no word of it. Training
  had no such pairs, so a fall alone could also come from the strange input. Hence also:
- **target shuffled**: each article gets the target of another one *of the same label*, never one with its own words.
  What texts and targets betray of the label on their own stays; only that they belong together is lost. A fall is what
  reading looks like, not an error: most of these pairs no longer have that label (in FNC-1 they are unrelated).
- **text removed**: the target alone (after Poliak et al., 2018, "Hypothesis only baselines in natural language
  inference", arXiv:1805.02042; for stance Schiller et al., 2021, arXiv:2001.01565). Like them, TF-IDF is also
  *trained* on the target alone, and on the text alone: the labels may follow from one, whatever this model has learnt.

All scores are macro F1 against the labels as they were, on the same articles. What is found
is `classifier.evaluation.controls.Controls`; `classifier.reports.run.target_controls` says what it means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.controls import METRIC, Control, Controls, Reading
from classifier.evaluation.groups import Grouping
from classifier.models.tfidf import Baselines, fit_baselines
from classifier.progress import SILENT, Progress
from classifier.stats.metrics import difference, headline, per_class

if TYPE_CHECKING:
    from classifier.models.predictor import Predictor
from classifier.models.model_folder import ModelInfo

MOST_TRAINED = 5000  # pairs that TF-IDF is trained on


@dataclass(frozen=True)
class Extent:
    """How much is tested.

    Attributes:
        pairs: at most; a random sample where there are more.
        shuffles: how often targets are shuffled.
    """

    pairs: int
    shuffles: int


FULL = Extent(pairs=2000, shuffles=3)
IN_TRAINING = Extent(pairs=500, shuffles=1)  # so that it takes a small part of the time of a training


@dataclass(frozen=True)
class PredictedPairs:
    """Labelled pairs, and what the model says of them as they are.

    Attributes:
        split: names the articles.
        articles: labelled pairs.
        predicted: the model's labels: ids (articles,) or a 0/1 matrix.
        grouping: which articles the bootstrap draws together; None = each by itself.
    """

    split: str
    articles: Sequence[Article]
    predicted: Ints
    grouping: Grouping | None = None


def run_controls(
    pairs: PredictedPairs,
    predictor: Predictor,
    baselines: Baselines,
    training: Sequence[Article] | None,
    *,
    extent: Extent = FULL,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Controls:
    """Predict pairs under each control. Full, it takes about five times as long as predicting the tested pairs once.

    What stands in several of them, such as a text without a target, is predicted once.

    Args:
        pairs: what is tested, with the model's labels.
        predictor: a model of pairs.
        baselines: TF-IDF on the same training articles.
        training: the articles that model and baselines were trained on; None where they are gone.
        extent: how much is tested.
        seed: of the random sample and of the shuffles.
        progress: told of each batch.

    Raises:
        InputError: the model does not read pairs.
    """
    check_pairs(predictor.info)
    rng = np.random.default_rng(seed)
    rows = _sample(len(pairs.articles), extent.pairs, rng)
    chosen, labels = [pairs.articles[row] for row in rows], predictor.label_set
    grouping = None if pairs.grouping is None else pairs.grouping.of(rows)
    shuffled = [variant for _ in range(extent.shuffles) if (variant := shuffle_targets(chosen, rng))]
    variants = [[without_target(a) for a in chosen], [without_text(a) for a in chosen], *shuffled]
    tests = _Tests(labels.encode(a.labels for a in chosen), labels, grouping)
    different = {_content(article): article for variant in variants for article in variant}
    with progress.task(f"predicting {pairs.split} again, with targets taken away or swapped", len(different)) as task:
        decided = predictor.decide(predictor.predict_articles(different.values(), task))
    place = {content: number for number, content in enumerate(different)}
    found = [decided[[place[_content(article)] for article in variant]] for variant in variants]
    sample = [training[row] for row in _sample(len(training), MOST_TRAINED, rng)] if training else []
    majority = tests.score(baselines.predict_majority(len(chosen)))
    return Controls(
        split=pairs.split,
        articles=len(chosen),
        of=len(pairs.articles),
        targets=len({_key(article) for article in chosen}),
        shuffles=len(shuffled),
        majority=majority,
        model=_reading(tests, pairs.predicted[rows], found),
        tfidf=_reading(tests, baselines.predict_tfidf(chosen), [baselines.predict_tfidf(v) for v in variants]),
        trained=_trained(sample, chosen, tests) if sample else None,
        trained_articles=len(sample),
        seed=seed,
    )


def check_pairs(info: ModelInfo) -> None:
    """Raise `InputError` unless the model reads pairs."""
    if not info.pair:
        raise InputError(
            "Controls are for models that read a target (or claim) with each article, and this one does not.",
            fix="Leave out --controls.",
        )


def without_target(article: Article) -> Article:
    """The pair with an empty target."""
    return replace(article, target="")


def without_text(article: Article) -> Article:
    """The pair with an empty text, and no title."""
    return replace(article, text="", title=None)


def shuffle_targets(articles: Sequence[Article], rng: np.random.Generator) -> list[Article] | None:
    """Give each article the target of another with the same labels, never one with its own words.

    Where every target must change and one has more than half of a label's articles, some get a target that is given
    twice; where a label has one target alone, its articles get one of another label.

    Returns:
        The articles in their order; None where all targets are the same.
    """
    keys = [_key(article) for article in articles]
    if len(set(keys)) < 2:
        return None
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in rng.permutation(len(articles)).tolist():
        groups.setdefault(tuple(sorted(articles[row].labels)), []).append(row)
    giver = {row: other for rows in groups.values() for row, other in _rotated(rows, keys)}
    for row, other in giver.items():
        if keys[row] == keys[other]:
            same = groups[tuple(sorted(articles[row].labels))]
            others = [r for r in same if keys[r] != keys[row]] or [r for r in giver if keys[r] != keys[row]]
            giver[row] = others[int(rng.integers(len(others)))]
    return [replace(article, target=articles[giver[row]].target) for row, article in enumerate(articles)]


def _content(article: Article) -> tuple[str | None, str, str | None]:
    """What a model reads of a pair."""
    return article.title, article.text, article.target


def _key(article: Article) -> str:
    return " ".join((article.target or "").casefold().split())


def _sample(n: int, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most ``most`` of n rows, drawn at random, in their order."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _rotated(rows: Sequence[int], keys: Sequence[str]) -> list[tuple[int, int]]:
    """Pair each row with another one, whose key differs unless one key has more than half of the rows.

    The rows are sorted by key, and each is paired with the one that follows it at the size of the largest key.
    """
    place = {key: number for number, key in enumerate(dict.fromkeys(keys[row] for row in rows))}
    ordered = sorted(rows, key=lambda row: place[keys[row]])
    turn = max(Counter(keys[row] for row in rows).values())
    return [(row, ordered[(at + turn) % len(ordered)]) for at, row in enumerate(ordered)]


@dataclass(frozen=True)
class _Tests:
    """The true labels that predictions are compared with, and how intervals are drawn."""

    y_true: Ints
    labels: LabelSet
    grouping: Grouping | None

    def score(self, predicted: Ints) -> float:
        return headline(self.y_true, predicted, self.labels.names)[METRIC]

    def recall(self, predicted: Ints) -> dict[str, float]:
        table = per_class(self.y_true, predicted, self.labels.names)
        return {name: row["recall"] for name, row in table.items() if row["support"]}

    def control(self, whole: Ints, other: Ints) -> Control:
        groups, crossed = (None, None) if self.grouping is None else (self.grouping.ids, self.grouping.crossed)
        gain = difference(self.y_true, whole, other, self.labels.names, groups=groups, crossed=crossed)[METRIC]
        changed = (whole != other).reshape(len(whole), -1).any(axis=1).mean()
        return Control(self.score(other), gain.value, gain.interval, float(changed), self.recall(other))


def _reading(tests: _Tests, whole: Ints, found: Sequence[Ints]) -> Reading:
    removed, text_removed, *shuffled = [tests.control(whole, other) for other in found]
    mean = _mean(shuffled) if shuffled else None
    return Reading(tests.score(whole), tests.recall(whole), removed, mean, text_removed)


def _mean(controls: Sequence[Control]) -> Control:
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    bounds = [control.interval for control in controls if control.interval is not None]
    return Control(
        mean([c.score for c in controls]),
        mean([c.fall for c in controls]),
        None if not bounds else (mean([low for low, _ in bounds]), mean([high for _, high in bounds])),
        mean([c.changed for c in controls]),
        {name: mean([c.recall[name] for c in controls]) for name in controls[0].recall},
    )


def _trained(training: Sequence[Article], articles: Sequence[Article], tests: _Tests) -> dict[str, float]:
    """Macro F1 of TF-IDF trained on both sides, and on each alone."""
    y = tests.labels.encode(article.labels for article in training)
    scores = {}
    for name, pair, alter in (("both", True, _same), ("text", False, _same), ("target", False, _target_as_text)):
        fitted = fit_baselines([alter(article) for article in training], y, pair=pair, words_alone=True)
        scores[name] = tests.score(fitted.predict_tfidf([alter(article) for article in articles]))
    return scores


def _same(article: Article) -> Article:
    return article


def _target_as_text(article: Article) -> Article:
    return replace(article, text=article.target or "", title=None)
