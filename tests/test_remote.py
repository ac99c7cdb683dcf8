import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from classifier.errors import Fault, InputError, WrittenError
from classifier.remote import (
    RemoteFile,
    check_no_input,
    copied,
    is_remote,
    is_same_file,
    local_path,
    put_when_done,
    remote_names,
    upload_has_begun,
)


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    yield
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]


def put(url: str, content: bytes = b"text") -> str:
    with fsspec.open(url, "wb") as file:
        file.write(content)
    return url


@pytest.mark.parametrize(
    ("name", "remote"),
    [
        ("s3://news/a.csv", True),
        ("hf://datasets/owner/name/a.parquet", True),
        ("HTTPS://host/a.csv", True),
        ("file:///tmp/a.csv", False),
        ("a.csv", False),
        ("-", False),
        ("hub:owner/name", False),
        (r"C:\news\a.csv", False),
        ("C://news/a.csv", False),
        (Path("s3://news/a.csv"), False),
    ],
)
def test_remote_names_are_told_from_paths(name: object, remote: bool) -> None:
    assert is_remote(name) == remote


def test_addresses_of_this_machine_are_paths(tmp_path: Path) -> None:
    assert local_path(f"file://{tmp_path.as_posix()}/m%C3%BCll.csv") == tmp_path / "müll.csv"
    assert local_path(tmp_path) == tmp_path


def test_a_file_is_read_in_blocks_and_from_the_start_each_time() -> None:
    content = bytes(range(256)) * 5000
    file = RemoteFile(put("memory://news/2026/a.csv.gz", content))
    assert (str(file), file.name, file.suffixes) == ("memory://news/2026/a.csv.gz", "a.csv.gz", [".csv", ".gz"])
    assert file.exists() and file.is_file() and not file.is_dir() and file.stat().st_size == len(content)
    for _ in range(2):
        with file.open("rb") as stream:
            assert stream.read(300) == content[:300]
            assert stream.read() == content[300:]


def test_a_kind_of_store_may_be_in_capitals() -> None:
    put("memory://news/a.csv")
    assert RemoteFile("MEMORY://news/a.csv").open("rb").read() == b"text"


def test_seeking_reads_what_a_library_needs() -> None:
    with gzip.open(RemoteFile(put("memory://a.gz", gzip.compress(b"one\ntwo\n"))).open("rb")) as stream:
        assert stream.read() == b"one\ntwo\n"
    with RemoteFile(put("memory://b", b"0123456789")).open("rb") as stream:
        stream.seek(-2, io.SEEK_END)
        assert stream.read() == b"89"


def test_what_lies_beside_a_missing_file_can_be_asked() -> None:
    put("memory://news/articles.csv")
    file = RemoteFile("memory://news/article.csv")
    assert not file.exists() and not file.is_dir()
    assert file.parent.is_dir()
    assert [path.name for path in file.parent.iterdir()] == ["articles.csv"]


def test_patterns_give_every_file_by_name() -> None:
    for name in ("b.jsonl", "a.jsonl", "c.csv"):
        put(f"memory://news/{name}")
    assert remote_names("memory://news/*.jsonl") == ["memory:///news/a.jsonl", "memory:///news/b.jsonl"]
    assert remote_names("memory://news/c.csv") == ["memory://news/c.csv"]
    assert remote_names("https://host/a.csv?token=x") == ["https://host/a.csv?token=x"]
    with pytest.raises(InputError, match=r"There is no file 'memory://news/\*\.txt'"):
        remote_names("memory://news/*.txt")


