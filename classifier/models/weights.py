"""Where an encoder's weights come from: a folder, a trained run, the Hugging Face Hub, or packages for offline use.

Only safetensors are read and code from a repository is never run.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from classifier.checksums import file_sum
from classifier.config import DEFAULT_MODEL
from classifier.config_file import from_home
from classifier.errors import InputError
from classifier.models.trained import is_trained, open_trained
from classifier.models.transformer.encoder_config import FILE as CONFIG_FILE
from classifier.models.transformer.encoder_config import KINDS
from classifier.models.transformer.packaged import LARGE_MODEL, OFFLINE_PACKAGE, large_weights, packaged_weights
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL, multilingual_weights
from classifier.models.transformer.tokenizer import COPY_TOKENIZER, OTHER_TOKENIZERS, TOKENIZER_FILES
from classifier.models.transformer.weights_cache import cache_folder

logger = logging.getLogger(__name__)

PACKAGED = {  # which the extras bring
    DEFAULT_MODEL: packaged_weights,
    LARGE_MODEL: large_weights,
    MULTILINGUAL_MODEL: multilingual_weights,
}
WEIGHTS = "model.safetensors"
HUB_FILES = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "README.md"]
SECONDS = 10.0  # that the Hub may take to say what it has
NOT_NEEDED = ["onnx/*", "openvino/*", "*_Pooling/*", "*_Dense/*"]


def find_weights(name: str) -> Path:
    """The folder that holds an encoder's configuration, tokenizer and safetensors.

    Args:
        name: a local folder, a run (its model is meant), or the Hub id of any encoder that ``AutoModel`` can load.

    Raises:
        InputError: the folder or repository has no safetensors, or cannot be found or reached; or the training of the
            run has not ended, or it is several runs.
    """
    folder = _local(name)
    if not folder.is_dir():
        folder = _from_hub(name)
        if OFFLINE_PACKAGE in folder.parts or cache_folder() in folder.parents:
            _say_packaged(name)
    _check_weights(name, [file.name for file in folder.iterdir()])
    return folder


@cache
def _say_packaged(name: str) -> None:
    """Say once that the packaged weights are used, when they are loaded: their presence alone is no news."""
    from huggingface_hub.constants import HF_HUB_OFFLINE

    why = "HF_HUB_OFFLINE is set" if HF_HUB_OFFLINE else "the Hub cannot be reached"
    kept = "checksum verified; four bits of each weight" if name == MULTILINGUAL_MODEL else "checksum verified"
    logger.info("%s: using the packaged weights of %s (%s)", why, name, kept)


def check_presence(name: str) -> None:
    """Raise `InputError` unless an encoder can be had: before articles are read, and without loading or fetching it.

    Args:
        name: a local folder or a run, whose files are looked for; or a Hub id, which must be in the cache, or name a
            model of the Hub that has such files.
    """
    folder = _local(name)
    files = [file.name for file in folder.iterdir()] if folder.is_dir() else _files_on_hub(name)
    if not files:  # the Hub did not say, but perhaps the files can be had: else this says why they cannot
        files = [file.name for file in _from_hub(name).iterdir()]
    _check_weights(name, files)
    if CONFIG_FILE not in files:
        raise InputError(f"'{name}' is not an encoder that transformers can read: it has no {CONFIG_FILE}.", fix=KINDS)
    if not {*TOKENIZER_FILES, *OTHER_TOKENIZERS} & set(files):
        raise InputError(f"There is no tokenizer in '{name}'.", fix=COPY_TOKENIZER)


def _local(name: str) -> Path:
    """The folder of that name, whether it is there or not; of a run its model."""
    folder = from_home(name)
    if not is_trained(folder):
        return folder
    model = open_trained(folder, command="model.name", takes=("run", "model")).models[0]
    if not model.is_dir():
        raise InputError(f"The run '{folder}' has lost its model: there is no '{model}'.", fix="Copy the run again.")
    return model


def _check_weights(name: str, files: Iterable[str]) -> None:
    if not any(file.endswith(".safetensors") for file in files):
        raise InputError(
            f"The model '{name}' has no .safetensors file.",
            fix="Convert it with save_pretrained(..., safe_serialization=True); pickled weights are never loaded.",
        )


def _files_on_hub(name: str) -> list[str]:
    """What a model has in the cache, or else on the Hub; empty where neither is known."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    with _unknown_models(name):
        try:
            cached = [file.name for file in Path(snapshot_download(name, local_files_only=True)).iterdir()]
            _check_weights(name, cached)
        except (OSError, InputError):  # no files, or a part of them
            try:
                return [file.rfilename for file in HfApi().model_info(name, timeout=SECONDS).siblings or []]
            except (HFValidationError, RepositoryNotFoundError):
                raise
            except Exception:  # no connection, in whichever of its ways the library says so
                return []
    return cached


def weights_revision(name: str) -> str | None:
    """Which weights an encoder has: its commit on the Hub, or ``sha256:`` and that of ``model.safetensors``.

    None where the weights stand in several files of a folder.

    Args:
        name: as in `find_weights`.

    Raises:
        InputError: as in `find_weights`.
    """
    folder = find_weights(name)
    if folder.parent.name == "snapshots" and re.fullmatch(r"[0-9a-f]{40}", folder.name):
        return folder.name
    file = folder / WEIGHTS
    return f"sha256:{file_sum(file).sha256}" if file.is_file() else None


@cache
def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        with _unknown_models(name):
            return Path(snapshot_download(name, allow_patterns=HUB_FILES, ignore_patterns=NOT_NEEDED))
    except OSError as error:
        if name in PACKAGED:
            return PACKAGED[name]()
        raise InputError(
            f"The model '{name}' is not in the cache and the Hub cannot be reached ({type(error).__name__}).",
            fix=f"Connect, or give a local folder: --set model.name=FOLDER (offline: {' or '.join(PACKAGED)})",
        ) from None


@contextmanager
def _unknown_models(name: str) -> Iterator[None]:
    """An `InputError` for a name that is none, or that the Hub does not know."""
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        yield
    except HFValidationError:
        raise InputError(
            f"'{name}' is neither a folder nor a Hub id.",
            fix=f"Give a path that exists, or an id such as {DEFAULT_MODEL}",
        ) from None
    except RepositoryNotFoundError:
        raise InputError(
            f"The Hub has no public model '{name}'.",
            fix="Check the spelling; for a private one, log in (hf auth login).",
        ) from None
