from pathlib import Path

import pytest

from classifier.errors import InputError
from tests.makers.corpora import read_parts
from tests.makers.sources import built, data_settings, ids_of


def semeval(folder: Path) -> Path:
    for language in ("en", "fr"):
        for part in ("train", "dev"):
            articles = folder / language / f"{part}-articles-subtask-1"
            articles.mkdir(parents=True)
            numbers = range(100, 130) if part == "train" else range(200, 206)
            for i in numbers:
                (articles / f"article{i}.txt").write_text(f"Title {language} {i}\n\nBody {language} {i}.")
            lines = "".join(f"{i}\t{('opinion', 'reporting', 'satire')[i % 3]}\n" for i in numbers)
            (folder / language / f"{part}-labels-subtask-1.txt").write_text(lines)
    return folder


def test_semeval2023(tmp_path: Path) -> None:
    folder = semeval(tmp_path / "semeval")
    settings = {"builder": "semeval2023", "path": str(folder), "languages": ["en", "fr"], "test_languages": ["en"]}
    parts = read_parts(data_settings(**settings))
    assert {name: len(found) for name, found in parts.items()} == {"train": 60, "test": 6}
    first = parts["train"][0]
    assert (first.id, first.title, first.text, first.language) == ("en-100", "Title en 100", "Body en 100.", "en")
    dataset = built(tmp_path, settings)
    assert {split: len(found) for split, found in ids_of(dataset).items()} == {"train": 54, "validation": 6, "test": 6}
    with pytest.raises(InputError, match=r"has no language 'xx'"):
        read_parts(data_settings(builder="semeval2023", path=str(folder), languages=["xx"]))


def test_languages_that_are_not_read_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    folder = semeval(tmp_path / "semeval")
    read_parts(data_settings(builder="semeval2023", path=str(folder), languages=["fr"]))
    assert f"only 'fr' is read; '{folder}' has 'en' too (data.languages)" in caplog.text
    caplog.clear()
    read_parts(data_settings(builder="semeval2023", path=str(folder), languages=["fr", "en"]))
    assert not caplog.records


def test_languages_are_named_by_their_codes_or_by_the_folders(tmp_path: Path) -> None:
    folder = semeval(tmp_path / "semeval")
    (folder / "fr").rename(folder / "ge")
    for name in ("ge", "de"):
        found = read_parts(data_settings(builder="semeval2023", path=str(folder), languages=[name]))
        assert {article.id.split("-")[0] for article in found["train"]} == {"ge"}
        assert {article.language for article in found["test"]} == {"de"}


def test_semeval2023_names_what_is_missing(tmp_path: Path) -> None:
    folder = semeval(tmp_path / "semeval")
    (folder / "en" / "train-articles-subtask-1" / "article100.txt").unlink()
    with (folder / "en" / "train-labels-subtask-1.txt").open("a") as file:
        file.write("131\n")
    with pytest.raises(InputError) as error:
        read_parts(data_settings(builder="semeval2023", path=str(folder)))
    where = "train-labels-subtask-1.txt"
    assert [(f.where.split("/")[-1], f.name) for f in error.value.faults] == [
        (f"{where}:1", "missing article"),
        (f"{where}:31", "no label"),
    ]
    assert [fault.record for fault in error.value.faults] == ["100\treporting", "131"]
