"""The steps of a fine-tuning: each is logged, validation is read when due, and checkpoints are saved.

A training that took all its steps ends with the mean of its weights over the last of them (``train.average_last``);
one that ended before, or averages none, with the best weights on validation.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from typing import Any

import numpy as np
import torch

from classifier import distributed
from classifier.arrays import Floats32
from classifier.errors import InterruptedTrainingError
from classifier.files import json_text, write_text, writing
from classifier.models.run_folder import AVERAGED, OVER, read_metrics
from classifier.models.transformer.forward import probabilities
from classifier.progress import Task
from classifier.stats.metrics import headline
from classifier.stats.thresholds import decide
from classifier.training.checkpoints import BestEvaluation, save_best, save_checkpoint
from classifier.training.loop import StepRecord, balanced_weights, check_finite, train_steps
from classifier.training.prepare import Fitting
from classifier.training.undersampling import epoch_weights
from classifier.training.watch import Watch

logger = logging.getLogger(__name__)

Log = Callable[[dict[str, Any]], None]


def take_steps(fitting: Fitting, best: BestEvaluation, watch: Watch) -> BestEvaluation:
    """Take the steps that are left.

    Args:
        fitting: what is trained, as far as it has come.
        best: the best evaluation so far.
        watch: told of each step.

    Returns:
        The evaluation of the weights that are kept: of their mean over the last steps, else the best one.

    Raises:
        InterruptedTrainingError: ``should_stop`` said so; a checkpoint has been saved.
    """
    learner, settings = fitting.learner, fitting.config.train
    if not settings.num_train_epochs:
        logger.info("the encoder stays as it is: the head was fitted on its outputs, in one go")
    else:
        logger.info(
            "training on %s in %s: %s epochs of %s articles, %s steps%s",
            fitting.device,
            "bf16" if fitting.bf16 else "fp32",
            settings.num_train_epochs,
            f"{fitting.per_epoch:,}",
            f"{fitting.last_step:,}",
            f", going on after step {learner.step:,}" if learner.step else "",
        )
    steps = islice(
        train_steps(
            learner, fitting.train, fitting.encoder, class_weights=_class_weights(fitting), device=fitting.device
        ),
        fitting.last_step - learner.step,
    )
    saved = time.monotonic()
    articles = min(fitting.per_epoch * settings.num_train_epochs, fitting.last_step * settings.batch_size)
    done = min(articles, learner.step * settings.batch_size)
    over = _ended_early(fitting)
    with (
        watch.progress.task("training", articles, done) as task,
        _metrics_log(fitting, learner.step, watch) as log,
    ):
        while not (over or _patience_is_over(best, settings.early_stopping_patience)) and (record := next(steps, None)):
            log({"kind": "step", **asdict(record)})
            task.advance(record.articles, record.tokens)
            left = fitting.last_step - record.step
            if record.step == fitting.total_steps:
                _take_average(fitting)
            over = bool(left and distributed.from_main(watch.is_time_over(), fitting.device))
            if fitting.validation and (over or _validation_is_due(record, settings.eval_steps)):
                best = _validate(fitting, record, best, log, task, watch)
            stop = bool(distributed.from_main(watch.should_stop(), fitting.device))
            if over:
                _end_early(fitting, record, log)
            if stop or over or _save_is_due(fitting, record.step, saved):
                if distributed.is_main():
                    save_checkpoint(fitting.run.checkpoints, learner, best)
                saved = time.monotonic()
            if stop and left and not over:
                raise InterruptedTrainingError(f"Stopped after step {record.step:,} of {fitting.last_step:,}.")
    return best


def _take_average(fitting: Fitting) -> None:
    """After the last step: the model is the mean of its weights over the last steps, where they are averaged."""
    steps = fitting.learner.average.count
    if steps:
        fitting.learner.take_average()
        logger.info("the model is the mean of its weights over the last %s of %s steps", steps, fitting.total_steps)


def _end_early(fitting: Fitting, record: StepRecord, log: Log) -> None:
    """Write down that the time of ``train.budget`` is over, so that a resumed training takes no more steps either."""
    log({"kind": OVER, "step": record.step, "epoch": record.epoch})
    logger.warning(
        "the time is over: training ends after %s of %s epochs, with the %s",
        f"{record.epoch:.3g}",
        fitting.config.train.num_train_epochs,
        "best weights so far" if fitting.validation else "weights as they are: no validation chooses among them",
    )


def _ended_early(fitting: Fitting) -> bool:
    """Whether the training was ended at this step because its time was over.

    The process that writes ``metrics.jsonl`` tells the others, which might find it half written.
    """
    step, ended = fitting.learner.step, False
    if step and distributed.is_main():
        ended = any(line["kind"] == OVER and line["step"] == step for line in read_metrics(fitting.run))
    return bool(distributed.from_main(ended, fitting.device))


def _validate(
    fitting: Fitting, record: StepRecord, best: BestEvaluation, log: Log, task: Task, watch: Watch
) -> BestEvaluation:
    """Evaluate on validation; keep the weights if they are the best so far, or the mean that training ends with."""
    metric = fitting.config.train.metric_for_best_model
    figures: Mapping[str, float] = {metric: 0.0}
    logits: Floats32 | None = None
    if distributed.is_main():
        logits = _validation_logits(fitting, watch)
        figures = _validation_figures(fitting, metric, logits)
    score = distributed.from_main(figures[metric], fitting.device)
    check_finite(f"validation {metric}", score, record.step)
    steps = fitting.learner.average.count if record.step == fitting.total_steps else 0
    best = BestEvaluation(record.step, score) if steps else best.after(record.step, score)
    if best.step == record.step and logits is not None:
        save_best(fitting.run.checkpoints, fitting.learner)
        fitting.validated.clear()
        fitting.validated[best.step] = logits
    averaged = {AVERAGED: steps} if steps else {}
    line = {"kind": "evaluation", "step": record.step, "epoch": record.epoch, "split": "validation"}
    log({**line, **averaged, **figures})
    task.note(f"{metric} {score:.3f}")
    logger.info("epoch %s: loss %.3f, validation %s %.3f", f"{record.epoch:g}", record.loss, metric, score)
    watch.on_evaluation(record.step, score if logits is None or watch.judge is None else watch.judge(logits))
    return best


def _validation_logits(fitting: Fitting, watch: Watch) -> Floats32:
    """What the model as it is now says of the validation articles."""
    assert fitting.validation is not None
    with watch.progress.task("evaluating on validation", len(fitting.validation)) as task:
        return fitting.logits(fitting.validation, task)


def _validation_figures(fitting: Fitting, metric: str, logits: Floats32) -> Mapping[str, float]:
    """The figures of a model by its logits; where these are no numbers, the metric is none, and no weights are best."""
    assert fitting.validation is not None
    if not np.isfinite(logits).all():
        return {metric: math.nan}
    proba = probabilities(logits, fitting.info.multi_label)
    predicted = decide(proba, fitting.info.multi_label)  # at 0.5 until thresholds are fitted
    return headline(fitting.validation.y, predicted, fitting.info.labels)


def _class_weights(fitting: Fitting) -> torch.Tensor | None:
    settings, y, classes = fitting.config.train, fitting.train.y, len(fitting.info.labels)
    known = y if fitting.train.taught is None else y[: fitting.train.taught.labelled]
    weights = epoch_weights(y, settings.most_frequent_share, classes)
    if settings.balanced:
        weights = weights * balanced_weights(known, classes)
    elif fitting.per_epoch == len(y):
        return None
    return torch.from_numpy(weights).to(fitting.device)


def _validation_is_due(record: StepRecord, eval_steps: int | None) -> bool:
    return record.epoch_ends or (eval_steps is not None and record.step % eval_steps == 0)


def _patience_is_over(best: BestEvaluation, patience: int | None) -> bool:
    return patience is not None and best.since >= patience


def _save_is_due(fitting: Fitting, step: int, saved: float) -> bool:
    settings = fitting.config.train
    by_steps = settings.save_steps is not None and step % settings.save_steps == 0
    return by_steps or time.monotonic() - saved > settings.save_minutes * 60


@contextmanager
def _metrics_log(fitting: Fitting, step: int, watch: Watch) -> Iterator[Log]:
    """Append to ``metrics.jsonl``, after removing lines of later steps than the one that training goes on from."""
    if not distributed.is_main():
        yield lambda record: None
        return
    path = fitting.run.metrics
    with writing(path):
        kept = [record for record in read_metrics(fitting.run) if record["step"] <= step]
        write_text(path, "".join(json.dumps(record) + "\n" for record in kept))
        with path.open("a", encoding="utf-8") as stream:

            def log(record: dict[str, Any]) -> None:
                stream.write(json_text(record, path) + "\n")
                stream.flush()
                watch.on_record(record)

            yield log
