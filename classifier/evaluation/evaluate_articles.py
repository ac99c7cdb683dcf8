"""Evaluate a model on labelled articles: predict them, compare with the baselines, and write the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.articles.source_names import source_key
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import Fault, InputError
from classifier.evaluation.adaptation import FILE as LABEL_SHIFT
from classifier.evaluation.adaptation import measure_adaptation
from classifier.evaluation.annotators import FILE as ANNOTATORS_FILE
from classifier.evaluation.annotators import AnnotatorAgreement, compare_with_annotators
from classifier.evaluation.cascade import FILE as CASCADE_FILE
from classifier.evaluation.cascade import measure_cascade
from classifier.evaluation.controls import CONTROLS_FILE
from classifier.evaluation.error_list import ERRORS_FILE
from classifier.evaluation.group_errors import FILE as GROUP_ERRORS
from classifier.evaluation.group_errors import find_group_errors
from classifier.evaluation.groups import Grouping, group_articles
from classifier.evaluation.out_of_scope import FILE as OUT_OF_SCOPE
from classifier.evaluation.out_of_scope import OutsideArticles, measure_out_of_scope
from classifier.evaluation.predictions import Parts, known_share, predictions_table
from classifier.evaluation.result import Evaluation, evaluate, write_evaluation
from classifier.evaluation.slices import FILE, STANDARD, check_columns, find_slices
from classifier.evaluation.target_controls import Extent, PredictedPairs, run_controls
from classifier.evaluation.worst_errors import worst_errors
from classifier.files import read_json, read_json_as
from classifier.models.cascade import Route
from classifier.models.decider import Decider
from classifier.models.predictor import Predictor
from classifier.models.prepared import Prepared
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.progress import Progress
from classifier.stats.abstention import measure
from classifier.stats.conformal import measure_sets
from classifier.stats.reliability import measure_scores
from classifier.stats.thresholds import decide


@dataclass(frozen=True)
class EvaluationPlan:
    """What an evaluation measures, beside the figures that every evaluation has.

    Attributes:
        samples: how many samples each bootstrap draws.
        by: columns to slice by, as in `classifier.evaluation.slices.find_slices`.
        controls: how much `run_controls` tests; None = nothing.
        explain: whether the `worst_errors` are written, with the sentences that led there.
        baseline: the folder of the baselines to compare with; None = those of the run.
        trained_texts: how many of the articles have a text that the model was trained on, as far as that is known.
        left_out: bad rows of their file that are not among the articles.
        adapt: whether figures are compared with those that are adapted to the articles' shares of labels.
        outside: articles that belong to no label, whose scores are compared with those of the evaluated ones.
        route: a cascade, whose figures are compared with those of the model; None = there is none.
        more: name of a further JSON file -> its content, which was measured already.
        keep: files of an older evaluation in the folder that stay; they must be of the same articles and model.
    """

    samples: int
    by: Sequence[str] = ()
    controls: Extent | None = None
    explain: bool = False
    keep: Set[str] = frozenset()
    adapt: bool = False
    route: Route | None = None
    trained_texts: int = 0
    left_out: Sequence[Fault] = ()
    baseline: Path | None = None
    outside: OutsideArticles | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def assess(
    run: RunFolder,
    predictor: Predictor,
    name: str,
    articles: list[Article],
    folder: Path,
    plan: EvaluationPlan,
    progress: Progress,
    dataset: DatasetFolder | None = None,
    logits: Floats32 | None = None,
) -> Evaluation:
    """Predict labelled articles, compare with the truth and the baselines, and write the evaluation.

    Args:
        run: the run that has the baselines, and names the training articles.
        predictor: the model of the run, or the ensemble that the run is part of.
        name: what the articles are called, such as ``test``.
        articles: labelled articles.
        folder: where the evaluation is written.
        plan: what is measured.
        progress: told of each batch.
        dataset: the dataset that the articles are from; None where they are from none.
        logits: what the network of the model says of the articles, where that is known (`Watch.on_logits`).

    Raises:
        InputError: an article has a label that the model does not know, or there is no column of ``by``.
    """
    labels, samples = predictor.label_set, plan.samples
    labels.encode(article.labels for article in articles)  # an unknown label is refused before the work
    check_columns(_columns(articles), plan.by)
    with progress.task(f"evaluating on {name}", len(articles)) as task:
        encoded, baselines = predictor.encoder.encode(articles), load_baselines(plan.baseline or run.baseline)
        counted = baselines.vectorizer.count(articles, baselines.pair)
        blended = predictor.tfidf_scores(articles, Prepared(counted=counted))
        proba, alone = predictor.predict_parts(articles, task, Prepared(encoded, logits=logits, tfidf=blended))
    predicted = predictor.decide(proba)
    with progress.task(f"working out the figures of {name}", None):
        distances = baselines.distances(counted)
        tfidf = baselines.labels(distances)
        routing = next((s for s in blended if s is not None), baselines.class_scores(distances, len(labels)))
        seen = _seen(run, refit=predictor.info.refit)
        grouping = _group(run, articles, seen, dataset)
        encoder = None if alone is None else decide(alone, labels.multi_label)
        result = evaluate(
            name,
            articles,
            labels,
            predicted,
            others={
                "tfidf": tfidf,
                "majority": baselines.predict_majority(len(articles)),
                **({} if encoder is None else {"encoder": encoder}),
            },
            seen_sources=seen["source"],
            grouping=grouping,
            samples=samples,
        )
        result = _with_scores(result, predictor, articles, proba, grouping, samples)
        table = predictions_table(
            articles,
            labels,
            proba,
            predicted,
            tfidf,
            grouping=grouping,
            parts=Parts(encoder, routing),
            tokens=encoded.tokens_total,
            seen=seen,
        )
        result = replace(
            result,
            known_targets=known_share(table, "target"),
            trained_texts=plan.trained_texts,
            blends=predictor.blends,
        )
        slices = find_slices(table, labels, name, plan.by, samples=samples)
        more = {
            **{file: read_json(folder / file) for file in plan.keep if (folder / file).exists()},
            **plan.more,
            FILE: asdict(slices),
            **_group_errors(table, labels, name, plan.by),
            **_annotators(compare_with_annotators(name, articles, labels, predicted, grouping.ids, samples=samples)),
            **(_adaptation(name, predictor, articles, proba, grouping, samples) if plan.adapt else {}),
            **(_cascade(predictor, plan.route, (result, table), grouping, samples) if plan.route else {}),
        }
    more |= _out_of_scope(name, predictor, (articles, proba, grouping), plan, progress)
    if plan.controls is not None:
        pairs = PredictedPairs(name, articles, predicted, grouping)
        found = run_controls(
            pairs,
            predictor,
            baselines,
            _training(run, refit=predictor.info.refit),
            extent=plan.controls,
            progress=progress,
        )
        more[CONTROLS_FILE] = asdict(found)
    if plan.explain:
        more[ERRORS_FILE] = worst_errors(name, articles, predictor, proba, predicted, progress=progress)
    return write_evaluation(folder, result, table, more, plan.left_out)


def _group_errors(table: Any, labels: LabelSet, split: str, by: Sequence[str]) -> dict[str, Any]:
    """How errors differ between the groups of the columns that were asked for; nothing where none was."""
    return {GROUP_ERRORS: asdict(find_group_errors(table, labels, split, by))} if by else {}


def _adaptation(
    split: str,
    decider: Decider,
    articles: Sequence[Article],
    proba: Floats32,
    grouping: Grouping,
    samples: int,
) -> dict[str, Any]:
    truth = decider.label_set.encode(article.labels for article in articles)
    sources = [source_key(article.source or "") for article in articles]
    return {LABEL_SHIFT: asdict(measure_adaptation(split, decider, proba, truth, grouping, samples, sources))}


def _out_of_scope(
    split: str,
    predictor: Predictor,
    inside: tuple[Sequence[Article], Floats32, Grouping],
    plan: EvaluationPlan,
    progress: Progress,
) -> dict[str, Any]:
    """What becomes of articles that belong to no label; nothing where there are none."""
    if plan.outside is None:
        return {}
    with progress.task("predicting articles out of scope", len(plan.outside.articles)) as task:
        proba = predictor.predict_articles(plan.outside.articles, task)
    found = measure_out_of_scope(split, predictor, inside, (plan.outside, proba), plan.samples)
    return {OUT_OF_SCOPE: asdict(found)}


def _cascade(
    decider: Decider, route: Route, assessed: tuple[Evaluation, Any], grouping: Grouping, samples: int
) -> dict[str, Any]:
    result, table = assessed
    return {CASCADE_FILE: asdict(measure_cascade(result.split, decider, route, table, grouping, samples))}


def _annotators(found: AnnotatorAgreement | None) -> dict[str, Any]:
    return {} if found is None else {ANNOTATORS_FILE: asdict(found)}


def _columns(articles: Sequence[Article]) -> list[str]:
    """Columns that articles can be sliced by: their lengths, and those in which any of them has a value."""
    named = [name for name in STANDARD if any(getattr(a, name.removeprefix("seen_"), None) for a in articles)]
    return ["tokens", *named, *{column for article in articles for column in article.extra}]


def _with_scores(
    result: Evaluation,
    decider: Decider,
    articles: Sequence[Article],
    proba: Floats32,
    grouping: Grouping,
    samples: int,
) -> Evaluation:
    """Add whether the scores can be believed, what is left after abstention, and what label sets hold."""
    labels, info = decider.label_set, decider.info
    truth = labels.encode(article.labels for article in articles)
    right, given, split = labels.matrix(truth), decider.given(proba), result.split
    outcome = sets = None
    together = (grouping.ids, grouping.name, grouping.crossed)
    if info.abstention is not None:
        outcome = measure(split, info.abstention, labels.names, proba, given, right, *together)
    if info.sets is not None:
        sets = measure_sets(split, info.sets, labels.names, proba, given, truth, *together)
    return replace(
        result,
        reliability=measure_scores(
            split,
            proba,
            right,
            given,
            info.calibration,
            multi_label=labels.multi_label,
            groups=grouping.ids,
            crossed=grouping.crossed,
            samples=samples,
        ),
        abstention=outcome,
        sets=sets,
    )


def _training(run: RunFolder, *, refit: bool) -> list[Article] | None:
    """The training articles; None where they are gone."""
    try:
        return list(run_dataset(run.path, refit=refit).articles("train"))
    except InputError:
        return None


def _seen(run: RunFolder, *, refit: bool) -> dict[str, set[str] | None]:
    """`source_key` of the training articles' sources and targets.

    None where there are none, where the dataset is gone, and where not all of the sources are known.
    """
    try:
        dataset = run_dataset(run.path, refit=refit)
        columns = {column: set(dataset.column("train", column)) for column in ("source", "target")}
    except InputError:
        return {"source": None, "target": None}
    found = {column: {source_key(name or "") for name in names} or None for column, names in columns.items()}
    return {**found, "source": None if found["source"] and "" in found["source"] else found["source"]}


def grouping_of(run: RunFolder, articles: Sequence[Article], dataset: DatasetFolder | None) -> Grouping:
    """Which articles stand together, as the run's split has it, and by source where most are of sources new to it.

    Args:
        run: names the split's columns and the training articles.
        articles: to be grouped.
        dataset: that they are from; None where they are from none.
    """
    return _group(run, articles, _seen(run, refit=False), dataset)


def _group(
    run: RunFolder, articles: Sequence[Article], seen: Mapping[str, Set[str] | None], dataset: DatasetFolder | None
) -> Grouping:
    """Group the articles as the run's split does, and by source too where most are of sources that are new to it.

    Pairs are crossed where the run's split is, or where most are of targets that are new to it.
    """
    split = read_json_as(run.dataset_info, _Grouped, unknown="ignore")
    columns, crossed = [name for name in split.group_by if name not in split.crossed_by], list(split.crossed_by)
    for name, among in (("source", columns), ("target", crossed)):
        if name not in (*columns, *crossed) and _mostly_new(articles, name, seen[name]):
            among.append(name)
    units = None if dataset is None else dataset.units([article.id for article in articles])
    return group_articles(articles, units, columns, crossed)


def _mostly_new(articles: Sequence[Article], column: str, seen: Set[str] | None) -> bool:
    """Whether most articles have a value of a column that no training article has."""
    new = 0 if seen is None else sum(source_key(article.column(column) or "") not in seen for article in articles)
    return new > len(articles) / 2


@dataclass(frozen=True)
class _Grouped:
    """The part of a run's ``dataset.json`` that is needed here."""

    group_by: tuple[str, ...] = ()
    crossed_by: tuple[str, ...] = ()
