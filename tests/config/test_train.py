import pytest

from classifier.config_file import make_config
from classifier.errors import InputError


def test_a_device_is_one_of_a_few_names() -> None:
    for name in ("auto", "cpu", "mps", "cuda", "cuda:1"):
        assert make_config({}, {"train.device": name}).train.device == name
    for wrong in ("quantum", "cuda:", "gpu", 3):
        with pytest.raises(InputError) as error:
            make_config({}, {"train.device": wrong})
        assert "must be auto, cpu, mps, cuda, or one GPU such as cuda:1" in str(error.value)
