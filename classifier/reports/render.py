"""Templates to text: HTML is escaped, and what others wrote cannot change how the rest of a page reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from classifier.errors import counted
from classifier.reports.words import between, column_name, figure, p_number, percent, precise, short, signed

INVISIBLE = frozenset(map(chr, (*range(9), *range(11, 13), *range(14, 32), *range(127, 160), 0xFEFF, 0xFFFE, 0xFFFF)))
DIRECTIONS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # they reorder what follows


def render(template: str, facts: Mapping[str, Any], **filters: Callable[..., Any]) -> bytes:
    """A template of ``classifier/reports/templates`` filled in, as UTF-8; the same facts give the same bytes.

    It is the only place where templates are read. In ``.html.j2`` every value is escaped, and loses control
    characters and those that turn the direction of text.

    Args:
        template: its file name.
        facts: what the template names; naming anything else is an error.
        filters: beside ``figure``, ``precise``, ``signed``, ``percent``, ``counted``, ``short``, ``column_name``,
            ``p_number``, ``md`` (`markdown`), and for intervals ``between`` (two decimals) and ``span`` (three).
    """
    templates = _templates(template.endswith(".html.j2"), tuple(filters.items()))
    text: str = templates.get_template(template).render(facts)
    return text.encode("utf-8", "replace")


@cache  # with what is compiled, which takes longer than filling in
def _templates(html: bool, filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Any:
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("classifier.reports"),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        finalize=harmless if html else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(
        figure=figure,
        precise=precise,
        signed=signed,
        percent=percent,
        counted=counted,
        short=short,
        md=markdown,
        column_name=column_name,
        p_number=p_number,
        between=lambda interval: between(interval, figure),
        span=lambda interval: between(interval, precise, " – "),
    )
    templates.filters.update(filters)
    return templates


def harmless(value: Any) -> Any:
    r"""Text without control characters and without those that reorder what follows; anything else as it is.

    Example:
        >>> harmless("a\x00b\u202ec"), harmless(3)
        ('abc', 3)
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(c for c in value if c not in INVISIBLE and c not in DIRECTIONS)


def markdown(value: object) -> str:
    """Escape a text so that Markdown shows it literally, on one line; it is safe in a table cell."""
    text = re.sub(r"([\\`*<>|\[\]~#$!]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(str(value).split()))
    return re.sub(r"^(\d*)([-+=]|(?<=\d)[.)])", r"\1\\\2", text).replace("&", "&amp;")
