"""Does a model of pairs read the target? Its score with the target taken away, or another article's in its place.

- **target removed**: an empty target, which leaves the special tokens around it; TF-IDF sees no word of it. Training
  had no such pairs, so a fall alone could also come from the strange input. Hence also:
- **target shuffled**: each article gets the target of another one *of the same label*, never one with its own words.
  What texts and targets betray of the label on their own stays; only that they belong together is lost. A fall is what
  reading looks like, not an error: most of these pairs no longer have that label (in FNC-1 they are unrelated).
- **text removed**: the target alone (after Poliak et al., 2018, "Hypothesis only baselines in natural language
  inference", arXiv:1805.02042; for stance Schiller et al., 2021, arXiv:2001.01565). Like them, TF-IDF is also
  *trained* on the target alone, and on the text alone: the labels may follow from one, whatever this model has learnt.

All scores are macro F1 against the labels as they were, on the same articles. `evaluation/SPLIT/controls.json` holds
`Controls`, field for field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.files import read_json_as
from classifier.models.classifier import Classifier
from classifier.models.tfidf import Baselines, fit_baselines
from classifier.progress import SILENT, Progress, SharedTask
from classifier.stats.metrics import difference, headline, per_class
from classifier.stats.resampling import Interval

CONTROLS_FILE = "controls.json"
METRIC = "f1_macro"
SHUFFLES = 3
MOST = 2000  # pairs that are tested
MOST_IN_TRAINING = 500  # at the end of a training, so that it takes a small part of its time
MOST_TRAINED = 5000  # pairs that TF-IDF is trained on
LITTLE = 0.25  # share of what the score has above the majority's; a fall that is surely less is little


@dataclass(frozen=True)
class Control:
    """What becomes of the predictions when the input is altered.

    Attributes:
        score: macro F1.
        fall: how much lower that is than on the unaltered pairs.
        interval: of the fall, 95%, from the paired bootstrap.
        changed: share of the articles that get another label.
        recall: label -> share of its articles that still get it.
    """

    score: float
    fall: float
    interval: Interval
    changed: float
    recall: Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """One model, unaltered and under each control.

    Attributes:
        score, recall: macro F1, and recall per label, on the unaltered pairs.
        target_removed, target_shuffled, text_removed: the controls; the figures of ``target_shuffled`` are means over
            the shuffles (its interval the mean of theirs), and it is None where all targets are the same.
    """

    score: float
    recall: Mapping[str, float]
    target_removed: Control
    target_shuffled: Control | None
    text_removed: Control


@dataclass(frozen=True)
class Controls:
    """What ``controls.json`` holds.

    Attributes:
        split: names the articles.
        articles: pairs that were tested.
        of: pairs that there are; more than ``articles`` where a sample was taken.
        targets: how many different ones.
        shuffles: how often targets were shuffled.
        majority: macro F1 of the most frequent label.
        model, tfidf: the two, under each control.
        trained: what TF-IDF was trained on (``both``, ``text``, ``target``) -> its macro F1; None where the training
            articles are gone.
        trained_articles: how many it was trained on, a sample of the training articles.
        seed: of the samples and the shuffles.
    """

    split: str
    articles: int
    of: int
    targets: int
    shuffles: int
    majority: float
    model: Reading
    tfidf: Reading
    trained: Mapping[str, float] | None
    trained_articles: int
    seed: int
    metric: str = METRIC
    format_version: int = 1


def run_controls(
    split: str,
    articles: Sequence[Article],
    predicted: Ints,
    classifier: Classifier,
    baselines: Baselines,
    training: Sequence[Article] | None,
    *,
    groups: Ints | None = None,
    most: int = MOST,
    samples: int = 1000,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Controls:
    """Predict pairs under each control: about five times as long as predicting them once, at most ``most`` of them.

    Args:
        split: names the articles.
        articles: labelled pairs.
        predicted: the model's labels for them as they are: ids (articles,) or a 0/1 matrix.
        classifier: a model of pairs.
        baselines: TF-IDF on the same training articles.
        training: these articles, where they are at hand.
        groups: which articles the bootstrap draws together, shape (articles,); None = each by itself.
        most: pairs to test; a random sample where there are more.
        samples: of the bootstrap.
        seed: of sample and shuffles.
        progress: told of each batch.

    Raises:
        InputError: the model does not read pairs.
    """
    check_pairs(classifier)
    rng = np.random.default_rng(seed)
    rows = _sample(len(articles), most, rng)
    chosen, labels = [articles[row] for row in rows], classifier.label_set
    shuffled = [pairs for _ in range(SHUFFLES) if (pairs := shuffle_targets(chosen, rng))]
    variants = [[without_target(a) for a in chosen], [without_text(a) for a in chosen], *shuffled]
    tests = _Tests(labels.encode(a.labels for a in chosen), labels, None if groups is None else groups[rows], samples)
    with progress.task(f"controls on {split}", len(chosen)) as task:
        share = SharedTask(task, len(variants))
        found = [classifier.decide(classifier.predict_articles(variant, share)) for variant in variants]
    sample = [training[row] for row in _sample(len(training), MOST_TRAINED, rng)] if training else []
    majority = tests.score(baselines.predict_majority(len(chosen)))
    return Controls(
        split=split,
        articles=len(chosen),
        of=len(articles),
        targets=len({_key(article) for article in chosen}),
        shuffles=len(shuffled),
        majority=majority,
        model=_reading(tests, predicted[rows], found),
        tfidf=_reading(tests, baselines.predict_tfidf(chosen), [baselines.predict_tfidf(v) for v in variants]),
        trained=_trained(sample, chosen, tests) if sample else None,
        trained_articles=len(sample),
        seed=seed,
    )


def check_pairs(classifier: Classifier) -> None:
    """Raise `InputError` unless the model reads pairs."""
    if not classifier.info.pair:
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


def read_controls(folder: Path) -> Controls | None:
    """The controls of an evaluation; None where it has none.

    Raises:
        InputError: the file is damaged or of another version.
    """
    file = folder / CONTROLS_FILE
    return read_json_as(file, Controls, fix="classifier evaluate RUN --controls") if file.exists() else None


def conclusions(controls: Controls) -> list[str]:
    """What the controls say about the model, in sentences; the first is the answer."""
    model, sample = controls.model, f"{controls.articles:,}"
    of = f" of {controls.of:,}" if controls.of > controls.articles else ""
    return [
        _answer(controls),
        f"On {sample}{of} {controls.split} pairs the macro F1 is {model.score:.3f}; {_falls(model, controls.shuffles)}",
        f"TF-IDF + linear: {controls.tfidf.score:.3f}; {_falls(controls.tfidf, controls.shuffles)}",
        *_about_labels(controls),
        *_about_texts(controls),
    ]


def reads_target(controls: Controls) -> Literal["yes", "alone", "no", "unclear"]:
    """Whether the model reads the target.

    ``yes``: the score falls surely where targets are shuffled. ``alone``: only where they are removed, so it takes from
    the target what that betrays of the label on its own. ``no``: it falls little or not at all in either case.
    """
    removed = _judge(controls.model.target_removed, controls)
    shuffled = _judge(controls.model.target_shuffled, controls) if controls.model.target_shuffled else removed
    if "unclear" in (removed, shuffled) and shuffled != "falls":
        return "unclear"
    if controls.model.target_shuffled and shuffled == "falls":
        return "yes"
    return "no" if removed == "little" else "alone"


def _answer(controls: Controls) -> str:
    if controls.model.score <= controls.majority:
        return "The model is no better than the most frequent label, so nothing can be said about what it reads."
    return {
        "yes": "The model reads the target: with another one of the same label in its place it gives other labels.",
        "alone": (
            "The model uses the target, but not how it goes with the text: another one of the same label does as well."
            if controls.model.target_shuffled
            else "The model uses the target; all targets are the same here, so no more can be said."
        ),
        "no": "THE MODEL DOES NOT READ THE TARGET: it gives hardly worse labels without it.",
        "unclear": "Whether the model reads the target cannot be said from these articles: the intervals are too wide.",
    }[reads_target(controls)]


def _falls(reading: Reading, shuffles: int) -> str:
    shuffled = reading.target_shuffled
    parts = [f"without the target it falls by {_fall(reading.target_removed)}"]
    if shuffled is not None:
        parts.append(
            f"with targets shuffled within each label by {_fall(shuffled)}, a mean of {shuffles}, and "
            f"{shuffled.changed:.0%} of the labels change"
        )
    return f"{'; '.join([*parts, f'without the text by {_fall(reading.text_removed)}'])}."


def _fall(control: Control) -> str:
    low, high = control.interval
    return f"{control.fall:.3f} (95% interval {low:+z.3f} to {high:+z.3f})"


def _about_labels(controls: Controls) -> list[str]:
    """How much of each label needs its own target: the mean over labels hides an ``unrelated`` that needs none."""
    shuffled = controls.model.target_shuffled
    if shuffled is None:
        return []
    parts = (f"{name} {before:.2f} → {shuffled.recall[name]:.2f}" for name, before in controls.model.recall.items())
    return [f"Recall with shuffled targets, against the labels as they were: {', '.join(parts)}."]


def _about_texts(controls: Controls) -> list[str]:
    lines = []
    if controls.model.score > controls.majority and _judge(controls.model.text_removed, controls) == "little":
        lines.append("The model does not need the text: the target alone gives hardly worse labels.")
    if controls.trained is not None:
        found = controls.trained
        lines.append(
            f"What can be learnt from each side: TF-IDF trained on {controls.trained_articles:,} pairs reaches "
            f"{found['both']:.3f}, on the text alone {found['text']:.3f}, on the target alone {found['target']:.3f} "
            f"(the most frequent label {controls.majority:.3f})."
        )
    return lines


def _judge(control: Control, controls: Controls) -> Literal["falls", "little", "unclear"]:
    low, high = control.interval
    if high < LITTLE * (controls.model.score - controls.majority):
        return "little"
    return "falls" if low > 0 else "unclear"


def _key(article: Article) -> str:
    return " ".join((article.target or "").casefold().split())


def _sample(n: int, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most so many of n rows, in their order."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _rotated(rows: Sequence[int], keys: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of rows, their keys different if none has more than half: sorted by key and turned by the largest."""
    place = {key: number for number, key in enumerate(dict.fromkeys(keys[row] for row in rows))}
    ordered = sorted(rows, key=lambda row: place[keys[row]])
    turn = max(Counter(keys[row] for row in rows).values())
    return [(row, ordered[(at + turn) % len(ordered)]) for at, row in enumerate(ordered)]


