"""One claim for many articles."""

import csv
import json
from pathlib import Path

import pytest

from classifier.articles.new_articles import open_sources
from classifier.articles.one_target import check_one_target, with_target
from classifier.articles.readers.row import Row
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.predict.files import predict_files
from classifier.models.classifier import Classifier
from tests.makers.models import make_model_folder

CLAIM = "The moon, it is; of cheese."


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("models") / "pairs", checkpoint, pair=True)


def rows(path: Path, columns: list[str] | None = None) -> list[dict[str, object]]:
    with open_sources([str(path)], "utf-8", None) as sources:
        [source] = with_target(sources, CLAIM, columns or [])
        return [row.values for row in source.rows() if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("header", "columns", "refused"),
    [
        ("text,n", [], False),
        ("text,headline", [], False),  # the title of the article
        ("text,headline", ["headline"], True),  # unless it was the target in training
        ("text,target", [], True),
        ("text,Claim", [], True),
        ("text,text_pair", [], True),
        ("text,These", ["these"], True),
        ("text,These", [], False),
    ],
)
def test_claims_of_the_articles_are_not_replaced(
    tmp_path: Path, header: str, columns: list[str], refused: bool
) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\nmoon,x\ncheese,y\n")
    if refused:
        with pytest.raises(InputError, match=r"one claim for all articles, and .*a.csv' has claims of its own: '"):
            rows(tmp_path / "a.csv", columns)
    else:
        assert [row["target"] for row in rows(tmp_path / "a.csv", columns)] == [CLAIM] * 2


def test_a_claim_that_comes_late_is_seen(tmp_path: Path) -> None:
    lines = [{"text": "moon"}] * 1200 + [{"text": "moon", "target": "mine"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(InputError, match="has claims of its own: 'target'"):
        rows(tmp_path / "a.jsonl")


@pytest.mark.parametrize(("target", "pair", "words"), [(" ", True, "is empty"), ("x", False, "reads articles alone")])
def test_a_claim_without_effect_is_refused(target: str, pair: bool, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_one_target(target, pair=pair)


def test_each_article_is_read_with_the_claim(model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,headline\nmoon cheese,x\ncouncil said,y\n")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text("moon cheese")
    out = tmp_path / "o.csv"
    command = ["predict", str(model), str(tmp_path / "a.csv"), str(tmp_path / "texts"), "--out", str(out)]
    assert cli([*command, "--target", CLAIM, "--device", "cpu", "-q"]) == 0
    with out.open() as stream:
        found = list(csv.DictReader(stream))
    assert [row["target"] for row in found] == [CLAIM] * 3
    texts = ["moon cheese", "council said", "moon cheese"]
    proba = Classifier.load(model, device="cpu").predict_proba(texts, [CLAIM] * 3)
    assert [float(row["score_a"]) for row in found] == pytest.approx(proba[:, 0].tolist(), abs=1e-5)


def test_two_sorts_of_claims_are_refused(model: Path, tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / "a.csv").write_text("text,These\nmoon cheese,x\n")
    settings = {"data.columns.target": "These"}
    with pytest.raises(InputError, match="has claims of its own: 'These'"):
        predict_files(model, tmp_path / "a.csv", tmp_path / "o.csv", settings=settings, target=CLAIM, device="cpu")
    alone = make_model_folder(tmp_path / "alone", checkpoint)
    with pytest.raises(InputError, match="reads articles alone"):
        predict_files(alone, tmp_path / "a.csv", tmp_path / "o.csv", target=CLAIM, device="cpu")
    (tmp_path / "b.csv").write_text("text,n\nmoon,1\n")
    with pytest.raises(InputError, match="has no column for it") as refused:
        predict_files(model, tmp_path / "b.csv", tmp_path / "o.csv", device="cpu")
    assert "--target" in str(refused.value)
    assert not (tmp_path / "o.csv").exists()
