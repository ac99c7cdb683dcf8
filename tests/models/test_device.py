import ctypes
import os
import subprocess
import sys

import pytest
import torch

from classifier.errors import InputError
from classifier.models.device import choose_device, has_bf16, use_bf16


@pytest.mark.parametrize(("cuda", "mps", "chosen"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_auto_takes_the_best_that_is_there(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, chosen: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == chosen


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match="no device 'cuda' here"):
        choose_device("cuda")
    with pytest.raises(InputError, match="no kind of device called 'gpu'"):
        choose_device("gpu")


@pytest.mark.parametrize("supported", [True, False])
def test_bf16_follows_the_hardware_unless_it_is_set(monkeypatch: pytest.MonkeyPatch, supported: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    cpu = torch.device("cpu")
    assert has_bf16(cpu) is supported
    assert use_bf16("auto", cpu) is supported
    assert use_bf16(True, cpu) is True
    assert use_bf16(False, cpu) is False


SAID = """
import logging, torch
from classifier.models.device import has_bf16, use_bf16
logging.basicConfig(level=logging.INFO, format="%(message)s")
cpu = torch.device("cpu")
print(torch.backends.cpu.get_cpu_capability(), has_bf16(cpu), use_bf16("auto", cpu))
"""


@pytest.mark.parametrize(("capability", "shown"), [("avx2", "AVX2"), ("default", "DEFAULT")])
def test_a_cpu_that_is_told_to_do_without_computes_in_float32_and_says_so(capability: str, shown: str) -> None:
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": capability}
    done = subprocess.run(
        [sys.executable, "-c", SAID], env=environment, capture_output=True, text=True, check=True, timeout=240
    )
    assert done.stdout.split() == [shown, "False", "False"]
    assert done.stderr.splitlines()[-1] == "this cpu has no bf16 instructions: computing in float32"


def test_a_setting_by_hand_is_obeyed_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="classifier")
    assert use_bf16(False, torch.device("cpu")) is False
    assert not caplog.text


SHAPES = """
import ctypes, torch
from classifier.models.device import choose_device
names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
Info = type("Info", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names.split()]})
system = ctypes.CDLL(None)
system.mallinfo2.restype = Info
choose_device("cpu")
weight = torch.zeros(64, 64, dtype=torch.bfloat16)
def after(first, last):
    for rows in range(first, last):
        torch.nn.functional.linear(torch.zeros(rows, 64, dtype=torch.bfloat16), weight)
    return system.mallinfo2().uordblks
before = after(1, 400)
print((after(400, 1000) - before) / 1e6)
"""


def test_memory_does_not_grow_with_the_shapes_of_batches() -> None:
    if (
        sys.platform != "linux"
        or not hasattr(ctypes.CDLL(None), "mallinfo2")
        or not torch.ops.mkldnn._is_mkldnn_bf16_supported()
    ):
        pytest.skip("glibc says how much memory is in use, and oneDNN multiplies numbers of 16 bits here")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ONEDNN_", "DNNL_"))}
    done = subprocess.run([sys.executable, "-c", SHAPES], capture_output=True, text=True, env=environment, check=True)
    assert float(done.stdout) < 5, "megabytes"
