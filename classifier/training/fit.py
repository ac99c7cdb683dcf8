"""One fine-tuning inside a run folder.

It takes the steps, validates, keeps the best weights and a checkpoint, and writes ``model/`` when it is done. What
needs torch is imported when a fine-tuning starts, so that a job can read and check its articles first.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import distributed
from classifier._version import __version__
from classifier.checksums import write_checksums
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.files import copy_folder, whole_folder
from classifier.full_disk import check_room
from classifier.models.model_folder import (
    TFIDF_FOLDER,
    ModelInfo,
    StartedFrom,
    read_model_info,
    share_weights,
    write_model_info,
)
from classifier.models.run_folder import AVERAGED, RunFolder, averaged_steps, read_metrics
from classifier.models.tfidf import load_baselines
from classifier.models.transformer.forward import probabilities
from classifier.models.weights import find_weights, weights_revision
from classifier.stats.blending import Blend
from classifier.training.auto import ChosenConfig, chosen
from classifier.training.baselines import refit_tfidf
from classifier.training.decision import (
    FittedDecision,
    HeldOutScores,
    blend_without_validation,
    fit_blend_on,
    fit_scores,
)
from classifier.training.known_articles import keep_known_articles
from classifier.training.languages import languages_learnt
from classifier.training.started_from import read_start
from classifier.training.teacher import copy_lesson, distilled
from classifier.training.watch import UNWATCHED, Watch

if TYPE_CHECKING:
    from classifier.models.transformer.network import ArticleNetwork
    from classifier.training.checkpoints import BestEvaluation
    from classifier.training.prepare import Fitting

logger = logging.getLogger(__name__)


def fit(run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch = UNWATCHED) -> BestEvaluation:
    """Fine-tune from the pre-trained weights, or from the newest checkpoint, and write ``RUN/model``.

    With ``train.refit`` it trains twice: on train, and then on train and validation.

    Args:
        run: its ``config.toml`` is there already.
        config, dataset: what to train, and on what.
        watch: told of each step, evaluation and record; may end the training.

    Returns:
        The evaluation of the weights that were kept; that of step 0 where there is no validation.

    Raises:
        InputError: weights, windows or a checkpoint cannot be used, or training diverged.
        InterruptedTrainingError: ``should_stop`` said so; a checkpoint has been saved.
    """
    refit = config.train.refit and "validation" in dataset.splits
    if distributed.is_main():
        _check_room(config, [run.before_refit.model, run.model] if refit else [run.model])
    if not config.train.refit:
        return _fit(run, run.model, config, dataset, watch)
    if not refit:
        logger.warning("there is no validation: train.refit has no effect, since training learns from all articles")
        return _fit(run, run.model, config, dataset, watch)
    before = run.before_refit
    has_ended = before.model.exists()
    distributed.wait()  # until every process has looked
    if not has_ended:
        if distributed.is_main() and run.baseline.exists():
            copy_folder(run.baseline, before.baseline)
        _fit(run, before.model, config, dataset, watch)
    distributed.wait()
    return _refit(run, config, dataset, watch)


def _check_room(config: Config, models: Sequence[Path]) -> None:
    """Raise `InputError` if the disk has no room for the models that will be written, before hours are spent."""
    weights = sum(file.stat().st_size for file in find_weights(config.model.name).glob("*.safetensors"))
    check_room(models[-1].parent, weights * sum(not model.exists() for model in models), "The trained model")


def _fit(run: RunFolder, folder: Path, config: Config, dataset: DatasetFolder, watch: Watch) -> BestEvaluation:
    """Train and validate in a run, and write the best model, with what was fitted on validation, to a folder."""
    from classifier.training.checkpoints import load_best

    start = read_start(run, config)
    fitting, best = _trained(run, chosen(config), dataset, watch)
    if not distributed.is_main():
        return best
    if best.step:
        load_best(run.checkpoints, fitting.learner, best)
    _check_weights(fitting, best.step or fitting.learner.step)
    blend, fitted, out_of_fold = _fit_on_held_out(fitting, best, dataset, watch)
    info = replace(_model_info(fitting, fitted, blend, start), out_of_fold=out_of_fold)
    _save(fitting, folder, info, dataset, run.blended_tfidf)
    return best


def _refit(run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch) -> BestEvaluation:
    """Train anew on train and validation, and write ``RUN/model``, with what was fitted before on validation.

    ``RUN/before_refit`` holds the model that has not learned from validation: figures on validation are its own.
    """
    before, again = run.before_refit, run.refit
    best, epoch = best_validation(run, config.train.metric_for_best_model)
    lines = read_metrics(run)
    whole = dataset.with_validation_in_train()
    if distributed.is_main():
        again.path.mkdir(exist_ok=True)
        copy_lesson(run, again)
        refit_tfidf(run, config, whole)
    distributed.wait()
    logger.info(
        "refit: training anew on train and validation%s; figures on validation stay those of the model that has not "
        "learned from it, in %s",
        f", up to epoch {epoch:g}, which validation chose" if best.step and not averaged_steps(lines) else "",
        before.path,
    )
    settings = chosen(config)
    unvalidated = settings.train.model_copy(update={"early_stopping_patience": None, "eval_steps": None})
    quiet = Watch(watch.progress, watch.should_stop)
    kept = read_model_info(before.model)
    as_before = settings.model.model_copy(update={"layers": kept.layers})
    again_settings = settings.model_copy(update={"train": unvalidated, "model": as_before})
    fitting, _ = _trained(again, again_settings, whole, quiet, epochs=epoch)
    if distributed.is_main():
        _check_weights(fitting, fitting.learner.step)
        if again.baseline.exists():
            copy_folder(again.baseline, run.baseline)
        _save(fitting, run.model, replace(kept, refit=True), whole, again.blended_tfidf)
        share_weights(run.model, before.model)
    return best


def best_validation(run: RunFolder, metric: str) -> tuple[BestEvaluation, float | None]:
    """The validation of the weights that were kept, and the epoch when it was; None where there was none.

    Args:
        run: its ``metrics.jsonl`` is read.
        metric: that chose the best one, unless the weights are a mean.
    """
    from classifier.training.checkpoints import BestEvaluation

    best, epochs = BestEvaluation(), {}
    for line in read_metrics(run):
        if line["kind"] == "evaluation":
            kept = BestEvaluation(line["step"], line[metric])
            best = kept if AVERAGED in line else best.after(kept.step, kept.score)
            epochs[line["step"]] = float(line["epoch"])
    return best, epochs.get(best.step)


def _trained(
    run: RunFolder, config: ChosenConfig, dataset: DatasetFolder, watch: Watch, *, epochs: float | None = None
) -> tuple[Fitting, BestEvaluation]:
    """A training that has taken its steps, and its best validation.

    Args:
        run: has its checkpoints and its ``metrics.jsonl``.
        config, dataset, watch: as in `fit`.
        epochs: after which it ends, though the learning rate falls as if it took all; None = all.
    """
    from classifier.training.checkpoints import BestEvaluation, load_checkpoint
    from classifier.training.layers import choose_layers
    from classifier.training.prepare import prepare, start_from_regression
    from classifier.training.steps import take_steps

    fitting = prepare(run, config, dataset, watch.progress).until(epochs)
    best = load_checkpoint(run.checkpoints, fitting.learner)
    if best is None:
        best = BestEvaluation()
        start_from_regression(fitting, choose_layers(fitting, dataset, watch.progress), watch.progress)
    return fitting, take_steps(fitting, best, watch)


def _check_weights(fitting: Fitting, step: int) -> None:
    from classifier.models.transformer.network import check_finite_weights

    what = f"The model of step {step:,}"
    check_finite_weights(fitting.learner.model, what, fix="Train again: --set train.learning_rate=3e-5")


def _save(fitting: Fitting, folder: Path, info: ModelInfo, dataset: DatasetFolder, baseline: Path) -> None:
    """Write a trained model, with TF-IDF beside it where it is blended with that."""
    from classifier.models.transformer.network import save_model

    with whole_folder(folder) as partial:
        save_model(_full_precision(fitting), partial)
        fitting.encoder.tokenizer.save_pretrained(partial)
        name, tokenizer = fitting.config.model.name, fitting.encoder.tokenizer
        info = replace(
            info,
            dropped=round(float(fitting.train.encoded.share_dropped), 4),
            languages=languages_learnt(name, find_weights(name), tokenizer, dataset),
        )
        write_model_info(partial, info)
        if info.blend:
            shutil.copytree(baseline, partial / TFIDF_FOLDER)
        keep_known_articles(partial, info, dataset)
        write_checksums(partial)


def _full_precision(fitting: Fitting) -> ArticleNetwork:
    """The trained model in float32: frozen weights are those that training began with, not their bf16 copies."""
    from classifier.training.prepare import create_network

    model = create_network(find_weights(fitting.config.model.name), fitting.config, fitting.info)
    model.load_state_dict(fitting.learner.optimizer.weights(), strict=False)
    return model.without_idle_layers()


def _fit_on_held_out(
    fitting: Fitting, best: BestEvaluation, dataset: DatasetFolder, watch: Watch
) -> tuple[Blend | None, FittedDecision, int]:
    """The weights of the model and of TF-IDF (None = the model alone), then thresholds and calibration of their sum.

    Returns:
        Both, and on how many training articles out of fold they were fitted beside validation.
    """
    from classifier.training.out_of_fold import head_out_of_fold

    settings = fitting.config.train
    calibrate = settings.calibration == "auto"
    blends = settings.blend not in ("none", 0) and fitting.run.baseline.exists()
    baselines = load_baselines(fitting.run.blended_tfidf) if blends else None
    validated = _validated(fitting, best, dataset, watch)
    if validated is not None and baselines and not watch.blends(validated.logits):
        baselines = None
    if validated is not None and baselines:
        tfidf = baselines.scores(list(dataset.articles("validation")), len(fitting.info.labels))
        validated = replace(validated, tfidf=tfidf)
    trained = head_out_of_fold(fitting, dataset, baselines, watch.progress)
    seen = validated.beside(trained) if validated is not None else trained
    if seen is None:
        if calibrate:
            logger.warning(
                'there are no validation articles to fit train.calibration = "auto" on: scores are not calibrated'
            )
            if settings.label_by == "score":
                logger.warning('train.label_by = "score" has no effect without calibrated scores')
        return blend_without_validation(settings, baselines.scale) if baselines else None, FittedDecision(), 0
    blend, logits = None, seen.logits
    if baselines and seen.tfidf is not None:
        blend = fit_blend_on(settings, seen, baselines.scale)
        logits = blend.apply(logits, seen.tfidf)
    proba = probabilities(logits, fitting.info.multi_label)
    stored = None if validated is None else len(validated.y)
    fitted = fit_scores(proba, seen.y, calibrate=calibrate, sources=seen.sources, what=seen.what, stored=stored)
    return blend, fitted, 0 if trained is None else len(trained.y)


def _validated(fitting: Fitting, best: BestEvaluation, dataset: DatasetFolder, watch: Watch) -> HeldOutScores | None:
    """What the best weights say of the validation articles; None without any."""
    validation = fitting.validation
    if validation is None:
        return None
    logits = fitting.validated.get(best.step)
    if logits is None:
        with watch.progress.task("calibrating scores on validation", len(validation)) as task:
            logits = fitting.logits(validation, task)
    watch.on_logits(logits)
    what = counted(len(validation), "validation article")
    return HeldOutScores(logits, None, validation.y, tuple(dataset.column("validation", "source")), what)


def _model_info(fitting: Fitting, fitted: FittedDecision, blend: Blend | None, start: StartedFrom | None) -> ModelInfo:
    config, info = fitting.config, fitting.info
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
        base_model=model.name if start is None else start.base_model,
        version=__version__,
        base_revision=weights_revision(model.name) if start is None else start.base_revision,
        started_from=start,
        distilled=distilled(fitting.run, config),
        thresholds=fitted.thresholds,
        label_separator=config.data.label_separator,
        columns={key: name for key, name in config.data.columns.named.items() if name},
        date_format=config.data.date_format,
        strip=config.data.strip,
        blend=(blend.model, blend.tfidf) if blend else None,
        calibration=fitted.calibration,
        validation=fitted.validation,
        label_by=config.train.label_by,
        layers=fitting.learner.model.read,
        pairs=model.pairs if fitting.info.pair else "together",
    )
