import pytest

from classifier.cli.options import READING, names_of, settings_of
from classifier.errors import InputError


def test_an_encoding_is_a_setting_after_the_others() -> None:
    assert list(settings_of(["train.seed=1"], "cp1252").items()) == [("train.seed", 1), ("data.encoding", "cp1252")]
    assert settings_of(None, None) == {}


def test_a_setting_without_effect_is_refused() -> None:
    assert settings_of(["data.columns.text=body"], None, READING) == {"data.columns.text": "body"}
    with pytest.raises(InputError, match=r"--set train.seed=1 has no effect here\.\nFix: .*data\.columns\."):
        settings_of(["data.columns.text=body", "train.seed=1"], None, READING)


@pytest.mark.parametrize(
    ("given", "found"), [(None, []), (["a"], ["a"]), (["a,b", " c , ,d"], ["a", "b", "c", "d"]), ([""], [])]
)
def test_names_come_with_commas_or_one_at_a_time(given: list[str] | None, found: list[str]) -> None:
    assert names_of(given) == found
