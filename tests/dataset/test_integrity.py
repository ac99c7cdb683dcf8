"""Datasets that lie: whatever contradicts something else is refused with its file and the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.checksums import CHECKSUMS
from classifier.dataset import integrity
from classifier.dataset.folder import open_dataset
from classifier.dataset.info import read_dataset_info
from classifier.dataset.integrity import FOR_PEOPLE, check_dataset
from classifier.errors import InputError
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.damage import Damage, bad, counts, damages, sampled, tamperings, try_out
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")
Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    return made(write_jsonl(folder / "a.jsonl", make_articles(60)), folder / "data").path


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folds")
    return made(write_jsonl(folder / "a.jsonl", make_articles(60)), folder / "data", "split.folds=3").path


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    rows = [
        {"id": f"a{i}", "text": f"{a.text} {i}", "label": [*a.labels, "long"] if i % 2 else list(a.labels)}
        for i, a in enumerate(make_articles(60))
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made(folder / "a.jsonl", folder / "data", "data.task=multi_label").path


def older(dataset: Path, folder: Path) -> Path:
    """A copy of a dataset as versions before the checksums wrote it."""
    copy = shutil.copytree(dataset, folder / "data")
    (copy / CHECKSUMS).unlink()
    return copy


def arrow(data: Path, part: str, change: Change) -> None:
    """Write the Arrow file of a part again, changed."""
    (file,) = (data / part).glob("*.arrow")
    with pa.memory_map(str(file)) as source:
        table = change(pa.ipc.open_stream(source).read_all())
    file.unlink()
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def column(name: str, change: Change) -> Change:
    """A change of one column: a function of its list of values."""

    def changed(table: Any) -> Any:
        at = table.column_names.index(name)
        field = table.schema.field(name)
        return table.set_column(at, field, pa.array(change(table[name].to_pylist()), field.type))

    return changed


def splits(data: Path, change: Change) -> None:
    file = data / "splits.parquet"
    pq.write_table(change(pq.read_table(file)), file)


def info(data: Path, change: Change) -> None:
    values = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps({**values, **change(values)}))


def swap(data: Path) -> None:
    (data / "validation").rename(data / "x")
    (data / "test").rename(data / "validation")
    (data / "x").rename(data / "test")


def first(value: object) -> Change:
    return lambda values: [value, *values[1:]]


PLAIN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a label id beyond the labels": (lambda d: arrow(d, "train", column("label", first(3))), "are not from 0 to 2"),
    "a negative label id": (lambda d: arrow(d, "train", column("label", first(-1))), "such as -1"),
    "another label": (
        lambda d: arrow(d, "train", column("label", lambda v: [(v[0] + 1) % 3, *v[1:]])),
        "articles of '",
    ),
    "no label": (lambda d: arrow(d, "train", column("label", first(None))), "values are missing in 'label'"),
    "no text": (lambda d: arrow(d, "test", column("text", first(None))), "values are missing in 'text'"),
    "rows missing": (lambda d: arrow(d, "train", lambda t: t.slice(2)), "are not the"),
    "rows twice": (lambda d: arrow(d, "test", lambda t: pa.concat_tables([t, t])), "its 24 articles are not the 12"),
    "rows in another order": (lambda d: arrow(d, "test", lambda t: t.take(list(range(11, -1, -1)))), "are not the"),
    "a column missing": (lambda d: arrow(d, "train", lambda t: t.drop_columns(["text"])), "cannot be read"),
    "swapped folders": (swap, "splits.parquet names"),
    "a folder missing": (lambda d: shutil.rmtree(d / "validation"), "the folder is missing"),
    "a folder too many": (lambda d: shutil.copytree(d / "test", d / "articles"), "knows no articles"),
    "a file instead of a folder": (
        lambda d: (shutil.rmtree(d / "test"), (d / "test").touch()),
        "the folder is missing",
    ),
    "labels in another order": (lambda d: info(d, lambda v: {"labels": v["labels"][::-1]}), "its labels are"),
    "a label twice": (lambda d: info(d, lambda v: {"labels": ["opinion"] * 3}), "must be different names"),
    "no labels": (lambda d: info(d, lambda v: {"labels": []}), "Got none"),
    "other counts": (
        lambda d: info(d, lambda v: {"counts": {**v["counts"], "test": {"articles": 9, "labels": {"opinion": 4}}}}),
        "test has 12 articles, not 9",
    ),
    "counts of another split": (
        lambda d: info(d, lambda v: {"counts": {**v["counts"], "dev": v["counts"]["test"]}}),
        "counts must be of train, validation, test",
    ),
    "counts of one split less": (
        lambda d: info(d, lambda v: {"counts": {"train": v["counts"]["train"]}}),
        "dataset.json knows no test",
    ),
    "pairs where there are none": (lambda d: info(d, lambda v: {"pair": True}), "has no column 'target'"),
    "several labels where there is one": (lambda d: info(d, lambda v: {"multi_label": True}), "no column 'labels'"),
    "folds where there are none": (lambda d: info(d, lambda v: {"folds": 3}), "counts must be of fold 1, fold 2"),
    "numbers instead of labels": (lambda d: info(d, lambda v: {"labels": [1, 2, 3]}), "labels.0: Input should be"),
    "an unknown split": (
        lambda d: splits(d, column("split", first("dev"))),
        "names splits that there are not: 'dev'",
    ),
    "an id twice": (lambda d: splits(d, column("id", lambda v: [v[1], *v[1:]])), "an id is there twice"),
    "a column of the splits missing": (lambda d: splits(d, lambda t: t.drop_columns(["unit"])), "its columns are id"),
    "a column of another type": (
        lambda d: splits(d, lambda t: t.set_column(2, "unit", t["unit"].cast(pa.string()))),
        "unit (string), and should be",
    ),
    "a unit missing": (lambda d: splits(d, column("unit", first(None))), "no id or no unit"),
    "splits of fewer articles": (lambda d: splits(d, lambda t: t.slice(3)), "splits.parquet names"),
}
FOLDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "columns that contradict": (
        lambda d: splits(d, column("fold", lambda v: [k % 3 + 1 for k in v])),
        "its columns 'fold' and 'fold_1' do not say the same",
    ),
    "fewer folds": (
        lambda d: info(d, lambda v: {"folds": 2, "counts": {k: v["counts"][k] for k in ("fold 1", "fold 2")}}),
        "its columns are",
    ),
    "other counts of a fold": (
        lambda d: info(d, lambda v: {"counts": {**v["counts"], "fold 2": v["counts"]["fold 1"] | {"articles": 1}}}),
        " articles, not 1",
    ),
    "labels of other articles": (
        lambda d: arrow(d, "articles", column("label", lambda v: [0, *([1] * (len(v) - 1))])),
        "articles of 'reporting'",
    ),
}
SEVERAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "a label id beyond": (
        lambda d: arrow(d, "train", column("labels", first([0, 9]))),
        "are not from 0 to 3, such as 9",
    ),
    "a null among them": (lambda d: arrow(d, "train", column("labels", first([None]))), "such as -1"),
    "other labels": (lambda d: arrow(d, "train", column("labels", first([]))), "articles of '"),
    "one label": (lambda d: info(d, lambda v: {"multi_label": False}), "no column 'label'"),
}
LIES = [(kind, name) for kind, lies in (("plain", PLAIN), ("folds", FOLDS), ("several", SEVERAL)) for name in lies]


@pytest.mark.parametrize(("kind", "name"), LIES, ids=[name for _, name in LIES])
def test_a_dataset_that_contradicts_itself_is_refused(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: str
) -> None:
    data = older(request.getfixturevalue(kind), tmp_path)
    open_dataset(data)
    lie, reason = {"plain": PLAIN, "folds": FOLDS, "several": SEVERAL}[kind][name]
    lie(data)
    with pytest.raises(InputError) as refused:
        open_dataset(data)
    assert reason in str(refused.value)
    assert str(data) in str(refused.value)
    assert "again" in refused.value.fix


def test_what_was_changed_since_it_was_written_is_refused_though_it_fits(plain: Path, tmp_path: Path) -> None:
    data = shutil.copytree(plain, tmp_path / "data")
    open_dataset(data)
    (file,) = (data / "train").glob("*.arrow")
    content = file.read_bytes()
    text = open_dataset(data).column("train", "text")[0].encode()
    file.write_bytes(content.replace(text, text.upper()))
    with pytest.raises(InputError, match="is not as it was written: 1 file differs") as refused:
        open_dataset(data)
    assert refused.value.faults[0].where == str(file)
    file.write_bytes(content)
    open_dataset(data)
    for name in FOR_PEOPLE:
        (data / name).write_text("edited by hand")
    open_dataset(data)


def test_an_older_dataset_opens_and_a_moved_one_too(plain: Path, folds: Path, several: Path, tmp_path: Path) -> None:
    for number, dataset in enumerate((plain, folds, several)):
        assert open_dataset(older(dataset, tmp_path / f"older{number}")).info == open_dataset(dataset).info
        assert open_dataset(shutil.copytree(dataset, tmp_path / f"moved{number}")).info == open_dataset(dataset).info


def test_files_are_read_once_per_process_until_they_change(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shutil.copytree(plain, tmp_path / "data")
    checked: list[Path] = []
    check = integrity.check_checksums
    monkeypatch.setattr(integrity, "check_checksums", lambda path, fix: (checked.append(path), check(path, fix=fix))[1])
    for _ in range(3):
        check_dataset(data, read_dataset_info(data / "dataset.json"))
    assert len(checked) == 1
    (data / "test" / "state.json").touch()
    open_dataset(data)
    assert len(checked) == 2
    (data / CHECKSUMS).unlink()
    for _ in range(3):
        open_dataset(data)
    assert len(checked) == 3, "older datasets too"


def read(data: Path) -> object:
    """All that is read of a dataset."""
    dataset = open_dataset(data)
    chosen = [dataset.in_fold(k) for k in range(1, (dataset.info.folds or 0) + 1)] or [dataset]
    parts = [
        (list(map(repr, one.articles(s))), one.labels(s), one.column(s, "source")) for one in chosen for s in one.splits
    ]
    return dataset.info, parts, dataset.counts(), dataset.units(["a1", "a2"])


def all_damages(data: Path, most_places: int | None = None) -> list[Damage]:
    return [*damages(data, without=FOR_PEOPLE), *tamperings(data, most_places=most_places, without=FOR_PEOPLE)]


@pytest.mark.parametrize("kind", ["plain", "folds"])
def test_some_damages_are_refused_or_do_no_harm(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    data = shutil.copytree(request.getfixturevalue(kind), tmp_path / "data")
    tried = try_out(data, sampled(all_damages(data, 10), 90), lambda: read(data))
    assert bad(tried) == []
    (data / CHECKSUMS).unlink()
    tried = try_out(data, sampled(all_damages(data, 10), 90), lambda: read(data))
    assert counts(tried)["traceback"] == 0, bad(tried)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "folds", "several"])
def test_every_damage_is_refused_or_does_no_harm(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    data = shutil.copytree(request.getfixturevalue(kind), tmp_path / "data")
    tried = try_out(data, all_damages(data), lambda: read(data))
    print(kind, counts(tried))
    assert bad(tried) == []
    (data / CHECKSUMS).unlink()
    tried = try_out(data, all_damages(data), lambda: read(data))
    print(kind, "without checksums", counts(tried))
    assert counts(tried)["traceback"] == 0, bad(tried)
