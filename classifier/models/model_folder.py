"""``model/``: what a model says about itself in ``classifier.json``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from classifier.articles.labels import LabelSet
from classifier.checksums import written_anew
from classifier.config import LabelBy, Layers, Pairs, WindowChoice
from classifier.errors import names
from classifier.files import damaged, keep_once, read_json_as, write_json
from classifier.models.transformer.windows import TextEncoder
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.cascade import Cascade
from classifier.stats.conformal import ConformalSets
from classifier.stats.label_shift import ValidationScores

MODEL_FILE = "classifier.json"
LEAST = 1e-9  # what must be above 0 is at least as much
COPY_AGAIN = "Copy the model folder again, or train again."
TFIDF_FOLDER = "tfidf"  # in model/, where TF-IDF is blended in


class Decision(Protocol):
    """What turns probabilities into labels and scores: of a model, or of an ensemble."""

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """Per class, for multi-label."""

    @property
    def calibration(self) -> Calibration | None:
        """Makes scores probabilities of being right."""

    @property
    def abstention(self) -> Abstention | None:
        """From which scores on labels are given."""

    @property
    def sets(self) -> ConformalSets | None:
        """From which scores on labels are in the set of an article."""

    @property
    def validation(self) -> ValidationScores | None:
        """Calibrated scores of validation articles."""

    @property
    def cascade(self) -> Cascade | None:
        """How often TF-IDF alone gives the label of the whole model."""


@dataclass(frozen=True)
class StartedFrom:
    """The trained model whose encoder a training started from.

    Attributes:
        labels: that it was trained to tell.
        base_model, base_revision: the encoder that it was made from in the first place, as in `ModelInfo`.
        sha256: of its weights.
        seen: split -> how many articles of the training's own dataset have a text that it was trained on, or that chose
            its weights; None = not known.
    """

    labels: tuple[str, ...]
    base_model: str
    base_revision: str | None
    sha256: str
    seen: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Distilled:
    """What a model learnt from a teacher.

    Attributes:
        teacher: its name and fingerprint; None = its own first training.
        unlabelled: how many unlabelled articles it scored, besides the training articles.
        weight, temperature: as in the settings.
    """

    teacher: str | None
    unlabelled: int
    weight: float
    temperature: float


@dataclass(frozen=True)
class ModelInfo:
    """What ``model/classifier.json`` holds: all that prediction needs beside weights and tokenizer.

    Attributes:
        labels: names in the order of the logits.
        multi_label, pair, pooling, max_length, windows, stride, window_choice: as in training.
        thresholds: per class, for multi-label; fitted on held-out articles.
        label_separator: what stands between several labels in one cell, in training and in predictions.
        columns: the user's names of the columns in training, tried first in prediction.
        date_format: how dates were written in training, as `datetime.datetime.strptime` takes it; tried where a column
            of dates leaves doubt. None = their column told.
        strip: boilerplate that is removed from every text first.
        bf16: the ``train.bf16`` of training, obeyed by prediction unless it is told otherwise.
        base_model: the encoder that training started from; where that was a trained model, the one that it was made
            from in the first place.
        version: of this package.
        base_revision: the encoder's commit on the Hub, or ``sha256:`` and that of its weights; None = not recorded.
        blend: weights of the model's logits and of the scores of ``tfidf/`` beside it; None = the model alone.
        dropped: share of the training articles' tokens beyond its windows, which it does not read; None = not known.
        calibration: makes its scores probabilities of being right, fitted on held-out articles; None = not calibrated.
        abstention: from which scores on labels are given where ``abstain`` is asked for, fitted on validation.
        sets: from which scores on labels are in the set of an article, where sets are asked for; found on validation.
        validation: calibrated scores of validation articles, and the shares of labels that scores take for granted;
            None = an older model, or one whose scores are not calibrated.
        cascade: how often TF-IDF alone gives the label of the whole model, for ``predict --cascade``; None = an older
            model, one without TF-IDF, or no validation.
        label_by: what decides about the label of an article: ``fit``, how well it fits, with classes weighted as in
            training, or ``score``, the calibrated score.
        refit: whether it learned from the validation articles too (``train.refit``).
        out_of_fold: how many training articles the blend, thresholds and calibration were fitted on too, each scored by
            a head that did not learn from it.
        started_from: the trained model that training started from; None where it was an encoder as it is.
        layers: whose vectors its head reads.
        pairs: how it reads a text and its target, as in ``model.pairs``.
        languages: of its training articles -> whether its encoder reads them; None = not known.
        distilled: what it learnt from a teacher; None where it had none.
    """

    labels: tuple[str, ...]
    multi_label: bool
    pair: bool
    pooling: Literal["mean", "cls"]
    max_length: int
    windows: int | Literal["all"]
    stride: int
    window_choice: WindowChoice
    bf16: bool | Literal["auto"]
    base_model: str
    version: str
    thresholds: tuple[float, ...] | None = None
    label_separator: str | None = None
    columns: Mapping[str, str] | None = None
    date_format: str | None = None
    strip: tuple[str, ...] = ()
    blend: tuple[float, float] | None = None
    dropped: float | None = None
    calibration: Calibration | None = None
    abstention: Abstention | None = None
    sets: ConformalSets | None = None
    validation: ValidationScores | None = None
    cascade: Cascade | None = None
    label_by: LabelBy = "fit"
    base_revision: str | None = None
    started_from: StartedFrom | None = None
    languages: Mapping[str, bool] | None = None
    distilled: Distilled | None = None
    refit: bool = False
    out_of_fold: int = 0
    layers: Layers = "last"
    pairs: Pairs = "together"
    format_version: int = 1

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(self.labels, self.multi_label)

    def encoder(self, tokenizer: Any) -> TextEncoder:
        """The text encoder of training."""
        return TextEncoder(
            tokenizer,
            self.max_length,
            self.windows,
            self.stride,
            self.window_choice,
            self.pair,
            self.strip,
            self.pairs == "apart",
        )


def write_model_info(folder: Path, info: ModelInfo) -> None:
    """Write ``classifier.json``; where the folder has checksums, that of this file is written anew."""
    with written_anew(folder, MODEL_FILE):
        write_json(folder / MODEL_FILE, asdict(info))


def read_model_info(folder: Path) -> ModelInfo:
    """Read ``classifier.json``.

    Raises:
        InputError: it is missing, damaged, or of an unknown format version; or its values cannot all be true.
    """
    info = read_json_as(folder / MODEL_FILE, ModelInfo, fix=COPY_AGAIN)
    wrong = [*_wrong_reading(info), *wrong_decision(info, len(info.labels), multi_label=info.multi_label)]
    if wrong:
        raise damaged(folder / MODEL_FILE, "; ".join(wrong), COPY_AGAIN)
    return info


def _wrong_reading(info: ModelInfo) -> Iterator[str]:
    """What cannot be true of its labels, and of how it reads articles."""
    twice = [name for name, count in Counter(info.labels).items() if count > 1]
    if twice:
        yield f"labels: {names(twice)} stands there more than once"
    if not info.labels or not all(name.strip() for name in info.labels):
        yield "labels: there is none" if not info.labels else "labels: one of them is empty"
    least = {"max_length": (info.max_length, 1), "stride": (info.stride, 0)}
    if info.windows != "all":
        least["windows"] = (info.windows, 1)
    yield from (f"{name}: {value} is less than {low}" for name, (value, low) in least.items() if value < low)
    if info.dropped is not None and not 0 <= info.dropped <= 1:
        yield f"dropped: {info.dropped} is no share from 0 to 1"
    if info.blend is not None:
        yield from _wrong_list("blend", info.blend, 2, low=0)


def wrong_decision(info: Decision, classes: int, *, multi_label: bool) -> Iterator[str]:
    """What cannot be true of what was fitted on validation, thresholds to cascade, of a model or an ensemble.

    Args:
        info: has the six.
        classes: how many labels there are.
        multi_label: whether an article may have several.
    """
    if info.thresholds is not None:
        yield from _wrong_list("thresholds", info.thresholds, classes, low=0, high=1)
        if not multi_label:
            yield "thresholds: they are for models that may give several labels"
    if info.calibration is not None:
        found = info.calibration
        yield from _wrong_list("calibration.temperatures", found.temperatures, classes if multi_label else 1, low=LEAST)
        yield from _wrong_list("calibration.offsets", found.offsets, classes)
        if found.multi_label != multi_label:
            yield "calibration.multi_label: it is not that of the model"
    if info.abstention is not None:
        kept = info.abstention
        given = [threshold for threshold in kept.thresholds if threshold is not None]
        yield from _wrong_list("abstention.thresholds", kept.thresholds, classes)
        yield from _wrong_list("abstention.thresholds", given, len(given), low=0, high=1)
        yield from _wrong_list("abstention.alike", (kept.alike,), 1, low=0, high=1)
        shares = (kept.min_precision, kept.confidence)
        yield from _wrong_list("abstention.min_precision, abstention.confidence", shares, 2, low=LEAST, high=1 - LEAST)
    if info.sets is not None:
        yield from _wrong_sets(info.sets, classes, multi_label=multi_label)
    if info.validation is not None and (wrong := info.validation.wrong(classes)):
        yield wrong
    if info.cascade is not None and (wrong := info.cascade.wrong(classes, multi_label=multi_label)):
        yield wrong


def _wrong_sets(sets: ConformalSets, classes: int, *, multi_label: bool) -> Iterator[str]:
    yield from _wrong_list("sets.level", (sets.level,), 1, low=LEAST, high=1 - LEAST)
    yield from _wrong_list("sets.thresholds", sets.thresholds, classes, low=0, high=1)
    yield from _wrong_list("sets.promises", sets.promises, classes, low=0)
    yield from _wrong_list("sets.groups", sets.groups, classes, low=0)
    if multi_label:
        yield "sets: they are for models that give one label"


def _wrong_list(
    name: str, values: Sequence[float | None], count: int, *, low: float = -math.inf, high: float = math.inf
) -> Iterator[str]:
    if len(values) != count:
        yield f"{name}: there must be {count}, and there are {len(values)}"
    outside = [value for value in values if value is not None and not low <= value <= high]
    if outside:
        yield f"{name}: {outside[0]} is not between {low:g} and {high:g}"


def share_weights(model: Path, older: Path) -> None:
    """Keep weights that two models have in common, as those of a frozen encoder, once on the disk.

    Args:
        model: folder; its equal safetensors become hard links.
        older: folder of another model; nothing happens where there is none.
    """
    for weights in older.glob("*.safetensors"):
        if (model / weights.name).exists():
            keep_once(model / weights.name, weights)
