import pytest
from pydantic import ValidationError

from classifier.config import ModelConfig


def test_auto_has_a_most_of_windows_and_tokens() -> None:
    auto = ModelConfig()
    assert (auto.most_tokens, auto.choice(pair=False), auto.most_windows(pair=False)) == (256, "head", 4)
    assert (auto.choice(pair=True), auto.most_windows(pair=True)) == ("sentences", 1)
    every = ModelConfig(windows="all", max_length=512)
    assert (every.most_tokens, every.choice(pair=True), every.most_windows(pair=True)) == (512, "head", "all")


def test_neighbouring_windows_share_at_most_half() -> None:
    assert ModelConfig(stride=128).stride == 128
    with pytest.raises(ValidationError, match="at most max_length / 2 = 128"):
        ModelConfig(stride=129)
    with pytest.raises(ValidationError, match="at most max_length / 2 = 32"):
        ModelConfig(max_length=64, stride=33)
