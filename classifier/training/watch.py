"""Who is told of a fine-tuning: imported before torch is, by the jobs that start one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.arrays import Floats32
from classifier.progress import SILENT, Progress


@dataclass(frozen=True)
class Watch:
    """Functions that are told of a fine-tuning, and may end it.

    Attributes:
        progress: told of each step.
        should_stop: asked after every optimizer step; True saves a checkpoint and ends the training.
        judge: scores the logits of the validation articles, for ``on_evaluation`` alone; None = by the metric of the
            settings, of the network without TF-IDF.
        on_evaluation: called with (step, score) after each validation; what it raises ends the training, without a
            ``model/``.
        on_record: called with each line of ``metrics.jsonl`` once it is written.
        on_logits: called once with the logits of the validation articles, float32 of shape (articles, classes): what
            the network that is written to ``model/`` says of them.
        blends: asked once after that with the same logits, where the settings would blend in TF-IDF: whether to.
        is_time_over: asked after every optimizer step; True ends the training there, with the best weights so far.
    """

    progress: Progress = SILENT
    should_stop: Callable[[], bool] = lambda: False
    judge: Callable[[Floats32], float] | None = None
    on_evaluation: Callable[[int, float], None] = lambda step, score: None
    on_record: Callable[[Mapping[str, Any]], None] = lambda record: None
    on_logits: Callable[[Floats32], None] = lambda logits: None
    blends: Callable[[Floats32], bool] = lambda logits: True
    is_time_over: Callable[[], bool] = lambda: False


UNWATCHED = Watch()
