"""What the controls of a model of pairs found, and `evaluation/SPLIT/controls.json`, which holds it field for field.

`classifier.evaluation.target_controls` measures it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classifier.files import read_json_as
from classifier.stats.resampling import Interval

CONTROLS_FILE = "controls.json"
METRIC = "f1_macro"


@dataclass(frozen=True)
class Control:
    """What becomes of the predictions when the input is altered.

    Attributes:
        score: macro F1.
        fall: how much lower that is than on the unaltered pairs.
        interval: of the fall, 95%; None where there are too few groups for one.
        changed: share of the articles that get another label.
        recall: label -> share of its articles that still get it.
    """

    score: float
    fall: float
    interval: Interval | None
    changed: float
    recall: Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """The scores of one model on the pairs as they are, and under each control.

    Attributes:
        score, recall: macro F1, and recall per label, on the unaltered pairs.
        target_removed, target_shuffled, text_removed: the controls; the figures of ``target_shuffled`` are means over
            the shuffles (its interval the mean of theirs), and it is None where all targets are the same.
    """

    score: float
    recall: Mapping[str, float]
    target_removed: Control
    target_shuffled: Control | None
    text_removed: Control


@dataclass(frozen=True)
class Controls:
    """What ``controls.json`` holds.

    Attributes:
        split: names the articles.
        articles: pairs that were tested.
        of: pairs that there are; more than ``articles`` where a sample was taken.
        targets: how many different targets these pairs have.
        shuffles: how often targets were shuffled.
        majority: macro F1 of the most frequent label.
        model, tfidf: the two, under each control.
        trained: what TF-IDF was trained on (``both``, ``text``, ``target``) -> its macro F1; None where the training
            articles are gone.
        trained_articles: how many it was trained on, a sample of the training articles.
        seed: of the samples and the shuffles.
    """

    split: str
    articles: int
    of: int
    targets: int
    shuffles: int
    majority: float
    model: Reading
    tfidf: Reading
    trained: Mapping[str, float] | None
    trained_articles: int
    seed: int
    metric: str = METRIC
    format_version: int = 1


def read_controls(folder: Path) -> Controls | None:
    """The controls of an evaluation; None where it has none.

    Raises:
        InputError: the file is damaged or of another version.
    """
    file = folder / CONTROLS_FILE
    return read_json_as(file, Controls, fix="classifier evaluate RUN --controls") if file.exists() else None
