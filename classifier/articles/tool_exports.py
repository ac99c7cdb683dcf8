"""Recognises what annotation tools have written, by a row of it: exports that need their builder, and known columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.articles.columns import ALIASES
from classifier.articles.folding import name_key
from classifier.errors import InputError

OLD_DOCCANO = "Its annotations are numbers in place of names: export it with doccano 1.5 or newer, as JSONL or CSV."
FASTTEXT = "__label__"  # before a label, at the beginning of a line
MARKED = re.compile(rf"{FASTTEXT}\S")
ANSWERS = ("accept", "reject", "ignore")


def check_no_export(values: Mapping[str, Any], file: str) -> None:
    """Refuse a row that a tool's builder must read, since its labels are answers.

    Args:
        values: column -> value.
        file: name of the table, for messages.

    Raises:
        InputError: the row is of an export; the message names the builder.
    """
    found = _tool(values)
    if found is not None:
        tool, builder = found
        fix = f"Build a dataset with its builder: --set data.builder={builder}" if builder else OLD_DOCCANO
        raise InputError(f"'{file}' is an export of {tool}.", fix=fix)


def check_unmarked(text: Any, file: str) -> None:
    """Refuse a text that begins with a label of fastText, which a model would read; a file of many lines is one text.

    Args:
        text: the first of a file that is to be labelled.
        file: its name, for messages.

    Raises:
        InputError: the text is marked; the message tells how to take the labels away.
    """
    if MARKED.match(str(text)):
        raise InputError(
            f"'{file}' is in fastText's format: its labels would be read as words of the texts.",
            fix="Take them away: sed -E 's/__label__[^ ]+ ?//g' FILE. Standard input (-) is read as one text per line.",
        )


def _tool(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name of the tool that wrote a row, and its builder; None for an ordinary row."""
    annotations = values.get("annotations")
    if isinstance(values.get("data"), dict) and isinstance(annotations, list):
        return "Label Studio", "label_studio"
    if isinstance(values.get("fields"), dict) and isinstance(values.get("responses"), (dict, list)):
        return "Argilla", "argilla"
    if (
        values.get("answer") in ANSWERS
        and {"_input_hash", "_task_hash", "_session_id", "_annotator_id"} & values.keys()
    ):
        return "Prodigy", "prodigy"
    votes = annotations if isinstance(annotations, list) and not _labelled(values) else []
    if votes and all(isinstance(vote, dict) and {"label", "user"} <= vote.keys() for vote in votes):
        return "doccano before 1.5", ""
    if str(values.get("text", "")).startswith(FASTTEXT) and not _labelled(values):
        return "fastText", "fasttext"
    return None


def _labelled(values: Mapping[str, Any]) -> bool:
    return any(alias in values for alias in ALIASES["label"])


def tool_columns(values: Mapping[str, Any], present: Sequence[str]) -> dict[str, str]:
    """The columns of spaCy and doccano: standard name -> its name, where the table has no column of a standard name.

    Args:
        values: a row: column -> value.
        present: the table's columns.

    Example:
        >>> tool_columns({"text": "Rain.", "cats": {"news": 1, "satire": 0}}, ["text", "cats"])
        {'label': 'cats'}
        >>> tool_columns({"id": 1, "data": "Rain.", "label": ["news"]}, ["id", "data", "label"])
        {'text': 'data'}
    """
    plain = {name_key(name) for name in present}
    found = {}
    if isinstance(values.get("cats"), Mapping) and not plain & {*ALIASES["label"]}:
        found["label"] = "cats"
    doccano = isinstance(values.get("data"), str) and plain & {*ALIASES["label"]}
    if doccano and not plain & {*ALIASES["text"]}:
        found["text"] = "data"
    return found
