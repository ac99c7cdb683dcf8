"""Which articles of a corpus to label by hand, so that the shares of its labels get intervals of a wanted width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.articles.labels import LabelSet
from classifier.articles.new_articles import ERROR, renamed, score_column
from classifier.articles.predicted_by import BEST_GUESS, LABEL, PREDICTED_BY
from classifier.errors import Fault, InputError
from classifier.evaluation.shares.input_columns import AS_USUAL, Group, Written
from classifier.evaluation.shares.labelled_sample import INCLUSION, PREDICTED
from classifier.evaluation.shares.prediction_counts import MOST_FAULTS, PredictedArticle, count_predictions
from classifier.evaluation.shares.reference_articles import (
    EstimateInput,
    ReferenceArticles,
    absent_labels,
    open_estimate_input,
)
from classifier.evaluation.shares.share_correction import FEWEST_ARTICLES, FEWEST_LABELLED
from classifier.progress import SILENT, Progress
from classifier.stats.prevalence import adjusted_count, error_rates
from classifier.stats.sample_plan import half_widths, label_chances, plan_group
from classifier.summary import Summarised

MOST_PATTERNS = 12  # of predicted labels in a multi-label corpus, each a stratum of its own
SMALL = "(small groups)"


@dataclass(frozen=True)
class PlannedShare:
    """What a plan promises of one label in one group.

    Attributes:
        group: values of the grouping columns; empty = the whole corpus.
        label: its name.
        articles: in the group.
        chosen: of those, to label by hand.
        half_width: expected of the interval: share ± this.
    """

    group: Group
    label: str
    articles: int
    chosen: int
    half_width: float


@dataclass(frozen=True)
class SamplePlan(Summarised):
    """What `plan_sample` chose.

    Attributes:
        width: as wanted.
        by: grouping columns.
        articles, chosen: of the corpus, and of those to label by hand.
        shares: of the whole corpus, then of each group that is large enough, every label.
        seed: of the draw.
        warnings: what stands in the way, in sentences.
    """

    width: float
    by: tuple[str, ...]
    articles: int
    chosen: int
    shares: tuple[PlannedShare, ...]
    seed: int
    warnings: tuple[str, ...]


@dataclass
class _Corpus:
    """The predictions, as strata."""

    by: tuple[str, ...]
    patterns: dict[bytes, int] = field(default_factory=dict)
    guesses: list[Ints] = field(default_factory=list)
    pattern: list[int] = field(default_factory=list)
    group: list[Group] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    texts: bool = False

    def add(self, article: PredictedArticle) -> None:
        """One more article."""
        key = article.guess.tobytes()
        if key not in self.patterns:
            self.patterns[key] = len(self.guesses)
            self.guesses.append(article.guess)
        self.pattern.append(self.patterns[key])
        self.group.append(article.group)
        self.texts |= bool(article.values.get("text"))
        if article.id is None or article.id in self.ids:
            what = "there is no id" if article.id is None else f"the id '{article.id}' is there twice"
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(Fault(f"article {len(self.pattern):,}", what))
        else:
            self.ids.add(article.id)


def plan_sample(
    run_path: str | Path,
    predictions: str | Path,
    width: float,
    *,
    by: Sequence[str] = (),
    written: Written = AS_USUAL,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[SamplePlan, list[dict[str, Any]]]:
    """Choose articles to label by hand, for shares with intervals of a wanted width.

    Strata are the predicted labels, of each group. How often they are wrong comes from the run's test articles, and
    from the shares that `classifier estimate` finds for the corpus (see `classifier.stats.sample_plan`).

    Args:
        run_path: the run that wrote the predictions, or the folder of several seeds.
        predictions: what `classifier.predict_files` wrote, with ids.
        width: half of the interval's: 0.05 for a share ± 0.05.
        by: columns to group by, or year, quarter, month, week, day; each group gets that width.
        written: how the files are written.
        seed: of the draw.
        progress: told of the articles.

    Returns:
        The plan, and the articles in random order: their own columns, an empty ``label``, and ``inclusion``, the
        probability with which each was drawn.

    Raises:
        InputError: the run has no test articles; or the predictions have no ids, or cannot be used.
    """
    if not 0 < width < 0.5:
        raise InputError(
            f"--plan is half the width of an interval, above 0 and below 0.5. Got {width:g} instead.",
            fix="For example: --plan 0.05",
        )
    source = open_estimate_input(Path(run_path))
    reference = _reference(source, run_path)
    reader = source.reader()
    how: dict[str, Any] = {"written": written, "progress": progress}
    corpus = _Corpus(tuple(by))
    counted = count_predictions(Path(predictions), reader, by, **how, each=corpus.add)
    _check_ids(predictions, corpus)
    chances = _chances(source.labels, reference, corpus, counted.groups[()].predicted, seed)
    strata = _Strata.of(corpus, chances)
    labelled = strata.plan(width)
    chosen = _Chosen(strata.draw(labelled, seed), {*map(score_column, source.labels.names)})
    count_predictions(Path(predictions), reader, by, **how, each=chosen.add)
    shares = tuple(strata.shares(source.labels, labelled))
    warnings = (*_warnings(corpus, counted.failed, shares, width), *counted.doubts)
    return (
        SamplePlan(width, tuple(by), len(corpus.pattern), len(chosen.records), shares, seed, warnings),
        chosen.in_order(),
    )


def _warnings(corpus: _Corpus, failed: int, shares: Sequence[PlannedShare], width: float) -> Iterator[str]:
    if not corpus.texts:
        yield "The predictions have no column 'text': annotators must look texts up by id."
    if failed:
        yield f"{failed:,} rows could not be labelled by the model; none of them is drawn."
    wide = [share for share in shares if share.half_width > width]
    if wide:
        yield (
            f"{len(wide):,} of {len(shares):,} intervals will be wider than ±{width:g} though all articles of their "
            "group are labelled, since shares speak of more articles like these."
        )
    small = sum(count for count in Counter(corpus.group).values() if count < FEWEST_ARTICLES)
    if corpus.by and small:
        yield (
            f"{small:,} articles are of groups with fewer than {FEWEST_ARTICLES}; those are planned for together, and "
            "get no shares of their own."
        )


def _reference(source: EstimateInput, run_path: str | Path) -> ReferenceArticles:
    if source.reference is None:
        raise InputError(
            f"'{run_path}' has no evaluation on test articles, so a plan cannot know where it errs.",
            fix="Give the run folder (classifier evaluate RUN writes its evaluation), or label a simple random sample.",
        )
    absent = absent_labels(source.labels, source.reference)
    if absent:
        raise InputError(f"No test article {absent}: where the model errs is not known.", fix="Label a random sample.")
    return source.reference


def _check_ids(predictions: str | Path, corpus: _Corpus) -> None:
    if corpus.faults:
        raise InputError(
            f"'{predictions}' needs an id for every article, so that labels find their way back.",
            faults=corpus.faults,
            fix="Add a column id to the articles and predict again, or name yours: --set data.columns.id=NAME",
        )


def _chances(labels: LabelSet, reference: ReferenceArticles, corpus: _Corpus, predicted: Ints, seed: int) -> Floats:
    """How likely each label is to be true where a pattern of labels is predicted (patterns, labels)."""
    guesses = np.array(corpus.guesses)
    if not labels.multi_label:
        rates = error_rates(reference.truth.argmax(axis=1), reference.guess.argmax(axis=1), len(labels), draws=2)
        chances = label_chances(rates.counts, adjusted_count(rates, predicted, seed=seed).share)
        of_patterns: Floats = chances[guesses.argmax(axis=1)]
        return of_patterns
    each = []
    for index in range(len(labels)):
        rates = error_rates(reference.truth[:, index], reference.guess[:, index], 2, draws=2)
        pair = np.array([len(corpus.pattern) - predicted[index], predicted[index]])
        each.append(label_chances(rates.counts, adjusted_count(rates, pair, seed=seed).share)[guesses[:, index], 1])
    return np.stack(each, axis=1)


@dataclass(frozen=True)
class _Strata:
    """Articles of the same predicted labels and group.

    Attributes:
        number: the stratum of each article (articles,).
        sizes: articles in each (strata,).
        chances: of each label to be true there (strata, labels).
        groups: of each stratum; small groups are one.
        large: groups that are planned for by themselves.
    """

    number: Ints
    sizes: Ints
    chances: Floats
    groups: tuple[Group, ...]
    large: tuple[Group, ...]

    @classmethod
    def of(cls, corpus: _Corpus, chances: Floats) -> _Strata:
        """Small groups are joined, and so are rare patterns of labels."""
        pattern = np.array(corpus.pattern)
        often = np.argsort(-np.bincount(pattern, minlength=len(chances)), kind="stable")[:MOST_PATTERNS]
        kind = np.full(len(chances), MOST_PATTERNS)
        kind[often] = np.arange(len(often))
        articles = Counter(corpus.group)
        large = tuple(group for group, count in sorted(articles.items()) if count >= FEWEST_ARTICLES)
        place = {group: index for index, group in enumerate(large)}
        code = np.array([place.get(group, len(large)) for group in corpus.group]) * (MOST_PATTERNS + 1) + kind[pattern]
        codes, number = np.unique(code, return_inverse=True)
        sizes = np.bincount(number)
        sums = np.stack([np.bincount(number, column) for column in chances[pattern].T], axis=1)
        names = (*large, (SMALL,))
        groups = tuple(names[code // (MOST_PATTERNS + 1)] for code in codes)
        return cls(number, sizes, sums / sizes[:, None], groups, large if corpus.by else ())

    def within(self, group: Group) -> Ints:
        """The strata of a group; of the whole corpus where it is empty."""
        return np.array([index for index, name in enumerate(self.groups) if not group or name == group], dtype=np.int64)

    def plan(self, width: float) -> Ints:
        """How many articles of each stratum to label."""
        labelled = np.zeros(len(self.sizes), dtype=np.int64)
        for group in dict.fromkeys(self.groups):
            mine = self.within(group)
            labelled[mine] = plan_group(self.sizes[mine], self.chances[mine], width, FEWEST_LABELLED)
        return labelled

    def draw(self, labelled: Ints, seed: int) -> dict[int, float]:
        """The articles to label, in random order, and the probability with which each was drawn."""
        rng = np.random.default_rng(seed)
        parts = np.split(np.argsort(self.number, kind="stable"), self.sizes.cumsum()[:-1])
        rows = [rng.choice(part, count, replace=False) for part, count in zip(parts, labelled, strict=True)]
        probability = labelled / self.sizes
        return {int(row): float(probability[self.number[row]]) for row in rng.permutation(np.concatenate(rows))}

    def shares(self, labels: LabelSet, labelled: Ints) -> Iterator[PlannedShare]:
        """What is expected of the whole corpus and of each large group."""
        for group in ((), *self.large):
            mine = self.within(group)
            widths = half_widths(self.sizes[mine], self.chances[mine], labelled[mine])
            articles, chosen = int(self.sizes[mine].sum()), int(labelled[mine].sum())
            for name, half_width in zip(labels.names, widths, strict=True):
                yield PlannedShare(group, name, articles, chosen, float(half_width))


@dataclass
class _Chosen:
    """The rows of the articles that were drawn.

    Attributes:
        inclusion: their positions among the predictions -> the probability with which each was drawn.
        scored: columns of scores, one per label.
        row: the position of the next article.
        records: position -> what is written.
    """

    inclusion: Mapping[int, float]
    scored: Set[str] = frozenset()
    row: int = 0
    records: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, article: PredictedArticle) -> None:
        """One more article of the predictions."""
        if self.row in self.inclusion:
            own = renamed(own_columns(article.values, self.scored), (LABEL, INCLUSION))
            self.records[self.row] = {**own, LABEL: None, INCLUSION: self.inclusion[self.row]}
        self.row += 1

    def in_order(self) -> list[dict[str, Any]]:
        """As they were drawn."""
        return [self.records[row] for row in self.inclusion]


def own_columns(values: Mapping[str, Any], scored: Set[str]) -> dict[str, Any]:
    """Without what the model said: an answer that one sees first is one that one tends to keep.

    Args:
        values: a row of predictions.
        scored: columns of scores, one per label.

    Example:
        >>> row = {"id": "1", "label": "a", "score": 0.9, "score_a": 0.9, "predicted_by": "first (3f9a2c1b7d04)"}
        >>> own_columns(row, {"score_a"})
        {'id': '1'}
    """
    columns = list(values)
    after = columns[columns.index("score") :] if "score" in columns else []
    said = {LABEL, BEST_GUESS, *PREDICTED, PREDICTED_BY, *({"evidence", "label_set", ERROR, *scored} & {*after})}
    return {name: value for name, value in values.items() if name not in said}
