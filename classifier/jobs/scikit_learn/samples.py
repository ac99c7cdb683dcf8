"""What a program gives to an estimator: texts, their classes and their groups; a message names each as ``X[17]``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.articles.article import Article
from classifier.articles.given_texts import default_index, given_articles
from classifier.articles.labels import spelling_faults
from classifier.articles.plain_values import GivenLabels, is_missing, is_of, plain_value
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError

ID, LABEL, GROUPS = "id", "label", "groups"  # columns of the rows
Classes = npt.NDArray[Any]


def given_samples(X: Any) -> Any:  # noqa: N803
    """What `classifier.Classifier` reads: a list of texts, or of mappings where X is a DataFrame of several columns.

    Args:
        X: texts in a list, a Series or an array (of one dimension, or of one column); or a DataFrame of pandas or
            polars with a column of texts, and perhaps one of titles and one of targets. A column that is alone holds
            the texts, whatever its name.

    Raises:
        InputError: X is empty.

    Example:
        >>> given_samples(np.array([["One text."], ["Another."]])).tolist()
        ['One text.', 'Another.']
    """
    samples = X
    if is_of(X, "pandas", "DataFrame"):
        samples = X.iloc[:, 0] if X.shape[1] == 1 else X.to_dict("records")
    elif is_of(X, "polars", "LazyFrame"):
        return given_samples(X.collect())
    elif is_of(X, "polars", "DataFrame"):
        samples = X.to_series(0) if X.shape[1] == 1 else X.to_dicts()
    elif isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1:
        samples = X[:, 0]
    elif isinstance(X, Iterator):
        samples = list(X)
    if hasattr(samples, "__len__") and not len(samples):
        raise InputError("X is empty: 0 sample(s), while a minimum of 1 is required.", fix="Give texts.")
    return samples


def sample_rows(X: Any, y: Sequence[str], groups: Any = None) -> list[Row]:  # noqa: N803
    """Texts with the names of their classes, and of their groups where these are given, as rows of a source.

    Args:
        X: as in `given_samples`.
        y: the name of each text's class.
        groups: the group of each text; None = there are no groups.

    Raises:
        InputError: texts are missing, empty or no texts (all are listed by their positions); or there is not one class
            and one group for each text.

    Example:
        >>> sample_rows(["One text."], ["news"], [7])
        [Row(where='X[0]', values={'text': 'One text.', 'id': '0', 'label': GivenLabels(names=('news',)), 'groups': 7})]
    """
    samples = given_samples(X)
    values = _values(samples)
    places = _places(X, len(values))
    _check_length("class", "y", len(y), len(values))
    joined = {} if groups is None else {GROUPS: list(groups)}
    if joined:
        _check_length("group", "groups", len(joined[GROUPS]), len(values))
    return [
        Row(
            places[i],
            {
                **value,
                ID: str(i),
                LABEL: GivenLabels((y[i],)),
                **{name: plain_value(given[i]) for name, given in joined.items()},
            },
        )
        for i, value in enumerate(values)
    ]


def _values(samples: Any) -> list[dict[str, Any]]:
    """Each text with what stands beside it; plain texts are checked here, the rest where it is read."""
    listed = _list(samples)
    if any(isinstance(sample, Mapping) for sample in listed):
        return [plain_value(sample if isinstance(sample, Mapping) else {"text": sample}) for sample in listed]
    pair = bool(listed) and all(isinstance(one, Article) and one.target is not None for one in listed)
    articles = given_articles(samples, pair=pair)
    parts = ("title", "target")
    return [
        {"text": one.text, **{part: getattr(one, part) for part in parts if getattr(one, part) is not None}}
        for one in articles
    ]


def _list(given: Any) -> list[Any]:
    """The entries of a list, a Series or an array; none of what is no list, which `given_articles` refuses."""
    walked = isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping))
    return list(given) if walked else []


def _places(X: Any, count: int) -> list[str]:  # noqa: N803
    """How a message names each text: by its position, and by its index in pandas where that is not the default one."""
    index = getattr(X, "index", None) if is_of(X, "pandas", "DataFrame", "Series") else None
    if index is None or default_index(index):
        return [f"X[{i}]" for i in range(count)]
    return [f"X[{i}] (index {label!r})" for i, label in enumerate(index.tolist())]


def _check_length(one: str, name: str, found: int, texts: int) -> None:
    if found != texts:
        raise InputError(
            f"There must be one {one} for each text. Got {found:,} in {name} for {texts:,} texts in X instead.",
            fix=f"Give X and {name} of the same length, in the same order.",
        )


def given_classes(y: Any) -> tuple[Classes, npt.NDArray[np.int64], list[str]]:
    """The distinct classes, in numpy's order and of y's dtype; which of them each text has; and the name of each.

    Args:
        y: one class for each text: strings, whole numbers or truth values.

    Raises:
        InputError: y is missing, or classes in it are (all are listed), or they have several dimensions, or two of
            them cannot be told apart by their names.
        ValueError: scikit-learn refuses y, as one of measured values.

    Example:
        >>> given_classes([10, 9, 10])
        (array([ 9, 10]), array([1, 0, 1]), ['9', '10'])
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import column_or_1d

    if y is None:
        raise InputError(
            "ArticleClassifier requires y to be passed, but the target y is None.", fix="Give one class for each text."
        )
    values = np.asarray(y)
    if values.ndim > 1 and values.shape[1:] != (1,):
        raise InputError(
            f"y must hold one class for each text. Got an array of shape {values.shape} instead.",
            fix='For several labels of a text: classifier.train(source, out, settings={"data.task": "multi_label"})',
        )
    values = column_or_1d(values, warn=True)
    faults = [Fault(f"y[{i}]", f"is missing ({v!r})", "is missing") for i, v in enumerate(values) if is_missing(v)]
    if faults:
        raise InputError(
            "Some classes are missing (NaN).", faults=faults, fix="Leave these texts out, or give each a class."
        )
    if values.dtype == object and len({isinstance(value, str) for value in values}) > 1:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        fix = "Make them strings: y = list(map(str, y))"
        raise InputError(f"The classes in y are of several types: {kinds}.", fix=fix)
    check_classification_targets(values)
    classes, codes = np.unique(values, return_inverse=True)
    names = [_class_name(value) for value in classes]
    if len(names) == 1:
        raise InputError(
            f"A classifier needs at least two classes. Got 1 class instead: '{names[0]}', {len(values):,} times.",
            fix="Give texts of other classes too.",
        )
    _check_names(names, codes)
    return classes, codes.astype(np.int64), names


def _class_name(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain).strip()


def _check_names(names: Sequence[str], codes: npt.NDArray[np.int64]) -> None:
    """Raise `InputError` for classes whose names differ in nothing but case, space or look-alike characters."""
    first = {code: i for i, code in reversed(list(enumerate(codes.tolist())))}
    place = {row: f"y[{first[code]}]" for row, code in enumerate(range(len(names)))}
    faults = spelling_faults([(name,) for name in names], lambda row: place[row])
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [
        Fault(place[names.index(name)], f"the class '{name}' is there twice, with other space") for name in twice
    ]
    if faults:
        raise InputError(
            "Some classes differ only in case, space or characters that look alike.",
            faults=faults,
            fix="Spell them the same way in y.",
        )
