"""Input that cannot be used ends in exit code 2 and one clear message, and leaves nothing half-written."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub.constants
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier.cli.app import run
from classifier.dataset.folder import open_dataset
from classifier.models.classifier import Classifier
from tests.makers.disk import limited_file_size

Make = Callable[[Path], list[str]]
Capture = pytest.CaptureFixture[str]

COLUMNS = ("id", "text", "label")
LABELS = ("opinion", "reporting", "satire")
GOOD = [(f"a{i}", f"Article number {i} is about topic {7 * i}.", LABELS[i % 3]) for i in range(30)]
NEXT_CSV, NEXT_JSON = 32, 31  # the line of the first row after the good ones


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def table(*more: Sequence[str], columns: Sequence[str] = COLUMNS, rows: Iterable[Sequence[str]] = GOOD) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows, *more])
    return stream.getvalue()


def lines(*more: str, rows: Iterable[Sequence[str]] = GOOD) -> str:
    return "".join(f"{line}\n" for line in (*(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows), *more))


def record(**values: object) -> str:
    return json.dumps({"id": "b", "text": "One more article.", "label": "opinion", **values})


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def build(source: str | Path, folder: Path, *more: str) -> list[str]:
    return ["build", str(source), "--out", str(folder / "ds"), *more]


def file(name: str, content: str | bytes, *more: str) -> Make:
    return lambda folder: build(write(folder / name, content), folder, *more)


def rows(*more: Sequence[str], columns: Sequence[str] = COLUMNS, options: Sequence[str] = ()) -> Make:
    return file("a.csv", table(*more, columns=columns), *options)


def records(*more: str) -> Make:
    return file("a.jsonl", lines(*more))


def settings(*more: str) -> Make:
    return file("a.csv", table(), *more)


def toml(*more: str) -> Make:
    def make(folder: Path) -> list[str]:
        write(folder / "a.csv", table())
        return build(write(folder / "c.toml", "\n".join(("[data]", 'path = "a.csv"', *more)) + "\n"), folder)

    return make


def parquet(name: str, values: pa.Array) -> Make:
    def make(folder: Path) -> list[str]:
        columns = {"text": pa.array(["one", "two"]), "label": pa.array(["a", "b"]), name: values}
        pq.write_table(pa.table(columns), folder / "a.parquet")
        return build(folder / "a.parquet", folder)

    return make


def corrupt_parquet(folder: Path) -> list[str]:
    make = parquet("text", pa.array([f"{i} is the number" for i in range(2)]))
    path = Path(make(folder)[1])
    pq.write_table(pa.table({"text": [row[1] * 9 for row in GOOD], "label": [row[2] for row in GOOD]}), path)
    content = path.read_bytes()
    return build(write(path, content[:60] + b"Z" * 200 + content[260:]), folder)


def texts(*names: str, content: str | bytes = "Some text.") -> Make:
    def make(folder: Path) -> list[str]:
        (folder / "texts").mkdir()
        for name in names:
            write(folder / "texts" / name, content)
        return build(folder / "texts", folder)

    return make


def predict(*more: str, **files: str) -> Make:
    """Arguments to predict with the folder RUN, which holds the files that are given by stem (none: no folder)."""

    def make(folder: Path) -> list[str]:
        for stem, content in files.items():
            write(folder / "RUN" / f"{stem}.{'toml' if stem == 'config' else 'json'}", content)
        new = write(folder / "new.csv", "text\nSome text.\n")
        return ["predict", str(folder / "RUN"), str(new), "--out", str(folder / "labels.csv"), *more]

    return make


def cut_zstandard(folder: Path) -> list[str]:
    packer = zstandard.ZstdCompressor().compressobj()
    head = packer.compress(lines().encode()) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return build(write(folder / "a.jsonl.zst", head), folder)


def spoilt_gzip() -> bytes:
    content = gzip.compress(table().encode())
    return content[:40] + b"\xff\x00\xff" * 20 + content[100:]


LATIN = table(("b", "A café in the old town.", "opinion")).encode("cp1252")

CASES = [
    # files
    pytest.param(lambda f: build(f / "a.csv", f), ("There is no file", "a.csv'", "Fix: Check the path"), id="missing"),
    pytest.param(
        lambda f: build(write(f / "articles.csv", table()).with_name("artcles.csv"), f),
        ("There is no file", "Did you mean 'articles.csv'?"),
        id="missing_misspelt",
    ),
    pytest.param(lambda f: build(f / ("a" * 300 + ".csv"), f), ("ile name too long",), id="name_too_long"),
    pytest.param(file("a.csv", ""), ("a.csv' is empty", "Fix: Give a file that holds articles"), id="empty"),
    pytest.param(file("a.csv", "\n\n"), ("a.csv' has no header line", "Fix: Give the columns' names"), id="blank"),
    pytest.param(file("a.csv", "text,label\n"), ("a.csv' holds no articles", "below the header"), id="header_only"),
    pytest.param(file("a.jsonl", "\n"), ("a.jsonl' holds no articles", "Fix: "), id="jsonl_without_rows"),
    pytest.param(file("a.xlsx", b"PK\x03\x04"), ("a.xlsx'", "no complete zip file or workbook"), id="xlsx_cut_off"),
    pytest.param(file("a.rtf", "text"), ("a.rtf'", "('.rtf')", "Fix: Give CSV"), id="unknown_kind"),
    pytest.param(file("a.json", "text,label\n"), ("a.json:1 is not valid JSON", "name end in .csv"), id="csv_as_json"),
    pytest.param(file("a.jsn", "{}"), ("('.jsn')", "Did you mean '.json'?"), id="json_extension"),
    pytest.param(
        file("a.csv.gz", gzip.compress(table().encode())[:-20]),
        ("a.csv.gz' is not a complete gzip file", "download it again"),
        id="gzip_cut_off",
    ),
    pytest.param(file("a.csv.gz", spoilt_gzip()), ("a.csv.gz'", "gzip", "download it again"), id="gzip_spoilt"),
    pytest.param(cut_zstandard, ("a.jsonl.zst'", "download it again"), id="zstandard_cut_off"),
    pytest.param(
        file("a.parquet", table()), ("a.parquet' is not a Parquet file", "download it again"), id="no_parquet"
    ),
    pytest.param(corrupt_parquet, ("a.parquet'", "download it again"), id="parquet_spoilt"),
    # encodings
    pytest.param(
        file("a.csv", LATIN + b"c,More.,satire\n"),
        (f"a.csv:{NEXT_CSV} is not utf-8", f"byte 0xe9 at offset {LATIN.index(0xE9):,}", "--encoding cp1252"),
        id="not_utf8",
    ),
    pytest.param(
        texts("opinion/a.txt", "satire/b.txt", content="\nUn café".encode("cp1252")),
        ("a.txt:2 is not utf-8", "byte 0xe9 at offset 7", "--encoding cp1252"),
        id="not_utf8_in_the_last_byte",
    ),
    pytest.param(
        file("a.csv", table().encode("utf-16-le")), ("a.csv", "UTF-16", "--encoding utf-16"), id="utf16_without_mark"
    ),
    pytest.param(
        settings("--encoding", "utf-16"), ("a.csv", "is not utf-16", "--encoding"), id="utf8_declared_as_utf16"
    ),
    pytest.param(settings("--encoding", "utf9"), ("no encoding 'utf9'", "--encoding utf-8"), id="unknown_encoding"),
    pytest.param(settings("--encoding", "base64"), ("'base64'", "--encoding utf-8"), id="encoding_that_is_no_encoding"),
    # columns
    pytest.param(
        rows(columns=("id", "txet", "label")),
        ("a.csv: there is no column 'text'", "Did you mean 'txet'?", "'id', 'txet', 'label'", "data.columns.text=txet"),
        id="missing_column",
    ),
    pytest.param(
        settings("--set", "data.columns.label=genre"),
        ("there is no column 'genre' for the label", "'id', 'text', 'label'", "Fix: "),
        id="missing_named_column",
    ),
    pytest.param(
        rows(columns=("text", "text", "label")), ("a.csv:1 names the column 'text' twice", "Fix: "), id="column_twice"
    ),
    # rows
    pytest.param(rows(("b", " ", "satire")), (f"a.csv:{NEXT_CSV}: text is empty", "1 bad row", "Fix: Mend"), id="text"),
    pytest.param(rows(("b", "Text.", "")), (f"a.csv:{NEXT_CSV}: label is empty", "1 bad row"), id="empty_label"),
    pytest.param(records(record(text=None)), (f"a.jsonl:{NEXT_JSON}: text is empty",), id="null_text"),
    pytest.param(
        parquet("text", pa.array(["one", None])), ("a.parquet, row 2: text is empty",), id="parquet_null_text"
    ),
    pytest.param(
        records(record(text=42)), (f"a.jsonl:{NEXT_JSON}: text must be text", "the int 42"), id="json_number_as_text"
    ),
    pytest.param(
        records(record(label=[["a"]])), (f"a.jsonl:{NEXT_JSON}: label must be a name", "Got ['a']"), id="list_in_list"
    ),
    pytest.param(
        records(record(label=["satire", "opinion"])),
        (f"a.jsonl:{NEXT_JSON}: label has 2 labels", '"multi_label"'),
        id="label_list",
    ),
    pytest.param(
        rows(("b", "A\0B", "satire")), (f"a.csv:{NEXT_CSV}: text holds a NUL byte (at character 1)",), id="nul_in_text"
    ),
    pytest.param(rows(("b", "Text.", "sat\0ire")), (f"a.csv:{NEXT_CSV}: label", "NUL byte"), id="nul_in_label"),
    pytest.param(
        file("a.csv", table() + "b,Well, well.,satire\n"),
        (f"a.csv:{NEXT_CSV}: 4 cells where the header has 3", "not quoted?"),
        id="ragged_long",
    ),
    pytest.param(
        file("a.csv", table() + "b,Well.\n"), (f"a.csv:{NEXT_CSV}: 2 cells where the header has 3",), id="ragged_short"
    ),
    pytest.param(
        file("a.csv", table() + 'b,"Well" well,satire\n'), (f"a.csv:{NEXT_CSV}: broken quoting",), id="text_after_quote"
    ),
    pytest.param(
        file("a.csv", table() + 'b,"Well.,satire\nc,More.,satire\n'),
        (f"a.csv:{NEXT_CSV}: broken quoting", "Fix: Mend"),
        id="quote_never_closed",
    ),
    pytest.param(file("a.csv", '"id,text,label\na,b,c\n'), ("a.csv:1", "quoting"), id="quote_in_header_never_closed"),
    pytest.param(
        records('{"text": }'), (f"a.jsonl:{NEXT_JSON}: not valid JSON", "column 10", "Fix: "), id="broken_json"
    ),
    pytest.param(
        records("[1]", '"text"'),
        (
            f"a.jsonl:{NEXT_JSON}: a JSON object is needed. Got list",
            f"a.jsonl:{NEXT_JSON + 1}: ",
            "Got str",
            "2 bad rows",
        ),
        id="json_no_object",
    ),
    pytest.param(records("[" * 100_000), (f"a.jsonl:{NEXT_JSON}: ", "JSON"), id="json_too_deep"),
    pytest.param(
        records(record(n=0).replace("0}", "9" * 5000 + "}")),
        (f"a.jsonl:{NEXT_JSON}: ", "digits"),
        id="json_huge_number",
    ),
    pytest.param(
        records(record(text="half a \ud83d pair")), (f"a.jsonl:{NEXT_JSON}: ", "surrogate"), id="surrogate_in_text"
    ),
    pytest.param(records(record(label="\ud83d")), (f"a.jsonl:{NEXT_JSON}: ", "surrogate"), id="surrogate_in_label"),
    pytest.param(records(record(more="\ud83d")), (f"a.jsonl:{NEXT_JSON}: ", "surrogate"), id="surrogate_elsewhere"),
    pytest.param(
        parquet("more", pa.array([b"\xe9t\xe9", b"well"]).view(pa.string())),
        ("a.parquet", "UTF-8"),
        id="parquet_not_utf8",
    ),
    pytest.param(
        file(
            "a.csv",
            table(*((*row, "31. Foo 2024") for row in GOOD), columns=(*COLUMNS, "date"), rows=()),
            "--set",
            "split.method=temporal",
        ),
        ("a.csv:2: the date '31. Foo 2024' cannot be read", "2024-05-31"),
        id="bad_date",
    ),
    pytest.param(
        rows(("a1", "More.", "satire"), ("a1", "Even more.", "satire")),
        (f"a.csv:{NEXT_CSV}: the id 'a1' is already that of", "a.csv:3", f"a.csv:{NEXT_CSV + 1}: ", "2 bad rows"),
        id="duplicate_ids",
    ),
    pytest.param(
        rows(("b", GOOD[0][1].upper(), "satire")),
        (
            f"a.csv:{NEXT_CSV}: labelled 'satire', the same text as",
            "a.csv:2, labelled 'opinion'",
            "data.conflicts=drop",
        ),
        id="same_text_two_labels",
    ),
    pytest.param(
        rows(
            ("b", "", "satire"),
            ("c", "Text.", " "),
            ("d", "https://a.org/7", "satire"),
            ("a1", "Text.", "satire"),
        ),
        (
            "a.csv' has 4 bad rows",
            f"a.csv:{NEXT_CSV}: text is empty",
            f"a.csv:{NEXT_CSV + 1}: label is empty",
            f"a.csv:{NEXT_CSV + 2}: text is a URL alone",
            f"a.csv:{NEXT_CSV + 3}: the id 'a1'",
        ),
        id="several_faults_are_all_listed",
    ),
    pytest.param(
        file(
            "a.csv", table(("b", "", "satire"), rows=[*GOOD, *((f"c{i}", f"Text {i}.", "satire") for i in range(68))])
        ),
        ("a.csv:100: text is empty",),
        id="line_100_is_no_emoji",
    ),
    pytest.param(
        file("a.jsonl", f'{{"id": "b", "text": "Some text."}}\n{lines()}'),
        ("a.jsonl:1: label is empty",),
        id="first_record_without_label",
    ),
    pytest.param(
        file("a.jsonl", record() + "\n" + "".join(record(id=i, text=t, target="A claim.") + "\n" for i, t, _ in GOOD)),
        ("a.jsonl:1: target is empty",),
        id="first_record_without_target",
    ),
    # labels
    pytest.param(
        rows(("b", "Text.", "Satire")),
        (f"a.csv:{NEXT_CSV}: label 'Satire' (1 ×)", "only in case or space from 'satire'", "data.merge_labels=true"),
        id="label_differs_in_case",
    ),
    pytest.param(
        rows(("https://example.org/a-story", "Text.", "satire"), ("b", "https://example.org/a-story", "satire")),
        (f"a.csv:{NEXT_CSV + 1}: text is a URL alone. Got 'https://example.org/a-story'",),
        id="text_is_a_url",
    ),
    pytest.param(
        rows(("b", "a000.txt", "satire"), ("c", "texte/Artikel 12.DOCX", "satire")),
        (
            f"a.csv:{NEXT_CSV}: text is the name of a file alone. Got 'a000.txt': the column must hold what stands in",
            f"a.csv:{NEXT_CSV + 1}: text is the name of a file alone. Got 'texte/Artikel 12.DOCX'",
        ),
        id="text_is_the_name_of_a_file",
    ),
    pytest.param(
        file("a.csv", table(rows=[(a, b, "satire") for a, b, _ in GOOD])),
        ("at least two classes", "Got 'satire'", "Fix: Add articles with other labels"),
        id="one_class",
    ),
    pytest.param(
        settings("--set", "data.task=multi_label"),
        ("a.csv:2: label is the string", "label_separator"),
        id="no_separator",
    ),
    # splits
    pytest.param(file("a.csv", table(rows=GOOD[:2])), ("Nothing is left", "only 2", "Fix: Add articles"), id="too_few"),
    pytest.param(
        settings("--set", "split.method=temporal"), ("a.csv:2: has no date", "30 have none", "Fix: "), id="no_dates"
    ),
    pytest.param(
        rows(columns=("source", "text", "label"), options=("--set", 'split.group_by=["sorce"]')),
        ("split.group_by names 'sorce'", "Did you mean 'source'?", "group by one that has values: 'source'"),
        id="unknown_group",
    ),
    pytest.param(settings("--set", "split.method=given"), ('"given" needs given splits', "data.test"), id="none_given"),
    pytest.param(
        settings("--set", "split.folds=40"),
        ("Nothing is left for test in fold", "only 30 texts or groups"),
        id="more_folds_than_articles",
    ),
    # building
    pytest.param(
        lambda f: build(write(f / "c.toml", '[data]\npath = "~nobody-of-that-name/a.csv"\n'), f),
        ("~nobody-of-that-name/a.csv", "Fix: "),
        id="home_of_nobody",
    ),
    pytest.param(
        lambda f: ["build", str(write(f / "a.csv", table()))],
        ("Nothing says where to write", "Fix: classifier build SOURCE --out DATASET"),
        id="neither_out_nor_dry_run",
    ),
    pytest.param(settings("--dry-run"), ("--dry-run writes nothing",), id="out_and_dry_run"),
    pytest.param(
        rows(("b", "", "satire"), options=("--set", "data.strip=headrs")),
        ("data.strip: unknown: 'headrs'. Did you mean 'headers'?", "Fix: For example: --set data.strip"),
        id="unknown_strip",
    ),
    pytest.param(
        settings("--set", "data.strip=text:topic", "--set", 'data.strip="line:Article number*"'),
        ("30 bad rows", "a.csv:2: nothing is left of the text after data.strip", "no other row is good"),
        id="nothing_left_of_the_texts",
    ),
    pytest.param(
        settings("--set", 'data.annotators=["labl", "ben"]'),
        (
            "2 annotators have no column; the columns are 'id', 'text', 'label'",
            "a.csv: there is no column 'labl' for this annotator. Did you mean 'label'?",
            "a.csv: there is no column 'ben' for this annotator.",
            "Fix: Name the columns of your annotators",
        ),
        id="annotators_without_a_column",
    ),
    pytest.param(
        settings("--set", "data.columns.label=label", "--set", 'data.annotators=["anna", "ben"]'),
        (
            "data.columns.label has no effect beside data.annotators: the majority of the annotators is the label",
            "Fix: Leave data.columns.label out; or data.annotators, where that column holds the final labels",
        ),
        id="annotators_and_a_column_of_labels",
    ),
    pytest.param(
        settings("--extend", "old"), ("There is no file 'old/dataset.json'", "Fix: Check the path"), id="extend_nothing"
    ),
    # settings
    pytest.param(
        settings("--set", "train.learnin_rate=1"),
        ("--set: unknown setting 'train.learnin_rate'", "Did you mean 'learning_rate'?"),
        id="set_unknown_key",
    ),
    pytest.param(
        settings("--set", "trian.seed=1"),
        ("--set: unknown setting 'trian", "Did you mean 'train'?"),
        id="set_unknown_section",
    ),
    pytest.param(
        settings("--set", "split.test_size=1.5"),
        ("--set: split.test_size must be less than 1", "Got 1.5"),
        id="set_out_of_range",
    ),
    pytest.param(settings("--set", "seed"), ("section.key=value", "Got 'seed'", "Fix: "), id="set_without_value"),
    pytest.param(lambda f: build(f / "c.toml", f), ("no config file", "c.toml'", "classifier init"), id="toml_missing"),
    pytest.param(toml("[train", "seed = 1"), ("c.toml", "not valid TOML", "line 3", "Fix: "), id="toml_invalid"),
    pytest.param(
        toml("", "[train]", "learnin_rate = 1"),
        ("c.toml:5: unknown setting 'train.learnin_rate'", "Did you mean 'learning_rate'?"),
        id="toml_unknown_key",
    ),
    pytest.param(
        toml("", "[trian]", "seed = 1"),
        ("c.toml:4: unknown setting 'trian'", "Did you mean 'train'?"),
        id="toml_unknown_section",
    ),
    pytest.param(
        toml("[split]", "test_size = 0", "[train]", 'seed = "x"'),
        ("2 setting", "c.toml:4: split.test_size must be greater than 0. Got 0", "c.toml:6: train.seed must be"),
        id="toml_out_of_range",
    ),
    pytest.param(file("c.toml", ""), ("name no articles", "Fix: Set data.path"), id="toml_without_source"),
    # folders
    pytest.param(lambda f: build(f / "texts", f), ("There is no", "texts'", "Fix: "), id="missing_folder"),
    pytest.param(texts(), ("texts'", "no subfolders of .txt files, one per label", "Fix: "), id="empty_folder"),
    pytest.param(
        texts("a.txt"), ("texts'", "no subfolders of .txt files, one per label", "Fix: "), id="folder_without_labels"
    ),
    pytest.param(
        texts("opinion/a.txt", "satire/b.txt", content=" \n"),
        ("2 bad rows", "a.txt: text is empty", "b.txt: text is empty"),
        id="folder_of_empty_texts",
    ),
    pytest.param(lambda f: build("hub:", f), ("hub:", "Fix: "), id="hub_without_name"),
    pytest.param(
        lambda f: ["build", str(write(f / "a.csv", table())), "--out", str(f / ("d" * 300))],
        ("ile name too long",),
        id="out_name_too_long",
    ),
    # runs and models
    pytest.param(predict(), ("There is no run folder", "RUN'", "classifier train"), id="predict_without_run"),
    pytest.param(predict(other="{}"), ("RUN' holds no model", "classifier.json", "Fix: "), id="predict_with_no_model"),
    pytest.param(predict(config=""), ("RUN' is incomplete", "classifier train --resume --out"), id="incomplete_run"),
    pytest.param(
        predict(classifier='{"format_version": 99}'),
        ("classifier.json' has format version 99", "reads 1", "Fix: "),
        id="model_of_unknown_version",
    ),
    pytest.param(predict(classifier="{"), ("classifier.json' is damaged", "Fix: "), id="model_damaged"),
    pytest.param(
        predict(classifier='{"format_version": 1}'), ("classifier.json' is damaged", "Fix: "), id="model_info_missing"
    ),
    pytest.param(
        predict("--set", "data.columns.txt=body"), ("unknown setting", "Did you mean 'text'?"), id="predict_unknown_key"
    ),
    pytest.param(
        predict("--set", "train.seed=1"), ("train.seed=1 has no effect here", "data.columns."), id="predict_no_effect"
    ),
    pytest.param(
        lambda f: ["evaluate", str(f / "RUN"), "--set", "train.seed=1"],
        ("--set train.seed=1 has no effect here", "Fix: This command takes data."),
        id="evaluate_no_effect",
    ),
    pytest.param(lambda f: ["evaluate", str(f / "RUN")], ("no run folder", "RUN'"), id="evaluate_without_run"),
]


def refused(arguments: list[str], capture: Capture) -> str:
    """Run a command that must end in exit code 2, and return its message."""
    capture.readouterr()
    code = run(arguments)
    message = capture.readouterr().err
    assert "Traceback" not in message, message
    assert (code, sum(line.startswith("error: ") for line in message.splitlines())) == (2, 1), message
    return message


def assert_nothing_left(folder: Path, arguments: Sequence[str] = ()) -> None:
    assert list(folder.rglob("*.partial")) == []
    if "--out" in arguments:
        out = Path(arguments[arguments.index("--out") + 1])
        assert out not in list(out.parent.iterdir())


def built(folder: Path, capture: Capture, source: Path, *more: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Run a build that must work, and return the text and labels of each id."""
    code = run(build(source, folder, *more))
    message = capture.readouterr().err
    assert code == 0, message
    assert_nothing_left(folder)
    dataset = open_dataset(folder / "ds")
    return {a.id: (a.text, a.labels) for split in dataset.splits for a in dataset.articles(split)}


