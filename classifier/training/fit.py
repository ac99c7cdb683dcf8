"""One fine-tuning inside a run folder.

It takes the steps, validates, keeps the best weights and a checkpoint, and writes ``model/`` when it is done. What
needs torch is imported when a fine-tuning starts, so that a job can read and check its articles first.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier import distributed
from classifier._version import __version__
from classifier.checksums import write_checksums
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.files import whole_folder
from classifier.models.model_folder import TFIDF_FOLDER, ModelInfo, StartedFrom, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.models.transformer.forward import probabilities
from classifier.models.transformer.pretrained import find_weights, weights_revision
from classifier.stats.blending import Blend
from classifier.training.auto import chosen
from classifier.training.decision import FittedDecision, blend_without_validation, fit_blend_on_validation, fit_scores
from classifier.training.languages import languages_learnt
from classifier.training.started_from import read_start
from classifier.training.teacher import distilled
from classifier.training.watch import UNWATCHED, Watch

if TYPE_CHECKING:
    from classifier.models.transformer.network import ArticleNetwork
    from classifier.training.checkpoints import BestEvaluation
    from classifier.training.prepare import Fitting

logger = logging.getLogger(__name__)


def fit(run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch = UNWATCHED) -> BestEvaluation:
    """Fine-tune from the pre-trained weights, or from the newest checkpoint, and write ``RUN/model``.

    Args:
        run: its ``config.toml`` is there already.
        config, dataset: what to train, and on what.
        watch: told of each step, evaluation and record; may end the training.

    Returns:
        The best evaluation; that of step 0 where there is no validation.

    Raises:
        InputError: weights, windows or a checkpoint cannot be used, or training diverged.
        InterruptedTrainingError: ``should_stop`` said so; a checkpoint has been saved.
    """
    from classifier.models.transformer.network import check_finite_weights, save_model
    from classifier.training.checkpoints import BestEvaluation, load_best, load_checkpoint
    from classifier.training.prepare import prepare, start_from_regression
    from classifier.training.steps import take_steps

    start = read_start(run, config)
    fitting = prepare(run, chosen(config), dataset, watch.progress)
    best = load_checkpoint(run.checkpoints, fitting.learner)
    if best is None:
        best = BestEvaluation()
        start_from_regression(fitting, watch.progress)
    best = take_steps(fitting, best, watch)
    if not distributed.is_main():
        return best
    if best.step:
        load_best(run.checkpoints, fitting.learner, best)
    step = best.step or fitting.learner.step
    what = f"The model of step {step:,}"
    check_finite_weights(fitting.learner.model, what, fix="Train again: --set train.learning_rate=3e-5")
    blend, fitted = _fit_on_validation(fitting, dataset, watch)
    with whole_folder(run.model) as partial:
        save_model(_full_precision(fitting), partial)
        fitting.encoder.tokenizer.save_pretrained(partial)
        info = _model_info(fitting, fitted, blend, start)
        name, tokenizer = fitting.config.model.name, fitting.encoder.tokenizer
        info = replace(
            info,
            dropped=round(float(fitting.train.encoded.share_dropped), 4),
            languages=languages_learnt(name, find_weights(name), tokenizer, dataset),
        )
        write_model_info(partial, info)
        if blend:
            shutil.copytree(run.baseline, partial / TFIDF_FOLDER)
        write_checksums(partial)
    return best


def _full_precision(fitting: Fitting) -> ArticleNetwork:
    """The trained model in float32: frozen weights are those that training began with, not their bf16 copies."""
    from classifier.training.prepare import create_network

    model = create_network(find_weights(fitting.config.model.name), fitting.config, fitting.info)
    model.load_state_dict(fitting.learner.optimizer.weights(), strict=False)
    return model


def _fit_on_validation(fitting: Fitting, dataset: DatasetFolder, watch: Watch) -> tuple[Blend | None, FittedDecision]:
    """The weights of the model and of TF-IDF (None = the model alone), then thresholds and calibration of their sum."""
    validation, settings = fitting.validation, fitting.config.train
    calibrate = settings.calibration == "auto"
    blends = settings.blend not in ("none", 0) and fitting.run.baseline.exists()
    baselines = load_baselines(fitting.run.baseline) if blends else None
    if validation is None:
        if calibrate:
            logger.warning(
                'there are no validation articles to fit train.calibration = "auto" on: scores are not calibrated'
            )
            if settings.label_by == "score":
                logger.warning('train.label_by = "score" has no effect without calibrated scores')
        return blend_without_validation(settings, baselines.scale) if baselines else None, FittedDecision()
    with watch.progress.task("calibrating scores on validation", len(validation)) as task:
        logits = fitting.logits(validation, task)
    watch.on_logits(logits)
    blend = None
    if baselines:
        tfidf = baselines.scores(list(dataset.articles("validation")), len(fitting.info.labels))
        blend = fit_blend_on_validation(settings, logits, tfidf, validation.y, baselines.scale)
        logits = blend.apply(logits, tfidf)
    return blend, fit_scores(probabilities(logits, fitting.info.multi_label), validation.y, calibrate=calibrate)


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
        strip=config.data.strip,
        blend=(blend.model, blend.tfidf) if blend else None,
        calibration=fitted.calibration,
        validation=fitted.validation,
        label_by=config.train.label_by,
    )
