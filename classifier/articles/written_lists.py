"""Lists and objects that are written in a cell of text, as pandas, numpy, JSON and annotation tools write them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
NAMES = re.compile(rf"[\[({{]\s*{QUOTED}(?:(?:\s*,\s*|\s+){QUOTED})*\s*,?\s*[\])}}]", re.DOTALL)
ENDS = {"[": "]", "{": "}", "(": ")"}


def written_value(cell: str) -> Any:
    """The list or object that a cell of text holds; the text itself if it holds none.

    Raises:
        ValueError: it looks like a list or an object, and cannot be read as one.

    Example:
        >>> written_value("['a', 'b']"), written_value('["a"]'), written_value("['a' 'b']"), written_value("a (b)")
        (['a', 'b'], ['a'], ['a', 'b'], 'a (b)')
    """
    text = cell.strip()
    if not text or ENDS.get(text[0]) != text[-1]:
        return cell
    if NAMES.fullmatch(text):  # also numpy's list, without commas, in which Python would join the names
        return [ast.literal_eval(part) for part in re.findall(QUOTED, text, re.DOTALL)]
    if text[0] == "(":
        return cell
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return _plain(ast.literal_eval(text), text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        if text[0] == "[" and not set(text) & set(",'\""):
            return cell
        raise ValueError("cannot be read as a list") from None


def _plain(value: Any, text: str) -> Any:
    if re.search(rf"{QUOTED}\s+{QUOTED}", text):
        raise ValueError("names without a comma between them")
    return list(value) if isinstance(value, (tuple, set)) else value
