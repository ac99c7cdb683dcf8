"""Checks what a program gives to a model: texts in a list, a Series or an array; articles; or mappings.

What is no text to label in a file is none here either: a missing value, white space, a word such as ``nan``, a URL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from classifier.articles.arrow_rows import arrow_values
from classifier.articles.article import Article
from classifier.articles.columns import ROWS_FOR_COLUMNS, Schema, find_columns, meant_columns, names_in, read_schema
from classifier.articles.folding import is_blank
from classifier.articles.plain_values import is_missing, is_of, plain_value
from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.articles.rows import article_from_row, text_faults
from classifier.errors import Fault, InputError, did_you_mean

logger = logging.getLogger(__name__)
OnBadText = Literal["raise", "keep"]
Texts = Iterable[str] | Iterable[Article] | Iterable[Mapping[str, Any]]
KINDS = (str, Article, Mapping)
SHOWN = 40  # characters of a value in a message
SHOWN_FAULTS = 3  # in a warning
AS_THEY_ARE = {"text": "text", "target": "target"}  # columns of texts and targets that a program gives as they are


@dataclass(frozen=True)
class Entries:
    """The values of a list, a Series or an array, and the name of each in a message.

    Attributes:
        name: name of the argument, such as ``texts``.
        values: as they were given.
        index: index of a Series, if it is not the default one.
        schema: how texts and targets that stand alone are read.
    """

    name: str
    values: Sequence[Any]
    index: Sequence[Any] | None = None
    schema: Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        texts = [value.text if isinstance(value, Article) else value for value in self.values[:ROWS_FOR_COLUMNS]]
        first = [Row("", {"text": text}) for text in texts if isinstance(text, str)]
        object.__setattr__(self, "schema", read_schema(AS_THEY_ARE, first))

    def faults(self, position: int, key: str | None = "text") -> list[Fault]:
        """What is wrong with an entry that should be a text or a target; ``None`` = with any other name."""
        return self.value_faults(self.values[position], self.place(position), key)

    def value_faults(self, value: object, place: str, key: str | None = "text", wanted: str = "") -> list[Fault]:
        """What is wrong with a value that should be a text (or ``wanted``), if anything."""
        if is_missing(value):
            return [Fault(place, f"is missing ({value!r})", "is missing")]
        if wanted or not isinstance(value, str):
            kind, shown = type(value).__name__, repr(value)[:SHOWN]
            return [Fault(place, f"must be {wanted or 'a text'}. Got the {kind} {shown} instead", f"is a {kind}")]
        if is_blank(value):
            return [Fault(place, "is empty", "is empty")]
        if not is_unicode(value):
            return [surrogate_fault(place)]
        return [] if key is None else text_faults(value, self.schema, key, place)

    def place(self, position: int) -> str:
        """An entry as a message names it, counted from 0 as in Python: ``texts[17]``."""
        label = "" if self.index is None else f" (index {self.index[position]!r})"
        return f"{self.name}[{position}]{label}"


@dataclass(frozen=True)
class GivenArticles:
    """What a program gives to a model, in its order.

    Attributes:
        entries: the article of each entry; None where it cannot be labelled.
        faults: why, in order.
    """

    entries: tuple[Article | None, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def articles(self) -> list[Article]:
        """Those that can be labelled."""
        return [article for article in self.entries if article is not None]

    @property
    def positions(self) -> list[int]:
        """Where they stand among the entries."""
        return [position for position, article in enumerate(self.entries) if article is not None]


def given_articles(
    texts: Texts, targets: Iterable[str] | None = None, *, pair: bool, trained: Mapping[str, str] | None = None
) -> list[Article]:
    """The articles that a program gives to a model, in its order.

    Args:
        texts: a list, tuple, Series or array of texts; or of `Article`, or of mappings with a text (and title, target).
        targets: claims or headlines, one for each text, if the texts have none of their own.
        pair: whether the model reads targets.
        trained: standard name -> the name of its column in training, used if the mappings have it.

    Raises:
        InputError: ``texts`` is one text and not a list; entries are missing, empty or of another kind (all are
            listed by their positions); or there is not one target for each text.

    Example:
        >>> [article.text for article in given_articles(("One text.", "Another."), pair=False)]
        ['One text.', 'Another.']
    """
    return read_given(texts, targets, pair=pair, trained=trained).articles


def read_given(
    texts: Texts,
    targets: Iterable[str] | None = None,
    *,
    pair: bool,
    trained: Mapping[str, str] | None = None,
    on_error: OnBadText = "raise",
) -> GivenArticles:
    """As `given_articles`, also where some entries cannot be labelled.

    Args:
        texts, targets, pair, trained: as there.
        on_error: what becomes of such entries: ``raise`` refuses all, ``keep`` gives None for each, with a warning.

    Raises:
        InputError: as there; with ``keep`` not for single entries.

    Example:
        >>> read_given(["One text.", None], pair=False, on_error="keep").positions
        [0]
    """
    check_on_error(on_error)
    entries = _entries(texts, "texts")
    kind = next((kind for value in entries.values for kind in KINDS if isinstance(value, kind)), str)
    given = None if targets is None else _entries(targets, "targets")
    _check_targets(entries, given, kind, pair=pair)
    own = pair and given is None
    found: Iterable[Article | list[Fault]]
    if kind is Mapping:
        found = _from_mappings(entries, trained or {}, pair=None if pair and given is not None else pair)
    else:
        found = (_from_value(entries, position, kind, pair=own) for position in range(len(entries.values)))
    articles: list[Article | None] = []
    faults: list[Fault] = []
    for position, item in enumerate(found):
        theirs = [] if given is None else given.faults(position, "target")
        if isinstance(item, Article) and not theirs:
            articles.append(item if given is None else replace(item, target=str(given.values[position])))
        else:
            articles.append(None)
            faults += [*([] if isinstance(item, Article) else item), *theirs]
    _refuse_or_say(faults, len(entries.values), on_error)
    return GivenArticles(tuple(articles), tuple(faults))


def check_on_error(on_error: str) -> None:
    """Raise `InputError` for another word than ``raise`` and ``keep``."""
    if on_error not in get_args(OnBadText):
        hint = did_you_mean(on_error, get_args(OnBadText)) if isinstance(on_error, str) else ""
        raise InputError(f"on_error is raise or keep. Got {on_error!r} instead.{hint}", fix="Choose one of these.")


def _refuse_or_say(faults: Sequence[Fault], count: int, on_error: OnBadText) -> None:
    if faults and on_error == "raise":
        many = "entry" if len(faults) == 1 else "entries"
        raise InputError(
            f"{len(faults):,} {many} of {count:,} texts cannot be read.",
            faults=faults,
            fix='Leave these out, give each a text, or keep them without a label: on_error="keep"',
        )
    if faults:
        shown = "; ".join(map(str, faults[:SHOWN_FAULTS])) + ("; …" if len(faults) > SHOWN_FAULTS else "")
        logger.warning("%s of %s texts get no label: %s", f"{len({f.where for f in faults}):,}", f"{count:,}", shown)


def given_labels(labels: Iterable[str]) -> list[str]:
    """Names of labels that a program gives, in its order.

    Raises:
        InputError: it is one name and not a list, or entries are missing or no text (all by their positions).

    Example:
        >>> given_labels(["satire", float("nan")])
        Traceback (most recent call last):
        classifier.errors.InputError: 1 entry of 2 labels cannot be read.
          labels[1]: is missing (nan)
        Fix: Give the name of a label for each.
    """
    entries = _entries(labels, "labels")
    faults = [fault for position in range(len(entries.values)) for fault in entries.faults(position, None)]
    if faults:
        many = "entry" if len(faults) == 1 else "entries"
        raise InputError(
            f"{len(faults):,} {many} of {len(entries.values):,} labels cannot be read.",
            faults=faults,
            fix="Give the name of a label for each.",
        )
    return [str.__str__(value) for value in entries.values]


def _entries(given: Any, name: str) -> Entries:
    """The entries in their order; `InputError` if there is no list of them."""
    if isinstance(given, (str, bytes, Article, Mapping)):
        kind, one = ("string", "text") if isinstance(given, str) else (type(given).__name__, "article")
        call = f"predict([{one}])" if name == "texts" else f"{name}=[…], one for each text"
        raise InputError(f"{name} must be a list of texts. Got one {kind} instead.", fix=f"Put it into a list: {call}")
    if is_of(given, "pandas", "DataFrame") or is_of(given, "polars", "DataFrame", "LazyFrame"):
        raise InputError(
            f"{name} must be a list or a Series. Got a whole DataFrame instead.",
            fix='Give its column, predict(frame["text"]); or label the frame, titles and targets included: '
            "classifier.predict(model, frame)",
        )
    if isinstance(given, (set, frozenset)):
        raise InputError(f"{name} must have an order. Got a set instead.", fix="Put them into a list: sorted(texts)")
    if isinstance(given, np.ndarray) and given.ndim != 1:
        raise InputError(
            f"{name} must be a list or an array of one dimension. Got an array of shape {given.shape} instead.",
            fix="Give one column of it: array[:, 0]",
        )
    if not isinstance(given, Iterable):
        raise InputError(f"{name} must be a list. Got {type(given).__name__} instead.", fix="Give a list of texts.")
    if is_of(given, "pandas", "Series"):
        return Entries(name, given.tolist(), None if default_index(given.index) else given.index.tolist())  # type: ignore[attr-defined]
    return Entries(name, arrow_values(given) if is_of(given, "pyarrow", "Array", "ChunkedArray") else list(given))


def default_index(index: Any) -> bool:
    """Whether an index of pandas is the default one, which counts from 0."""
    return is_of(index, "pandas", "RangeIndex") and (index.start, index.step) == (0, 1)


def _check_targets(entries: Entries, targets: Entries | None, kind: type, *, pair: bool) -> None:
    """Raise `InputError` if targets lack, do not belong, or do not match the texts; each is checked later."""
    if targets is not None and not pair:
        raise InputError(
            "This model takes no targets.", fix="Leave targets out: it was trained on texts alone (classifier.json)."
        )
    if targets is None and pair and kind is str and entries.values:
        raise InputError(
            "This model needs targets: it reads a claim or headline with each text.",
            fix="Give one for each text: predict(texts, targets=claims)",
        )
    if targets is None:
        return
    if len(targets.values) != len(entries.values):
        raise InputError(
            f"There must be one target for each text. Got {len(targets.values):,} targets for "
            f"{len(entries.values):,} texts instead.",
            fix="Give as many targets as texts, in the same order.",
        )
    twice = [entries.place(position) for position, value in enumerate(entries.values) if _has_target(value)]
    if twice:
        raise InputError(f"targets are given, but {twice[0]} has a target too.", fix="Leave targets out.")


def _has_target(value: object) -> bool:
    if isinstance(value, Mapping):
        return value.get("target") is not None
    return isinstance(value, Article) and value.target is not None


def _from_value(entries: Entries, position: int, kind: type, *, pair: bool) -> Article | list[Fault]:
    """A text or an article as an article; else what is wrong with it."""
    value, place = entries.values[position], entries.place(position)
    if not isinstance(value, Article):
        wanted = "an Article, as the others are" if kind is Article else ""
        return entries.value_faults(value, place, wanted=wanted) or Article(str(position), str.__str__(value))
    if kind is not Article:
        return [Fault(place, "must be a text, as the others are. Got an Article instead", "is no text")]
    faults = entries.value_faults(value.text, f"{place}.text")
    faults += entries.value_faults(value.target, f"{place}.target", "target") if pair else []
    return faults or _read_by_a_model(value, pair=pair)


def _read_by_a_model(article: Article, *, pair: bool) -> Article:
    """The article without a target where the model reads none, and without a title that is no text."""
    title = article.title if article.title is None or isinstance(article.title, str) else plain_value(article.title)
    title = None if title is None else str(title)
    if title is article.title and (pair or article.target is None):
        return article
    return replace(article, title=title, target=article.target if pair else None)


def _from_mappings(
    entries: Entries, trained: Mapping[str, str], *, pair: bool | None
) -> Iterator[Article | list[Fault]]:
    """Each mapping as an article, by the same names of columns as in a file; else what is wrong with it.

    Args:
        entries: the mappings.
        trained: standard name -> the name of its column in training.
        pair: True demands a target; None for a model of pairs whose targets are given separately.
    """
    rows = [
        Row(entries.place(position), {str(name): plain_value(part) for name, part in value.items()})
        if isinstance(value, Mapping)
        else None
        for position, value in enumerate(entries.values)
    ]
    first = [row for row in rows if row is not None]
    present = names_in(first)
    known = {key: name for key, name in trained.items() if meant_columns(name, present)}
    try:
        columns = find_columns(present, known, pair=pair, labelled=False, file=entries.name)
    except InputError as error:
        example = '{"text": …, "target": …}' if pair else '{"text": …}'
        raise InputError(error.message, faults=error.faults, fix=f"Give mappings such as {example}.") from None
    schema = read_schema({key: name for key, name in columns.items() if pair or key != "target"}, first)
    for position, row in enumerate(rows):
        if row is None:
            place = entries.place(position)
            yield entries.value_faults(entries.values[position], place, wanted="a mapping, as the others are")
        else:
            yield article_from_row(row, schema, str(position), labelled=False)