def test_patterns_read_no_file_twice_and_a_name_may_be_like_one() -> None:
    for name in ("a.jsonl", "deep/b.jsonl", "deep/er/c.jsonl", "x[1].jsonl"):
        put(f"memory://news/{name}")
    for pattern in ("memory://news/**", "memory://news/**/*"):
        found = {name.removeprefix("memory:///news/") for name in remote_names(pattern)}
        assert found == {"a.jsonl", "deep/b.jsonl", "deep/er/c.jsonl", "x[1].jsonl"}
    assert remote_names("memory://news/x[1].jsonl") == ["memory://news/x[1].jsonl"]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("memory://news/a.csv", True),
        ("memory:///news/a.csv", True),
        ("MEMORY://news/a.csv", True),
        ("memory://news/b.csv", False),
        ("memory://old/a.csv", False),
        ("news/a.csv", False),
        ("-", False),
    ],
)
def test_an_output_is_known_among_the_inputs(other: str, same: bool) -> None:
    assert is_same_file("memory://news/a.csv", other) == same
    if same:
        with pytest.raises(InputError, match=r"--out 'memory://news/a\.csv' is one of the inputs"):
            check_no_input("memory://news/a.csv", ["memory://news/b.csv", other])
    else:
        check_no_input("memory://news/a.csv", [other])


def test_a_copy_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    put("memory://news/a.txt", b"one")
    put("memory://news/deep/b.txt", b"two")
    (tmp_path / "1").mkdir()
    assert copied(RemoteFile("memory://news/a.txt"), tmp_path / "1").read_bytes() == b"one"
    folder = copied(RemoteFile("memory://news"), tmp_path)
    assert {str(file.relative_to(folder)) for file in folder.rglob("*.txt")} == {"a.txt", "deep/b.txt"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://news/a.csv", r"'s3://news/a\.csv' needs the package s3fs\.\nFix: pip install s3fs"),
        ("gs://news/a.csv", r"needs the package gcsfs\.\nFix: pip install gcsfs"),
        ("abfs://news/a.csv", r"needs the package adlfs\.\nFix: pip install adlfs"),
        ("s4://news/a.csv", r"There is no kind of store called 's4' \('s4://news/a\.csv'\)"),
        ("gss://news/a.csv", r"There is no kind of store called 'gss'"),
    ],
)
def test_a_store_that_cannot_be_opened_is_one_line(url: str, message: str) -> None:
    package = {"s3": "s3fs", "gs": "gcsfs", "ab": "adlfs"}.get(url[:2])
    if package and url[:3] != "gss":
        try:
            __import__(package)
        except ImportError:
            pass
        else:
            pytest.skip(f"{package} is installed")
    with pytest.raises(InputError, match=message):
        RemoteFile(url)


class Broken(io.BytesIO):
    def read(self, *_: object) -> bytes:
        raise RuntimeError("the connection was reset")


def test_an_error_of_a_store_while_it_is_read_is_one_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    file = RemoteFile(put("memory://a.csv"))
    monkeypatch.setattr(file.store, "open", lambda *_, **__: Broken(b"x"))
    with pytest.raises(OSError, match="RuntimeError: the connection was reset"):
        file.open("rb").read(1)


def test_an_output_is_put_into_its_store_when_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = "memory://labels/2026/one.csv"
    with put_when_done(url) as path:
        assert path == tmp_path / "classifier-uploads" / "memory" / "labels" / "2026" / "one.csv"
        path.write_text("label")
        assert not RemoteFile(url).exists()
    assert RemoteFile(url).open("rb").read() == b"label"
    assert not list(tmp_path.iterdir())


def test_an_output_that_failed_is_not_put_there_and_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="bad row"), put_when_done("memory://labels/one.csv") as path:
        (path.parent / "one.csv.parts").mkdir()
        raise InputError("bad row")
    assert not RemoteFile("memory://labels/one.csv").exists()
    with put_when_done("memory://labels/one.csv") as again:
        assert (again.parent / "one.csv.parts").is_dir()
        again.write_text("label")
    assert (path.parent / "one.csv.parts").is_dir()  # a job removes what it made


