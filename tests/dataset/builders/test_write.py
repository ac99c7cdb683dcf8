"""Articles to the formats of other tools and back, saved datasets, and the push to the Hub."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.annotators import annotate
from classifier.articles.article import OPTIONAL, Article
from classifier.dataset.builders import fasttext
from classifier.dataset.builders import saved_dataset as disk
from classifier.dataset.builders.write import write_articles
from classifier.errors import Fault, InputError
from tests.makers.formats import SUFFIXES, TEXTS, read_back

LABELS = ("hard news", "opinion", "satire")
ANNA, BEN, CEM = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(3))


def awkward(*, multi_label: bool = False, pair: bool = False, extra: bool = False) -> list[Article]:
    """Twelve articles that are hard to write down."""
    return [
        Article(
            id=f"a{i}",
            text=f"{TEXTS[i % 4]} {i}",
            labels=LABELS[: i % 4] if multi_label else (LABELS[i % 3],),
            title=f'Title "{i}"' if i % 2 else None,
            target=f"A claim, \n{i // 2}" if pair else None,
            date="2024-05-31",
            extra=columns(i) if extra else {},
        )
        for i in range(12)
    ]


def columns(i: int) -> dict[str, Any]:
    """Columns of every type."""
    return {
        "page": i,
        "share": i / 3,
        "paid": bool(i % 2),
        "note": None if i % 2 else "a, b",
        "tags": ["x", "y\n"][: i % 3],
        "sizes": [i, i + 1],
        "seen": dt.datetime(2024, 5, 31, 12, i),
        "zoned": dt.datetime(2024, 5, 31, 12, i, tzinfo=dt.UTC),
        "day": dt.date(2024, 5, 31),
    }


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("kind", SUFFIXES)
def test_articles_come_back(tmp_path: Path, kind: str, multi_label: bool, pair: bool) -> None:
    path = tmp_path / f"out{SUFFIXES[kind]}"
    articles = awkward(multi_label=multi_label, pair=pair)
    if kind == "fasttext" and pair:
        with pytest.raises(InputError, match="no place for the target"):
            write_articles(articles, path, kind=kind, multi_label=multi_label)
        return
    assert write_articles(iter(articles), path, kind=kind, multi_label=multi_label) == 12
    back = read_back(path, kind, multi_label=multi_label)
    assert not [item for item in back if isinstance(item, Fault)]
    if kind == "fasttext":
        plain = str.maketrans("\r\n", "  ")
        texts = [a.text.replace("\r\n", "\n").translate(plain) for a in articles]
        labels = [tuple(name.replace(" ", "_") for name in a.labels) for a in articles]
        assert [(a.text, a.labels) for a in back] == list(zip(texts, labels, strict=True))
        return
    for found, article in zip(back, articles, strict=True):
        assert (found.id, found.text, set(found.labels)) == (article.id, article.text, set(article.labels))
        assert (found.title or None, found.target, found.date) == (article.title, article.target, article.date)


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "disk"])
@pytest.mark.parametrize("multi_label", [False, True])
def test_every_column_comes_back_with_its_type(tmp_path: Path, kind: str, multi_label: bool) -> None:
    articles = awkward(multi_label=multi_label, pair=True, extra=True)
    if kind == "disk":
        save_to_disk(tmp_path / "saved", articles, multi_label=multi_label)
        back = list(disk.read(tmp_path / "saved", {}, multi_label=multi_label)["all"])
    else:
        write_articles(articles, tmp_path / f"out.{kind}", kind=kind, multi_label=multi_label)
        back = read_back(tmp_path / f"out.{kind}", kind, multi_label=multi_label)
    for found, article in zip(back, articles, strict=True):
        assert isinstance(found, Article)
        expected = dict(article.extra)
        if kind == "jsonl":  # JSON has no dates
            expected |= {name: expected[name].isoformat() for name in ("seen", "zoned", "day")}
        assert found.extra == expected
        assert {k: type(v) for k, v in found.extra.items()} == {k: type(v) for k, v in expected.items()}
        assert all(getattr(found, name) == getattr(article, name) for name in (*OPTIONAL, "id", "text", "labels"))


def save_to_disk(folder: Path, articles: list[Article], *, multi_label: bool) -> None:
    import datasets

    datasets.disable_progress_bars()
    classes = datasets.ClassLabel(names=list(LABELS))
    ids = [[LABELS.index(name) for name in article.labels] for article in articles]
    label = {"labels": ids} if multi_label else {"label": [first for (first,) in ids]}
    standard = {name: [getattr(a, name) for a in articles] for name in ("id", "text", "title", "target", "date")}
    extra = {name: [a.extra[name] for a in articles] for name in articles[0].extra}
    data = datasets.Dataset.from_dict({**standard, **label, **extra})
    feature = datasets.List(classes) if multi_label else classes
    data.cast_column("labels" if multi_label else "label", feature).save_to_disk(str(folder))


def test_columns_of_several_kinds_become_text_in_parquet(tmp_path: Path) -> None:
    values: list[Any] = [1, "two", {"a": 1}, [1, "x"], None, 2**70]
    articles = [Article(id=str(i), text=f"some words {i}", labels=("x",), extra={"c": v}) for i, v in enumerate(values)]
    write_articles(articles, tmp_path / "out.parquet", kind="parquet", multi_label=False)
    back = read_back(tmp_path / "out.parquet", "parquet", multi_label=False)
    expected = ["1", "two", '{"a": 1}', '[1, "x"]', None, str(2**70)]
    assert [a.extra["c"] for a in back if isinstance(a, Article)] == expected


def test_an_extra_column_does_not_hide_a_standard_one(tmp_path: Path) -> None:
    article = Article(id="a", text="some words", labels=("x",), title="T", extra={"label": "old", "title": "other"})
    write_articles([article], tmp_path / "out.jsonl", kind="jsonl", multi_label=False)
    record = json.loads((tmp_path / "out.jsonl").read_text())
    kept = {"original_label": "old", "original_title": "other"}
    assert record == {"id": "a", "text": "some words", "label": "x", "title": "T", **kept}


def test_prodigy_gets_all_labels_as_options(tmp_path: Path) -> None:
    articles = [
        Article(id="a", text="some words", labels=("x",)),
        Article(id="b", text="other words", labels=("y", "z")),
    ]
    write_articles(articles, tmp_path / "out.jsonl", kind="prodigy", multi_label=True)
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert first == {
        "text": "some words",
        "options": [{"id": name, "text": name} for name in ("x", "y", "z")],
        "accept": ["x"],
        "answer": "accept",
        "meta": {"id": "a"},
    }


def test_json_is_strict(tmp_path: Path) -> None:
    article = Article(
        id="a", text="some words", labels=("x",), extra={"n": float("nan"), "deep": [{"m": float("inf")}]}
    )
    write_articles([article], tmp_path / "out.jsonl", kind="jsonl", multi_label=False)
    assert json.loads((tmp_path / "out.jsonl").read_text(), parse_constant=pytest.fail)["deep"] == [{"m": None}]


def test_fasttext_refuses_what_it_cannot_hold_and_leaves_nothing(tmp_path: Path) -> None:
    articles = [
        Article(id="1", text="fine words here", labels=("hard news",), where="x:1"),
        Article(id="2", text="fine words here", labels=("hard_news",), where="x:2"),
        Article(id="3", text="see\n__label__fake and x__label__ok", labels=("satire",), where="x:3"),
        Article(id="4", text="none", where="x:4"),
    ]
    with pytest.raises(InputError) as error:
        write_articles(articles, tmp_path / "out.txt", kind="fasttext", multi_label=False)
    assert [str(fault) for fault in error.value.faults] == [
        "labels: 'hard news', 'hard_news' all become __label__hard_news",
        "x:3: fastText would read as labels what the text holds: '__label__fake'",
        "x:4: has no label",
    ]
    assert list(tmp_path.iterdir()) == []


def test_fasttext_takes_labels_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "train.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        stream.write("__label__a\t__label__b  two labels \r\n\nwords first x__label__no __label__c\n")
    back = list(fasttext.read({"train": path}, multi_label=True)["train"])
    assert [(a.id, a.text, a.labels) for a in back if isinstance(a, Article)] == [
        ("1", " two labels ", ("a", "b")),
        ("3", "words first x__label__no ", ("c",)),
    ]


@pytest.mark.parametrize(
    ("kind", "articles", "message"),
    [
        ("jsnol", awkward(), "There is no format 'jsnol' to write. Did you mean 'jsonl'?"),
        ("csv", [], "There are no articles to write."),
        (
            "csv",
            [Article(id="1", text="t", labels=("a;b",))],
            "Labels in a CSV cell are divided by ';', which these hold",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, kind: str, articles: list[Article], message: str) -> None:
    with pytest.raises(InputError) as error:
        write_articles(articles, tmp_path / "out", kind=kind, multi_label=True)
    assert error.value.message.startswith(message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["prodigy", "argilla", "jsonl", "parquet"])
def test_votes_come_back(tmp_path: Path, kind: str) -> None:
    votes = [{ANNA: ("x",), BEN: ("y",), CEM: ("x",)}, {ANNA: ("x",), BEN: ("y",)}]
    articles = [annotate(Article(id=f"v{i}", text=f"text {i}"), v, multi_label=False) for i, v in enumerate(votes)]
    path = tmp_path / f"out{SUFFIXES[kind]}"
    write_articles(articles, path, kind=kind, multi_label=False)
    back = read_back(path, kind, multi_label=False)
    assert len(back) == 2
    for found, article in list(zip(back, articles, strict=True))[: 1 if kind in ("jsonl", "parquet") else 2]:
        assert isinstance(found, Article)
        said = found.extra["annotations"]
        assert (found.labels, json.loads(said) if isinstance(said, str) else said) == (
            article.labels,
            article.extra["annotations"],
        )


def test_a_saved_dataset_dict_gives_its_parts(tmp_path: Path) -> None:
    import datasets

    data = datasets.Dataset.from_dict({"text": ["some words", "more words"], "label": [0, -1], "n": [1, 2]})
    data = data.cast_column("label", datasets.ClassLabel(names=["x"]))
    splits = {"train": data, "dev": data.select([0]), "unsupervised": data}
    datasets.DatasetDict(splits).save_to_disk(str(tmp_path / "dict"))
    parts = {part: list(items) for part, items in disk.read(tmp_path / "dict", {}).items()}
    assert {part: len(items) for part, items in parts.items()} == {"train": 2, "validation": 1}
    first, fault = parts["train"]
    assert isinstance(first, Article) and (first.labels, first.extra) == (("x",), {"n": 1})
    assert str(fault) == f"{tmp_path / 'dict'}[train], row 2: label is empty"
    for name, split in (("train", data), ("test", data.select([0]))):
        split.save_to_disk(str(tmp_path / "folder" / name))
    assert list(disk.read(tmp_path / "folder", {})) == ["train", "test"]
    with pytest.raises(InputError, match="is no dataset that was saved to disk"):
        disk.read(tmp_path, {})
    with pytest.raises(InputError, match="is no folder"):
        disk.read(tmp_path / "nowhere", {})


PUSH = """
import sys
from pathlib import Path
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo
from classifier.errors import InputError
from classifier.jobs.export import push
info = DatasetInfo(("x",), False, False, "given", (), {}, (), (), {}, folds=int(sys.argv[2]) or None)
try:
    print(push(DatasetFolder(Path(sys.argv[1]), info), "me/news", private=True, token="hf_none"))