def wanted(extra: Iterable[Sequence[str]] = ()) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {identifier: (text, (label,)) for identifier, text, label in (*GOOD, *extra)}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("make", "fragments"), CASES)
def test_bad_input_is_refused(make: Make, fragments: tuple[str, ...], tmp_path: Path, capfd: Capture) -> None:
    arguments = make(tmp_path)
    before = contents(tmp_path)
    message = refused(arguments, capfd)
    plain = re.sub(r" \(id '[^']*'\)", "", message)  # tests/test_errors.py looks at the ids
    assert [fragment for fragment in fragments if fragment not in plain] == [], message
    assert_nothing_left(tmp_path, arguments)
    assert contents(tmp_path) == before


def test_first_20_of_30_bad_rows_and_their_counts(tmp_path: Path, capfd: Capture) -> None:
    bad = [(f"b{i}", "" if i < 20 else "https://a.org/7", "satire") for i in range(30)]
    message = refused(rows(*bad)(tmp_path), capfd)
    assert "a.csv' has 30 bad rows" in message
    shown = [f"a.csv:{NEXT_CSV + i} (id 'b{i}'): text is " in message for i in range(30)]
    assert shown == [True] * 10 + [False] * 10 + [True] * 10  # the room is shared out over the kinds
    assert "30 faults in all: 20 × text is empty, 10 × text is a URL alone" in message
    assert_nothing_left(tmp_path, ["--out", str(tmp_path / "ds")])


