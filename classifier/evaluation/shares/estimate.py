"""Estimate the shares of labels in a corpus that a run has labelled, corrected for the run's errors.

Error rates are those of the run's *test* articles. On validation they would be a little too low, because validation
chose the best epoch, the thresholds and TF-IDF's weight. Class weights in training and scores that are not calibrated
do no harm: only the labels that were given are counted, in the test articles as in the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.shares.prediction_counts import (
    Group,
    GroupCounts,
    LabelReader,
    PredictionCounts,
    count_predictions,
)
from classifier.evaluation.shares.reference_articles import (
    EstimateInput,
    ReferenceArticles,
    absent_labels,
    open_estimate_input,
    unseen_share,
)
from classifier.notebook import as_html
from classifier.progress import SILENT, Progress
from classifier.stats.design_based import planned_shares
from classifier.stats.prevalence import (
    ErrorRates,
    Estimate,
    adjusted_count,
    error_rates,
    import_ppi,
    prediction_powered,
)

FEWEST_ARTICLES = 30  # of a group, for any correction
FEWEST_LABELLED = 30  # of a group, for prediction-powered inference
FEWEST_REFERENCE = 10  # of a label, without a warning
DIFFERENT = 0.2  # shares of unseen sources that differ by more are warned of
NOT_RANDOM = 0.01  # p value
COLUMNS: dict[str, set[type]] = {
    "label": {str},
    "naive": {float},
    "corrected": {float},
    "low": {float},
    "high": {float},
    "method": {str},
    "articles": {int},
    "labelled": {int},
    "note": {str},
}
Method = Literal["prediction-powered", "adjusted count", "not corrected"]


@dataclass(frozen=True)
class LabelShare:
    """The share of one label in one group.

    Attributes:
        group: values of the grouping columns; empty = the whole corpus.
        label: its name.
        naive: share of the articles that are predicted to have it.
        corrected, low, high: the corrected share and its 95% interval; None where it cannot be corrected.
        method: of the correction.
        articles, labelled: in the group.
        note: why it was not corrected, or not by prediction-powered inference; else empty.
    """

    group: Group
    label: str
    naive: float
    corrected: float | None
    low: float | None
    high: float | None
    method: Method
    articles: int
    labelled: int
    note: str


@dataclass(frozen=True)
class PrevalenceReport:
    """What `estimate_shares` found.

    Attributes:
        by: grouping columns.
        shares: of the whole corpus, then of each group, every label.
        assumptions: what must be true for the intervals to hold, a sentence for each method used.
        warnings: what speaks against that, in sentences.
    """

    by: tuple[str, ...]
    shares: tuple[LabelShare, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    def _repr_html_(self) -> str | None:
        return as_html(self)

    def records(self) -> list[dict[str, Any]]:
        """One record per group and label; the grouping columns are None for the whole corpus."""
        return [
            {
                **dict(zip(self.by, share.group or (None,) * len(self.by), strict=True)),
                **{name: getattr(share, name) for name in COLUMNS},
            }
            for share in self.shares
        ]


def estimate_shares(
    run_path: str | Path,
    predictions: str | Path,
    *,
    by: Sequence[str] = (),
    labelled: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    sheet: str | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> PrevalenceReport:
    """Estimate the share of each label in a corpus, corrected for the classifier's errors.

    Args:
        run_path: the run that wrote the predictions, or the folder of several seeds; a bare model with ``labelled``.
        predictions: what `classifier.predict_files` wrote.
        by: columns to group by, or year, month, week, day.
        labelled: a random sample of the corpus with true labels.
        columns: standard name -> the files' name for it.
        encoding: of text files.
        sheet: of workbooks, where several have rows.
        seed: of the draws.
        progress: told of the articles.

    Raises:
        InputError: the run has no held-out articles and none are labelled; or a file cannot be used.
    """
    taken = sorted({*by} & {*COLUMNS})
    if taken:
        raise InputError(f"--by {taken[0]}: the table of shares has a column of that name.", fix="Rename yours.")
    if labelled is not None:
        import_ppi()
    source = open_estimate_input(Path(run_path))
    if source.reference is None and labelled is None:
        raise InputError(
            f"'{run_path}' has no evaluation on test articles, so its error rates are not known.",
            fix="Give the run folder (classifier evaluate RUN writes its evaluation), or add --labelled FILE.",
        )
    counted = count_predictions(
        Path(predictions),
        LabelReader(source.labels, source.separator),
        by,
        columns=columns,
        encoding=encoding,
        sheet=sheet,
        labelled=None if labelled is None else Path(labelled),
        progress=progress,
    )
    correction = ShareCorrection.of(source, sampled=labelled is not None, seed=seed, planned=counted.planned > 0)
    shares = tuple(share for group, count in counted.groups.items() for share in correction.shares(group, count))
    methods = {share.method for share in shares}
    return PrevalenceReport(
        tuple(by), shares, tuple(_assumptions(methods)), tuple(_warnings(source, counted, shares, methods))
    )


@dataclass(frozen=True)
class ShareCorrection:
    """How the shares of a run's labels are corrected.

    Attributes:
        labels: of the run.
        rates: error rates: one of all labels together; for multi-label one of each label; None where not known.
        problem: why they are not known.
        sampled: whether there are articles labelled by hand.
        planned: whether those were drawn with probabilities that differ.
        seed: of the draws.
    """

    labels: LabelSet
    rates: tuple[ErrorRates, ...] | None
    problem: str
    sampled: bool
    seed: int
    planned: bool = False

    @classmethod
    def of(cls, source: EstimateInput, *, sampled: bool, seed: int, planned: bool = False) -> ShareCorrection:
        """From the test articles of a run, where it has any."""
        reference = source.reference
        if reference is None:
            return cls(source.labels, None, "the run has no test articles", sampled, seed, planned)
        absent = absent_labels(source.labels, reference)
        if absent:
            return cls(source.labels, None, f"no test article {absent}", sampled, seed, planned)
        return cls(source.labels, tuple(_rates(source.labels, reference, seed)), "", sampled, seed, planned)

    def shares(self, group: Group, count: GroupCounts) -> Iterator[LabelShare]:
        """Every label's share of a group."""
        method, note = self._method(count)
        found = self._estimates(method, count)
        for index, label in enumerate(self.labels.names):
            corrected, low, high, said = None, None, None, note
            if found is not None:
                corrected, low, high = (float(values[index]) for values in (found.share, found.low, found.high))
                said = _impossible(label) if found.impossible[index] else note
            naive = float(count.predicted[index] / count.articles)
            yield LabelShare(group, label, naive, corrected, low, high, method, count.articles, len(count.truth), said)

    def _method(self, count: GroupCounts) -> tuple[Method, str]:
        labelled = len(count.truth)
        if count.articles < FEWEST_ARTICLES:
            return "not corrected", f"only {_many(count.articles, 'article')} (at least {FEWEST_ARTICLES})"
        if labelled >= FEWEST_LABELLED and labelled < count.articles:
            return "prediction-powered", ""
        few = f"only {_many(labelled, 'labelled article')} (at least {FEWEST_LABELLED})" if self.sampled else ""
        if labelled and labelled == count.articles:
            few = "every article is labelled: count the labels themselves"
        if self.rates is None:
            return "not corrected", "; ".join(part for part in (few, self.problem) if part)
        return "adjusted count", few

    def _estimates(self, method: Method, count: GroupCounts) -> Estimate | None:
        if method == "not corrected":
            return None
        if method == "adjusted count":
            assert self.rates is not None
            if not self.labels.multi_label:
                return adjusted_count(self.rates[0], count.predicted, seed=self.seed)
            pairs = np.stack([count.articles - count.predicted, count.predicted], axis=1)
            return _joined(
                [adjusted_count(r, pair, seed=self.seed) for r, pair in zip(self.rates, pairs, strict=True)], of=1
            )
        truth, guess = np.array(count.truth), np.array(count.guess)
        if self.planned:
            return planned_shares(truth, guess, np.array(count.inclusion), count.predicted, count.articles)
        others = count.predicted - guess.sum(axis=0)
        unlabelled = count.articles - len(truth)
        return _joined(
            [prediction_powered(truth[:, k], guess[:, k], int(others[k]), unlabelled) for k in range(len(others))], of=0
        )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _joined(estimates: Sequence[Estimate], *, of: int) -> Estimate:
    """Estimates of one label each (the value at ``of``) as one of all labels."""
    return Estimate(
        *(np.array([getattr(e, name)[of] for e in estimates]) for name in ("share", "low", "high", "impossible"))
    )


