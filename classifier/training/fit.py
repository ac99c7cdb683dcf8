"""One fine-tuning inside a run folder.

It takes the steps, validates, keeps the best weights and a checkpoint, and writes ``model/`` when it is done.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from classifier import distributed
from classifier._version import __version__
from classifier.arrays import Floats32
from classifier.config import Config, ModelConfig
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo
from classifier.errors import InputError, InterruptedTrainingError
from classifier.files import whole_folder, writing
from classifier.models.device import choose_device, use_bf16
from classifier.models.model_folder import TFIDF_FOLDER, ModelInfo, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.models.transformer.forward import article_logits, decide, probabilities
from classifier.models.transformer.network import ArticleNetwork, create_model, place, save_model
from classifier.models.transformer.pretrained import find_weights, load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import Progress, Task
from classifier.stats.blending import Blend
from classifier.stats.metrics import headline
from classifier.training.auto import LARGEST_ARTICLE, ChosenConfig, chosen, text_encoder
from classifier.training.checkpoints import BestEvaluation, load_best, load_checkpoint, save_best, save_checkpoint
from classifier.training.decision import FittedDecision, blend_without_validation, fit_blend_on_validation, fit_scores
from classifier.training.frozen_layers import lower_outputs
from classifier.training.head import start_head
from classifier.training.loop import (
    Learner,
    StepRecord,
    TrainingSet,
    balanced_weights,
    set_seed,
    steps_per_epoch,
    train_steps,
)
from classifier.training.undersampling import epoch_size, epoch_weights

logger = logging.getLogger(__name__)

Log = Callable[[dict[str, Any]], None]
OnEvaluation = Callable[[int, float], None]
OnRecord = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Fitting:
    """What the functions of a fine-tuning share."""

    run: RunFolder
    config: ChosenConfig
    info: DatasetInfo
    encoder: TextEncoder
    learner: Learner
    train: TrainingSet
    validation: TrainingSet | None
    device: torch.device
    bf16: bool
    on_evaluation: OnEvaluation = lambda step, score: None
    on_record: OnRecord = lambda record: None

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole training."""
        settings = self.config.train
        return steps_per_epoch(self.per_epoch, settings.batch_size) * settings.num_train_epochs

    @property
    def per_epoch(self) -> int:
        """Articles in an epoch."""
        return epoch_size(self.train.y, self.config.train.most_frequent_share)


def fit(
    run: RunFolder,
    config: Config,
    dataset: DatasetFolder,
    progress: Progress,
    should_stop: Callable[[], bool],
    on_evaluation: OnEvaluation = lambda step, score: None,
    on_record: OnRecord = lambda record: None,
) -> BestEvaluation:
    """Fine-tune from the pre-trained weights, or from the newest checkpoint, and write ``RUN/model``.

    Args:
        run: its ``config.toml`` is there already.
        config, dataset: what to train, and on what.
        progress: told of each step.
        should_stop: asked after every optimizer step.
        on_evaluation: called with (step, score) after each validation; what it raises ends the training, without a
            ``model/``.
        on_record: called with each line of ``metrics.jsonl`` once it is written.

    Returns:
        The best evaluation; that of step 0 where there is no validation.

    Raises:
        InputError: weights, windows or a checkpoint cannot be used, or training diverged.
        InterruptedTrainingError: ``should_stop`` said so; a checkpoint has been saved.
    """
    prepared = _prepare(run, chosen(config), dataset, progress)
    fitting = replace(prepared, on_evaluation=on_evaluation, on_record=on_record)
    best = load_checkpoint(run.checkpoints, fitting.learner)
    if best is None:
        best = BestEvaluation()
        _start_head(fitting)
    best = _take_steps(fitting, best, progress, should_stop)
    if not distributed.is_main():
        return best
    if best.step:
        load_best(run.checkpoints, fitting.learner, best)
    blend, fitted = _fit_on_validation(fitting, dataset)
    with whole_folder(run.model) as partial:
        save_model(_full_precision(fitting), partial)
        fitting.encoder.tokenizer.save_pretrained(partial)
        info = _model_info(fitting.config, dataset.info, fitted, blend)
        write_model_info(partial, replace(info, dropped=round(float(fitting.train.encoded.share_dropped), 4)))
        if blend:
            shutil.copytree(run.baseline, partial / TFIDF_FOLDER)
    return best


