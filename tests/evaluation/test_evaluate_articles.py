"""What an evaluation writes, held against scikit-learn on the stored predictions; the model is not trained."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, f1_score

from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import InputError
from classifier.evaluation import evaluate_articles
from classifier.evaluation.controls import CONTROLS_FILE
from classifier.evaluation.error_list import ERRORS_FILE
from classifier.evaluation.evaluate_articles import EvaluationPlan, assess, grouping_of
from classifier.evaluation.group_errors import read_group_errors
from classifier.evaluation.result import read_evaluation
from classifier.evaluation.slices import read_slices
from classifier.evaluation.target_controls import Extent
from classifier.files import write_json
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines, save_baselines
from classifier.progress import SILENT
from classifier.stats.abstention import Abstention
from classifier.stats.few_groups import effective_number
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.sources import made

NAMES = tuple(sorted(SIGNALS))
PLAN = EvaluationPlan(samples=50)
ALWAYS = {"metrics.json", "calibration.json", "predictions.parquet", "slices.json"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> RunFolder:
    """A run whose head is random: its dataset, its baselines and its model."""
    folder = tmp_path_factory.mktemp("assess")
    found = RunFolder(folder / "run")
    make_model_folder(found.model, checkpoint, labels=NAMES)
    dataset = made(write_jsonl(folder / "a.jsonl", make_articles(90)), found.dataset, "split.group_by=source")
    write_json(found.dataset_info, {"path": "dataset", **asdict(dataset.info)})
    articles = list(dataset.articles("train"))
    y = np.array([NAMES.index(article.labels[0]) for article in articles])
    save_baselines(fit_baselines(articles, y, pair=False), found.baseline)
    return found


@pytest.fixture(scope="module")
def model(run: RunFolder) -> Classifier:
    return Classifier.load(run.model, device="cpu")


@pytest.fixture(scope="module")
def dataset(run: RunFolder) -> DatasetFolder:
    return run_dataset(run.path)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "predictions.parquet").to_pylist()
    return rows


def test_figures_are_those_of_the_stored_predictions(
    run: RunFolder, model: Classifier, dataset: DatasetFolder, tmp_path: Path
) -> None:
    articles = list(dataset.articles("test"))
    found = assess(run, model, "test", articles, tmp_path / "test", PLAN, SILENT, dataset)
    rows = rows_of(tmp_path / "test")
    assert {file.name for file in (tmp_path / "test").iterdir()} == ALWAYS
    assert [(row["id"], row["label"]) for row in rows] == [(article.id, article.labels[0]) for article in articles]
    true, predicted, tfidf = ([row[name] for row in rows] for name in ("label", "predicted", "tfidf"))
    assert [NAMES[int(np.argmax(row["scores"]))] for row in rows] == predicted
    options = {"labels": NAMES, "average": "macro", "zero_division": 0}
    assert found.figures["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert found.figures["f1_macro"] == pytest.approx(f1_score(true, predicted, **options))
    assert found.baselines["tfidf"]["f1_macro"] == pytest.approx(f1_score(true, tfidf, **options))
    assert found.baselines["majority"]["accuracy"] in [true.count(name) / len(true) for name in NAMES]
    assert found.reliability is not None and found.abstention is None
    assert read_evaluation(tmp_path / "test") == found


def test_what_is_left_after_abstention_is_told_over_sources(
    run: RunFolder, model: Classifier, dataset: DatasetFolder, tmp_path: Path
) -> None:
    articles = list(dataset.articles("test"))
    cautious = replace(model, info=replace(model.info, abstention=Abstention(0.9, (0.0,) * 3, resampled="source")))
    found = assess(run, cautious, "test", articles, tmp_path / "test", PLAN, SILENT, dataset).abstention
    assert found is not None and found.resampled == found.validation == "source"
    names = [row["source"] for row in rows_of(tmp_path / "test")]
    grouping = grouping_of(run, articles, dataset)
    assert found.groups == pytest.approx(effective_number([names.count(name) for name in set(names)]))
    assert (grouping.name, grouping.count) == ("source", len(set(names)))


def test_what_training_saw_is_said_of_each_article(
    run: RunFolder, model: Classifier, dataset: DatasetFolder, tmp_path: Path
) -> None:
    trained = {article.source for article in dataset.articles("train")}
    articles = [*dataset.articles("test"), *list(dataset.articles("train"))[:5]]
    found = assess(run, model, "mixed", articles, tmp_path / "mixed", PLAN, SILENT)
    assert [row["seen_source"] for row in rows_of(tmp_path / "mixed")] == [a.source in trained for a in articles]
    assert found.unseen == pytest.approx(1 - 5 / len(articles))
    assert (found.resampled, found.groups) == ("source", len({article.source for article in articles}))


def test_it_is_evaluated_where_the_training_articles_are_gone(
    run: RunFolder, model: Classifier, dataset: DatasetFolder, tmp_path: Path
) -> None:
    alone = RunFolder(tmp_path / "run")
    alone.path.mkdir()
    alone.dataset_info.write_text('{"path": "nowhere"}')
    alone.baseline.symlink_to(run.baseline.resolve())
    found = assess(alone, model, "test", list(dataset.articles("test")), tmp_path / "out", PLAN, SILENT)
    assert found.unseen is None
    assert {row["seen_source"] for row in rows_of(tmp_path / "out")} == {None}


def test_slices_are_by_the_columns_that_were_asked_for(
    run: RunFolder, model: Classifier, dataset: DatasetFolder, tmp_path: Path
) -> None:
    desks = ["home", "world"]
    articles = [replace(article, extra={"desk": desks[n % 2]}) for n, article in enumerate(dataset.articles("train"))]
    assess(run, model, "x", articles, tmp_path / "x", replace(PLAN, by=("desk",)), SILENT)
    slices = read_slices(tmp_path / "x")
    rows = rows_of(tmp_path / "x")
    assert slices.columns == ("desk",)
    assert [column.column for column in read_group_errors(tmp_path / "x").columns] == ["desk"]
    for one in slices.slices:
        inside = [row for row in rows if row["desk"] == one.value]
        assert one.articles == len(inside)
        assert one.accuracy == pytest.approx(sum(row["label"] == row["predicted"] for row in inside) / len(inside))


@pytest.mark.parametrize(
    ("changes", "plan", "words"),
    [
        ({"labels": ("poem",)}, PLAN, "poem"),
        ({}, replace(PLAN, by=("colour",)), "no column 'colour' to slice by"),
        ({}, replace(PLAN, controls=Extent(9, 1)), "models that read a target"),
    ],
)
def test_what_cannot_be_evaluated_leaves_nothing(
    changes: dict[str, Any], plan: EvaluationPlan, words: str, run: RunFolder, model: Classifier, tmp_path: Path
) -> None:
    articles: list[Article] = [replace(article, **changes) for article in make_articles(6, seed=3)]
    with pytest.raises(InputError, match=words):
        assess(run, model, "x", articles, tmp_path / "x", plan, SILENT)
    assert not (tmp_path / "x").exists()


def test_files_of_an_older_evaluation_are_kept_only_where_that_is_asked(
    run: RunFolder, model: Classifier, tmp_path: Path
) -> None:
    articles = make_articles(12, seed=3)
    assess(run, model, "x", articles, tmp_path / "x", replace(PLAN, explain=True), SILENT)
    errors = (tmp_path / "x" / ERRORS_FILE).read_bytes()
    keep = {ERRORS_FILE, CONTROLS_FILE}
    assess(run, model, "x", articles, tmp_path / "x", replace(PLAN, keep=keep), SILENT)
    assert json.loads((tmp_path / "x" / ERRORS_FILE).read_bytes()) == json.loads(errors)
    assert not (tmp_path / "x" / CONTROLS_FILE).exists()
    assess(run, model, "x", articles, tmp_path / "x", PLAN, SILENT)
    assert {file.name for file in (tmp_path / "x").iterdir()} == ALWAYS


@pytest.mark.parametrize("unknown", [False, True])
def test_a_source_is_new_only_where_those_of_all_training_articles_are_known(
    run: RunFolder, dataset: DatasetFolder, tmp_path: Path, unknown: bool
) -> None:
    known = make_articles(60)
    file = write_jsonl(tmp_path / "a.jsonl", [replace(known[0], source=None), *known[1:]] if unknown else known)
    later = RunFolder(tmp_path / "run")
    data = made(file, later.dataset, "split.group_by=[]")
    write_json(later.dataset_info, {"path": "dataset", **asdict(data.info)})
    without = [article.id for article in data.articles("train") if article.source is None]
    assert bool(without) is unknown
    new = [replace(article, source="new to the run") for article in dataset.articles("test")]
    assert grouping_of(later, new, None).name == ("article" if unknown else "source")


@pytest.mark.parametrize(
    ("seen", "name"),
    [({"z"}, "source"), ({"x"}, "source"), ({"x", "y"}, "article"), ({"x", "y", "z"}, "article"), (None, "article")],
)
def test_sources_are_drawn_whole_where_most_articles_are_of_new_ones(
    seen: set[str] | None, name: str, tmp_path: Path
) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"group_by": []}))
    articles = [Article(str(row), f"text {row}", source=source) for row, source in enumerate("xxyyz")]
    known = {"source": seen, "target": None}
    assert evaluate_articles._group(RunFolder(tmp_path), articles, known, None).name == name


@pytest.mark.parametrize(
    ("settings", "seen", "name"),
    [
        ({}, {"p", "q"}, "article"),
        ({}, {"a", "b"}, "text and target"),
        ({}, None, "article"),
        ({"group_by": ["target"]}, {"a", "b"}, "target"),
        ({"group_by": ["target"], "crossed_by": ["target"]}, None, "text and target"),
        ({"group_by": ["body", "target"], "crossed_by": ["target"]}, None, "body and target"),
    ],
)
def test_pairs_are_crossed_where_the_split_is_or_their_targets_are_new(
    settings: dict[str, list[str]], seen: set[str] | None, name: str, tmp_path: Path
) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps(settings))
    articles = [
        Article(str(row), f"text {row}", target=target, extra={"body": str(row // 2)})
        for row, target in enumerate("pqpq")
    ]
    found = evaluate_articles._group(RunFolder(tmp_path), articles, {"source": None, "target": seen}, None)
    assert found.name == name
    assert (found.crossed is not None) == (" and " in name)