def _rates(labels: LabelSet, reference: ReferenceArticles, seed: int) -> Iterator[ErrorRates]:
    if not labels.multi_label:
        yield error_rates(
            reference.truth.argmax(axis=1), reference.guess.argmax(axis=1), len(labels), reference.units, seed=seed
        )
        return
    for index in range(len(labels)):
        yield error_rates(reference.truth[:, index], reference.guess[:, index], 2, reference.units, seed=seed)


def _impossible(label: str) -> str:
    return f"the correction would take '{label}' below 0 or above 1: the assumption does not hold"


def _assumptions(methods: set[Method]) -> Iterator[str]:
    if "prediction-powered" in methods:
        yield (
            "Prediction-powered inference assumes that the labelled articles are a random sample of the corpus, or of "
            "each group, or were drawn with the probabilities that stand beside them."
        )
    if "adjusted count" in methods:
        yield (
            "Adjusted count assumes label shift: the labels' shares may differ from those of the test articles, but an "
            "article of a label is like the test articles of that label, and as hard to recognise."
        )


def _warnings(
    source: EstimateInput,
    counted: PredictionCounts,
    shares: Sequence[LabelShare],
    methods: set[Method],
) -> Iterator[str]:
    if counted.failed:
        yield f"{counted.failed:,} rows could not be labelled (see their column error); they are counted nowhere."
    if counted.undated:
        yield f"{counted.undated:,} articles have no date that can be read; they are a group of their own."
    if "adjusted count" in methods:
        yield from _about_reference(source, counted)
        yield from _about_limits(shares)
    if "prediction-powered" in methods:
        yield from about_sample(source, counted)
    left = {share.group: share.note for share in shares if share.method == "not corrected"}
    if left:
        examples = "; ".join(f"{', '.join(group) or 'all'}: {note}" for group, note in list(left.items())[:3])
        are = "group is" if len(left) == 1 else "groups are"
        yield f"{len(left):,} {are} not corrected; do not rely on naive shares ({examples})."
    instead = {share.group for share in shares if share.method == "adjusted count" and share.note.startswith("only")}
    if instead:
        have = "group has" if len(instead) == 1 else "groups have"
        yield f"{len(instead):,} {have} too few labelled articles; adjusted count is used there."


