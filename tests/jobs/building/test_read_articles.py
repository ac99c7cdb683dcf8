"""Bad rows are left out or listed; labels, boilerplate and duplicates are settled."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.cli.app import run as cli
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.building import annotated, files, lines, long_articles, near, rows, split_of, spoilt, write
from tests.makers.sources import made

Capture = pytest.CaptureFixture[str]


KINDS = {"text is empty": 2, "duplicate id": 1, "label is empty": 1, "not valid JSON": 1, "nothing left": 1}


def test_bad_rows_are_left_out_listed_and_counted(tmp_path: Path, capsys: Capture) -> None:
    source, out = spoilt(tmp_path / "a.jsonl"), tmp_path / "data"
    settings = ["--set", 'data.strip=["line:Read more"]']
    assert cli(["build", str(source), "--out", str(out), "--skip-bad", *settings]) == 0
    dataset = open_dataset(out)
    assert {article.id for article in dataset.articles()} == {f"a{i}" for i in range(60)}
    assert next(a for a in dataset.articles() if a.id == "a3").text == rows(4)[3]["text"]
    found = {record["where"].rsplit(":")[-1]: record for record in lines(out / "rejected.jsonl")}
    assert sorted(found) == ["21", "42", "43", "44", "45", "46"]
    assert found["21"]["what"] == "text is empty"
    assert found["21"]["row"] == {"id": "b1", "text": " ", "label": "satire", "source": "x"}
    assert found["42"]["row"].strip() == '{"id": "b2", "text":'
    assert found["43"]["row"]["id"] == "b3"
    assert found["44"]["what"] == f"the id 'a3' is already that of {source}:4"
    assert (found["44"]["row"]["id"], found["44"]["row"]["text"]) == ("a3", "The id of another article.")
    assert found["45"]["what"] == "nothing is left of the text after data.strip"
    assert found["45"]["row"] == {"id": "b4", "text": "Read more", "label": "satire", "source": "x"}
    assert dataset.info.rejected == KINDS
    assert list(dataset.info.rejected) == list(KINDS)  # the most frequent first, then by name
    printed = " ".join(capsys.readouterr().out.split())
    assert "6 bad rows were left out (2 × text is empty, 1 × duplicate id, 1 × label is empty," in printed
    assert "a dataset lists them in its rejected.jsonl" in printed


def test_without_skip_bad_all_bad_rows_of_all_parts_are_listed(tmp_path: Path, capsys: Capture) -> None:
    spoilt(tmp_path / "train.jsonl")
    write(tmp_path / "test.jsonl", *rows(10), {"id": "c", "text": "", "label": "satire"})
    (tmp_path / "c.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\nstrip = ["line:Read more"]\n')
    before = files(tmp_path)
    assert cli(["build", str(tmp_path / "c.toml"), "--out", str(tmp_path / "data")]) == 2
    message = capsys.readouterr().err
    assert "train.jsonl' and '" in message
    assert "has 7 bad rows" in message
    found = {21: " (id 'b1')", 42: "", 43: " (id 'b3')", 44: "", 45: " (id 'b4')", 46: " (id 'b5')"}
    for where in ("test.jsonl:11 (id 'c')", *(f"train.jsonl:{line}{name}" for line, name in found.items())):
        assert f"{where}: " in message
    assert "leave them out with --skip-bad" in message
    assert files(tmp_path) == before


def test_faults_of_all_kinds_are_one_error(tmp_path: Path) -> None:
    good = rows(60)
    odd = [
        {**good[0], "id": "same", "label": "other"},
        {**good[1], "id": "spelt", "text": "Some other words.", "label": "Satire"},
        {"id": "rare", "text": "Rain fell on the town.", "label": "opnion"},
        {"id": "bad", "text": "", "label": "opinion"},
    ]
    source = write(tmp_path / "a.jsonl", *good, *odd)
    with pytest.raises(InputError) as error:
        made(source, tmp_path / "data")
    assert error.value.message.splitlines()[0] == f"'{source}' has faults of 4 kinds:"
    assert [(fault.where.rsplit(":")[-1], fault.id, fault.kind) for fault in error.value.faults] == [
        ("64", "bad", "text is empty"),
        ("62", "spelt", "label spelt differently"),
        ("61", "same", "rare label"),
        ("63", "rare", "rare label"),
        ("61", "same", "conflicting label"),
    ]
    assert [fix.split(" ")[0] for fix in error.value.fix.split("Fix: ")] == ["Mend", "Spell", "Correct", "Correct"]
    with pytest.raises(InputError) as error:  # the labels alone
        made(source, tmp_path / "data", skip_bad=True)
    assert len(error.value.faults) == 4
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("data.min_per_label=5", "did you mean 'opinion' (20 articles)?"),
        ("data.min_per_label=2", "1 label has fewer than 2 articles"),
        ("data.min_per_label=1", ""),
    ],
)
@pytest.mark.usefixtures("quick")
def test_a_label_that_hardly_any_article_has_stops_the_build(settings: str, message: str, tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", *rows(60), {"id": "rare", "text": "Rain fell.", "label": "opnion"})
    if not message:
        assert "opnion" in made(source, tmp_path / "data", settings).info.labels
        return
    with pytest.raises(InputError) as error:
        made(source, tmp_path / "data", settings)
    assert message in str(error.value)
    assert str(error.value).count("opnion") == 1
    assert f"{source}:61 (id 'rare')" in str(error.value)
    assert "--set data.min_per_label=1" in error.value.fix


@pytest.mark.usefixtures("quick")
def test_what_is_left_out_can_make_a_label_rare(tmp_path: Path) -> None:
    copies = [{"id": f"c{n}", "text": "Rain fell on the town.", "label": "weather"} for n in range(9)]
    source = write(tmp_path / "a.jsonl", *rows(60), *copies)
    assert made(source, tmp_path / "data").info.labels[-1] == "weather"
    with pytest.raises(InputError, match=r"1 label has fewer than 5 .* were left out \(data.duplicates"):
        made(source, tmp_path / "other", "data.duplicates=drop")


@pytest.mark.usefixtures("quick")
def test_a_dataset_that_is_extended_declares_its_labels(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", *rows(60), {"id": "w", "text": "Rain fell on the town.", "label": "weather"})
    made(first, tmp_path / "old", "data.min_per_label=1")
    new = {"id": "new", "text": "Snow fell on the hills.", "label": "weather"}
    second = write(tmp_path / "b.jsonl", new)
    assert made(second, tmp_path / "more", extend=tmp_path / "old").info.labels[-1] == "weather"
    third = write(tmp_path / "c.jsonl", new, {"id": "odd", "text": "A storm came by night.", "label": "wether"})
    with pytest.raises(InputError, match=r"c.jsonl:2 \(id 'odd'\): label 'wether' has 1 article"):
        made(third, tmp_path / "other", extend=tmp_path / "old")


def test_all_rows_bad_is_an_error_even_with_skip_bad(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"text": "", "label": "a"}, {"text": "some text", "label": ""})
    with pytest.raises(InputError, match=r"All 2 rows of .* are bad, so none is left"):
        made(source, tmp_path / "data", skip_bad=True)
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("quick")
def test_a_row_with_two_faults_is_counted_once(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", *rows(30), {"id": "b", "text": "", "label": ""}, {"text": "x y", "label": ""})
    dataset = made(source, tmp_path / "data", skip_bad=True)
    assert dataset.info.rejected == {"label is empty": 1, "text is empty; label is empty": 1}
    assert [record["where"] for record in lines(tmp_path / "data" / "rejected.jsonl")] == [
        f"{source}:31",
        f"{source}:32",
    ]
    with pytest.raises(InputError, match="has 2 bad rows"):
        made(source, tmp_path / "other")


@pytest.mark.usefixtures("quick")
def test_a_good_source_makes_no_list_of_rejects(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data", skip_bad=True)
    assert not (tmp_path / "data" / "rejected.jsonl").exists()
    assert dataset.info.rejected == {}


@pytest.mark.usefixtures("quick")
def test_boilerplate_is_gone_from_the_dataset(tmp_path: Path) -> None:
    articles = [
        replace(
            a,
            text=f"From: {a.source}@example.com\nSubject: News\n\n{a.text}\nRead more at www.example.com/{i}",
            title=f"www.example.com: story {i}",
        )
        for i, a in enumerate(make_articles(40))
    ]
    source = write(tmp_path / "a.jsonl", *({**vars_of(a), "title": a.title} for a in articles))
    dataset = made(source, tmp_path / "data", 'data.strip=["headers", "urls", "line:Read more at*"]')
    plain = {a.id: a.text for a in make_articles(40)}
    for article in dataset.articles():
        assert article.text.strip() == plain[article.id]
        assert "example.com" not in (article.title or "")
    assert dataset.info.settings["data"]["strip"] == ["headers", "urls", "line:Read more at*"]
    assert dataset.info.duplicates is not None and dataset.info.duplicates.exact == 0


def vars_of(article: Article) -> dict[str, Any]:
    return {"id": article.id, "text": article.text, "label": article.labels[0], "source": article.source}


@pytest.mark.usefixtures("quick")
def test_texts_that_differ_in_boilerplate_alone_are_one(tmp_path: Path) -> None:
    copies = [{**row, "id": f"copy {i}", "text": f"{row['text']}\nThe Daily Wire"} for i, row in enumerate(rows(20))]
    source = write(tmp_path / "a.jsonl", *rows(40), *copies)
    settings = ["data.near_duplicates=false", "data.duplicates=drop"]
    without = made(source, tmp_path / "without", *settings).info.duplicates
    assert without is not None and without.dropped == 0
    dataset = made(source, tmp_path / "data", "data.strip=line:The Daily Wire", *settings)
    assert dataset.info.duplicates is not None and dataset.info.duplicates.dropped == 20
    assert sum(split is None for split in split_of(dataset).values()) == 20


@pytest.mark.usefixtures("quick")
def test_near_duplicates_stay_in_one_split_unless_that_is_turned_off(tmp_path: Path) -> None:
    articles = long_articles(60)
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *map(near, articles)])

    def parted(dataset: DatasetFolder) -> int:
        split = split_of(dataset)
        return sum(split[a.id] != split[f"near {a.id}"] for a in articles)

    dataset = made(source, tmp_path / "on")
    assert parted(dataset) == 0
    assert dataset.info.duplicates is not None
    assert (dataset.info.duplicates.clusters, dataset.info.duplicates.clustered) == (60, 120)
    dataset = made(source, tmp_path / "off", "data.near_duplicates=false")
    assert parted(dataset) > 10
    assert dataset.info.duplicates is not None
    assert (dataset.info.duplicates.clusters, dataset.info.duplicates.threshold) == (0, 1.0)
    dataset = made(source, tmp_path / "dropped", "data.duplicates=drop_near")
    assert {split for name, split in split_of(dataset).items() if name.startswith("near")} == {None}
    folds = made(source, tmp_path / "folds", "split.folds=4").assigned()
    fold = dict(zip(folds["id"].to_pylist(), folds["fold"].to_pylist(), strict=True))
    assert all(fold[a.id] == fold[f"near {a.id}"] for a in articles)


@pytest.mark.usefixtures("quick")
def test_exact_duplicates_are_kept_in_one_split_or_dropped_by_choice(tmp_path: Path) -> None:
    copies = [replace(a, id=f"copy {a.id}", text=a.text.upper()) for a in make_articles(20)]
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(40), *copies])
    kept = made(source, tmp_path / "kept")
    assert all(split_of(kept)[f"copy a{i}"] == split_of(kept)[f"a{i}"] is not None for i in range(20))
    assert kept.info.duplicates is not None
    assert (kept.info.duplicates.exact, kept.info.duplicates.dropped) == (20, 0)
    dropped = made(source, tmp_path / "dropped", "data.duplicates=drop")
    assert [split_of(dropped)[f"copy a{i}"] for i in range(20)] == [None] * 20
    assert dropped.info.duplicates is not None and dropped.info.duplicates.dropped == 20


def test_an_annotator_without_a_column_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 annotator has no column; .*'cem'") as error:
        made(annotated(tmp_path / "a.jsonl"), tmp_path / "data", 'data.annotators=["anna", "cemm"]', skip_bad=True)
    assert "there is no column 'cemm' for this annotator. Did you mean 'cem'?" in str(error.value)


@pytest.mark.usefixtures("quick")
def test_multi_label_articles_may_have_none(tmp_path: Path) -> None:
    articles = make_articles(90, multi_label=True)
    source = write_jsonl(tmp_path / "a.jsonl", articles, multi_label=True)
    dataset = made(source, tmp_path / "data", "data.task=multi_label")
    assert {a.id: a.labels for a in dataset.articles()} == {a.id: a.labels for a in articles}
    assert any(not a.labels for a in articles)
    features = dataset.load("train").features
    assert features["labels"].feature.names == ["opinion", "reporting", "satire"]


@pytest.mark.usefixtures("quick")
def test_a_pair_is_what_has_a_target_unless_that_is_turned_off(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40, pair=True))
    assert made(source, tmp_path / "pair").info.pair
    single = made(source, tmp_path / "single", "data.pair=false")
    assert not single.info.pair
    assert all(a.target is None for a in single.articles())


def test_a_target_in_one_part_only_is_refused(tmp_path: Path) -> None:
    train = write_jsonl(tmp_path / "train.jsonl", make_articles(60, pair=True))
    test = write_jsonl(tmp_path / "test.jsonl", make_articles(20, seed=5))
    config = tmp_path / "c.toml"
    config.write_text(f'[data]\ntrain = "{train}"\ntest = "{test}"\n')
    with pytest.raises(
        InputError, match=r"20 of 80 articles have no target(?s:.)*test.jsonl:1 \(id 'a0'\): has no target"
    ):
        build(str(config), tmp_path / "data")