@dataclass(frozen=True)
class _Tests:
    """What predictions are held against."""

    y_true: Ints
    labels: LabelSet
    groups: Ints | None
    samples: int

    def score(self, predicted: Ints) -> float:
        return headline(self.y_true, predicted, self.labels.names)[METRIC]

    def recall(self, predicted: Ints) -> dict[str, float]:
        table = per_class(self.y_true, predicted, self.labels.names)
        return {name: row["recall"] for name, row in table.items() if row["support"]}

    def control(self, whole: Ints, other: Ints) -> Control:
        fall, interval = difference(
            self.y_true, whole, other, self.labels.names, METRIC, groups=self.groups, samples=self.samples
        )
        changed = (whole != other).reshape(len(whole), -1).any(axis=1).mean()
        return Control(self.score(other), fall, interval, float(changed), self.recall(other))


def _reading(tests: _Tests, whole: Ints, found: Sequence[Ints]) -> Reading:
    removed, text_removed, *shuffled = [tests.control(whole, other) for other in found]
    mean = _mean(shuffled) if shuffled else None
    return Reading(tests.score(whole), tests.recall(whole), removed, mean, text_removed)


def _mean(controls: Sequence[Control]) -> Control:
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    return Control(
        mean([c.score for c in controls]),
        mean([c.fall for c in controls]),
        (mean([c.interval[0] for c in controls]), mean([c.interval[1] for c in controls])),
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
