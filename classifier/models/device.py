"""Where the arithmetic happens: the device, and whether bf16 pays there."""

from __future__ import annotations

import logging
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from classifier.errors import InputError

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
PACKAGES = ("numpy", "scikit-learn", "tokenizers")  # beside torch and transformers, that figures depend on
FIX = "Use auto or cpu (a run keeps its train.device in config.toml)."
SHAPES = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"  # an environment variable
KEPT_SHAPES = 128  # more than one step of a training has
ALWAYS_THERE = ("auto", "cpu")
KINDS = ("auto", "cpu", "cuda", "mps", "xpu")


def check_device(name: str) -> None:
    """Raise `InputError` unless the device that is named is there, without loading torch for one that always is."""
    if name not in ALWAYS_THERE:
        choose_device(name)


def choose_device(name: str = "auto") -> torch.device:
    """CUDA, else Apple's MPS, else the CPU; or the one that is named.

    Raises:
        InputError: the named device is not there.
    """
    if name.partition(":")[0] not in KINDS:
        raise InputError(f"There is no kind of device called '{name}'.", fix=FIX)
    _keep_few_shapes()
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"There is no kind of device called '{name}'.", fix=FIX) from None
    missing_cuda = device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if missing_cuda or (device.type == "mps" and not torch.backends.mps.is_available()):
        raise InputError(f"There is no device '{name}' here.", fix=FIX)
    return device


def _keep_few_shapes() -> None:
    """Have oneDNN, by which PyTorch multiplies on a CPU, keep what it prepared for the last shapes alone.

    Every batch has shapes of its own, and they rarely come again: it would keep 1,024 of them, which are spread over
    the memory, and between them lies what is free.
    """
    os.environ.setdefault(SHAPES, str(KEPT_SHAPES))  # it reads that once, when it multiplies first


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bf16 matrices in hardware (AVX-512 BF16 or AMX on a CPU).

    PyTorch's own switch ``ATEN_CPU_CAPABILITY`` (``default`` or ``avx2``) turns that off on a CPU.
    """
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu" and os.environ.get("ATEN_CPU_CAPABILITY") not in ("default", "avx2"):
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def use_bf16(setting: bool | Literal["auto"], device: torch.device) -> bool:
    """The setting, or what the hardware offers when it is ``auto``; said in the log where that is float32."""
    if setting != "auto":
        return setting
    offered = has_bf16(device)
    if not offered:
        logger.info("this %s has no bf16 instructions: computing in float32", device.type)
    return offered


def environment(device: torch.device) -> dict[str, Any]:
    """What a training ran on, as its manifest records it: versions, device, platform.

    Example:
        >>> import torch
        >>> environment(torch.device("cpu"))["device"]
        'cpu, ... threads'
    """
    import torch
    import transformers

    named = f"cpu, {torch.get_num_threads()} threads" if device.type == "cpu" else device.type
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": f"cuda, {torch.cuda.get_device_name(device)}" if device.type == "cuda" else named,
        "platform": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES},
    }
