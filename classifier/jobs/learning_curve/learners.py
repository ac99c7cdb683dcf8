"""What a learning curve trains on parts of the training articles: each returns predictions for validation.

``tfidf``  TF-IDF + linear, in seconds
``probe``  a logistic regression on the frozen encoder, which reads each article once for all parts
``full``   fine-tuning, as `classifier.jobs.train.train` does it

The first two choose nothing on validation, and are scored on all of it. Fine-tuning fits calibration, thresholds
and TF-IDF's share there: it gets one half of the validation articles for that, and is scored on the other half.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from classifier.arrays import Ints
from classifier.config import Config
from classifier.config_file import dump_config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.files import write_text
from classifier.jobs.frozen_encoder import embed_layers, layers_for, probe_settings
from classifier.jobs.learning_curve.subsets import nested_subsets
from classifier.models.classifier import Classifier
from classifier.models.layers import fit_layer_probe
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_counted
from classifier.models.tfidf_features import count_articles
from classifier.models.transformer.forward import probabilities
from classifier.progress import Progress
from classifier.stats.thresholds import decide
from classifier.training.auto import choose_settings
from classifier.training.baselines import fit_run_baselines
from classifier.training.first_look import look_at_layers
from classifier.training.fit import fit
from classifier.training.watch import Watch

MODELS = ("tfidf", "probe", "full")

# positions of training articles, seed -> label ids of the validation articles that are scored, or a 0/1 matrix
PredictRows = Callable[[Ints, int], Ints]


def make_learner(
    model: str,
    dataset: DatasetFolder,
    config: Config,
    folder: Path,
    progress: Progress,
    should_stop: Callable[[], bool],
) -> PredictRows:
    """What trains on some training articles (by their positions, with a seed) and predicts validation.

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


def scored_rows(model: str, dataset: DatasetFolder, config: Config) -> Ints:
    """The positions of the validation articles that a model is scored on: those that choose nothing for it.

    For fine-tuning that is one half of them, with the labels' shares and whole units; the same for all trainings.

    Raises:
        InputError: there are not enough validation articles, or groups of them, for two halves.
    """
    count = dataset.info.counts["validation"].articles
    if model != "full":
        return np.arange(count)
    units = np.array(dataset.units(dataset.column("validation", "id")), dtype=np.int64)
    chosen = nested_subsets(dataset.labels("validation"), units, [0.5], config.split.seed)[0]
    if len(chosen) == count:
        raise InputError(
            "--model full needs validation articles of two groups or more: thresholds and the like are fitted on one "
            "half, and the other is scored.",
            fix="Set split.validation_size=0.2, or take --model probe.",
        )
    return np.setdiff1d(np.arange(count), chosen)


def _tfidf(dataset: DatasetFolder) -> PredictRows:
    train = count_articles(list(dataset.articles("train")), pair=dataset.info.pair)
    validation = count_articles(list(dataset.articles("validation")), pair=dataset.info.pair, kinds=[*train.counts])
    y = _truth(dataset)

    def predict(rows: Ints, seed: int) -> Ints:
        baselines = fit_counted(train.of(rows), y[rows])
        return baselines.labels(baselines.distances(validation))

    return predict


def _probe(dataset: DatasetFolder, config: Config, progress: Progress) -> PredictRows:
    settings, info = probe_settings(config, dataset), dataset.info
    vectors = {}
    most = max(info.counts[split].articles for split in ("train", "validation"))
    for split in ("train", "validation"):
        with progress.task(f"embedding {split}", info.counts[split].articles) as task:
            vectors[split] = embed_layers(dataset.articles(split), settings, pair=info.pair, count=most, task=task)
    y, balanced = _truth(dataset), settings.train.balanced
    articles = list(dataset.articles("train"))

    def predict(rows: Ints, seed: int) -> Ints:
        train = vectors["train"].take(rows)
        layers = layers_for(train, [articles[row] for row in rows], dataset, settings)
        probe = fit_layer_probe(train, y[rows], len(info.labels), balanced=balanced, layers=layers)
        return decide(probabilities(probe.logits(vectors["validation"]), info.multi_label), info.multi_label)

    return predict


def _full(
    dataset: DatasetFolder, config: Config, folder: Path, progress: Progress, should_stop: Callable[[], bool]
) -> PredictRows:
    values, scored = config.model_dump(), scored_rows("full", dataset, config)
    choosing = np.setdiff1d(np.arange(dataset.info.counts["validation"].articles), scored)
    held_out = list(dataset.validating_on(scored.tolist()).articles("validation"))

    def predict(rows: Ints, seed: int) -> Ints:
        part = dataset.training_on(rows.tolist()).validating_on(choosing.tolist())
        once = {"seed": seed, "refit": False}  # with a refit it would learn from more than these articles
        settings = Config.model_validate({**values, "train": {**values["train"], **once}})
        chosen = choose_settings(settings, part, look=partial(look_at_layers, progress=progress))
        run = RunFolder(folder / f"{len(rows)}-articles-seed-{seed}")
        run.path.mkdir(parents=True, exist_ok=True)
        write_text(run.config, dump_config(chosen))
        if chosen.train.blend not in ("none", 0) and not run.baseline.exists():
            fit_run_baselines(run, part, balanced=chosen.train.balanced)
        if not run.model.exists():
            fit(run, chosen, part, Watch(progress, should_stop))
        classifier = Classifier.load(run.model, device=chosen.train.device)
        predicted = classifier.decide(classifier.predict_articles(held_out))
        shutil.rmtree(run.path)
        return predicted

    return predict


def _truth(dataset: DatasetFolder) -> Ints:
    return dataset.info.label_set.encode(dataset.labels("train"))