def test_faults_are_listed_by_line_whatever_they_are(tmp_path: Path, capfd: Capture) -> None:
    bad = [("a3", "The id of another.", "satire"), ("b", "", "satire"), ("c", "Article NUMBER", "satire")]
    strip = ("--set", "data.strip=text:article number")
    message = refused(rows(*bad, ("d", "https://a.org/7", "satire"), options=strip)(tmp_path), capfd)
    what = ["the id 'a3' is already", "text is empty", "nothing is left of the text", "text is a URL alone"]
    shown = [line for line in message.splitlines() if line.startswith("  ")]
    assert len(shown) == 4
    for index, line in enumerate(shown):
        assert f"a.csv:{NEXT_CSV + index}" in line
        assert f": {what[index]}" in line


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)], ids=["plain", "overwrite"])
def test_folder_that_holds_something_else_is_never_touched(
    overwrite: tuple[str, ...], tmp_path: Path, capfd: Capture
) -> None:
    write(tmp_path / "ds" / "thesis.txt", "Years of work.")
    before = contents(tmp_path / "ds")
    message = refused(settings(*overwrite)(tmp_path), capfd)
    assert "ds' holds something else" in message
    assert "another --out" in message
    assert contents(tmp_path / "ds") == before
    assert_nothing_left(tmp_path)