def _prepare(run: RunFolder, config: ChosenConfig, dataset: DatasetFolder, progress: Progress) -> Fitting:
    settings, info = config.train, dataset.info
    weights = find_weights(config.model.name)
    encoder = text_encoder(config, info.pair, load_tokenizer(weights))
    train = _training_set(encoder, dataset, "train", progress)
    validation = _training_set(encoder, dataset, "validation", progress) if "validation" in dataset.splits else None
    _report_windows(train.encoded, config.model)
    _check_size(train.encoded, config)
    if validation is None and (settings.early_stopping_patience or settings.eval_steps):
        logger.warning("there is no validation: early_stopping_patience and eval_steps have no effect")
    set_seed(settings.seed)
    device = choose_device(settings.device)
    model = _create_model(weights, config, info)
    model.freeze(settings.freeze_layers, embeddings=settings.freeze_embeddings)
    if settings.gradient_checkpointing:
        model.recompute(device)
    bf16 = use_bf16(settings.bf16, device)
    learner = Learner(model.to(device), settings)
    place(model, device, bf16=bf16)
    if settings.num_train_epochs:
        with progress.task("frozen layers", len(train)) as task:
            train = replace(train, hidden=lower_outputs(model, train.encoded, encoder, settings.token_budget, task))
    return Fitting(run, config, info, encoder, learner, train, validation, device, bf16)


def _create_model(weights: Path, config: ChosenConfig, info: DatasetInfo) -> ArticleNetwork:
    return create_model(
        weights,
        info.labels,
        multi_label=info.multi_label,
        pooling=config.model.pooling,
        dropout=config.model.dropout,
        attention_dropout=config.model.attention_dropout,
    )


def _full_precision(fitting: Fitting) -> ArticleNetwork:
    """The trained model in float32: frozen weights are those that training began with, not their bf16 copies."""
    model = _create_model(find_weights(fitting.config.model.name), fitting.config, fitting.info)
    model.load_state_dict(fitting.learner.optimizer.weights(), strict=False)
    return model


def _start_head(fitting: Fitting) -> None:
    start_head(
        fitting.learner.model,
        fitting.train.encoded,
        fitting.train.y,
        fitting.encoder,
        balanced=fitting.config.train.class_weight == "balanced",
        seed=fitting.config.train.seed,
        device=fitting.device,
        hidden=fitting.train.hidden,
        passes=fitting.per_epoch * fitting.config.train.num_train_epochs,
    )
    optimizer = fitting.learner.optimizer
    optimizer.read()
    distributed.copy_from_main(optimizer.flat)
    optimizer.publish()


def _training_set(encoder: TextEncoder, dataset: DatasetFolder, split: str, progress: Progress) -> TrainingSet:
    with progress.task(f"encoding {split}", dataset.counts()[split].articles) as task:
        encoded = encoder.encode(dataset.articles(split), task.advance)
    return TrainingSet(encoded, dataset.info.label_set.encode(dataset.labels(split)))


def _report_windows(encoded: EncodedArticles, model: ModelConfig) -> None:
    logger.info(
        "windows: at most %s of %s tokens per article; %.1f%% of all tokens are dropped, %.0f%% of articles are cut",
        model.windows,
        model.max_length,
        100 * encoded.share_dropped,
        100 * encoded.share_cut,
    )


def _check_size(encoded: EncodedArticles, config: Config) -> None:
    """All windows of an article are trained on at once: refuse what would not fit into memory."""
    longest = int((encoded.window_counts * encoded.window_lengths).max())
    limit = LARGEST_ARTICLE * config.train.token_budget
    if longest > limit:
        raise InputError(
            f"The longest article has {longest:,} tokens in its windows; at most {limit:,} can be trained on at once.",
            fix=f"--set model.windows={max(1, limit // config.model.max_length)}, or raise train.token_budget",
        )


def _take_steps(
    fitting: Fitting, best: BestEvaluation, progress: Progress, should_stop: Callable[[], bool]
) -> BestEvaluation:
    """Take the steps that are left; log each, validate when due, save checkpoints."""
    learner, settings = fitting.learner, fitting.config.train
    logger.info(
        "training on %s in %s: %s epochs of %s articles, %s steps%s",
        fitting.device,
        "bf16" if fitting.bf16 else "fp32",
        settings.num_train_epochs,
        f"{fitting.per_epoch:,}",
        f"{fitting.total_steps:,}",
        f", going on after step {learner.step:,}" if learner.step else "",
    )
    steps = train_steps(
        learner, fitting.train, fitting.encoder, class_weights=_class_weights(fitting), device=fitting.device
    )
    saved = time.monotonic()
    articles = fitting.per_epoch * settings.num_train_epochs
    done = min(articles, learner.step * settings.batch_size)
    with progress.task("training", articles, done) as task, _metrics_log(fitting, learner.step) as log:
        while not _patience_is_over(best, settings.early_stopping_patience) and (record := next(steps, None)):
            log({"kind": "step", **asdict(record)})
            task.advance(record.articles, record.tokens)
            if fitting.validation and _validation_is_due(record, settings.eval_steps):
                best = _validate(fitting, record, best, log, task)
            stop = bool(distributed.from_main(should_stop(), fitting.device))
            if stop or _save_is_due(fitting, record.step, saved):
                if distributed.is_main():
                    save_checkpoint(fitting.run.checkpoints, learner, best)
                saved = time.monotonic()
            if stop and record.step < fitting.total_steps:
                raise InterruptedTrainingError(f"Stopped after step {record.step:,} of {fitting.total_steps:,}.")
    return best


