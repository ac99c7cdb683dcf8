"""Estimate the shares of labels in a corpus that a run has labelled, corrected for the run's errors.

Error rates are those of the run's *test* articles. On validation they would be a little too low, because validation
chose the best epoch, the thresholds and TF-IDF's weight. Class weights in training and scores that are not calibrated
do no harm: only the labels that were given are counted, in the test articles as in the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.readers.row import Row
from classifier.errors import InputError, counted
from classifier.evaluation.drift import Drift
from classifier.evaluation.shares.input_columns import AS_USUAL, NONE, Group, InputColumns, Written
from classifier.evaluation.shares.needed import Needed
from classifier.evaluation.shares.prediction_counts import PredictionCounts, count_predictions
from classifier.evaluation.shares.reference_articles import (
    EstimateInput,
    open_estimate_input,
    unseen_share,
)
from classifier.evaluation.shares.share_correction import CONTRADICTED, LabelShare, Method, ShareCorrection
from classifier.progress import SILENT, Progress
from classifier.stats.differential import unequal_rates
from classifier.stats.prevalence import import_ppi
from classifier.summary import Summarised

FEWEST_REFERENCE = 10  # of a label, without a warning
SHOWN = 3  # groups that a warning names
DIFFERENT = 0.2  # shares of unseen sources that differ by more are warned of
NOT_RANDOM = 0.01  # p value
MOST_SOURCES = 20  # that are compared
FEWEST_TESTED = 20  # test articles of a group, for a test of its error rates
DIFFERENTIAL = 0.05  # p value, corrected for the number of groups
LARGE_CONDITION = 10.0  # of an error matrix, from which it is warned of
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
    "needed": {int},
}


@dataclass(frozen=True)
class PrevalenceReport(Summarised):
    """What `estimate_shares` found.

    Attributes:
        by: grouping columns.
        shares: of the whole corpus, then of each group, every label.
        assumptions: what must be true for the intervals to hold, a sentence for each method used.
        warnings: what speaks against that, in sentences.
        notes: what else there is to say, in sentences.
        drift: how the articles differ from those of training; None = they were not compared.
    """

    by: tuple[str, ...]
    shares: tuple[LabelShare, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    drift: Drift | None = None

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
    written: Written = AS_USUAL,
    seed: int = 0,
    see: Callable[[InputColumns, Row], None] | None = None,
    progress: Progress = SILENT,
) -> PrevalenceReport:
    """Estimate the share of each label in a corpus, corrected for the classifier's errors.

    Args:
        run_path: the run that wrote the predictions, or the folder of several seeds; a bare model with ``labelled``.
        predictions: what `classifier.predict_files` wrote.
        by: columns to group by, or year, quarter, month, week, day.
        labelled: a random sample of the corpus with true labels.
        written: how the files are written, and what their columns are called.
        seed: of the draws.
        see: shown every row that was labelled, with the columns of the file.
        progress: told of the articles.

    Raises:
        InputError: the run has no held-out articles and none are labelled; or a file cannot be used.
    """
    taken = sorted({*by} & {*COLUMNS})
    if taken:
        raise InputError(f"--by {taken[0]}: the table of shares has a column of that name.", fix="Rename yours.")
    if labelled is not None:
        import_ppi()
    standard = {name: key for key, name in written.columns.items()}
    source = open_estimate_input(Path(run_path), [standard.get(name, name) for name in by])
    if source.reference is None and labelled is None:
        raise InputError(
            f"'{run_path}' has no evaluation on test articles, so its error rates are not known.",
            fix="Give the run folder (classifier evaluate RUN writes its evaluation), or add --labelled FILE.",
        )
    counts = count_predictions(
        Path(predictions),
        source.reader(),
        by,
        written=written,
        labelled=None if labelled is None else Path(labelled),
        trained=frozenset() if labelled is None else source.trained_texts(),
        progress=progress,
        see=see,
    )
    correction = ShareCorrection.of(source, sampled=labelled is not None, seed=seed, planned=counts.planned > 0)
    needed = Needed.of(source, counts.groups[()], seed)
    numbers = {group: needed.articles(count) if needed else None for group, count in counts.groups.items()}
    shares = tuple(
        replace(share, needed=numbers[group])
        for group, count in counts.groups.items()
        for share in correction.shares(group, count)
    )
    methods = {share.method for share in shares}
    return PrevalenceReport(
        tuple(by),
        shares,
        tuple(_assumptions(methods, counts, correction)),
        (*_warnings(source, counts, shares, correction), *counts.doubts),
        tuple(_widths(counts, correction)),
    )


def _assumptions(methods: set[Method], counts: PredictionCounts, correction: ShareCorrection) -> Iterator[str]:
    if "prediction-powered" in methods:
        yield (
            "Prediction-powered inference assumes that the labelled articles are a random sample of the corpus, or of "
            "each group, or were drawn with the probabilities that stand beside them. Each label's share is estimated "
            "by itself, so that the shares of a small group need not add up to 1."
        )
    if "adjusted count" not in methods:
        return
    condition = max(rates.mean.condition for rates in correction.known if not rates.problem)
    yield (
        "Adjusted count assumes label shift: the labels' shares may differ from those of the test articles, but an "
        "article of a label is like the test articles of that label, and as hard to recognise. What deviates from "
        f"that is enlarged up to {condition:.1f} times (condition number of the error rates)."
    )
    if not counts.sources:
        yield (
            "The predictions name no source, so it is assumed that each group has many sources. If it has few, its "
            "interval is too narrow: error rates differ from source to source."
        )
    elif any(rates.between for rates in correction.known):
        yield (
            "For groups of few sources the intervals contain how much error rates differ between the sources of the "
            "test articles; it is assumed that the corpus has such sources."
        )
    if len(counts.groups) > 2:
        yield (
            "Do not compare groups by adjusted counts: an interval does not say how much error rates differ from group "
            "to group, which looks like a difference in shares. Articles labelled by hand show differences: --labelled "
            "FILE --model FORMULA."
        )


def _widths(counts: PredictionCounts, correction: ShareCorrection) -> Iterator[str]:
    """Which of the two methods gives narrower intervals here."""
    both = [found for count in counts.groups.values() if (found := correction.widths(count))]
    if not both:
        return
    powered, adjusted = np.mean(both, axis=0)
    which = "prediction-powered inference" if powered < adjusted else "adjusted count"
    groups = "" if len(counts.groups) == 1 else f" over {counted(len(both), 'group')}"
    yield (
        f"With {counted(len(counts.groups[()].truth), 'labelled article')} prediction-powered intervals are "
        f"{powered:.3f} wide on average{groups}, and adjusted count's would be {adjusted:.3f}: {which} is narrower "
        "here. Adjusted count also needs its assumption, label shift."
    )


def _warnings(
    source: EstimateInput,
    counts: PredictionCounts,
    shares: Sequence[LabelShare],
    correction: ShareCorrection,
) -> Iterator[str]:
    methods = {share.method for share in shares}
    if counts.failed:
        yield f"{counts.failed:,} rows could not be labelled (see their column error); they are counted nowhere."
    if counts.undated:
        yield f"{counts.undated:,} articles have no date that can be read; they are a group of their own."
    if "adjusted count" in methods:
        yield from _about_reference(source, counts, correction)
        yield from _about_groups(source, correction.seed)
    if "prediction-powered" in methods:
        yield from about_sample(source, counts)
    contradicted = {share.group for share in shares if CONTRADICTED in share.note}
    if contradicted:
        yield f"The data contradict label shift in {_named(contradicted)}: no share is given there."
    yield from _not_corrected(shares)
    instead = {share.group for share in shares if share.method == "adjusted count" and share.note.startswith("only")}
    if instead:
        have = "group has" if len(instead) == 1 else "groups have"
        yield f"{len(instead):,} {have} too few labelled articles; adjusted count is used there."


def _not_corrected(shares: Sequence[LabelShare]) -> Iterator[str]:
    """Groups of which no share is corrected, and labels that are not, though others of the group are."""
    some = {share.group for share in shares if share.corrected is not None}
    left = {share.group: share.note for share in shares if share.group not in some}
    if left:
        examples = "; ".join(f"{', '.join(group) or 'all'}: {note}" for group, note in list(left.items())[:SHOWN])
        are = "group is" if len(left) == 1 else "groups are"
        more = f"; and {len(left) - SHOWN:,} more" if len(left) > SHOWN else ""
        yield f"{len(left):,} {are} not corrected; do not rely on naive shares ({examples}{more})."
    apart = [share for share in shares if share.corrected is None and share.group in some]
    for label, note in dict.fromkeys((share.label, share.note) for share in apart):
        groups = {share.group for share in apart if (share.label, share.note) == (label, note)}
        yield (
            f"The share of '{label}' is not corrected in {_named(groups)}; do not rely on its naive share ({note}). "
            "The other labels are corrected without it."
        )


def _about_reference(source: EstimateInput, counts: PredictionCounts, correction: ShareCorrection) -> Iterator[str]:
    for rates in correction.known:
        if not rates.problem and rates.mean.condition > LARGE_CONDITION:
            one, two = (rates.names[index] for index in rates.mean.confused)
            yield (
                f"The model hardly tells '{one}' from '{two}': the condition number of the error rates is "
                f"{rates.mean.condition:.0f}, and their shares rest on label shift more than others."
            )
    unnamed = counts.groups[()].by_source.get("")
    if unnamed is not None and counts.sources:
        yield f"{unnamed[0]:,} articles name no source; they are taken to be of one source."
    reference = source.reference
    assert reference is not None
    for name, column in zip(source.labels.names, reference.truth.T, strict=True):
        if 0 < column.sum() < FEWEST_REFERENCE:
            have = "has" if column.sum() == 1 else "have"
            yield f"Only {counted(column.sum(), 'test article')} {have} the label '{name}': its error rates are rough."
        of = {place for place, has in zip(reference.sources, column, strict=True) if has}
        if len({name for name in reference.sources if name}) > 1 and len(of) == 1 and None not in of:
            yield f"All test articles of '{name}' are of one source: how the model does on others is not known."
    if source.run is None or not counts.sources or reference.unseen is None:
        return
    unseen = unseen_share(source.run, counts.sources)
    if unseen is not None and abs(unseen - reference.unseen) > DIFFERENT:
        yield (
            f"{unseen:.0%} of the corpus come from sources that training did not see, but {reference.unseen:.0%} of "
            "the test articles: the error rates may not carry over."
        )


def _about_groups(source: EstimateInput, seed: int) -> Iterator[str]:
    """Groups in which the test articles show other error rates than in the rest."""
    reference = source.reference
    if reference is None or reference.groups is None:
        return
    sizes = Counter(reference.groups)
    large = sorted(group for group, size in sizes.items() if size >= FEWEST_TESTED)
    if len(large) < 2:
        return
    kept = np.array([group in large for group in reference.groups])
    truth, guess = (_numbers(map(bytes, rows[kept])) for rows in (reference.truth, reference.guess))
    groups = np.array([large.index(group) for group in reference.groups if group in large])
    sources = [name for name, keep in zip(reference.sources, kept, strict=True) if keep]
    by_source = all((name or NONE) in group for name, group in zip(reference.sources, reference.groups, strict=True))
    within = None if by_source else _numbers(sources)
    p = unequal_rates(truth, guess, groups, within, seed=seed)
    found = sorted((value, group) for value, group in zip(p, large, strict=True) if value <= DIFFERENTIAL)
    if found:
        more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
        shown = "; ".join(f"{', '.join(group)} (p = {value:.2g})" for value, group in found[:3])
        yield (
            f"On the test articles the model errs otherwise in some groups than in the rest: {shown}{more}. Adjusted "
            "counts must not be compared between groups."
        )


def _numbers(values: Iterable[Hashable]) -> Ints:
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(value, len(places)) for value in values], dtype=np.int64)


def _named(groups: set[Group]) -> str:
    first = ", ".join(min(groups)) or "the whole corpus"
    return first if len(groups) == 1 else f"{first} and {len(groups) - 1:,} more"


def about_sample(source: EstimateInput, counts: PredictionCounts) -> Iterator[str]:
    """What speaks against articles labelled by hand, in sentences."""
    whole = counts.groups[()]
    labelled, guess = len(whole.truth), np.sum(whole.guess, axis=0)
    if counts.unanswered:
        yield (
            f"{counts.unanswered:,} of the {counts.planned:,} planned articles have no label. Those of the same "
            "probability stand for them: that is right if chance left them out, such as lack of time, and wrong if "
            "they were hard to judge."
        )
    p = 1.0 if counts.planned else _same_shares(guess, labelled, whole.predicted - guess, whole.articles - labelled)
    if p < NOT_RANDOM:
        yield (
            f"The predictions for the labelled articles differ from those for the rest of the corpus (p = {p:.2g}): "
            "they are hardly a random sample, and the intervals do not hold."
        )
    p = 1.0 if counts.planned else _same_sources(counts)
    if p < NOT_RANDOM:
        yield (
            f"The labelled articles are of other sources than the rest of the corpus (p = {p:.2g}): they are hardly a "
            "random sample, and the intervals of the whole corpus do not hold."
        )
    trained, others = counts.trained_labelled, counts.trained - counts.trained_labelled
    rest = whole.articles - labelled
    p = 1.0 if counts.planned else _more_often(trained, labelled, others, rest)
    if p < NOT_RANDOM:
        yield (
            f"{trained:,} of the {labelled:,} labelled articles were trained on, but only {others:,} of the other "
            f"{rest:,}: the model errs less on those, and the intervals do not hold. Label a random sample of the "
            "corpus, which --plan draws."
        )


def _same_sources(counts: PredictionCounts) -> float:
    """As `_same_shares`, of the sources that have most articles."""
    most = [name for name, _ in counts.sources.most_common(MOST_SOURCES)]
    if len(most) < 2:
        return 1.0
    labelled = np.array([counts.labelled_sources[name] for name in most])
    others = np.array([counts.sources[name] for name in most]) - labelled
    whole = counts.groups[()]
    return _same_shares(labelled, len(whole.truth), others, whole.articles - len(whole.truth))


def _same_shares(guess: Ints, labelled: int, others: Ints, unlabelled: int) -> float:
    """The smallest p value over labels (Fisher's exact test), times their number (Bonferroni)."""
    from scipy.stats import fisher_exact

    tables = ([[a, labelled - a], [b, unlabelled - b]] for a, b in zip(guess, others, strict=True))
    return float(min(1.0, len(guess) * min(fisher_exact(table).pvalue for table in tables)))


def _more_often(one: int, of_one: int, other: int, of_other: int) -> float:
    """The p value of one share's being larger than the other (Fisher's exact test)."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[one, of_one - one], [other, of_other - other]], alternative="greater").pvalue)
