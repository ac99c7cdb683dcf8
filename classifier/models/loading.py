"""A `Classifier` from a folder: one model, or those of several seeds together."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Literal

from classifier.errors import InputError
from classifier.files import read_json
from classifier.models.classifier import Classifier
from classifier.models.device import choose_device, use_bf16
from classifier.models.ensemble import EnsembleInfo, check_members
from classifier.models.model_folder import TFIDF_FOLDER, read_model_info
from classifier.models.tfidf import load_baselines
from classifier.models.trained import PREDICTS, open_trained
from classifier.models.transformer.network import load_model, place
from classifier.models.transformer.pretrained import load_tokenizer

logger = logging.getLogger(__name__)

SHARED = ("labels", "multi_label", "pair", "max_length", "windows", "stride", "window_choice", "strip", "label_by")
TRANSFORMERS_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
Bf16 = bool | Literal["auto"] | None  # None = as in training


def load_classifier(path: str | Path, *, device: str = "auto", bf16: Bf16 = None) -> Classifier:
    """What `Classifier.load` gives; arguments, and what is raised, as there."""
    trained = open_trained(path, command="predict", takes=PREDICTS)
    if trained.ensemble is not None:
        return load_ensemble(trained.path, trained.ensemble, device=device, bf16=bf16)
    return load_model_folder(trained.models[0], device=device, bf16=bf16)


def load_model_folder(folder: Path, *, device: str = "auto", bf16: Bf16 = None) -> Classifier:
    """The model in a ``model/`` folder.

    Raises:
        InputError: a file is missing, damaged or of an unknown version.
    """
    info = read_model_info(folder)
    where = choose_device(device)
    try:
        model = load_model(folder, info.pooling, len(info.labels)).eval()
        tokenizer = load_tokenizer(folder)
    except (AttributeError, TypeError):
        for file in (folder / name for name in TRANSFORMERS_FILES if (folder / name).exists()):
            read_json(file, fix="Copy the folder again, whole.")  # its message names the file that holds no JSON object
        raise
    place(model, where, bf16=use_bf16(info.bf16 if bf16 is None else bf16, where))
    tfidf = None if info.blend is None else load_baselines(folder / TFIDF_FOLDER)
    return Classifier(info, model, info.encoder(tokenizer), where, tfidf)


def load_ensemble(path: Path, ensemble: EnsembleInfo, *, device: str = "auto", bf16: Bf16 = None) -> Classifier:
    """Load all members of an ensemble; all of them stay in memory.

    Args:
        path: the folder that the members' folders are relative to.
        ensemble: its members, and what was fitted to their average.
        device, bf16: as in `Classifier.load`; without ``bf16`` each member's own setting is obeyed.

    Raises:
        InputError: a member is missing or damaged, or reads or labels articles in another way than the first.
    """
    check_members(path, ensemble)
    members = tuple(load_model_folder(path / member, device=device, bf16=bf16) for member in ensemble.members)
    first = members[0]
    for name, member in zip(ensemble.members, members, strict=True):
        _check_same(first, member, str(path / name))
    logger.info(
        "an ensemble of %s models: it takes about %s times as long to predict as one of them",
        len(members),
        len(members),
    )
    info = replace(
        first.info, thresholds=ensemble.thresholds, calibration=ensemble.calibration, abstention=ensemble.abstention
    )
    return replace(first, info=info, members=members)


def _check_same(first: Classifier, other: Classifier, name: str) -> None:
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


def _tokenizer(classifier: Classifier) -> str:
    return str(classifier.encoder.tokenizer.backend_tokenizer.to_str())
