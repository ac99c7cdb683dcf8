"""What becomes of the articles of each label that a model was trained without, in sentences and rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from classifier.errors import counted
from classifier.evaluation.labels.held_out import FEWEST, HeldOutLabel, HeldOutLabels
from classifier.reports.judgement import Finding
from classifier.reports.run.out_of_scope import most_given, precise_words, sent, share_words
from classifier.reports.words import cut, figure, joined
from classifier.stats.out_of_scope import HIGH, REACHED

SECTION = "held_out_labels"


class Row(NamedTuple):
    """A label that was held out, as the page and the console show it."""

    label: str
    articles: int
    auroc: str
    surely: str
    passed: str
    person: str
    person_in_scope: str
    given: str


def held_out_rows(found: HeldOutLabels) -> list[Row]:
    """A row for each label, the one that is told apart worst first."""
    rows = []
    for one in _worst_first(found):
        figures = one.figures
        kept, inside = figures.kept, figures.kept_in_scope
        rows.append(
            Row(
                one.label,
                figures.out_of_scope,
                precise_words(figures.auroc),
                share_words(figures.surely),
                share_words(figures.passed),
                "–" if kept is None else share_words(sent(kept)),
                "–" if inside is None else share_words(sent(inside)),
                most_given(figures.given),
            )
        )
    return rows


def held_out_finding(found: HeldOutLabels) -> Finding:
    """Which labels would have been told apart from the others, had nobody thought of them."""
    worst, *_ = order = _worst_first(found)
    text = (
        f"Without {cut(worst.label)}, the AUROC of the score is {precise_words(worst.figures.auroc)}: {_sent(worst)}."
    )
    if len(order) > 1:
        best = order[-1]
        text += (
            f" That is the worst of {counted(len(order), 'label')}; the best is {cut(best.label)} with "
            f"{precise_words(best.figures.auroc)}: {_sent(best)}."
        )
    return Finding("note", "What a label that it does not know would become", text, SECTION)


def _sent(one: HeldOutLabel) -> str:
    kept = one.figures.kept
    return "nothing is known of abstention" if kept is None else f"{share_words(sent(kept))} are sent to a person"


def held_out_lines(found: HeldOutLabels) -> Iterator[str]:
    """What was done, a line for each label, and what was left out."""
    yield f"{held_out_words(found)}:"
    for row in held_out_rows(found):
        yield (
            f"  {row.label} ({counted(row.articles, 'article')}): AUROC {row.auroc}; {row.surely} are given another "
            f"label with a score of {figure(HIGH)} or more, {row.passed} with the score that {REACHED:.0%} of the "
            f"others reach; {row.person} are sent to a person, of the others {row.person_in_scope}. Given: {row.given}."
        )
    yield from held_out_notes(found)


def held_out_words(found: HeldOutLabels) -> str:
    """What was done, in a sentence without its full stop."""
    sample = f" (a sample of {found.of:,})" if found.of > found.articles else ""
    return (
        f"Each label held out in turn, of {counted(found.articles, 'article')}{sample}: what becomes of its articles "
        f"where a stand-in for the model does not know it ({found.method}, {found.folds} folds), with thresholds to "
        f"abstain by for a precision of {found.min_precision:g}"
    )


def held_out_notes(found: HeldOutLabels) -> Iterator[str]:
    """What the figures do not tell, a sentence each."""
    if found.accuracy is not None:
        yield (
            f"With all labels, the stand-in's accuracy on the test articles is {found.accuracy:.3f}: the nearer to "
            "that of the model, the more these figures say of it."
        )
    never = [one.label for one in found.labels if one.figures.kept_in_scope and not one.figures.kept_in_scope.value]
    if never:
        yield (
            f"Without {joined(never)}, the other articles are too few or too unsure to promise a precision of "
            f"{found.min_precision:g} for any label, so all articles are sent to a person."
        )
    if found.left_out:
        few = joined([f"{cut(label)} ({count:,})" for label, count in found.left_out.items()])
        yield f"Not held out, because they have fewer than {FEWEST} articles: {few}."
    if any(one.figures.auroc.interval is None for one in found.labels):
        yield f"Where there is no interval, the articles count for fewer than three groups ({found.resampled})."


def _worst_first(found: HeldOutLabels) -> list[HeldOutLabel]:
    return sorted(found.labels, key=lambda one: one.figures.auroc.value)
