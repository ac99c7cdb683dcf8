"""The model that is asked which articles of a pool it is unsure of: that of a run, or a probe on labelled articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.config import Config
from classifier.config_file import Settings, load_config, setting_text
from classifier.dataset.folder import DatasetFolder, is_dataset, run_dataset
from classifier.errors import InputError
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from classifier.jobs.frozen_encoder import embed_layers, embed_with, layers_for, probe_articles, probe_settings
from classifier.jobs.request import Request
from classifier.jobs.source import READING_ARTICLES, WITHOUT_LABELS, resolve_source
from classifier.models.classifier import Classifier
from classifier.models.layers import fit_layer_probe
from classifier.models.trained import is_trained, open_trained
from classifier.models.transformer.forward import probabilities
from classifier.models.weights import check_presence
from classifier.progress import Progress
from classifier.stats.thresholds import decide


@dataclass(frozen=True)
class Judge:
    """A model that looks at articles: what the functions here need of a run, or of a probe.

    Attributes:
        labels, pair, columns, date_format, strip, thresholds: as in training.
        known: all labelled articles, test included, of which no copy is to be labelled again.
        fitted: how many of them the model was fitted on.
        near: similarity from which texts are near-duplicates; None = only equal ones are copies.
        probe: whether it is a probe.
        decide: probabilities -> the labels that are given, as `classifier.models.decider.Decider.decide` has them.
        look: articles -> their probabilities, and a function that gives the vectors of those at some positions.
    """

    labels: LabelSet
    pair: bool
    columns: Mapping[str, str]
    date_format: str | None
    strip: Sequence[str]
    thresholds: Sequence[float] | None
    known: Sequence[Article]
    fitted: int
    near: float | None
    probe: bool
    decide: Callable[[Floats32], Ints]
    look: Callable[[Sequence[Article]], tuple[Floats32, Callable[[Ints], Floats32]]]


@contextmanager
def open_judge(request: Request, device: str) -> Iterator[Judge]:
    """The model to ask; a dataset that is built for it is gone afterwards.

    Args:
        request: its source is a run, or labelled articles.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.

    Raises:
        InputError: the source cannot be used, or a setting would have no effect on it.
    """
    path, given = Path(request.source or ""), request.settings
    if is_trained(path):
        _refuse_for_run(given, skip_bad=request.skip_bad)
        yield _run_judge(path, device, request.progress)
        return
    ready = is_dataset(path)  # its columns are settled: those that are named are the pool's
    settings = {name: value for name, value in given.items() if not (ready and name.startswith(READING_ARTICLES))}
    if device != "auto":
        settings["train.device"] = device
    config, dataset = resolve_source(request.source or "", settings)
    check_presence(config.model.name)
    with TemporaryDirectory() as folder:
        if dataset is None:
            place, options = Path(folder) / "dataset", BuildOptions(skip_bad=request.skip_bad, count_tokens=False)
            dataset = DatasetFolder(place, build_dataset(config, place, options, request.progress).info)
        yield _probe_judge(config, dataset, request.progress)


def _refuse_for_run(settings: Settings, *, skip_bad: bool) -> None:
    """Raise `InputError` for what could have no effect on a model that is trained already."""
    for name, value in settings.items():
        if not name.startswith(READING_ARTICLES) or name in WITHOUT_LABELS:
            raise InputError(
                f"--set {setting_text(name, value)} has no effect on a trained run.",
                fix=f"With a run, set {READING_ARTICLES[0]}… only.",
            )
    if skip_bad:
        raise InputError("--skip-bad is for labelled articles, not for a run or the pool.", fix="Leave it out.")


def _run_judge(path: Path, device: str, progress: Progress) -> Judge:
    run = open_trained(path, command="next", takes=("run", "seeds")).first_run()
    classifier, dataset = Classifier.load(path, device=device), run_dataset(run.path)

    def look(articles: Sequence[Article]) -> tuple[Floats32, Callable[[Ints], Floats32]]:
        encoded = classifier.encoder.encode(articles)
        with progress.task("asking the model", len(articles)) as task:
            proba = classifier.predict_articles(articles, task, encoded)
        return proba, lambda rows: embed_with(classifier, encoded.take(rows))

    info, config = classifier.info, load_config(run.config)
    learned = ("train", "validation") if config.train.refit is True else ("train",)
    return Judge(
        classifier.label_set,
        info.pair,
        info.columns or {},
        info.date_format,
        info.strip,
        info.thresholds,
        list(dataset.articles()),
        sum(count.articles for split, count in dataset.counts().items() if split in learned),
        _near(config),
        False,
        classifier.decide,
        look,
    )


def _probe_judge(config: Config, dataset: DatasetFolder, progress: Progress) -> Judge:
    """A probe on the labelled articles but those of test; on all where there are folds, each in test once."""
    info = dataset.info
    splits: list[str | None] = [None] if info.folds else [name for name in dataset.splits if name != "test"]
    fitted = [article for split in splits for article in dataset.articles(split)]
    settings = probe_settings(config, dataset if info.folds is None else dataset.in_fold(1))
    with progress.task("reading the labelled articles", len(fitted)) as task:
        vectors = embed_layers(fitted, settings, pair=info.pair, count=len(fitted), task=task)
    y, balanced = info.label_set.encode(article.labels for article in fitted), config.train.balanced
    layers = layers_for(vectors, fitted, dataset, settings)
    probe = fit_layer_probe(vectors, y, len(info.labels), balanced=balanced, layers=layers)

    def look(articles: Sequence[Article]) -> tuple[Floats32, Callable[[Ints], Floats32]]:
        with progress.task("reading the pool", len(articles)) as task:
            logits, vectors = probe_articles(probe, articles, settings, pair=info.pair, task=task)
        return probabilities(logits, info.multi_label), lambda rows: vectors[rows]

    columns = {key: name for key, name in config.data.columns.named.items() if name}
    return Judge(
        info.label_set,
        info.pair,
        columns,
        config.data.date_format,
        config.data.strip,
        None,
        list(dataset.articles()),
        len(fitted),
        _near(config),
        True,
        partial(decide, multi_label=info.multi_label),
        look,
    )


def _near(config: Config) -> float | None:
    found = config.data.near_duplicates
    return None if found is False else float(found)
