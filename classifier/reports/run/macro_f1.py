"""Which classes macro F1 runs over, and what scikit-learn's figure is where it is another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from classifier.evaluation.result import Evaluation
from classifier.reports.words import joined, precise

OWN_SPLITS = ("test", "validation", "train")


def counted_as_zero(evaluation: Evaluation) -> tuple[str, ...]:
    """Labels that no article has and that scikit-learn's macro F1 counts as 0; none where it is the same figure.

    Of several labels per article it counts all, else those that the model gives.
    """
    if round(evaluation.f1_macro_sklearn, 3) == round(evaluation.figures["f1_macro"], 3):
        return ()
    given = [index for index, name in enumerate(evaluation.labels) if name in evaluation.missing]
    if "matthews_correlation" in evaluation.figures:
        given = [index for index in given if any(row[index] for row in evaluation.confusion)]
    return tuple(evaluation.labels[index] for index in given)


def macro_f1_words(evaluation: Evaluation, form: Callable[[float], str] = "{:.3f}".format) -> str:
    """Both figures of macro F1 and why they differ, in a sentence; empty where they are the same.

    Args:
        evaluation: of the articles.
        form: of the figures.
    """
    zero = counted_as_zero(evaluation)
    if not zero:
        return ""
    quoted = [f"'{name}'" for name in zero]
    own = evaluation.split in OWN_SPLITS
    which, have, lack = (evaluation.split, "has", "it lacks") if own else ("these articles", "have", "they lack")
    tested = len(evaluation.labels) - len(evaluation.missing)
    classes = "the only class" if tested == 1 else f"the {tested:,} classes"
    given = " and the model gives" if "matthews_correlation" in evaluation.figures else ""
    return (
        f"Macro F1 is {form(evaluation.figures['f1_macro'])} over {classes} that {which} {have}; counting "
        f"{joined(quoted)}, which {lack}{given}, as 0, scikit-learn's macro F1 is "
        f"{form(evaluation.f1_macro_sklearn)}."
    )


def members_that_lack(members: Iterable[Evaluation]) -> int:
    """In how many evaluations macro F1 leaves a class out that none of its articles has."""
    return sum(bool(one.missing) for one in members)


def other_macro_f1(others: Mapping[str, Evaluation]) -> list[str]:
    """`macro_f1_words` of each evaluation where there are any, with its name."""
    return [f"{name}: {words}" for name, found in others.items() if (words := macro_f1_words(found, precise))]
