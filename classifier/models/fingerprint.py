"""The fingerprint of a model: what decides its labels and scores, as 12 hexadecimal digits.

It is the same wherever the folder lies and whatever it is called, and also after ``evaluate --min-precision`` and
``--sets``, which change neither labels nor scores. Where a folder has checksums, no large file is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

from classifier.articles.predicted_by import ModelName
from classifier.checksums import CHECKSUMS, file_sum, read_checksums
from classifier.models.known_articles import FILE as KNOWN_ARTICLES
from classifier.models.model_folder import MODEL_FILE, ModelInfo, read_model_info
from classifier.models.trained import Trained

DIGITS = 12
DECIDES = frozenset({".safetensors", ".json", ".txt", ".model"})  # files with weights, settings, words
OTHER = frozenset({CHECKSUMS, MODEL_FILE, KNOWN_ARTICLES})
NO_PART = frozenset(  # in labels and scores: how they are written and computed, and what is asked for beside them
    {
        *("label_separator", "columns", "bf16", "base_model", "started_from", "distilled", "version", "dropped"),
        *("abstention", "sets", "validation", "cascade", "format_version"),
    }
)


def model_name(trained: Trained) -> ModelName:
    """The name of what predicts: its run's folder, and its fingerprint.

    Raises:
        InputError: a file of it is missing or damaged.

    Example:
        >>> from classifier.models.trained import open_trained
        >>> model_name(open_trained("runs/first")).name
        'first'
    """
    folder = trained.path.resolve()
    own = folder.parent if trained.kind == "model" and folder.name == "model" else folder
    return ModelName(own.name or "model", fingerprint(trained))


def fingerprint(trained: Trained) -> str:
    """12 hexadecimal digits that only the same model has; for several seeds those of their ensemble.

    Args:
        trained: a run, a model, or the folder of several seeds.

    Raises:
        InputError: a file of it is missing or damaged.
    """
    ensemble = trained.ensemble
    if ensemble is None:
        return _digest(_parts(trained.models[0], read_model_info(trained.models[0])))
    alone = [(folder, read_model_info(folder)) for folder in trained.models]
    return _digest(
        {
            "members": sorted(
                _digest(_parts(folder, replace(info, thresholds=None, calibration=None))) for folder, info in alone
            ),
            "thresholds": ensemble.thresholds,
            "calibration": None if ensemble.calibration is None else asdict(ensemble.calibration),
        }
    )


def _parts(folder: Path, info: ModelInfo) -> dict[str, Any]:
    """What decides the labels and scores of one model."""
    values = asdict(info)
    changed = {
        field.name: values[field.name]
        for field in fields(info)
        if field.name not in NO_PART and (field.default is MISSING or getattr(info, field.name) != field.default)
    }
    return {"files": dict(_files(folder)), "settings": changed}


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """The files that decide, by name, with their SHA-256: those with checksums, and those that lie there without."""
    sums = read_checksums(folder).files if _has_sums(folder) else {}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted({*sums, *there}):
        last = Path(name).name
        if Path(name).suffix in DECIDES and last not in OTHER and not last.startswith("."):
            yield name, (sums[name] if name in sums else file_sum(folder / name)).sha256


def _has_sums(folder: Path) -> bool:
    return (folder / CHECKSUMS).exists()


def _digest(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:DIGITS]