def _about_reference(source: EstimateInput, counted: PredictionCounts) -> Iterator[str]:
    reference = source.reference
    assert reference is not None
    for name, column in zip(source.labels.names, reference.truth.T, strict=True):
        if column.sum() < FEWEST_REFERENCE:
            have = "has" if column.sum() == 1 else "have"
            yield f"Only {_many(column.sum(), 'test article')} {have} the label '{name}': its error rates are rough."
        of = {place for place, has in zip(reference.sources, column, strict=True) if has}
        if len({name for name in reference.sources if name}) > 1 and len(of) == 1 and None not in of:
            yield f"All test articles of '{name}' are of one source: how the model does on others is not known."
    if source.run is None or not counted.sources or reference.unseen is None:
        return
    unseen = unseen_share(source.run, counted.sources)
    if unseen is not None and abs(unseen - reference.unseen) > DIFFERENT:
        yield (
            f"{unseen:.0%} of the corpus come from sources that training did not see, but {reference.unseen:.0%} of "
            "the test articles: the error rates may not carry over."
        )


def _about_limits(shares: Sequence[LabelShare]) -> Iterator[str]:
    at_limit: Counter[Group] = Counter(
        s.group for s in shares if s.method == "adjusted count" and s.corrected in (0.0, 1.0) and 0 < s.naive < 1
    )
    several = [group for group, number in at_limit.items() if number > 1]
    if several:
        yield (
            f"Two or more labels are corrected to exactly 0 or 1 in {len(several):,} of the groups "
            f"({', '.join(several[0]) or 'all'}): the articles may differ from the test articles in more than labels."
        )
    contradicted = {share.group for share in shares if share.note.startswith("the correction would")}
    if contradicted:
        yield f"The data contradict label shift in {_named(contradicted)} (see the notes): do not rely on those shares."


def _named(groups: set[Group]) -> str:
    first = ", ".join(min(groups)) or "the whole corpus"
    return first if len(groups) == 1 else f"{first} and {len(groups) - 1:,} more"


def about_sample(source: EstimateInput, counted: PredictionCounts) -> Iterator[str]:
    """What speaks against articles labelled by hand, in sentences."""
    whole = counted.groups[()]
    labelled, guess = len(whole.truth), np.sum(whole.guess, axis=0)
    if counted.unanswered:
        yield (
            f"{counted.unanswered:,} of the {counted.planned:,} planned articles have no label. Those of the same "
            "probability stand for them: that is right if chance left them out, such as lack of time, and wrong if "
            "they were hard to judge."
        )
    p = 1.0 if counted.planned else _same_shares(guess, labelled, whole.predicted - guess, whole.articles - labelled)
    if p < NOT_RANDOM:
        yield (
            f"The predictions for the labelled articles differ from those for the rest of the corpus (p = {p:.2g}): "
            "they are hardly a random sample, and the intervals do not hold."
        )
    trained = 0 if counted.planned else _trained_texts(source, counted)  # a plan draws them as often as they occur
    if trained:
        yield (
            f"{trained:,} of the {labelled:,} labelled articles were trained on: the model errs less on those, and the "
            "intervals do not hold. Leave them out."
        )


def _same_shares(guess: Ints, labelled: int, others: Ints, unlabelled: int) -> float:
    """The smallest p value over labels (Fisher's exact test), times their number (Bonferroni)."""
    from scipy.stats import fisher_exact

    tables = ([[a, labelled - a], [b, unlabelled - b]] for a, b in zip(guess, others, strict=True))
    return float(min(1.0, len(guess) * min(fisher_exact(table).pvalue for table in tables)))


def _trained_texts(source: EstimateInput, counted: PredictionCounts) -> int:
    if source.run is None or not counted.labelled_texts:
        return 0
    try:
        seen = {text_key(article.text) for article in run_dataset(source.run.path).articles("train")}
    except InputError:
        return 0
    return sum(key in seen for key in counted.labelled_texts)
