import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.cli.app import run as cli
from classifier.config_file import parse_settings
from classifier.dataset.corrections import from_cell, to_cell
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError
from classifier.jobs.building import dataset as dataset_module
from classifier.jobs.building import leaks
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl

pytestmark = pytest.mark.usefixtures("quick_builds")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the page and the probe, which take most of a build's time."""
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(leaks, "measure_leakage", lambda *_, **__: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "a.jsonl", make_articles(30))  # a0 opinion, a1 reporting, a2 satire, …


def table(path: Path, *rows: tuple[str, str], **more: str) -> Path:
    """A table of corrections: (id, corrected), and the same further columns in each row."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "corrected", *more])
        writer.writerows([*row, *more.values()] for row in rows)
    return path


def made(source: Path, corrections: Path, *overrides: str, out: str = "data", **options: Any) -> DatasetFolder:
    settings = {"data.corrections": str(corrections), **parse_settings(overrides)}
    dataset = build(str(source), source.parent / out, settings=settings, **options).dataset
    assert dataset is not None
    return open_dataset(dataset.path)


def labels_of(dataset: DatasetFolder) -> dict[str, tuple[str, ...]]:
    return {article.id: article.labels for article in dataset.articles()}


def refusal(source: Path, corrections: Path, *overrides: str) -> str:
    with pytest.raises(InputError) as caught:
        made(source, corrections, *overrides)
    assert not (source.parent / "data").exists()
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_a_table_that_excel_saved_is_read_in_the_encoding_that_is_named(tmp_path: Path, encoding: str) -> None:
    names = {"opinion": "Würdigung"}
    articles = [replace(one, labels=tuple(names.get(n, n) for n in one.labels)) for one in make_articles(30)]
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    corrections = tmp_path / "corrections.csv"
    corrections.write_bytes("id;corrected\na1;Würdigung\n".encode(encoding))
    assert labels_of(made(source, corrections, "data.encoding=cp1252"))["a1"] == ("Würdigung",)


def test_labels_are_changed_and_articles_left_out(tmp_path: Path, source: Path) -> None:
    before = labels_of(build(str(source), tmp_path / "before").dataset)  # type: ignore[arg-type]
    rows = ("a0", "satire"), ("a1", "drop"), ("a2", ""), ("a4", " reporting ")
    dataset = made(source, table(tmp_path / "c.csv", *rows))
    after = labels_of(dataset)
    assert before.pop("a1") == ("reporting",)
    assert after == {**before, "a0": ("satire",)}
    done = dataset.info.corrections
    assert done is not None
    assert (done.file, done.relabelled, done.dropped, done.confirmed) == ("c.csv", 1, 1, 1)
    assert done.sha256 == hashlib.sha256((tmp_path / "c.csv").read_bytes()).hexdigest()
    assert dataset.info.settings["data"].get("corrections") is None  # paths are not part of a dataset


def test_corrections_are_spelt_as_the_articles(tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = ("a0", "SATIRE"), ("a1", "Drop "), ("a2", "Satire\u200b")
    after = labels_of(made(source, table(tmp_path / "c.csv", *rows)))
    assert (after["a0"], after.get("a1"), after["a2"]) == (("satire",), None, ("satire",))
    said = [record.getMessage() for record in caplog.records if "as the articles spell them" in record.getMessage()]
    assert said == [
        "'c.csv': 2 labels are spelt as the articles spell them: 'SATIRE' → 'satire', 'Satire\\u200b' → 'satire'"
    ]


def test_whole_numbers_that_a_spreadsheet_wrote_as_floats_are_the_labels_and_ids(tmp_path: Path) -> None:
    articles = [replace(a, id=str(n), labels=(str(n % 3),)) for n, a in enumerate(make_articles(30))]
    numbered = write_jsonl(tmp_path / "a.jsonl", articles)
    assert "no article has the label '2.5'" in refusal(numbered, table(tmp_path / "d.csv", ("1", "2.5")))
    dataset = made(numbered, table(tmp_path / "c.csv", ("0.0", "2.0"), ("3", "0.0"), given_label="0.0"))
    assert (labels_of(dataset)["0"], labels_of(dataset)["3"]) == (("2",), ("0",))


def test_empty_cells_that_a_program_has_filled_correct_nothing(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = made(source, table(tmp_path / "c.csv", ("a0", "satire"), ("a1", "nan"), ("a2", "#N/A")))
    assert {name: labels_of(found)[name] for name in ("a0", "a1", "a2")} == {
        "a0": ("satire",),
        "a1": ("reporting",),
        "a2": ("satire",),
    }
    assert "2 cells of 'corrected' with a word for a missing value, such as 'nan' in" in caplog.text


def test_a_changed_file_of_corrections_is_seen(tmp_path: Path, source: Path) -> None:
    corrections = table(tmp_path / "c.csv", ("a0", "satire"))
    made(source, corrections)
    assert labels_of(made(source, corrections))["a0"] == ("satire",)
    table(corrections, ("a0", "reporting"))
    with pytest.raises(InputError, match=r"the source has changed \('c\.csv'\)"):
        made(source, corrections)
    with pytest.raises(InputError, match="since it was built the source"):
        build(str(source), tmp_path / "data")
    assert labels_of(made(source, corrections, overwrite=True))["a0"] == ("reporting",)


def test_every_bad_row_is_listed_at_once(tmp_path: Path, source: Path) -> None:
    rows = (
        ("nobody", "satire"),
        ("a0", "satyre"),
        ("a1", "satire"),
        ("a1", "opinion"),
        ("a2", "opinion"),
        ("", "satire"),
    )
    message = refusal(source, table(tmp_path / "c.csv", *rows))
    for part in (
        "c.csv:2: no article has the id 'nobody'",
        "c.csv:3: no article has the label 'satyre'. Did you mean 'satire'?",
        "c.csv:5: the id 'a1' has another correction in",
        "c.csv:7: has a correction and no id",
        "4 corrections that cannot be used",
    ):
        assert part in message


@pytest.mark.parametrize(("given", "saved"), [("007", "7"), ("7", "007")])
def test_an_id_that_lost_its_zeros_is_told_which_it_was(tmp_path: Path, given: str, saved: str) -> None:
    rows = [f"{given if n == 7 else f'a{n}'},text number {n},{'satire' if n % 2 else 'opinion'}" for n in range(30)]
    (tmp_path / "in.csv").write_text("\n".join(["id,text,label", *rows]))
    message = refusal(tmp_path / "in.csv", table(tmp_path / "c.csv", (saved, "opinion"), ("8", "opinion")))
    assert f"no article has the id '{saved}'; there is '{given}': has a spreadsheet taken zeros off?" in message
    assert "no article has the id '8'\n" in message


def test_json_that_pandas_wrote_is_a_table_of_corrections(tmp_path: Path, source: Path) -> None:
    rows = [{"id": "a0", "corrected": "satire"}, {"id": "a1", "corrected": None}, {"id": "a2", "corrected": "drop"}]
    (tmp_path / "c.json").write_text(json.dumps(rows))
    labels = labels_of(made(source, tmp_path / "c.json"))
    assert labels["a0"] == ("satire",)
    assert labels["a1"] == ("reporting",)
    assert "a2" not in labels


def test_a_new_label_needs_an_explicit_choice(tmp_path: Path, source: Path) -> None:
    corrections = table(tmp_path / "c.csv", ("a0", "essay"))
    assert "no article has the label 'essay'" in refusal(source, corrections)
    assert "no correction uses the label 'poem'" in refusal(source, corrections, 'data.new_labels=["essay", "poem"]')
    assert labels_of(made(source, corrections, "data.new_labels=essay"))["a0"] == ("essay",)
    with pytest.raises(InputError, match=r"new_labels goes with corrections"):
        build(str(source), tmp_path / "other", settings={"data.new_labels": "essay"})


def test_a_label_that_has_changed_since_is_refused(tmp_path: Path, source: Path) -> None:
    """Row numbers as ids, and a source that has changed: the wrong articles would be corrected."""
    stale = table(tmp_path / "c.csv", ("a1", "satire"), given_label="opinion")
    assert "article 'a1' is labelled 'reporting' now; it was 'opinion'" in refusal(source, stale)
    fresh = table(tmp_path / "c.csv", ("a0", "satire"), ("a2", "satire"), given_label="opinion")
    assert labels_of(made(source, fresh))["a0"] == ("satire",)  # and a2 is corrected already


def test_columns_of_corrections_are_known_in_any_case(tmp_path: Path, source: Path) -> None:
    (tmp_path / "d.csv").write_text("Id,CORRECTED,Given_Label\na1,satire,opinion\n")
    assert "article 'a1' is labelled 'reporting' now; it was 'opinion'" in refusal(source, tmp_path / "d.csv")
    (tmp_path / "c.csv").write_text("ID,Corrected ,Given_Label\na0,satire,opinion\n")
    assert labels_of(made(source, tmp_path / "c.csv"))["a0"] == ("satire",)


def test_a_file_that_corrects_nothing_is_refused(tmp_path: Path, source: Path) -> None:
    assert "corrects nothing" in refusal(source, table(tmp_path / "c.csv", ("a0", "")))
    (tmp_path / "d.csv").write_text("id,label\na0,satire\n")
    assert "has no column 'corrected'" in refusal(source, tmp_path / "d.csv")


def test_equal_texts_with_different_labels_can_be_corrected(tmp_path: Path) -> None:
    records = [{"id": a.id, "text": a.text, "label": a.labels[0]} for a in make_articles(30)]
    records.append({**records[0], "id": "copy", "label": "satire"})
    source = tmp_path / "a.jsonl"
    source.write_text("".join(json.dumps(record) + "\n" for record in records))
    with pytest.raises(InputError, match=r"occurs? with different labels"):
        build(str(source), tmp_path / "data")
    assert labels_of(made(source, table(tmp_path / "c.csv", ("copy", "opinion"))))["copy"] == ("opinion",)


def test_several_labels(tmp_path: Path) -> None:
    articles = make_articles(30, multi_label=True)
    source = write_jsonl(tmp_path / "a.jsonl", articles, multi_label=True)
    rows = ("a0", "satire; opinion"), ("a1", "none"), ("a2", '["reporting"]')
    after = labels_of(made(source, table(tmp_path / "c.csv", *rows), "data.task=multi_label"))
    assert (after["a0"], after["a1"], after["a2"]) == (("opinion", "satire"), (), ("reporting",))
    assert after["a3"] == articles[3].labels


def test_lists_of_labels_are_one_label_where_an_article_has_one(tmp_path: Path, source: Path) -> None:
    file = tmp_path / "c.jsonl"
    rows = [{"id": "a0", "corrected": ["satire"]}, {"id": "a1", "corrected": ["satire", "satire"]}]
    rows.append({"id": "a2", "corrected": ["drop"]})
    file.write_text("\n".join(map(json.dumps, rows)))
    found = labels_of(made(source, file))
    assert (found["a0"], found["a1"], "a2" in found) == (("satire",), ("satire",), False)
    file.write_text("\n".join(json.dumps({"id": f"a{n}", "corrected": ["satire", "opinion"][:n]}) for n in (0, 2)))
    with pytest.raises(InputError) as caught:
        made(source, file, out="other")
    assert f"{file}:1: has 0 labels, and an article of this corpus has one" in str(caught.value)
    assert f"{file}:2: has 2 labels, and an article of this corpus has one" in str(caught.value)


def test_a_label_studio_export(tmp_path: Path, source: Path) -> None:
    def task(name: str, given: str, choice: str | None) -> dict[str, Any]:
        chosen = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [choice]}}
        annotations = [] if choice is None else [{"result": [chosen]}]
        return {"data": {"id": name, "text": "words", "given_label": given}, "annotations": annotations}

    tasks = [task("a0", "opinion", "satire"), task("a1", "reporting", "drop"), task("a2", "satire", None)]
    export = tmp_path / "export.json"
    export.write_text(json.dumps(tasks))
    after = labels_of(made(source, export))
    assert after["a0"] == ("satire",)
    assert "a1" not in after
    assert after["a2"] == ("satire",)
    export.write_text(json.dumps([task("a0", "satire", "reporting")]))
    with pytest.raises(InputError, match="is labelled 'opinion' now; it was 'satire'"):
        made(source, export, out="other")


def test_ids_of_parts_that_number_alike(tmp_path: Path) -> None:
    """The ids of the dataset, which an audit writes, have the part's name before them."""
    parts = {"train": make_articles(30), "test": make_articles(30, seed=1)}
    files = {f"data.{name}": str(write_jsonl(tmp_path / f"{name}.jsonl", found)) for name, found in parts.items()}
    (tmp_path / "c.toml").write_text("")
    settings = {**files, "data.corrections": str(table(tmp_path / "c.csv", ("test/a0", "satire")))}
    dataset = build(str(tmp_path / "c.toml"), tmp_path / "data", settings=settings).dataset
    assert dataset is not None
    after = labels_of(dataset)
    assert (after["test/a0"], after["train/a0"]) == (("satire",), ("opinion",))


