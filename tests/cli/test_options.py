import pytest

from classifier.cli.options import names_of, settings_of


def test_an_encoding_is_a_setting_after_the_others() -> None:
    assert list(settings_of(["train.seed=1"], "cp1252", "A").items()) == [
        ("train.seed", 1),
        ("data.encoding", "cp1252"),
        ("data.sheet", "A"),
    ]
    assert settings_of(None, None, None) == {}


@pytest.mark.parametrize(
    ("given", "found"), [(None, []), (["a"], ["a"]), (["a,b", " c , ,d"], ["a", "b", "c", "d"]), ([""], [])]
)
def test_names_come_with_commas_or_one_at_a_time(given: list[str] | None, found: list[str]) -> None:
    assert names_of(given) == found
