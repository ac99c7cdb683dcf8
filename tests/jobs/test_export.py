"""The push to the Hub, against a stand-in."""

from __future__ import annotations

import base64
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

from classifier.errors import InputError
from classifier.jobs.export import export
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.sources import made

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


def test_a_dataset_is_exported_by_its_path_or_opened(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data")
    for name, given in (("a", dataset), ("b", dataset.path), ("c", str(dataset.path))):
        assert export(given, "csv", tmp_path / f"{name}.csv").startswith("Wrote 60 articles")
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


def test_a_run_is_no_dataset(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "run" / "dataset")
    info = json.loads((dataset.path / "dataset.json").read_text())
    (tmp_path / "run" / "dataset.json").write_text(json.dumps({**info, "path": "dataset", "fold": None}))
    (tmp_path / "run" / "config.toml").write_text("")
    with pytest.raises(InputError, match=f"'{tmp_path}/run' is a run, not a dataset.\nFix: .*{dataset.path}"):
        export(tmp_path / "run", "csv", tmp_path / "a.csv")


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
