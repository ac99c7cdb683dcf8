"""The covariates of a regression: numbers and levels, as a matrix with names for its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats, Ints
from classifier.errors import InputError, names
from classifier.evaluation.shares.input_columns import NONE
from classifier.evaluation.shares.model_formula import ModelFormula, import_formulaic, in_one_line

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
MOST_LEVELS = 200
SAME = 1e-10  # smallest eigenvalue of a correlation matrix, below which a column is a sum of others


@dataclass(frozen=True)
class Covariates:
    """The right side of a regression, with its articles.

    Attributes:
        design: (articles, columns).
        terms: names of the columns.
        levels: covariate -> its levels in order; those that are numbers are left out.
        patterns: share of the articles with each combination of covariates (patterns,).
        setting: covariate and level -> the design of these patterns if all had that level (patterns, columns).
    """

    design: Floats
    terms: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    patterns: Floats
    setting: Callable[[str, str], Floats]


def typed_columns(values: Mapping[str, Sequence[str]], periods: frozenset[str]) -> dict[str, Any]:
    """Numbers where a column has nothing else, else text; what is missing stays `NONE`, or NaN.

    Args:
        values: of each column, as text.
        periods: columns that were cut from dates, whose values are levels even where they are numbers.

    Raises:
        InputError: a column of text has more levels than a regression can bear.
    """
    typed: dict[str, Any] = {}
    for name, column in values.items():
        distinct = sorted(set(column) - {NONE})
        words = [value for value in distinct if not NUMBER.fullmatch(value)]
        if name not in periods and distinct and not words:
            numbers = {value: float(value) for value in distinct} | {NONE: np.nan}
            typed[name] = np.array([numbers[value] for value in column])
            continue
        if len(distinct) > MOST_LEVELS:
            others = f" {len(words):,} of them are no numbers, such as '{words[0]}'." if words else ""
            raise InputError(
                f"--model: column '{name}' has {len(distinct):,} different values, at most {MOST_LEVELS} can be "
                f"levels.{others}",
                fix="Mend the values that should be numbers, or name a column with fewer levels.",
            )
        typed[name] = np.array(column, dtype=object)
    return typed


def complete_rows(columns: Mapping[str, Any], number: int) -> npt.NDArray[np.bool_]:
    """Which articles have all covariates (articles,)."""
    complete = np.ones(number, dtype=bool)
    for column in columns.values():
        complete &= (column != NONE) if column.dtype == object else ~np.isnan(column)
    return complete


def unlabelled_levels(
    columns: Mapping[str, Any], kept: npt.NDArray[np.bool_], labelled: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, list[str]]]:
    """The levels of each covariate of which no article was labelled by hand."""
    for name, column in columns.items():
        if column.dtype == object:
            silent = sorted(set(column[kept]) - set(column[kept & labelled]))
            if silent:
                yield name, silent


def make_covariates(model: ModelFormula, columns: Mapping[str, Any], articles: int, rows: Ints) -> Covariates:
    """The design matrix of articles whose covariates are complete.

    Args:
        model: whose right side it is.
        columns: covariate -> its values.
        articles: how many there are.
        rows: the labelled ones.

    Raises:
        InputError: the formula cannot be evaluated, or its columns cannot be told apart.
    """
    import pandas as pd

    formulaic = import_formulaic()
    frame = pd.DataFrame(dict(columns)) if columns else pd.DataFrame(index=range(articles))
    try:
        with np.errstate(all="ignore"):
            matrix = formulaic.Formula(model.covariates).get_model_matrix(frame, context={}, na_action="ignore")
    except Exception as error:  # a formula may hold any expression
        raise InputError(f"--model '{model.text}': {in_one_line(error)}", fix="Check the right side.") from None
    design, spec = np.asarray(matrix, dtype=np.float64), matrix.model_spec
    terms = tuple(str(name) for name in spec.column_names)
    _check(model, design, rows, terms)
    values: dict[str, dict[str, Any]] = {}
    if not columns:
        return Covariates(design, terms, {}, np.ones(1), lambda name, level: design[:1])
    counted = frame.groupby(list(frame.columns), sort=False).size().reset_index(name="\0articles")
    weights = counted.pop("\0articles").to_numpy(dtype=np.float64)
    for name in _categorical(columns, spec):
        values[name] = {_said(level): level for level in sorted(set(frame[name]))}

    def setting(name: str, level: str) -> Floats:
        return np.asarray(spec.get_model_matrix(counted.assign(**{name: values[name][level]})), dtype=np.float64)

    levels = {name: tuple(each) for name, each in values.items()}
    return Covariates(design, terms, levels, weights / weights.sum(), setting)


def _said(level: Any) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _categorical(columns: Mapping[str, Any], spec: Any) -> list[str]:
    """Covariates that are text, or numbers that the formula takes as levels."""
    as_levels: set[str] = set()
    for factor, mentioned in spec.factor_variables.items():
        kind, _ = spec.encoder_state.get(factor.expr, (None, None))
        variables = {str(name) for name in mentioned} & {*columns}
        if kind is not None and str(kind.value) == "categorical" and len(variables) == 1:
            as_levels |= variables
    return [name for name in columns if name in as_levels]


def _check(model: ModelFormula, design: Floats, rows: Ints, terms: Sequence[str]) -> None:
    """Raise `InputError` where columns are not numbers, or are sums of others."""
    if not np.isfinite(design).all():
        bad = [term for term, column in zip(terms, design.T, strict=True) if not np.isfinite(column).all()]
        raise InputError(f"--model '{model.text}': {names(bad)} is not a number for some articles.", fix="Check it.")
    for part, where in ((design, "in these articles"), (design[rows], "in the labelled articles")):
        same = _sums_of_others(part)
        if same:
            raise InputError(
                f"--model '{model.text}': {names(terms[i] for i in same)} cannot be told from the other terms {where}.",
                fix="Leave a term out, join levels, or label more articles.",
            )


def _sums_of_others(design: Floats) -> list[int]:
    """Columns that are 0, or a sum of others."""
    from scipy.linalg import qr

    size = np.sqrt((design**2).sum(axis=0))
    cross = (design / np.where(size > 0, size, 1.0)).T @ (design / np.where(size > 0, size, 1.0))
    _, upper, order = qr(cross, pivoting=True)
    return sorted(int(order[i]) for i in np.flatnonzero(np.abs(np.diag(upper)) < SAME))
