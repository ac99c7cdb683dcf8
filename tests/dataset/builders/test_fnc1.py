from pathlib import Path

import pytest

from classifier.errors import InputError
from tests.makers.corpora import read_parts
from tests.makers.sources import built, data_settings, ids_of

STANCES = ("agree", "disagree", "discuss", "unrelated")


def fnc1(folder: Path, *, official_test: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    bodies = "".join(f'{i},"Body {i}, with a comma\nand a line"\n' for i in range(20))
    (folder / "train_bodies.csv").write_text("Body ID,articleBody\n" + bodies)
    pairs = "".join(f"Headline {i},{i % 20},{STANCES[i % 4]}\n" for i in range(60))
    (folder / "train_stances.csv").write_text("Headline,Body ID,Stance\n" + pairs)
    if official_test:
        (folder / "competition_test_bodies.csv").write_text("Body ID,articleBody\n1,An official body\n2,Another one\n")
        rows = "Official,1,agree\nOfficial,2,unrelated\nMore,1,discuss\n"
        (folder / "competition_test_stances.csv").write_text("Headline,Body ID,Stance\n" + rows)
    return folder


def test_fnc1_keeps_bodies_together(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc")
    dataset = built(tmp_path, {"builder": "fnc1", "path": str(folder)})
    assert dataset.info.labels == STANCES
    assert dataset.info.pair
    homes: dict[str, set[str]] = {}
    for split in dataset.splits:
        for article in dataset.articles(split):
            homes.setdefault(article.extra["body_id"], set()).add(split)
    assert len(homes) == 20
    assert all(len(found) == 1 for found in homes.values())
    third = next(article for article in dataset.articles() if article.id == "4")
    assert third.target == "Headline 3"
    assert third.text == "Body 3, with a comma\nand a line"


def test_fnc1_with_its_official_test(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc", official_test=True)
    dataset = built(tmp_path, {"builder": "fnc1", "path": str(folder)})
    assert dataset.info.split_method == "given"
    assert ids_of(dataset)["test"] == {"test/1", "test/2", "test/3"}
    assert {a.text for a in dataset.articles("test")} == {"An official body", "Another one"}


def test_fnc1_without_pairs(tmp_path: Path) -> None:
    parts = read_parts(data_settings(builder="fnc1", path=str(fnc1(tmp_path / "fnc")), pair=False))
    assert (parts["all"][3].title, parts["all"][3].target) == ("Headline 3", None)


def test_fnc1_names_missing_bodies_and_unknown_stances(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc")
    with (folder / "train_stances.csv").open("a") as file:
        file.write("Headline,99,agree\nHeadline,1,maybe\n")
    with pytest.raises(InputError) as error:
        read_parts(data_settings(builder="fnc1", path=str(folder)))
    assert "train_stances.csv:62: there is no body" in str(error.value)
    assert "train_stances.csv:63: Stance must be one of" in str(error.value)
    assert [fault.name for fault in error.value.faults] == ["missing body", "unknown stance"]
    assert error.value.faults[1].record == {"Headline": "Headline", "Body ID": "1", "Stance": "maybe"}
