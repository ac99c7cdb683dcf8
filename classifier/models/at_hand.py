"""Encoders that can be had without a download, and how many parameters each has."""

from __future__ import annotations

import importlib.util
import json
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.config import DEFAULT_MODEL
from classifier.errors import InputError
from classifier.models.transformer.encoder_config import read_encoder_config
from classifier.models.transformer.packaged import LARGE, LARGE_MODEL, OFFLINE_PACKAGE
from classifier.models.transformer.packaged_multilingual import FILE, MULTILINGUAL_MODEL, PACKAGE
from classifier.models.transformer.weights_cache import installed_file
from classifier.models.weights import check_presence, find_weights

PACKAGED_PARAMETERS = {DEFAULT_MODEL: 22_713_728, LARGE_MODEL: 109_486_978, MULTILINGUAL_MODEL: 117_505_920}
UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}


@dataclass(frozen=True)
class Encoder:
    """An encoder that can be had without a download.

    Attributes:
        name: as ``model.name`` takes it.
        parameters: numbers in its weights.
    """

    name: str
    parameters: int


def encoders_at_hand(more: Iterable[str] = ()) -> list[Encoder]:
    """The encoders in the Hub's cache and in installed packages, and those that are named; the smallest first.

    What is in the cache and cannot be used as an encoder is left out.

    Raises:
        InputError: one that is named cannot be had.
    """
    found = {name: Encoder(name, count_parameters(find_weights(name))) for name in more}
    for name in _packaged():
        found.setdefault(name, Encoder(name, PACKAGED_PARAMETERS[name]))
    for name in _cached():
        if name not in found and (encoder := _usable(name)):
            found[name] = encoder
    return sorted(found.values(), key=lambda encoder: (encoder.parameters, encoder.name))


def count_parameters(folder: Path) -> int:
    """Numbers in the safetensors of a folder, as their headers say."""
    return sum(map(_in_file, folder.glob("*.safetensors")))


def parameter_count(text: str) -> int:
    """A number of parameters as it is typed.

    Raises:
        ValueError: it is none.

    Example:
        >>> parameter_count("30M"), parameter_count("1.5b"), parameter_count("22713728")
        (30000000, 1500000000, 22713728)
    """
    number = text.strip().lower()
    unit = number[-1:] if number[-1:] in UNITS else ""
    count = round(float(number.removesuffix(unit)) * UNITS[unit])
    if count < 1:
        raise ValueError(text)
    return count


def parameter_words(count: int) -> str:
    """A number of parameters as people say it.

    Example:
        >>> parameter_words(22_713_728), parameter_words(41_000)
        ('22.8M', '0.1M')
    """
    return f"{math.ceil(count / 10**5) / 10:g}M"


def _in_file(path: Path) -> int:
    with path.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def _packaged() -> Iterator[str]:
    if importlib.util.find_spec(OFFLINE_PACKAGE) is not None:
        yield DEFAULT_MODEL
    if all(installed_file(package, file) for package, file in LARGE.packages.items()):
        yield LARGE_MODEL
    if installed_file(PACKAGE, FILE):
        yield MULTILINGUAL_MODEL


def _cached() -> list[str]:
    """The models in the Hub's cache, by name."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return []
    return sorted(repo.repo_id for repo in repos if repo.repo_type == "model")


def _usable(name: str) -> Encoder | None:
    """A model of the cache, where it is an encoder and whole."""
    try:
        check_presence(name)
        folder = find_weights(name)
        read_encoder_config(folder)
        return Encoder(name, count_parameters(folder))
    except (InputError, OSError, ValueError, KeyError, struct.error):
        return None
