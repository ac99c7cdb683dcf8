"""A run on its own splits and on other articles: which it takes, and where it writes."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from classifier.cli.app import run as cli
from classifier.config_file import make_config
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.result import read_evaluation
from classifier.evaluation.slices import read_slices
from classifier.jobs.building.build import build
from classifier.jobs.evaluate import evaluate, evaluation_folder
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny
from tests.makers.workbooks import write_workbook


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("slices")
    source = write_jsonl(folder / "a.jsonl", make_articles(100))
    rows = [json.loads(line) | {"desk": n % 3, "long": "word " * 200} for n, line in enumerate(source.open())]
    source.write_text("\n".join(map(json.dumps, rows)))
    train(str(source), folder / "run", settings={**tiny(checkpoint), "split.group_by": "source"})
    return folder / "run"


def test_an_evaluation_takes_its_intervals_over_what_the_split_kept_together(run: Path) -> None:
    folder = run / "evaluation" / "test"
    written, table = read_evaluation(folder), pq.read_table(folder / "predictions.parquet").to_pydict()
    assert (written.resampled, written.groups) == ("source", len(set(table["source"])))
    assert len(set(zip(table["group"], table["source"], strict=True))) == written.groups < written.articles
    assert all(count > 0 for count in table["tokens"])
    assert table["seen_source"] == [False] * written.articles
    assert set(table["desk"]) <= {0, 1, 2}
    assert "long" not in table
    assert read_slices(folder).articles == written.articles


def test_evaluate_slices_by_any_column(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert cli(["evaluate", str(run), "--by", "desk", "--split", "train", "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["slices"] == json.loads((out / "slices.json").read_text())
    assert printed["slices"]["columns"] == ["desk"]
    assert {one["value"] for one in printed["slices"]["slices"]} == {"0", "1", "2"}
    assert cli(["evaluate", str(run), "--by", "desk,source", "--split", "train", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["slices"]["columns"] == ["desk", "source"]
    assert cli(["evaluate", str(run), "--split", "train", "--out", str(out)]) == 0
    assert "than the rest" in " ".join(capsys.readouterr().out.split())


def test_one_column_needs_no_list(run: Path, tmp_path: Path) -> None:
    for number, by in enumerate(("desk", ["desk"])):
        evaluate(run, by=by, split="train", out=tmp_path / str(number))
        assert list(read_slices(tmp_path / str(number)).columns) == ["desk"]


def test_an_unknown_column_is_refused_before_the_model_is_run(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "predict_articles", lambda *_: 1 / 0)
    for name in ("dsk", "language"):
        with pytest.raises(InputError, match=f"no column '{name}'(?!.*language)"):
            evaluate(run, by=[name], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_articles_are_grouped_as_the_run_was(run: Path, tmp_path: Path) -> None:
    more = write_jsonl(tmp_path / "more.jsonl", make_articles(40, seed=9))
    found = evaluate(run, data=str(more), out=tmp_path / "out")
    assert (found.resampled, found.groups) == ("source", 5)


def test_evaluation_on_other_data(run: Path, tmp_path: Path) -> None:
    more = write_jsonl(tmp_path / "more.jsonl", make_articles(40, seed=9))
    result = evaluate(run, data=str(more), out=tmp_path / "out")
    assert (result.split, result.articles) == ("data-more.jsonl", 40)
    assert {path.name for path in (tmp_path / "out").rglob("*")} == {
        "metrics.json",
        "predictions.parquet",
        "slices.json",
        "calibration.json",
    }
    strange = [replace(article, labels=("strange",)) for article in make_articles(5)]
    with pytest.raises(InputError, match="does not know the label"):
        evaluate(run, data=str(write_jsonl(tmp_path / "s.jsonl", strange)))


def test_unknown_labels_of_other_data_are_bad_rows_among_the_others(run: Path, tmp_path: Path) -> None:
    """All of them at once, each with its line, and what the model knows."""
    path = tmp_path / "more.csv"
    rows = ["A text of its own.,Satire", ",satire", "Another text of its own.,strange", "One text more of it.,satir"]
    path.write_text("\n".join(["text,label", *rows, ""]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        evaluate(run, data=str(path), out=tmp_path / "out")
    found = str(refused.value)
    assert "more.csv' has 3 bad rows." in found
    assert "more.csv:3: text is empty" in found
    assert "more.csv:4 (id '3'): the model does not know the label 'strange'\n" in found
    assert "more.csv:5 (id '4'): the model does not know the label 'satir'. Did you mean 'satire'?\n" in found
    assert found.endswith("skip_bad=True). The model's labels are 'opinion', 'reporting', 'satire'.")
    assert not (tmp_path / "out").exists()


def test_bad_rows_are_left_out_if_asked_counted_and_listed(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = make_articles(40, seed=9)
    articles[3] = replace(articles[3], labels=("strange",))
    articles[5] = replace(articles[5], id=articles[4].id)
    articles[6] = replace(articles[6], text=" ")
    path, out = write_jsonl(tmp_path / "more.jsonl", articles), tmp_path / "out"
    found = evaluate(run, data=str(path), skip_bad=True, out=out)
    good = [one for n, one in enumerate(articles) if n not in (3, 5, 6)]
    assert (found.articles, found.left_out) == (37, {"duplicate id": 1, "text is empty": 1, "unknown label": 1})
    assert read_evaluation(out) == found
    assert "3 bad rows were left out (1 × " in caplog.text
    rows = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    assert sorted(row["where"].rpartition(":")[2] for row in rows) == ["4", "6", "7"]
    assert evaluate(run, data=str(write_jsonl(path, good)), out=out).figures == found.figures
    assert not (out / "rejected.jsonl").exists()


def test_figures_of_other_articles_are_not_replaced_without_a_word(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (
        pandas.DataFrame([{"text": one.text, "label": one.labels[0]} for one in make_articles(9, seed=seed)])
        for seed in (21, 22)
    )
    evaluate(run, first)
    evaluate(run, first.iloc[:5])
    assert "holds figures of other articles" not in caplog.text
    evaluate(run, second)
    assert "data-DataFrame' holds figures of other articles, which these replace; --out keeps both" in caplog.text


def test_where_no_row_is_good_none_can_be_left_out(run: Path, tmp_path: Path) -> None:
    strange = [replace(article, labels=("strange",)) for article in make_articles(5)]
    path = write_jsonl(tmp_path / "s.jsonl", strange)
    with pytest.raises(InputError, match="has 5 bad rows") as refused:
        evaluate(run, data=str(path), skip_bad=True)
    assert "--skip-bad" not in refused.value.fix
    with pytest.raises(InputError, match="--skip-bad is for reading --data"):
        evaluate(run, skip_bad=True)


def test_unknown_labels_of_another_dataset_have_their_rows(run: Path, tmp_path: Path) -> None:
    articles = [replace(one, labels=("strange",)) if n % 5 == 0 else one for n, one in enumerate(make_articles(60))]
    build(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "other", settings={"split.group_by": []})
    with pytest.raises(
        InputError, match=r"other/test, row \d+ .*: the model does not know the label 'strange'"
    ) as refused:
        evaluate(run, data=str(tmp_path / "other"), out=tmp_path / "out")
    assert refused.value.fix.endswith("The model's labels are 'opinion', 'reporting', 'satire'.")


def test_labels_of_other_data_are_spelt_as_in_training(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = [replace(a, labels=(f"{a.labels[0].upper()}\u200b",)) for a in make_articles(12, seed=5)]
    found = evaluate(run, data=write_jsonl(tmp_path / "loud.jsonl", articles), out=tmp_path / "out")
    assert found.articles == 12
    said = [record.getMessage() for record in caplog.records if "as training spells them" in record.getMessage()]
    assert len(said) == 1
    assert "12 labels" in said[0]
    strange = [replace(a, labels=("satyre",)) for a in articles]
    with pytest.raises(InputError, match=r"'satyre'.* Did you mean 'satire'\?"):
        evaluate(run, data=write_jsonl(tmp_path / "strange.jsonl", strange), out=tmp_path / "out")


def test_other_data_may_have_a_column_for_each_label(run: Path, tmp_path: Path) -> None:
    labels = ["opinion", "reporting", "satire"]
    rows = [{"text": a.text, **{name: int(name in a.labels) for name in labels}} for a in make_articles(12, seed=5)]
    found = evaluate(run, data=rows, out=tmp_path / "out", settings={"data.columns.labels": labels})
    assert found.articles == 12
    assert found.labels == tuple(labels)


def test_other_data_need_not_have_the_sheet_or_the_splits_of_the_training_articles(
    checkpoint: Path, tmp_path: Path
) -> None:
    parts = ["train", "train", "train", "dev", "test"]
    rows = [[a.text, a.labels[0], parts[n % 5]] for n, a in enumerate(make_articles(60))]
    book = write_workbook(tmp_path / "a.xlsx", {"Old": [["text", "label", "part"], *rows], "New": [["text"], ["x"]]})
    given = {**tiny(checkpoint), "train.num_train_epochs": 1, "data.sheet": "Old", "data.columns.split": "part"}
    given["data.encoding"] = "cp1252"  # which reads any bytes as some text
    train(str(book), tmp_path / "run", settings=given)
    others = [replace(article, source="Le Monde \u00e9crit") for article in make_articles(12, seed=9)]
    more = write_jsonl(tmp_path / "more.jsonl", others)
    more.write_text(more.read_text().replace("\\u00e9", "\u00e9"), encoding="utf-8")
    assert evaluate(tmp_path / "run", data=more, out=tmp_path / "out").articles == 12
    stored = pq.read_table(tmp_path / "out" / "predictions.parquet")["source"].to_pylist()
    assert set(stored) == {"Le Monde \u00e9crit"}
    with pytest.raises(InputError, match="has several sheets with rows"):
        evaluate(tmp_path / "run", data=book, out=tmp_path / "out")
    with pytest.raises(InputError, match=r"--set data\.columns\.split=part has no effect here"):
        evaluate(tmp_path / "run", data=more, out=tmp_path / "out", settings={"data.columns.split": "part"})


def test_other_data_never_replaces_the_held_out_evaluation(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = (run / "evaluation" / "test" / "metrics.json").read_text()
    evaluate(run, data=str(write_jsonl(tmp_path / "test.jsonl", make_articles(100))), device="cpu")
    assert (run / "evaluation" / "test" / "metrics.json").read_text() == before
    trained = run_dataset(run).counts()["train"].articles
    assert f"{trained} of these 100 articles have a text that the model was trained on" in caplog.text
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "metrics.json").write_text("{}")
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="holds something else"):
        evaluate(run, data=str(tmp_path / "test.jsonl"), out=tmp_path / "mine")


def test_a_dataset_folder_is_evaluated_split_by_split(run: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "b.jsonl", make_articles(60, seed=4))
    dataset = build(str(source), tmp_path / "other").dataset
    assert dataset is not None
    for split in ("test", "validation"):
        found = evaluate(run, data=dataset, split=split, out=tmp_path / split)
        assert (found.split, found.articles) == (f"data-other-{split}", dataset.info.counts[split].articles)
    assert evaluate(run, data=str(dataset.path), out=tmp_path / "again").split == "data-other-test"
    with pytest.raises(InputError, match="--split goes with a dataset, not with a file"):
        evaluate(run, data=str(source), split="test", out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_of_texts_and_articles_in_memory_are_evaluated_alike(run: Path, tmp_path: Path) -> None:
    articles = make_articles(30, seed=4)
    for article in articles:
        folder = tmp_path / "texts" / article.labels[0]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{article.id}.txt").write_text(article.text)
    files = evaluate(run, data=tmp_path / "texts", out=tmp_path / "a")
    memory = evaluate(run, data=[replace(a, source=None, date=None) for a in articles], out=tmp_path / "b")
    assert (files.split, memory.split) == ("data-texts", "data-list")
    assert files.figures == memory.figures
    frame = pandas.DataFrame({"body": [a.text for a in articles], "genre": [a.labels[0] for a in articles]})
    columns = {"data.columns.text": "body", "data.columns.label": "genre"}
    found = evaluate(run, frame, out=tmp_path / "c", settings=columns)
    assert found.split == "data-DataFrame"
    assert found.figures == files.figures


@pytest.mark.parametrize("split", [None, "test"])
def test_several_splits_and_settings_are_no_set_of_articles(run: Path, split: str | None) -> None:
    rows = [{"text": article.text, "label": article.labels[0]} for article in make_articles(4)]
    sources: dict[str, Any] = {
        "Config": make_config({"data": {"path": "a.csv"}}),
        "dict": {"train": rows, "test": rows},
        "DatasetDict": DatasetDict({name: Dataset.from_list(rows) for name in ("train", "test")}),
    }
    for name, data in sources.items():
        with pytest.raises(InputError, match=f"^The {name} is not one set of labelled articles.\nFix: Give one split"):
            evaluate(run, data=data, split=split)


def test_what_could_have_no_effect_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match=r"--set data\.encoding=cp1252 is for reading --data or --out"):
        evaluate(run, settings={"data.encoding": "cp1252"})
    with pytest.raises(InputError, match=r"--set train\.num_train_epochs=1 has no effect here\.\nFix: .*label_sep"):
        evaluate(run, data="more.csv", settings={"train.num_train_epochs": 1})
    with pytest.raises(InputError, match="min-precision"):
        evaluate(run, min_precision=1.5)
    with pytest.raises(InputError, match="groups of validation articles"):
        evaluate(run, sets=0.99, device="cpu")
    with pytest.raises(InputError, match="Leave out --controls"):
        evaluate(run, controls=True)


def test_it_is_written_in_the_run_unless_another_folder_is_given(tmp_path: Path) -> None:
    assert evaluation_folder("runs/first", "data-more.csv") == Path("runs/first/evaluation/data-more.csv")
    assert evaluation_folder("runs/first", "test", tmp_path) == tmp_path


def test_what_datasets_saved_is_evaluated_with_the_names_of_its_labels(run: Path, tmp_path: Path) -> None:
    articles = make_articles(12, seed=5)
    names = sorted({name for article in articles for name in article.labels})
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    rows = {"text": [a.text for a in articles], "label": [names.index(a.labels[0]) for a in articles]}
    Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "saved"))
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    found = [evaluate(run, data=data, out=tmp_path / f"of {data.stem}") for data in (tmp_path / "saved", source)]
    assert found[0].articles == found[1].articles == 12
    assert found[0].figures == found[1].figures


def test_articles_out_of_scope_are_measured_stored_and_shown(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = shutil.copytree(run, tmp_path / "run")
    folder, rows = copied / "evaluation" / "test", [{"text": f"word{n} word{n + 1} a b", "desk": n} for n in range(30)]
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli(["evaluate", str(copied), "--out-of-scope", str(other), "--json", "--device", "cpu"]) == 0
    printed = json.loads(capsys.readouterr().out)["out_of_scope"]
    assert printed == json.loads((folder / "out_of_scope.json").read_text())
    figures = printed["figures"]
    assert (printed["name"], figures["out_of_scope"], figures["kept"]) == ("other.jsonl", 30, None)
    assert figures["labelled"]["value"] == 1
    given = Classifier.load(copied, device="cpu").predict([row["text"] for row in rows])
    assert figures["given"] == dict(Counter(given).most_common())
    assert cli(["evaluate", str(copied), "--device", "cpu"]) == 0  # it stays: the model is the same
    assert "AUROC of the score" in " ".join(capsys.readouterr().out.split())
    assert "Articles that belong to no label" in (copied / "report.html").read_text()
    evaluate(copied, split="validation", out_of_scope=pandas.DataFrame(rows), device="cpu")
    evaluate(copied, min_precision=0.5, device="cpu")  # thresholds are new, and the figures were of none
    assert not (folder / "out_of_scope.json").exists()
    assert not (copied / "evaluation" / "validation" / "out_of_scope.json").exists()
    assert "evaluation/validation lost its figures of articles out of scope" in capsys.readouterr().err
    evaluate(copied, out_of_scope=rows, device="cpu")
    kept = json.loads((folder / "out_of_scope.json").read_text())
    assert kept["min_precision"] == 0.5
    assert kept["figures"]["kept"] is not None


def test_settings_are_for_reading_what_is_given(run: Path, tmp_path: Path) -> None:
    rows = [{"body": f"word{n} word{n + 1} a b"} for n in range(4)]
    found = evaluate(run, out_of_scope=rows, out=tmp_path / "out", settings={"data.columns.text": "body"})
    assert found.split == "test"
    for settings in ({"data.columns.label": "x"}, {"data.label_separator": ";"}):
        with pytest.raises(InputError, match="has no effect here"):
            evaluate(run, out_of_scope=rows, out=tmp_path / "out", settings=settings)
    with pytest.raises(InputError, match="is for reading --data or --out-of-scope, and there is none"):
        evaluate(run, out=tmp_path / "out", settings={"data.columns.text": "body"})
    with pytest.raises(InputError, match=r"1 bad row.*|row 1 of the list"):
        evaluate(run, out_of_scope=[{"text": "word1 a b"}, {"text": ""}], out=tmp_path / "out")
