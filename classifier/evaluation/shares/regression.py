"""Regressions of labels on covariates in a corpus that a run has labelled, corrected for the run's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from classifier.arrays import Floats
from classifier.errors import InputError, names
from classifier.evaluation.shares.estimate import about_sample
from classifier.evaluation.shares.input_columns import AS_USUAL, Written
from classifier.evaluation.shares.model_formula import LINEAR, LOGIT, ModelFormula, ModelRequest, read_model
from classifier.evaluation.shares.prediction_counts import PredictionCounts, count_predictions
from classifier.evaluation.shares.reference_articles import EstimateInput, open_estimate_input
from classifier.evaluation.shares.regression_sample import ALONE, PredictedColumns, RegressionSample
from classifier.progress import SILENT, Progress
from classifier.stats.design_based import (
    FEWEST_LABELLED,
    Figure,
    LabelledRows,
    Regression,
    regress,
    regress_odds,
)
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_groups
from classifier.stats.significance import holm
from classifier.summary import Summarised

SURE = 0.05  # p value
Kind = Literal["coefficient", "share", "difference"]
COLUMNS: dict[str, set[type]] = {
    "outcome": {str},
    "kind": {str},
    "covariate": {str},
    "term": {str},
    "reference": {str},
    "value": {float},
    "error": {float},
    "low": {float},
    "high": {float},
    "p": {float},
    "p_holm": {float},
    "freedom": {float},
    "labelled": {float},
    "groups": {float},
    "naive": {float},
    "naive_low": {float},
    "naive_high": {float},
    "naive_p": {float},
    "note": {str},
}
OF_ARTICLES: dict[str, set[type]] = {
    "outcome": {str},
    "guess": {float},
    "label": {int},
    "inclusion": {float},
    "pseudo": {float},
}


@dataclass(frozen=True)
class Effect:
    """A coefficient of a regression, the share at a level of a covariate, or the difference between two levels.

    Attributes:
        outcome: the label.
        kind: which of these it is.
        covariate: of the level; empty for coefficients.
        term: the coefficient's name, or the level.
        reference: the level that it is compared with; empty where it is no difference.
        value, error, low, high, p: as corrected, with standard error, 95% interval and p value of the value 0; None
            where too little is known. Shares have no p value.
        p_holm: p corrected for all differences of the covariate.
        freedom: degrees of freedom of Student's t.
        labelled, groups: effective numbers behind it; groups are None where articles stand for themselves.
        naive, naive_low, naive_high, naive_p: what a regression on the predicted labels would have said.
        note: why there is no interval; else empty.
    """

    outcome: str
    kind: Kind
    covariate: str
    term: str
    reference: str
    value: float | None
    error: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    freedom: float | None
    labelled: float
    groups: float | None
    naive: float
    naive_low: float
    naive_high: float
    naive_p: float | None
    note: str


@dataclass(frozen=True)
class RegressionReport(Summarised):
    """What `fit_model` found.

    Attributes:
        model: the formula.
        effects: of each label: coefficients, then shares and differences of each covariate with levels.
        articles, labelled: that went into it.
        left_out: articles that did not, because a covariate is missing or a level has no labelled article.
        clusters: the column whose articles stand together; None where each stands for itself.
        assumptions: what must be true for the intervals to hold, in sentences.
        warnings: what speaks against that, in sentences.
    """

    model: str
    effects: tuple[Effect, ...]
    articles: int
    labelled: int
    left_out: int
    clusters: str | None
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    def records(self) -> list[dict[str, Any]]:
        """One record per figure."""
        return [{name: getattr(effect, name) for name in COLUMNS} for effect in self.effects]


@dataclass(frozen=True)
class OutcomeTable:
    """The articles of a regression, one record per article and label, for R or pandas.

    Attributes:
        columns: name -> kinds of values.
        records: in the order of the predictions.
    """

    columns: Mapping[str, set[type]]
    records: Iterator[dict[str, Any]]


def fit_model(
    run_path: str | Path,
    predictions: str | Path,
    model: ModelRequest,
    *,
    labelled: str | Path,
    written: Written = AS_USUAL,
    progress: Progress = SILENT,
) -> tuple[RegressionReport, OutcomeTable]:
    """Regress labels on covariates, with the predictions for all articles and true labels for some.

    Args:
        run_path: the run that wrote the predictions, the folder of several seeds, or a bare model.
        predictions: what `classifier.predict_files` wrote.
        model: the regression.
        labelled: a random sample of the corpus with true labels, or a planned one with its probabilities.
        written: how the files are written.
        progress: told of the articles.

    Raises:
        InputError: the formula or a file cannot be used, or the labelled articles do not suffice for the formula.
    """
    cluster, link = model.cluster, model.link
    if link not in (LINEAR, LOGIT):
        raise InputError(f"--link is {LINEAR} or {LOGIT}. Got '{link}' instead.", fix="Choose one of these.")
    source = open_estimate_input(Path(run_path))
    formula = read_model(model.text, source.labels)
    taken = sorted({*formula.variables} & {*OF_ARTICLES, "id", "cluster"})
    if taken:
        raise InputError(f"--model: '{taken[0]}' is a column of the results.", fix="Rename yours.")
    own = [] if cluster in (None, ALONE, *formula.variables) else [str(cluster)]
    positions = tuple(source.labels.names.index(name) for name in formula.outcomes)
    corpus = PredictedColumns(formula.outcomes, positions, (*formula.variables, *own))
    counted = count_predictions(
        Path(predictions),
        source.reader(),
        corpus.by,
        written=written,
        labelled=Path(labelled),
        trained=source.trained_texts(),
        progress=progress,
        each=corpus.add,
    )
    sample = RegressionSample.of(formula, corpus, cluster)
    fits = [_fit(sample, index, link == LOGIT) for index in range(len(formula.outcomes))]
    effects = tuple(effect for name, fit in zip(formula.outcomes, fits, strict=True) for effect in _effects(name, fit))
    report = RegressionReport(
        model.text,
        effects,
        len(sample.kept),
        len(sample.rows),
        len(corpus.ids) - len(sample.kept),
        sample.clusters,
        tuple(_assumptions(sample, counted, formula, link)),
        (*_warnings(source, counted, sample, effects), *counted.doubts),
    )
    return report, _outcome_table(formula, corpus, sample, fits, planned=counted.planned > 0)


@dataclass(frozen=True)
class _Fit:
    """The corrected regression of one label, and that of the predicted labels."""

    sample: RegressionSample
    corrected: Regression
    naive: Regression
    odds: bool

    def coefficient(self, outcome: str, place: int) -> Effect:
        """A term of the formula."""
        of = np.eye(len(self.sample.covariates.terms))[place]
        figures = self.corrected.figure(of), self.naive.figure(of)
        return self.effect(outcome, "coefficient", figures, "", self.sample.covariates.terms[place], "")

    def at_level(self, covariate: str, level: str) -> _Levels:
        """The share if all articles had a level."""
        covariates = self.sample.covariates
        there = covariates.setting(covariate, level)
        corrected, naive = (
            _Level.of(there, covariates.patterns, fit.coefficients, self.odds) for fit in (self.corrected, self.naive)
        )
        return _Levels(corrected, naive)

    def figures(self, levels: _Levels) -> tuple[Figure, Figure]:
        """Their figures, corrected and naive."""
        return (
            self.corrected.figure(levels.corrected.gradient, levels.corrected.share),
            self.naive.figure(levels.naive.gradient, levels.naive.share),
        )

    def effect(
        self, outcome: str, kind: Kind, figures: tuple[Figure, Figure], covariate: str, term: str, reference: str
    ) -> Effect:
        """What is said of a figure and of its naive counterpart."""
        found, naive = figures
        note = self.why_not(found)
        known, tested = not note, kind != "share"
        bounds = (0.0, 1.0) if kind == "share" else (-np.inf, np.inf)
        value, low, high = (float(np.clip(x, *bounds)) for x in (found.value, found.low, found.high))
        said, least, most = (float(np.clip(x, *bounds)) for x in (naive.value, naive.low, naive.high))
        return Effect(
            outcome,
            kind,
            covariate,
            term,
            reference,
            value if known else None,
            found.error if known else None,
            low if known else None,
            high if known else None,
            found.p if known and tested else None,
            None,
            found.freedom if known else None,
            found.labelled,
            found.groups,
            said,
            least,
            most,
            naive.p if tested else None,
            note,
        )

    def why_not(self, figure: Figure) -> str:
        """Why there is no interval; empty where there is one."""
        if figure.known:
            return ""
        if figure.labelled < FEWEST_LABELLED:
            return f"only {figure.labelled:.0f} labelled articles behind it (at least {FEWEST_LABELLED:.0f})"
        of = self.sample.clusters
        return f"only {figure.groups or 0:.1f} effective groups by {of} behind it (at least {FEWEST_EFFECTIVE:g})"


@dataclass(frozen=True)
class _Level:
    """The share of a label if all articles had one level, and how it depends on the coefficients."""

    share: float
    gradient: Floats

    @classmethod
    def of(cls, there: Floats, patterns: Floats, coefficients: Floats, odds: bool) -> _Level:
        """The mean over all other covariates, as they occur in the corpus."""
        if not odds:
            gradient = patterns @ there
            return cls(float(gradient @ coefficients), gradient)
        shares = 1 / (1 + np.exp(-(there @ coefficients)))
        return cls(float(patterns @ shares), (patterns * shares * (1 - shares)) @ there)

    def less(self, other: _Level) -> _Level:
        """The difference to another level."""
        return _Level(self.share - other.share, self.gradient - other.gradient)


@dataclass(frozen=True)
class _Levels:
    """The same in the corrected regression, and in that of the predicted labels."""

    corrected: _Level
    naive: _Level

    def less(self, other: _Levels) -> _Levels:
        """The difference to another level."""
        return _Levels(self.corrected.less(other.corrected), self.naive.less(other.naive))


def _fit(sample: RegressionSample, outcome: int, odds: bool) -> _Fit:
    design, guess = sample.covariates.design, sample.guesses[:, outcome]
    by_hand = LabelledRows(sample.rows, sample.truth[:, outcome], sample.inclusion)
    as_true = LabelledRows(np.arange(len(design)), guess, np.ones(len(design)))
    nothing = np.empty((len(design), 0))
    of = regress_odds if odds else regress
    return _Fit(
        sample,
        of(design, sample.surrogates[:, [outcome]], by_hand, sample.groups),
        of(design, nothing, as_true, sample.groups),
        odds,
    )


def _effects(outcome: str, fit: _Fit) -> Iterator[Effect]:
    covariates = fit.sample.covariates
    for place in range(len(covariates.terms)):
        yield fit.coefficient(outcome, place)
    for name, levels in covariates.levels.items():
        if len(levels) < 2:
            continue
        there = {level: fit.at_level(name, level) for level in levels}
        for level in levels:
            yield fit.effect(outcome, "share", fit.figures(there[level]), name, level, "")
        first = levels[0]
        differences = [
            fit.effect(
                outcome,
                "difference",
                fit.figures(there[level].less(there[first])),
                name,
                level,
                first,
            )
            for level in levels[1:]
        ]
        known = [effect.p for effect in differences if effect.p is not None]
        corrected = iter(holm(known))
        yield from (e if e.p is None else replace(e, p_holm=next(corrected)) for e in differences)


def _assumptions(
    sample: RegressionSample, counted: PredictionCounts, formula: ModelFormula, link: str
) -> Iterator[str]:
    drawn = (
        "were drawn with the probabilities in their file" if counted.planned else "are a random sample of the corpus"
    )
    yield (
        f"Design-based supervised learning (Egami et al. 2023) assumes that the labelled articles {drawn}, and nothing "
        "of the model's errors."
    )
    if link == LINEAR:
        yield "The regression is linear: a coefficient is a difference of shares, all other terms being equal."
    else:
        yield "The regression is logistic: a coefficient is a difference of log odds; shares and differences are not."
    if sample.groups is not None:
        yield (
            f"Articles of one {sample.clusters} stand together ({effective_groups(sample.groups):.1f} effective groups "
            f"of {int(sample.groups.max()) + 1:,}), so that the intervals hold for groups like these."
        )
    elif "source" in formula.variables:
        yield "The source is a covariate, so that the intervals speak of these sources alone, not of others."
    if sample.covariates.levels:
        yield (
            "Shares per level are those that the regression gives if all articles had that level. p (Holm) is "
            "corrected for all differences of a covariate; the intervals are not."
        )


def _warnings(
    source: EstimateInput, counted: PredictionCounts, sample: RegressionSample, effects: Sequence[Effect]
) -> Iterator[str]:
    if counted.failed:
        yield f"{counted.failed:,} rows could not be labelled (see their column error); they are left out."
    if sample.missing:
        yield f"{sample.missing:,} articles lack a covariate; they are left out."
    for name, levels in sample.silent.items():
        shown = names(levels[:3]) + (" …" if len(levels) > 3 else "")
        yield (
            f"No article of {len(levels):,} {name} levels ({shown}) is labelled; their articles are left out "
            f"({sample.of_silent:,} in all), so that the regression does not speak of them."
        )
    yield from about_sample(source, counted)
    refused = [effect for effect in effects if effect.note]
    if refused:
        yield f"{len(refused):,} of {len(effects):,} figures are not given; the first: {refused[0].note}."
    if any(e.groups is not None and e.groups < FEWEST_EFFECTIVE for e in refused):
        yield f"--cluster {ALONE} gives intervals that speak of these groups alone, not of others like them."
    tested = [e for e in effects if e.kind == "difference" and e.p_holm is not None and e.naive_p is not None]
    claimed = [e for e in tested if (e.naive_p or 0) < SURE]
    if claimed:
        left = sum((e.p_holm or 0) < SURE for e in claimed)
        yield (
            f"On predicted labels {len(claimed):,} of {len(tested):,} differences would have seemed sure (p < {SURE}, "
            f"not corrected for their number); {left:,} of these are, once errors and number are accounted for."
        )


def _outcome_table(
    formula: ModelFormula, corpus: PredictedColumns, sample: RegressionSample, fits: Sequence[_Fit], *, planned: bool
) -> OutcomeTable:
    kinds: dict[str, set[type]] = {
        name: {str} if column.dtype == object else {float} for name, column in sample.values.items()
    }
    clusters: dict[str, set[type]] = {} if sample.groups is None else {"cluster": {int}}
    columns: dict[str, set[type]] = {"id": {str}, **kinds, **clusters, **OF_ARTICLES}
    drawn = dict(zip(sample.rows.tolist(), range(len(sample.rows)), strict=True))
    inclusion = sample.inclusion if planned else np.full(len(drawn), len(drawn) / len(sample.kept))

    def records() -> Iterator[dict[str, Any]]:
        for row, place in enumerate(sample.kept):
            shared: dict[str, Any] = {
                name: column[row] if column.dtype == object else float(column[row])
                for name, column in sample.values.items()
            }
            if sample.groups is not None:
                shared["cluster"] = int(sample.groups[row])
            by_hand = drawn.get(row)
            for index, (outcome, fit) in enumerate(zip(formula.outcomes, fits, strict=True)):
                yield {
                    "id": corpus.ids[place],
                    **shared,
                    "outcome": outcome,
                    "guess": float(sample.surrogates[row, index]),
                    "label": None if by_hand is None else int(sample.truth[by_hand, index]),
                    "inclusion": None if by_hand is None else float(inclusion[by_hand]),
                    "pseudo": float(fit.corrected.outcome[row]),
                }

    return OutcomeTable(columns, records())
