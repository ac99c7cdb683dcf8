"""A `Predictor` from a folder: one model, or those of several seeds together."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

from classifier.checksums import check_checksums
from classifier.collecting import uncollected
from classifier.errors import InputError
from classifier.files import damaged
from classifier.models.device import choose_device, use_bf16
from classifier.models.ensemble import ENSEMBLE_FILE, EnsembleInfo, check_members
from classifier.models.model_folder import MODEL_FILE, TFIDF_FOLDER, ModelInfo, read_model_info, wrong_decision
from classifier.models.predictor import Predictor
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import Baselines, check_baselines, load_baselines
from classifier.models.trained import PREDICTS, open_trained
from classifier.models.transformer.encoder_config import COPY_AGAIN, PROBLEMS
from classifier.models.transformer.encoder_config import FILE as CONFIG_FILE
from classifier.models.transformer.light_tokenizer import light_tokenizer
from classifier.models.transformer.pair_features import VECTORS
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder

logger = logging.getLogger(__name__)

SHARED = (
    *("labels", "multi_label", "pair", "max_length", "windows", "stride", "window_choice", "strip", "pairs"),
    "label_by",
)
Bf16 = bool | Literal["auto"] | None  # None = as in training


def load_predictor(path: str | Path, *, device: str = "auto", bf16: Bf16 = None, verify: bool = True) -> Predictor:
    """What `Classifier.load` gives; arguments, and what is raised, as there."""
    trained = open_trained(path, command="predict", takes=PREDICTS)
    with uncollected():  # torch is imported
        if trained.ensemble is not None:
            return load_ensemble(trained.path, trained.ensemble, device=device, bf16=bf16, verify=verify)
        return load_model_folder(trained.models[0], device=device, bf16=bf16, verify=verify)


def load_before_refit(
    path: Path, ensemble: EnsembleInfo | None, *, device: str = "auto", bf16: Bf16 = None
) -> Predictor | None:
    """What has not learned from the validation articles, where a model or an ensemble has (``train.refit``).

    Args:
        path: a run, or the folder of several seeds.
        ensemble: its members; None = it is a run.
        device, bf16: as in `Classifier.load`.

    Returns:
        The models that validation chose, with what was fitted on validation; None where they are the model itself.

    Raises:
        InputError: they are gone, or damaged.
    """
    models = [RunFolder(path).model] if ensemble is None else [path / member for member in ensemble.members]
    if not any(read_model_info(model).refit for model in models):
        return None
    older = [RunFolder(model.parent).before_refit.model for model in models]
    if gone := [str(folder) for folder in older if not folder.exists()]:
        raise InputError(
            f"The model has learned from the validation articles (train.refit), and what had not is gone: {gone[0]}.",
            fix="Copy the run again, whole, or evaluate on test or with --data.",
        )
    if ensemble is None:
        return load_model_folder(older[0], device=device, bf16=bf16)
    members = tuple(folder.relative_to(path).as_posix() for folder in older)
    return load_ensemble(path, replace(ensemble, members=members), device=device, bf16=bf16)


def load_model_folder(folder: Path, *, device: str = "auto", bf16: Bf16 = None, verify: bool = True) -> Predictor:
    """The model in a ``model/`` folder.

    Raises:
        InputError: a file is missing, damaged or of an unknown version, or is not as training wrote it.
    """
    check_checksums(folder, hashes=verify, fix=COPY_AGAIN)
    info = read_model_info(folder)
    where = choose_device(device)
    from classifier.models.transformer.network import load_model, place

    light = where.type == "cpu"
    parts = VECTORS if info.pairs == "apart" else 1
    model = load_model(folder, info.pooling, len(info.labels), light=light, layers=info.layers, parts=parts).eval()
    _check_labels(folder, cast("Any", model.encoder).config, info)
    tokenizer = light_tokenizer(folder) or load_tokenizer(folder)
    encoder = _encoder(folder, info, tokenizer)
    place(model, where, bf16=use_bf16(info.bf16 if bf16 is None else bf16, where))
    tfidf = None if info.blend is None else _load_tfidf(folder / TFIDF_FOLDER, info, verify=verify)
    return Predictor(info, model, encoder, where, tfidf)


def _encoder(folder: Path, info: ModelInfo, tokenizer: Any) -> TextEncoder:
    try:
        return info.encoder(tokenizer)
    except InputError as error:  # it speaks of settings, and this is no training
        raise damaged(folder / MODEL_FILE, error.message.rstrip("."), COPY_AGAIN) from None


def _check_labels(folder: Path, config: Any, info: ModelInfo) -> None:
    """Raise `InputError` unless ``config.json`` and ``classifier.json`` name the same labels in the same order."""
    expected = dict(enumerate(info.labels))
    if config.id2label != expected or config.label2id != {name: index for index, name in expected.items()}:
        raise InputError(
            f"The labels in '{folder / CONFIG_FILE}' (id2label, label2id) are not those in '{folder / MODEL_FILE}': "
            f"one of the two was changed. {MODEL_FILE} says {', '.join(map(repr, info.labels))}.",
            fix=COPY_AGAIN,
        )
    if config.problem_type != PROBLEMS[info.multi_label]:
        raise InputError(
            f"'{folder / CONFIG_FILE}' says problem_type = {config.problem_type!r}, and '{folder / MODEL_FILE}' says "
            f"multi_label = {str(info.multi_label).lower()}: one of the two was changed.",
            fix=COPY_AGAIN,
        )


def _load_tfidf(folder: Path, info: ModelInfo, *, verify: bool) -> Baselines:
    found = load_baselines(folder, verify=verify)
    check_baselines(found, folder, classes=len(info.labels), pair=info.pair, multi_label=info.multi_label)
    return found


def load_ensemble(
    path: Path, ensemble: EnsembleInfo, *, device: str = "auto", bf16: Bf16 = None, verify: bool = True
) -> Predictor:
    """Load all members of an ensemble; all of them stay in memory.

    Args:
        path: the folder that the members' folders are relative to.
        ensemble: its members, and what was fitted to their average.
        device, bf16, verify: as in `Classifier.load`; without ``bf16`` each member's own setting is obeyed.

    Raises:
        InputError: a member is missing or damaged, or reads or labels articles in another way than the first.
    """
    check_members(path, ensemble)
    members = tuple(
        load_model_folder(path / member, device=device, bf16=bf16, verify=verify) for member in ensemble.members
    )
    first = members[0]
    wrong = [*wrong_decision(ensemble, len(first.info.labels), multi_label=first.info.multi_label)]
    if wrong:
        raise damaged(path / ENSEMBLE_FILE, "; ".join(wrong), COPY_AGAIN)
    for name, member in zip(ensemble.members, members, strict=True):
        _check_same(first, member, str(path / name))
    logger.info(
        "an ensemble of %s models: it takes about %s times as long to predict as one of them",
        len(members),
        len(members),
    )
    return replace(first, info=ensemble.applied(first.info), members=members)


def _check_same(first: Predictor, other: Predictor, name: str) -> None:
    """Raise `InputError` unless two models can share the encoded articles and the columns of probabilities."""
    different = [key for key in SHARED if getattr(first.info, key) != getattr(other.info, key)]
    if _tokenizer(first) != _tokenizer(other):
        different.append("tokenizer")
    if different:
        raise InputError(
            f"The model '{name}' does not belong to this ensemble: its {', '.join(different)} differ from those of "
            "the first model.",
            fix="Copy the whole folder again.",
        )


def _tokenizer(predictor: Predictor) -> str:
    return str(predictor.encoder.tokenizer.backend_tokenizer.to_str())
