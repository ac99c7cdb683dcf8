"""What a learning curve trains on parts of the training articles: each returns predictions for validation.

``tfidf``  TF-IDF + linear, in seconds
``probe``  a logistic regression on the frozen encoder, which reads each article once for all parts
``full``   fine-tuning, as `classifier.jobs.train.train` does it, without TF-IDF's share
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from classifier.arrays import Ints
from classifier.config import Config
from classifier.config_file import dump_config
from classifier.dataset.folder import DatasetFolder
from classifier.files import write_text
from classifier.jobs.frozen_encoder import embed, probe_settings
from classifier.models.classifier import Classifier
from classifier.models.linear_probe import fit_probe
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines
from classifier.models.transformer.forward import decide, probabilities
from classifier.progress import Progress
from classifier.training.auto import choose_settings
from classifier.training.fit import fit
from classifier.training.steps import Watch

MODELS = ("tfidf", "probe", "full")

# positions of training articles, seed -> label ids of the validation articles, or a 0/1 matrix
PredictRows = Callable[[Ints, int], Ints]


def make_learner(
    model: str,
    dataset: DatasetFolder,
    config: Config,
    folder: Path,
    progress: Progress,
    should_stop: Callable[[], bool],
) -> PredictRows:
    """What trains on some training articles (by their positions, with a seed) and predicts all of validation.

    Args:
        model: one of `MODELS`.
        dataset: with train and validation; test is not read.
        config: settings, "auto" where they are to be chosen for the articles at hand.
        folder: for ``full``: holds a training while it is under way, so that it goes on after an interruption.
        progress: told of each step.
        should_stop: asked after every optimizer step.
    """
    if model == "tfidf":
        return _tfidf(dataset)
    if model == "probe":
        return _probe(dataset, config, progress)
    return _full(dataset, config, folder, progress, should_stop)


def _tfidf(dataset: DatasetFolder) -> PredictRows:
    train, validation = list(dataset.articles("train")), list(dataset.articles("validation"))
    y = _truth(dataset)

    def predict(rows: Ints, seed: int) -> Ints:
        baselines = fit_baselines([train[row] for row in rows.tolist()], y[rows], pair=dataset.info.pair)
        return baselines.predict_tfidf(validation)

    return predict


def _probe(dataset: DatasetFolder, config: Config, progress: Progress) -> PredictRows:
    settings, info = probe_settings(config, dataset), dataset.info
    vectors = {}
    for split in ("train", "validation"):
        with progress.task(f"embedding {split}", info.counts[split].articles) as task:
            vectors[split] = embed(dataset.articles(split), settings, pair=info.pair, task=task)
    y, balanced = _truth(dataset), settings.train.class_weight == "balanced"

    def predict(rows: Ints, seed: int) -> Ints:
        probe = fit_probe(vectors["train"][rows], y[rows], len(info.labels), balanced=balanced)
        return decide(probabilities(probe.logits(vectors["validation"]), info.multi_label), info.multi_label)

    return predict


def _full(
    dataset: DatasetFolder, config: Config, folder: Path, progress: Progress, should_stop: Callable[[], bool]
) -> PredictRows:
    values, validation = config.model_dump(), list(dataset.articles("validation"))

    def predict(rows: Ints, seed: int) -> Ints:
        part = dataset.training_on(rows.tolist())
        settings = Config.model_validate({**values, "train": {**values["train"], "seed": seed, "blend": "none"}})
        chosen = choose_settings(settings, part)
        run = RunFolder(folder / f"{len(rows)}-articles-seed-{seed}")
        run.path.mkdir(parents=True, exist_ok=True)
        write_text(run.config, dump_config(chosen))
        if not run.model.exists():
            fit(run, chosen, part, Watch(progress, should_stop))
        classifier = Classifier.load(run.model, device=chosen.train.device)
        plain = replace(classifier, info=replace(classifier.info, thresholds=None, calibration=None))
        predicted = plain.decide(plain.predict_articles(validation))  # thresholds were fitted on these very articles
        shutil.rmtree(run.path)
        return predicted

    return predict


def _truth(dataset: DatasetFolder) -> Ints:
    return dataset.info.label_set.encode(dataset.labels("train"))
