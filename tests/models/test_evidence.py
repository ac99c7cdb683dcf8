import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article, input_text
from classifier.cli.app import run as cli
from classifier.evaluation.error_list import ERRORS_FILE
from classifier.jobs.evaluate import evaluate
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models import evidence
from classifier.models.classifier import Classifier
from classifier.models.evidence import (
    MOST_UNITS,
    Sentence,
    explain,
    log_odds,
    only,
    pieces_of,
    score_labels,
    strongest,
    without,
    without_repeated_title,
)
from classifier.stats.calibration import Calibration
from tests.makers.articles import FILLER, SIGNALS, make_articles, write_jsonl
from tests.makers.settings import tiny

NAMES = sorted(SIGNALS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    settings = {"train.num_train_epochs": 2, "train.blend": 0.5, "data.strip": ["line:copyright*"]}
    train(str(source), folder / "run", settings=tiny(checkpoint, **settings))
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> Classifier:
    return Classifier.load(run, device="cpu")


def filler(rng: random.Random) -> str:
    return " ".join(rng.choices(FILLER, k=5)).capitalize() + "."


def planted(n: int, seed: int, *, sentences: int = 6) -> list[tuple[Article, str]]:
    """Articles of filler in which one sentence has the words of a label; and that sentence."""
    rng = random.Random(seed)
    made = []
    for index in range(n):
        signal = " ".join(SIGNALS[NAMES[index % 3]]).capitalize() + "."
        parts = [filler(rng) for _ in range(sentences)]
        parts.insert(rng.randrange(sentences + 1), signal)
        made.append((Article(f"a{index}", "  \n".join(parts), (NAMES[index % 3],)), signal))
    return made


def test_the_sentence_that_was_planted_is_found(model: Classifier) -> None:
    articles, signals = zip(*planted(12, 1), strict=True)
    proba = model.predict_articles(articles)
    assert [model.classes_[i] for i in proba.argmax(axis=1)] == [article.labels[0] for article in articles]
    for article, signal, found in zip(articles, signals, explain(model, articles), strict=True):
        assert max(found, key=lambda sentence: sentence.effect).text == signal
        assert len(found) == 7
        for sentence in found:
            assert article.text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()


def test_an_effect_is_the_mean_of_leaving_out_and_reading_alone(model: Classifier) -> None:
    article = planted(3, 2)[1][0]
    label = NAMES.index("opinion")
    [found] = explain(model, [article], [label])
    pieces = pieces_of(article)
    variants = [article, replace(article, text="")]
    variants += [without(article, [piece]) for piece in pieces] + [only(article, [piece]) for piece in pieces]
    whole, nothing, *scores = log_odds(model.predict_articles(variants), [label] * len(variants), False)
    left_out = whole - np.array(scores[: len(pieces)])
    alone = np.array(scores[len(pieces) :]) - nothing
    wanted = (left_out + alone * np.linalg.norm(left_out) / np.linalg.norm(alone)) / 2
    assert [sentence.effect for sentence in found] == pytest.approx(wanted.tolist(), abs=1e-3)


def test_a_label_can_be_named_and_the_likeliest_is_the_default(model: Classifier) -> None:
    article, signal = planted(1, 3)[0]
    assert explain(model, [article]) == explain(model, [article], [NAMES.index(article.labels[0])])
    [other] = explain(model, [article], [NAMES.index("satire")])
    assert next(sentence for sentence in other if sentence.text == signal).effect < 0


def test_what_is_explained_is_the_label_that_is_given_not_the_likeliest(model: Classifier) -> None:
    rare = Calibration((1.0,), (-12.0, 0.0, 0.0))  # the first label is rare: given, its score is still low
    calibrated = replace(model, info=replace(model.info, calibration=rare))
    article = next(article for article, _ in planted(3, seed=3) if article.labels == (NAMES[0],))
    proba = calibrated.predict_articles([article])
    assert calibrated.decide(proba).tolist() == [0]
    assert int(proba[0].argmax()) != 0
    assert score_labels(calibrated, proba).tolist() == [0]


def test_tfidf_alone_is_heard_too(model: Classifier) -> None:
    assert model.info.blend
    deaf = replace(model, info=replace(model.info, blend=(0.0, model.info.blend[1])))
    article, signal = planted(1, 4)[0]
    [found] = explain(deaf, [article])
    assert max(found, key=lambda sentence: sentence.effect).text == signal


def test_a_long_article_is_searched_in_two_rounds(model: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    article, signal = planted(1, 5, sentences=99)[0]
    model = replace(model, encoder=replace(model.encoder, windows="all"))
    asked: list[int] = []
    predict = Classifier.predict_articles

    def counting(self: Classifier, articles: list[Article], *more: object) -> object:
        asked.append(len(articles))
        return predict(self, articles, *more)

    monkeypatch.setattr(Classifier, "predict_articles", counting)
    [found] = explain(model, [article], [NAMES.index(article.labels[0])])
    assert len(found) == 100
    assert "".join(s.text for s in found) == "".join(article.text.replace("  \n", ""))
    assert max(found, key=lambda sentence: sentence.effect).text == signal
    assert len(asked) == 2 and sum(asked) <= 2 * (2 + MOST_UNITS + 4 * 5)


def test_a_title_counts_and_a_repeated_one_does_not(model: Classifier) -> None:
    text = "Word1 word2 word3. Word4 word5 word6."
    titled = Article("1", text, title="Moon cheese wizard")
    [found] = explain(model, [titled], [NAMES.index("satire")])
    assert [(s.part, s.start, s.end) for s in found] == [("title", 0, 18), ("text", 0, 18), ("text", 19, 37)]
    assert max(found, key=lambda sentence: sentence.effect).part == "title"
    repeated = Article("1", f"Moon cheese wizard\n\n{text}", title="Moon cheese wizard")
    [found] = explain(model, [repeated], [NAMES.index("satire")])
    assert [s.part for s in found] == ["text"] * 3
    assert input_text(without_repeated_title(repeated)) == input_text(repeated)


def test_offsets_are_those_of_the_text_as_given_and_what_is_stripped_has_no_effect(model: Classifier) -> None:
    text = "Copyright moon wizard.\nWord1 word2.\n\nCopyright penguin.\n\nCouncil police said. Word3 word4.\n"
    [found] = explain(model, [Article("1", text)], [NAMES.index("satire")])
    assert [s.text for s in found] == [
        "Copyright moon wizard.",
        "Word1 word2.",
        "Copyright penguin.",
        "Council police said.",
        "Word3 word4.",
    ]
    assert all(text[s.start : s.end] == s.text for s in found)
    assert found[0].effect == found[2].effect == 0
    assert min(found, key=lambda sentence: sentence.effect).text == "Council police said."


def test_blank_lines_that_a_stripped_sentence_leaves_are_not_read() -> None:
    article = Article("1", "Word1 word2.\n\nCopyright penguin.\n\nWord3 word4.")
    units = [(piece,) for piece in pieces_of(article)]
    assert [evidence._is_read(article, unit, ("line:copyright*",)) for unit in units] == [True, False, True]


@pytest.mark.parametrize("text", ["word", "Copyright moon cheese", "x" * 3000, "moon\n\n\n\ncheese", "。", "…"])
def test_odd_texts(model: Classifier, text: str) -> None:
    [found] = explain(model, [Article("1", text)])
    assert found and all(np.isfinite(sentence.effect) for sentence in found)
    assert all(text[s.start : s.end] == s.text for s in found)


def test_pieces_can_be_taken_out_and_left_alone() -> None:
    article = Article("1", "One. Two. Three.", title="Title", target="claim")
    title, one, two, three = pieces_of(article)
    assert without(article, [one, three]) == replace(article, text="Two. ")
    assert without(article, [title, two]) == replace(article, text="One. Three.", title=None)
    assert only(article, [title, two]) == replace(article, text="Two. ")
    assert only(article, [one]) == replace(article, text="One. ", title=None)
    assert without(article, []) == article


def test_the_strongest_are_for_the_label_first() -> None:
    sentences = [Sentence("text", i, i + 1, str(i), effect) for i, effect in enumerate([0.1, -3, 0, 2, 0.5, -0.2, 1])]
    assert [sentence.effect for sentence in strongest(sentences)] == [2, 1, 0.5, -0.2, -3]
    assert [sentence.effect for sentence in strongest(sentences[:3])] == [0.1, -3]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_predictions_get_a_column_in_every_format(run: Path, tmp_path: Path, suffix: str) -> None:
    articles = [article for article, _ in planted(7, 6)]
    source = tmp_path / "new.jsonl"
    source.write_text("".join(json.dumps({"text": a.text, "evidence": "mine"}) + "\n" for a in articles))
    plain, out = tmp_path / f"plain.{suffix}", tmp_path / f"out.{suffix}"
    assert cli(["predict", str(run), str(source), "--out", str(plain), "--device", "cpu", "-q"]) == 0
    assert cli(["predict", str(run), str(source), "--out", str(out), "--device", "cpu", "-q", "--explain"]) == 0
    rows, before = read(out), read(plain)
    assert [row["label"] for row in rows] == [row["label"] for row in before]
    assert [row["evidence"] for row in before] == ["mine"] * 7
    scores = ["score_opinion", "score_reporting", "score_satire"] if suffix == "csv" else []
    added = ["label", "score", "scores", *scores, "evidence", "predicted_by"]
    assert list(rows[0]) == ["text", "original_evidence", *added]
    for row, (_, signal) in zip(rows, planted(7, 6), strict=True):
        evidence = json.loads(row["evidence"]) if suffix == "csv" else row["evidence"]
        assert list(evidence[0]) == ["part", "start", "end", "text", "effect"]
        assert evidence[0]["text"] == signal
        assert len(evidence) == 5
        assert all(row["text"][one["start"] : one["end"]] == one["text"] for one in evidence)


def read(path: Path) -> list[dict[str, object]]:
    import csv

    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_ensemble_of_pairs_with_several_labels(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60, pair=True, multi_label=True), multi_label=True)
    settings = tiny(checkpoint, **{"data.task": "multi_label", "train.num_train_epochs": 1})
    train_seeds(str(source), tmp_path / "runs", count=2, settings=settings)
    model = Classifier.load(tmp_path / "runs", device="cpu")
    articles = [
        replace(a, text=f"{filler(random.Random(0))} {a.text.capitalize()}") for a in make_articles(5, pair=True)
    ]
    labels = score_labels(model, model.predict_articles(articles))
    for article, found in zip(articles, explain(model, articles, labels.tolist()), strict=True):
        assert len(found) == len(pieces_of(article)) > 1
        assert any(sentence.effect for sentence in found)


def test_the_worst_errors_of_an_evaluation(run: Path, tmp_path: Path) -> None:
    wrong = [replace(a, labels=(NAMES[(NAMES.index(a.labels[0]) + 1) % 3],)) for a, _ in planted(30, 7)]
    right = [replace(a, id=f"right{a.id}") for a, _ in planted(9, 8)]
    data = write_jsonl(tmp_path / "data.jsonl", [*wrong, *right])
    evaluate(run, data=str(data), out=tmp_path / "out", device="cpu", explain=True)
    found = json.loads((tmp_path / "out" / ERRORS_FILE).read_text())
    assert (found["format_version"], found["articles"], len(found["errors"])) == (1, 39, 20)
    assert 30 <= found["wrong"] < 36
    scores = [error["score"] for error in found["errors"]]
    assert scores == sorted(scores, reverse=True)
    given = {article.id: article for article in wrong}
    signals = {article.id: signal for article, signal in planted(30, 7)}
    for error in found["errors"]:
        assert error["text"] == given[error["id"]].text
        assert error["true"] == list(given[error["id"]].labels) != error["predicted"] == [error["label"]]
        assert error["scores"][0] == {"label": error["label"], "score": error["score"]}
        assert len(error["evidence"]) == 7
        assert max(error["evidence"], key=lambda one: one["effect"])["text"] == signals[error["id"]]
    evaluate(run, data=str(data), out=tmp_path / "out", device="cpu")
    assert not (tmp_path / "out" / ERRORS_FILE).exists()