def _validate(fitting: Fitting, record: StepRecord, best: BestEvaluation, log: Log, task: Task) -> BestEvaluation:
    """Evaluate on validation; keep the weights if they are the best so far."""
    metric = fitting.config.train.metric_for_best_model
    figures: Mapping[str, float] = _validation_figures(fitting) if distributed.is_main() else {metric: 0.0}
    score = distributed.from_main(figures[metric], fitting.device)
    best = best.after(record.step, score)
    if best.step == record.step and distributed.is_main():
        save_best(fitting.run.checkpoints, fitting.learner)
    log({"kind": "evaluation", "step": record.step, "epoch": record.epoch, "split": "validation", **figures})
    task.note(f"{metric} {score:.3f}")
    logger.info("epoch %s: loss %.3f, validation %s %.3f", f"{record.epoch:g}", record.loss, metric, score)
    fitting.on_evaluation(record.step, score)
    return best


def _validation_figures(fitting: Fitting) -> Mapping[str, float]:
    validation = fitting.validation
    assert validation is not None
    proba = probabilities(_logits(fitting, validation), fitting.info.multi_label)
    predicted = decide(proba, fitting.info.multi_label)  # at 0.5 until thresholds are fitted
    return headline(validation.y, predicted, fitting.info.labels)


def _logits(fitting: Fitting, data: TrainingSet) -> Floats32:
    return article_logits(fitting.learner.model, data.encoded, fitting.encoder, device=fitting.device)


def _class_weights(fitting: Fitting) -> torch.Tensor | None:
    settings, y, classes = fitting.config.train, fitting.train.y, len(fitting.info.labels)
    weights = epoch_weights(y, settings.most_frequent_share, classes)
    if settings.class_weight == "balanced":
        weights = weights * balanced_weights(y, classes)
    elif fitting.per_epoch == len(y):
        return None
    return torch.from_numpy(weights).to(fitting.device)


def _fit_on_validation(fitting: Fitting, dataset: DatasetFolder) -> tuple[Blend | None, FittedDecision]:
    """The weights of the model and of TF-IDF (None = the model alone), then thresholds and calibration of their sum."""
    validation, settings = fitting.validation, fitting.config.train
    calibrate = settings.calibration == "auto"
    blends = settings.blend not in ("none", 0) and fitting.run.baseline.exists()
    if validation is None:
        if calibrate:
            logger.warning('there is no validation to fit train.calibration = "auto" on: scores are not calibrated')
            if settings.label_by == "score":
                logger.warning('train.label_by = "score" has no effect without calibrated scores')
        return blend_without_validation(settings) if blends else None, FittedDecision()
    logits = _logits(fitting, validation)
    blend = None
    if blends:
        baselines = load_baselines(fitting.run.baseline)
        tfidf = baselines.scores(list(dataset.articles("validation")), len(fitting.info.labels))
        blend = fit_blend_on_validation(settings, logits, tfidf, validation.y)
        logits = blend.apply(logits, tfidf)
    return blend, fit_scores(probabilities(logits, fitting.info.multi_label), validation.y, calibrate=calibrate)


def _validation_is_due(record: StepRecord, eval_steps: int | None) -> bool:
    return record.epoch_ends or (eval_steps is not None and record.step % eval_steps == 0)


def _patience_is_over(best: BestEvaluation, patience: int | None) -> bool:
    return patience is not None and best.since >= patience


def _save_is_due(fitting: Fitting, step: int, saved: float) -> bool:
    settings = fitting.config.train
    by_steps = settings.save_steps is not None and step % settings.save_steps == 0
    return by_steps or time.monotonic() - saved > settings.save_minutes * 60


@contextmanager
def _metrics_log(fitting: Fitting, step: int) -> Iterator[Log]:
    """Append to ``metrics.jsonl``, after dropping what lies beyond the step that training goes on from."""
    if not distributed.is_main():
        yield lambda record: None
        return
    path = fitting.run.metrics
    with writing(path):
        kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in kept if line.endswith("}") and json.loads(line)["step"] <= step]
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(line + "\n" for line in kept)

            def log(record: dict[str, Any]) -> None:
                stream.write(json.dumps(record) + "\n")
                stream.flush()
                fitting.on_record(record)

            yield log


def _model_info(config: ChosenConfig, info: DatasetInfo, fitted: FittedDecision, blend: Blend | None) -> ModelInfo:
    model = config.model
    return ModelInfo(
        labels=info.labels,
        multi_label=info.multi_label,
        pair=info.pair,
        pooling=model.pooling,
        max_length=model.max_length,
        windows=model.windows,
        stride=model.stride,
        window_choice=model.window_choice,
        bf16=config.train.bf16,
        base_model=model.name,
        version=__version__,
        thresholds=fitted.thresholds,
        label_separator=config.data.label_separator,
        columns={key: name for key, name in config.data.columns.model_dump().items() if name},
        strip=config.data.strip,
        blend=(blend.model, blend.tfidf) if blend else None,
        calibration=fitted.calibration,
        label_by=config.train.label_by,
    )
