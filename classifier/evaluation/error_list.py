"""What `evaluation/SPLIT/errors.json` holds: the worst errors, which `classifier.evaluation.worst_errors` finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ERRORS_FILE = "errors.json"


@dataclass(frozen=True)
class EvidenceMark:
    """A sentence by its place in the title or the text, and its effect on the log-odds of the label."""

    part: str
    start: int
    end: int
    text: str
    effect: float


@dataclass(frozen=True)
class ListedError:
    """An article with a wrong label: the one with the highest score is ``label``, which the evidence is for."""

    id: str
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    label: str
    score: float
    scores: tuple[Mapping[str, Any], ...]
    source: str | None
    target: str | None
    title: str | None
    text: str
    evidence: tuple[EvidenceMark, ...]


@dataclass(frozen=True)
class ErrorList:
    """The errors of an evaluation.

    Attributes:
        split: names the articles.
        articles: how many were evaluated.
        wrong: how many of these have a wrong label; more than there are ``errors`` where only the worst are listed.
        errors: the worst first.
    """

    split: str
    articles: int
    wrong: int
    errors: tuple[ListedError, ...]
    format_version: int = 1