except InputError as error:
    print(error)
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class StandIn(BaseHTTPRequestHandler):
    """As much of the Hub as an upload asks for; commits are kept."""

    commits: ClassVar[list[dict[str, str]]] = []
    refuses: ClassVar[bool] = False

    def do_GET(self) -> None:
        if self.path.endswith("README.md"):
            self.reply(base64.b64decode(self.commits[0]["README.md"]))
        elif "/tree/" in self.path:
            inside = self.path.split("?")[0].endswith("/data")
            entries = [
                {"type": "file", "path": "README.md", "size": 1, "oid": "1"},
                {"type": "directory", "path": "data", "oid": "2"},
            ]
            self.reply([] if inside else entries)
        else:
            self.reply({"id": "me/news", "sha": COMMIT, "siblings": [], "tags": [], "private": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if self.refuses:
            self.reply({"error": "You don't have the rights"}, status=403)
        elif "/commit/" in self.path:
            values = [json.loads(line)["value"] for line in body.splitlines()]
            self.commits.append({value["path"]: value.get("content", "") for value in values if "path" in value})
            self.reply(
                {
                    "commitUrl": f"http://{self.headers['host']}/datasets/me/news/commit/{COMMIT}",
                    "commitOid": COMMIT,
                    "success": True,
                }
            )
        elif "/preupload/" in self.path:
            paths = [file["path"] for file in json.loads(body)["files"]]
            modes = ["lfs" if path.endswith(".parquet") else "regular" for path in paths]
            files = [{"path": p, "uploadMode": m, "shouldIgnore": False} for p, m in zip(paths, modes, strict=True)]
            self.reply({"files": files})
        elif self.path.endswith("objects/batch"):  # no actions: the Hub has them already
            self.reply({"transfer": "basic", "objects": json.loads(body)["objects"]})
        else:
            self.reply({"url": f"http://{self.headers['host']}/datasets/me/news", "errors": [], "warnings": []})

    do_HEAD = do_GET  # noqa: N815

    def reply(self, values: Any, status: int = 200) -> None:
        body = values if isinstance(values, bytes) else json.dumps(values).encode()
        self.send_response(status)
        for name, value in (("content-length", str(len(body))), ("etag", '"1"'), ("x-repo-commit", COMMIT)):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[dict[str, str]]:
    """The environment under which a process takes the stand-in for the Hub."""
    StandIn.commits, StandIn.refuses = [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    yield {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    server.shutdown()


def pushed(folder: Path, environment: dict[str, str], *, folds: int = 0) -> str:
    """What a process says that pushes a small dataset."""
    import datasets

    data = datasets.Dataset.from_dict({"id": ["a", "b"], "text": ["some words", "more words"], "label": [0, 0]})
    data = data.cast_column("label", datasets.ClassLabel(names=["x"]))
    for split in ("articles",) if folds else ("train", "test"):
        data.save_to_disk(str(folder / split))
    if folds:
        pq.write_table(pa.table({"id": ["a", "left out", "b"], "fold": [1, None, 2]}), folder / "splits.parquet")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# The card\n")
    settings = {k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "HF_ENDPOINT")}
    run = subprocess.run(
        [sys.executable, "-c", PUSH, str(folder), str(folds)],
        env={**settings, **environment},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_push_is_refused_offline_in_one_message(tmp_path: Path) -> None:
    said = pushed(tmp_path, {"HF_HUB_OFFLINE": "1"})
    assert said.startswith("The dataset cannot be pushed to 'me/news': Cannot reach")
    assert "Fix: Check the name (owner/name), the connection" in said


def test_the_push_says_what_the_hub_refuses(tmp_path: Path, hub: dict[str, str]) -> None:
    StandIn.refuses = True
    said = pushed(tmp_path, hub)
    assert said.startswith("The dataset cannot be pushed to 'me/news': ") and "403" in said


@pytest.mark.parametrize(("folds", "files"), [(0, ["train", "test"]), (2, ["train"])])
def test_the_push_uploads_the_splits_and_the_card(
    tmp_path: Path, hub: dict[str, str], folds: int, files: list[str]
) -> None:
    assert pushed(tmp_path, hub, folds=folds) == f"{hub['HF_ENDPOINT']}/datasets/me/news\n"
    last = StandIn.commits[-1]
    assert set(last) == {"README.md", *(f"data/{name}-00000-of-00001.parquet" for name in files)}
    card = base64.b64decode(last["README.md"]).decode()
    assert "license: mit" in card and card.endswith("# The card\n")
    assert "path: data/train-*" in card and "'0': x" in card
    assert ("name: fold" in card) is bool(folds)


def test_an_extra_column_with_a_standard_name_is_not_lost(tmp_path: Path) -> None:
    article = Article("1", "some text", ("a",), source="outlet", extra={"source": "scraper"})
    other = Article("2", "other text", ("b",), source="paper")
    write_articles([article, other], tmp_path / "x.jsonl", kind="jsonl", multi_label=False)
    first = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[0])
    assert (first["source"], first["original_source"]) == ("outlet", "scraper")


def test_a_dataset_with_folds_is_read_from_disk(tmp_path: Path) -> None:
    from classifier.jobs.build.build import build
    from tests.makers.articles import make_articles, write_jsonl

    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    build(str(source), tmp_path / "folds", settings={"split.folds": 4})
    parts = disk.read(tmp_path / "folds", {})
    assert {part: len(list(items)) for part, items in parts.items()} == {"all": 40}
