import pytest
import torch

from classifier.device import choose_device, has_bf16, use_bf16
from classifier.errors import InputError


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
