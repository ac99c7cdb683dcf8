import os
import subprocess
import sys

import pytest
import torch

from classifier.errors import InputError
from classifier.models.device import KEPT_SHAPES, SHAPES, choose_device, has_bf16, use_bf16


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


def test_one_dnn_keeps_few_shapes_unless_somebody_asks_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHAPES, "7")
    choose_device("cpu")
    assert os.environ[SHAPES] == "7"
    monkeypatch.delenv(SHAPES)
    choose_device("cpu")
    assert os.environ[SHAPES] == str(KEPT_SHAPES)