def test_an_extension_takes_no_corrections(tmp_path: Path, source: Path) -> None:
    corrections = table(tmp_path / "c.csv", ("a0", "satire"))
    old = made(source, corrections)
    with pytest.raises(InputError, match="Corrections do not go with --extend"):
        made(source, corrections, out="more", extend=old.path)
    write_jsonl(source, make_articles(33))
    extended = build(str(source), tmp_path / "more", extend=old.path).dataset
    assert extended is not None
    assert labels_of(extended)["a0"] == ("satire",)
    assert open_dataset(extended.path).info.corrections == old.info.corrections


def test_the_command(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corrections = table(tmp_path / "c.csv", ("a0", "satire"))
    arguments = ["build", str(source), "--out", str(tmp_path / "data"), "--corrections", str(corrections)]
    assert cli(arguments) == 0
    assert "c.csv: 1 label corrected, 0 articles left out, 0 confirmed." in capsys.readouterr().out
    table(corrections, ("a0", "essay"))
    assert cli([*arguments, "--overwrite"]) == 2
    assert labels_of(open_dataset(tmp_path / "data"))["a0"] == ("satire",)


def test_cells() -> None:
    for names in ((), ("a",), ("a", "b"), ("a;b", "c"), ("drop",), ("none",)):
        assert from_cell(to_cell(names, multi_label=True), ("a", "b", "a;b", "c"), multi_label=True) == names
    for name in ("[1]", "[]", "['a']"):
        assert from_cell(to_cell([name], multi_label=True), (name,), multi_label=True) == (name,)
    assert from_cell("drop", ("drop",), multi_label=False) == ("drop",)
    assert from_cell("drop", ("a",), multi_label=False) is None
    assert from_cell("DROP", ("a",), multi_label=False) is None
    assert from_cell("Drop", ("drop",), multi_label=False) == ("Drop",)
    assert from_cell("none", ("none",), multi_label=True) == ("none",)