def test_file_in_place_of_the_output_folder_is_never_touched(tmp_path: Path, capfd: Capture) -> None:
    write(tmp_path / "ds", "A file.")
    assert "ds' is a file where a folder is needed" in refused(settings("--overwrite")(tmp_path), capfd)
    assert (tmp_path / "ds").read_text() == "A file."
    assert_nothing_left(tmp_path)


def test_dataset_is_replaced_only_with_overwrite_and_good_input(tmp_path: Path, capfd: Capture) -> None:
    built(tmp_path, capfd, write(tmp_path / "a.csv", table()))
    before = contents(tmp_path / "ds")
    more = ("b", "One more text.", "satire")
    message = refused(rows(more)(tmp_path), capfd)
    assert "ds' is in use already, and since it was built the source has changed ('a.csv')" in message
    assert "--overwrite" in message
    message = refused(settings("--set", "split.seed=1", "--set", "data.duplicates=drop")(tmp_path), capfd)
    assert (
        "ds' is in use already, and since it was built settings have changed (data.duplicates, split.seed)" in message
    )
    assert "text is empty" in refused(rows(("b", "", "satire"), options=["--overwrite"])(tmp_path), capfd)
    assert contents(tmp_path / "ds") == before
    assert built(tmp_path, capfd, write(tmp_path / "a.csv", table(more)), "--overwrite") == wanted([more])


