import pytest

from classifier.articles.split_names import SPLITS, split_name


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *((name, name) for name in SPLITS),
        ("TRAIN", "train"),
        ("Training_Set", "train"),
        (" dev ", "validation"),
        ("Development", "validation"),
        ("val", "validation"),
        ("TESTING", "test"),
        ("held_out", "test"),
        ("hold\u200bout", "test"),
    ],
)
def test_a_split_is_known_by_its_usual_names(name: str, split: str) -> None:
    assert split_name(name) == split


@pytest.mark.parametrize("name", ["2", "fold 1", "news"])
def test_another_name_stays_what_it_is(name: str) -> None:
    assert split_name(name) == name
