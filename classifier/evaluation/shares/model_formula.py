"""A regression as it is written: labels on the left of ``~``, covariates on the right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from classifier._version import install_extra
from classifier.articles.labels import LabelSet, other_spellings
from classifier.errors import InputError, did_you_mean, names

LINEAR, LOGIT = "linear", "logit"
COLOUR = re.compile(r"⧛\[[0-9;]*m|⧚|\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class ModelRequest:
    """A regression as it is asked for.

    Attributes:
        text: the formula, such as ``opinion ~ source + month``; year, quarter, month, week and
            day come from the date.
        cluster: the column whose articles stand together; ``none``; None = the source where the model lacks it.
        link: ``linear`` (coefficients are differences of shares) or ``logit`` (of log odds).
    """

    text: str
    cluster: str | None = None
    link: str = LINEAR


@dataclass(frozen=True)
class ModelFormula:
    """A regression.

    Attributes:
        text: as it was written.
        outcomes: labels whose shares are explained.
        covariates: the right side, in the grammar of ``formulaic`` (that of R and patsy).
        variables: columns that it needs, in the order of their first mention.
    """

    text: str
    outcomes: tuple[str, ...]
    covariates: str
    variables: tuple[str, ...]


def read_model(text: str, labels: LabelSet) -> ModelFormula:
    """Read a regression such as ``opinion ~ source + month``.

    The left side is a label, or several joined by ``+``. A label that has a ``+`` or ``~`` itself stands in backticks,
    as does a column with a space or a sign on the right.

    Args:
        text: the formula.
        labels: that the model knows.

    Raises:
        InputError: a label does not exist, or the right side cannot be read.

    Example:
        >>> read_model("hard news + satire ~ source", LabelSet(("hard news", "satire"))).outcomes
        ('hard news', 'satire')
    """
    parts = list(_outside_quotes(text, "~"))
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise InputError(
            f"--model '{text}' is not of the form LABEL ~ COVARIATES.",
            fix=f'For example: --model "{labels.names[0]} ~ source + month"',
        )
    left, right = (part.strip() for part in parts)
    outcomes = tuple(_label(name, labels) for name in _outcomes(left, labels))
    if len(set(outcomes)) < len(outcomes):
        raise InputError(f"--model '{text}' names a label twice.", fix="Name each once.")
    return ModelFormula(text, outcomes, right, _variables(text, right))


def import_formulaic() -> Any:
    """The library, or an `InputError` that names the extra."""
    try:
        import formulaic
    except ImportError:
        raise InputError("A regression needs formulaic.", fix=install_extra("prevalence")) from None
    return formulaic


def in_one_line(error: Exception) -> str:
    """What a library says of a formula, without its colours and pointers."""
    first = COLOUR.sub("", str(error)).strip().split("\n")[0]
    return first or type(error).__name__


def _outcomes(left: str, labels: LabelSet) -> list[str]:
    if left in labels.names:
        return [left]
    return [part.strip() for part in _outside_quotes(left, "+")]


def _label(name: str, labels: LabelSet) -> str:
    for bare in (name, name[1:-1] if len(name) > 2 and name[0] == name[-1] and name[0] in "`'\"" else name):
        found = other_spellings([(bare,)], labels.names).get(bare, bare)
        if found in labels.names:
            return found
    hint = did_you_mean(name.strip("`'\""), labels.names)
    raise InputError(
        f"--model: there is no label '{name}'.{hint} The labels are {names(labels.names)}.",
        fix="Name labels on the left of ~, covariates on the right.",
    )


def _outside_quotes(text: str, sign: str) -> Iterator[str]:
    """The parts of a text between signs that do not stand in backticks."""
    part, quoted = "", False
    for letter in text:
        quoted ^= letter == "`"
        if letter == sign and not quoted:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _variables(text: str, right: str) -> tuple[str, ...]:
    formulaic = import_formulaic()
    try:
        formula = formulaic.Formula(right)
        found = {str(name) for name in formula.required_variables}
    except Exception as error:  # the library raises what its parser meets, SyntaxError among others
        raise InputError(
            f"--model '{text}': the right side cannot be read: {in_one_line(error)}",
            fix="Join columns with +, put names with spaces in `backticks`; C(name) takes numbers as levels.",
        ) from None
    if not isinstance(formula, formulaic.SimpleFormula):
        raise InputError(f"--model '{text}': the right side is more than one formula.", fix="Leave out | and ~ there.")
    return tuple(sorted(found, key=lambda name: (right.find(name), name)))