def test_a_source_that_is_gone_is_missing_whatever_stands_in_the_output_folder(tmp_path: Path, capfd: Capture) -> None:
    built(tmp_path, capfd, write(tmp_path / "articles.csv", table()))
    message = refused(build(tmp_path / "artcles.csv", tmp_path), capfd)
    assert "There is no file" in message
    assert "Did you mean 'articles.csv'?" in message


def test_current_folder_is_no_output_folder(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.csv", table())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert "--out" in refused(["build", str(source), "--out", "."], capfd)
    assert contents(tmp_path / "here") == {}
    assert_nothing_left(tmp_path)


def test_predict_refuses_an_output_of_an_unknown_kind(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "load", lambda *_, **__: None)
    arguments = predict("--out", str(tmp_path / "labels.rtf"))(tmp_path)
    message = refused(arguments, capfd)
    assert "labels.rtf' is of a kind that cannot be written" in message
    assert ".jsonl, .csv, .tsv, .parquet, .xlsx" in message
    assert not (tmp_path / "labels.rtf").exists()
    assert_nothing_left(tmp_path, arguments)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("datasets.Dataset.save_to_disk", errno.ENOSPC),
        ("pyarrow.parquet.write_table", errno.ENOSPC),
        ("pathlib.Path.write_text", errno.ENOSPC),
        ("pathlib.Path.write_text", errno.EACCES),
        ("pathlib.Path.rename", errno.EACCES),
        ("pathlib.Path.mkdir", errno.EACCES),
        ("pathlib.Path.mkdir", errno.EROFS),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value.rsplit(".", 1)[1],
)
def test_place_that_cannot_be_written_to(
    written: str, code: int, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    arguments = settings()(tmp_path)
    import datasets  # noqa: F401  (it makes folders of its own when it is imported)

    monkeypatch.setattr(written, refuse)
    message = refused(arguments, capfd)
    assert f"' cannot be written: {os.strerror(code)}" in message
    assert str(tmp_path / "ds") in message
    assert "Fix: Make room or choose another place with --out" in message
    monkeypatch.undo()
    assert_nothing_left(tmp_path, arguments)


@pytest.mark.parametrize("size", [200, 6_000, 60_000])
def test_disk_that_fills_up_halfway(size: int, tmp_path: Path, capfd: Capture) -> None:
    many = [(f"b{i}", f"Text {i}. " * 20, LABELS[i % 3]) for i in range(1_000)]
    arguments = rows(*many)(tmp_path)
    with limited_file_size(size):
        message = refused(arguments, capfd)
    assert f"ds' cannot be written: {os.strerror(errno.EFBIG)}" in message
    assert_nothing_left(tmp_path, arguments)


def test_input_without_read_permission(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = Path.open

    def refuse(path: Path, *more: Any, **options: Any) -> Any:
        if path.name == "a.csv":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return really_open(path, *more, **options)

    arguments = settings()(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    message = refused(arguments, capfd)
    assert "a.csv' cannot be read: Permission denied" in message
    assert "Fix: Check its permissions" in message
    monkeypatch.undo()
    assert_nothing_left(tmp_path, arguments)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        pytest.param("a.csv", b"\xef\xbb\xbf" + table().encode(), (), id="csv_with_mark"),
        pytest.param("a.jsonl", b"\xef\xbb\xbf" + lines().encode(), (), id="jsonl_with_mark"),
        pytest.param("a.csv", table().replace("\n", "\r\n").encode(), (), id="csv_crlf"),
        pytest.param("a.jsonl", lines().replace("\n", "\r\n").encode(), (), id="jsonl_crlf"),
        pytest.param("a.csv", table().replace(",", ";").encode(), (), id="csv_semicolons"),
        pytest.param("a.csv", table().encode("utf-16"), (), id="utf16"),
        pytest.param("a.csv", table().encode("utf-16"), ("--encoding", "utf-16"), id="utf16_named"),
        pytest.param("a.csv.gz", gzip.compress(table().encode()), (), id="csv_gz"),
        pytest.param("a.jsonl.zst", zstandard.compress(lines().encode()), (), id="jsonl_zst"),
        pytest.param(
            "a.jsonl.zst",
            zstandard.compress(lines(rows=GOOD[:15]).encode()) + zstandard.compress(lines(rows=GOOD[15:]).encode()),
            (),
            id="jsonl_zst_in_two_frames",
        ),
    ],
)
def test_unusual_file_that_works(
    name: str, content: bytes, options: tuple[str, ...], tmp_path: Path, capfd: Capture
) -> None:
    assert built(tmp_path, capfd, write(tmp_path / name, content), *options) == wanted()


def test_encoding_is_obeyed(tmp_path: Path, capfd: Capture) -> None:
    source = write(tmp_path / "a.csv", LATIN)
    extra = [("b", "A café in the old town.", "opinion")]
    assert built(tmp_path, capfd, source, "--encoding", "cp1252") == wanted(extra)


def test_article_of_5_megabytes(tmp_path: Path, capfd: Capture) -> None:
    long = ("b", f"The council met, and spoke {'at ' * 50}gr{'o' * 3000}t length\n" * 1_600, "reporting")
    assert len(long[1]) > 5_000_000
    assert built(tmp_path, capfd, write(tmp_path / "a.csv", table(long))) == wanted([long])


def test_long_number_in_another_column(tmp_path: Path, capfd: Capture) -> None:
    source = write(tmp_path / "a.jsonl", lines(record(n=10**30)))
    assert built(tmp_path, capfd, source) == wanted([("b", "One more article.", "opinion")])


def test_first_record_that_lacks_a_source(tmp_path: Path, capfd: Capture) -> None:
    extra = [(f"b{i}", f"Text {i}.", LABELS[i % 3]) for i in range(12)]
    more = (record(id=a, text=b, label=c, source=f"paper {i % 6}") for i, (a, b, c) in enumerate(extra))
    source = write(tmp_path / "a.jsonl", lines(*more))
    assert built(tmp_path, capfd, source, "--set", 'split.group_by=["source"]') == wanted(extra)


def test_first_record_that_lacks_an_id(tmp_path: Path, capfd: Capture) -> None:
    first = json.dumps({"text": "The first one.", "label": "opinion"})
    source = write(tmp_path / "a.jsonl", f"{first}\n{lines()}")
    assert built(tmp_path, capfd, source) == wanted([("no-id-1-266f4caf", "The first one.", "opinion")])


def test_file_name_that_is_not_utf8(tmp_path: Path, capfd: Capture) -> None:
    try:
        source = write(tmp_path / os.fsdecode(b"caf\xe9.csv"), table())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert built(tmp_path, capfd, source) == wanted()


def test_label_that_looks_like_markup(tmp_path: Path, capfd: Capture) -> None:
    extra = [(f"b{i}", f"Text {i}.", label) for i, label in enumerate(["[/b]", "[red]", ":smile:"] * 3)]
    code = run([*build(write(tmp_path / "a.csv", table(*extra)), tmp_path), "--set", "data.min_per_label=3"])
    shown = capfd.readouterr()
    assert code == 0, shown.err
    assert [label for label in ("[/b]", "[red]", ":smile:") if label not in shown.out] == []