def test_an_output_with_bad_rows_is_put_there_before_it_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = "memory://labels/strict.csv"
    with pytest.raises(WrittenError, match=f"1 bad row in '{url}'") as told, put_when_done(url) as path:
        path.write_text("label")
        raise WrittenError(f"1 bad row in '{path}'.", fix="Mend it.", faults=[Fault("a.csv:2", "text is empty")])
    assert str(told.value).endswith("  a.csv:2: text is empty\nFix: Mend it.")
    assert RemoteFile(url).open("rb").read() == b"label"
    assert not list(tmp_path.iterdir())


def test_an_older_output_in_a_store_is_replaced_only_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put("memory://labels/one.csv", b"old")
    exists = r"'memory://labels/one\.csv' exists already\.\nFix: .*--overwrite"
    with pytest.raises(InputError, match=exists), put_when_done("memory://labels/one.csv"):
        raise AssertionError
    with put_when_done("memory://labels/one.csv", overwrite=True) as path:
        path.write_text("new")
    assert RemoteFile("memory://labels/one.csv").open("rb").read() == b"new"


def test_an_output_that_cannot_be_put_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError("AccessDenied")

    store = type(fsspec.filesystem("memory"))
    monkeypatch.setattr(store, "put_file", refuse)
    denied = r"could not be written: PermissionError: AccessDenied\.\nFix: .*copy it"
    with pytest.raises(InputError, match=denied), put_when_done("memory://labels/one.csv") as path:
        path.write_text("label")
    assert path.read_text() == "label"


class KilledError(BaseException):
    """Stands for the end of the process."""


URL = "memory://labels/one.csv"


def killed_while_it_is_put(monkeypatch: pytest.MonkeyPatch, there: bytes | None) -> Path:
    """The output of a call that ended when the store had this much of it."""
    store = type(fsspec.filesystem("memory"))

    def cut(own: object, here: str, path: str, **_: object) -> None:
        if there is not None:
            put(f"memory://{path}", there)
        raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError), put_when_done(URL) as path:
        patch.setattr(store, "put_file", cut)
        path.write_text("label")
    assert path.exists() and upload_has_begun(URL)
    return path


@pytest.mark.parametrize("there", [None, b"", b"lab", b"label"])
def test_an_upload_that_was_killed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bytes | None
) -> None:
    monkeypatch.chdir(tmp_path)
    killed_while_it_is_put(monkeypatch, there)
    removed: list[Path] = []
    with put_when_done(URL, placed=removed.append) as path:
        assert path.read_text() == "label"
    assert RemoteFile(URL).open("rb").read() == b"label"
    assert removed == [path] and not list(tmp_path.iterdir())


def test_an_upload_that_was_killed_is_replaced_by_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    killed_while_it_is_put(monkeypatch, b"label")
    with pytest.raises(InputError, match=r"exists already\.\nFix: .*--overwrite.*copy it"), put_when_done(URL) as path:
        path.write_text("other")
    assert RemoteFile(URL).open("rb").read() == b"label" and path.read_text() == "other"
    with put_when_done(URL, overwrite=True):
        pass
    assert RemoteFile(URL).open("rb").read() == b"other" and not list(tmp_path.iterdir())


def test_a_process_killed_when_all_was_there_has_written_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    killed_while_it_is_put(monkeypatch, b"label").unlink()
    removed: list[Path] = []
    with pytest.raises(InputError, match="exists already"), put_when_done(URL, placed=removed.append):
        raise AssertionError
    assert removed and not upload_has_begun(URL) and not list(tmp_path.iterdir())


def test_a_file_that_has_appeared_in_the_meantime_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"exists already.*\nFix: .*copy it"), put_when_done(URL) as path:
        path.write_text("label")
        put(URL, b"of somebody else")
    assert RemoteFile(URL).open("rb").read() == b"of somebody else" and path.read_text() == "label"
    with pytest.raises(InputError, match="exists already"), put_when_done(URL):
        raise AssertionError


def test_other_outputs_are_paths(tmp_path: Path) -> None:
    for out in (tmp_path / "a.csv", str(tmp_path / "a.csv"), "-"):
        with put_when_done(out) as path:
            assert path == Path(out)
