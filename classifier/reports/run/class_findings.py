"""What a model's figures say of each class: which labels can be trusted, and which are mostly overlooked or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classifier.errors import counted
from classifier.evaluation.result import Evaluation
from classifier.reports.judgement import FEW_OF_A_CLASS, WEAK, Finding
from classifier.reports.words import between, cut, joined, percent
from classifier.stats.few_groups import FEWEST_EFFECTIVE

SHARES = ("recall", "precision")
NAMED = 2  # classes in the verdict


def class_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Classes that are mostly overlooked, labels that are mostly wrong, those that are not sure, and the good ones."""
    classes = {label: row for label, row in evaluation.per_class.items() if row["support"]}
    missed = {label: row["recall"] for label, row in classes.items() if row["recall"] < WEAK}
    wrong = {label: row["precision"] for label, row in classes.items() if 0 < row["precision"] < WEAK}
    if missed:
        seen = {label: f"{percent(share)} of {classes[label]['support']:,.0f}" for label, share in missed.items()}
        shown = [f"{cut(label)} ({found}{_interval(evaluation, label, 'recall')})" for label, found in seen.items()]
        text = f"It finds fewer than half of the articles that are {joined(shown)}."
        title = counted(len(missed), "class", "classes") + " mostly overlooked"
        yield Finding("care", title, text, "classes", f"it finds only {_shares(missed)}")
    if wrong:
        shown = [
            f"{cut(label)} ({percent(share)}{_interval(evaluation, label, 'precision')})"
            for label, share in wrong.items()
        ]
        text = f"Fewer than half of the articles that it calls {joined(shown, 'or')} are that."
        title = counted(len(wrong), "label") + " mostly wrong"
        yield Finding("care", title, text, "classes", f"right are only {_shares(wrong)} that it gives")
    large = [label for label, row in classes.items() if _is_large(evaluation, label, row)]
    others = [label for label in large if label not in {**missed, **wrong}]
    unsure = [label for label in others if not _is_sure(evaluation, label)]
    if unsure:
        text = (
            f"It is not sure that most articles of {joined(unsure)} are found, and most of those so called right: an "
            "interval reaches below half."
        )
        fact = f"not sure that most of {joined(unsure[:NAMED])}{_more(len(unsure))} are found and rightly named"
        yield Finding("care", "Not sure of " + counted(len(unsure), "class", "classes"), text, "classes", fact)
    sure = [label for label in others if label not in unsure]
    if sure:
        text = f"Of {joined(sure)}, surely more than half are found, and more than half of those so called are right."
        fact = f"most articles of {joined(sure)} are found and rightly named"
        yield Finding("good", "Most are found and right", text, "classes", fact)


def _is_large(evaluation: Evaluation, label: str, row: Mapping[str, float]) -> bool:
    """Whether a class has articles and groups enough for its figures to be judged."""
    effective = evaluation.class_effective.get(label, FEWEST_EFFECTIVE)
    few = evaluation.resampled != "article" and effective < FEWEST_EFFECTIVE
    return row["support"] >= FEW_OF_A_CLASS and not few and evaluation.effective >= FEWEST_EFFECTIVE


def _is_sure(evaluation: Evaluation, label: str) -> bool:
    """Whether the intervals of precision and recall lie above half."""
    found = evaluation.per_class_intervals.get(label, {})
    return all(name in found and found[name][0] >= WEAK for name in SHARES)


def _shares(found: Mapping[str, float]) -> str:
    """The worst classes with their shares."""
    worst = sorted(found.items(), key=lambda item: item[1])[:NAMED]
    return joined([f"{percent(share)} of {cut(label, 30)}" for label, share in worst]) + _more(len(found))


def _more(count: int) -> str:
    return f" (and {counted(count - NAMED, 'other')})" if count > NAMED else ""


def _interval(evaluation: Evaluation, label: str, figure: str) -> str:
    bounds = evaluation.per_class_intervals.get(label, {}).get(figure)
    return "" if bounds is None else f"; 95% interval {between(bounds, percent)}"
