"""A trained model answers to lists, Series, arrays, articles and mappings alike, in their order."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.evidence import explain
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.settings import tiny

LABELS = sorted(SIGNALS)
KINDS = ("single", "pair", "multi")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> dict[str, Classifier]:
    folder = tmp_path_factory.mktemp("classifier")
    loaded = {}
    for kind in KINDS:
        multi = kind == "multi"
        articles = make_articles(90, pair=kind == "pair", multi_label=multi)
        source = write_jsonl(folder / f"{kind}.jsonl", articles, multi_label=multi)
        settings = {"data.task": "multi_label"} if multi else {}
        train(source, folder / kind, settings=tiny(checkpoint, **settings))
        loaded[kind] = Classifier.load(folder / kind, device="cpu")
    return loaded


@pytest.fixture
def model(models: dict[str, Classifier]) -> Classifier:
    return models["single"]


def texts_of(n: int, **kind: bool) -> list[str]:
    return [article.text for article in make_articles(n, 4, **kind)]


def test_the_classes_are_an_array_of_plain_names(model: Classifier) -> None:
    assert isinstance(model.classes_, np.ndarray)
    assert model.classes_.tolist() == LABELS
    proba = model.predict_proba(texts_of(9))
    assert pd.DataFrame(proba, columns=model.classes_).idxmax(axis=1).tolist() == model.predict(texts_of(9))
    assert list(model.classes_[proba.argmax(axis=1)]) == model.predict(texts_of(9))


def test_every_way_of_giving_texts_gives_the_same(model: Classifier) -> None:
    texts = texts_of(12)
    expected, labels = model.predict_proba(texts), model.predict(texts)
    assert expected.shape == (12, 3)
    assert {type(label) for label in labels} == {str}
    for given in (
        tuple(texts),
        pd.Series(texts, index=range(100, 112)),
        pl.Series(texts),
        np.array(texts),
        np.array(texts, dtype=object),
        [Article("", text) for text in texts],
        [{"text": text} for text in texts],
    ):
        assert (model.predict_proba(given) == expected).all()  # type: ignore[arg-type]
        assert model.predict(given) == labels  # type: ignore[arg-type]


def test_order_and_length_are_those_of_the_texts(model: Classifier) -> None:
    texts = texts_of(30)
    twice = [*texts, *reversed(texts)]
    proba = model.predict_proba(twice)
    assert proba.shape == (60, 3)
    assert np.abs(proba - np.concatenate([model.predict_proba(texts), model.predict_proba(texts[::-1])])).max() < 1e-5
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, 3)
    assert model.explain([]) == []


def test_titles_are_read(model: Classifier) -> None:
    [body] = model.predict_proba(["word1 word2"])
    [titled] = model.predict_proba([{"title": "moon cheese wizard penguin", "text": "word1 word2"}])
    joined = model.predict_proba(["moon cheese wizard penguin\n\nword1 word2"])[0]
    assert (titled == joined).all()
    assert (titled != body).any()


def test_nothing_is_predicted_where_an_entry_is_missing(model: Classifier) -> None:
    for ask in (model.predict, model.predict_proba, model.explain):
        with pytest.raises(InputError) as error:
            ask(pd.Series(["word1", None, float("nan"), "  "]))  # type: ignore[arg-type]
        assert [fault.where for fault in error.value.faults] == ["texts[1]", "texts[2]", "texts[3]"]
        with pytest.raises(InputError, match=r"predict\(\[text\]\)"):
            ask("one text")


def test_pairs_read_targets_given_apart_or_along(models: dict[str, Classifier]) -> None:
    articles = make_articles(9, 4, pair=True)
    texts, targets = [a.text for a in articles], [a.target or "" for a in articles]
    expected = models["pair"].predict_proba(texts, targets)
    assert (models["pair"].predict_proba(articles) == expected).all()
    rows = [{"text": text, "claim": target} for text, target in zip(texts, targets, strict=True)]
    assert (models["pair"].predict_proba(rows) == expected).all()
    assert (models["pair"].predict_proba(texts, targets[::-1]) != expected).any()
    assert len(models["pair"].explain(texts, targets)) == 9


def test_multi_label_gives_a_list_of_names_each(models: dict[str, Classifier]) -> None:
    labels = models["multi"].predict(pd.Series(texts_of(20, multi_label=True)))
    assert all(isinstance(names, list) and set(names) <= set(LABELS) for names in labels)
    assert len({len(names) for names in labels if names is not None}) > 1


def test_explain_gives_the_evidence(model: Classifier) -> None:
    text = "Moon cheese wizard. Word1 word2 word3."
    [found] = model.explain([text])
    assert [found] == explain(model, [Article("0", text)])
    assert [sentence.text for sentence in found] == ["Moon cheese wizard.", "Word1 word2 word3."]
    assert max(found, key=lambda sentence: sentence.effect).text == "Moon cheese wizard."
    [against] = model.explain([text], labels=["opinion"])
    assert against[0].effect < 0
    with pytest.raises(InputError, match="does not know the label"):
        model.explain([text], labels=["novel"])
    with pytest.raises(InputError, match="Got 0 for 1 texts"):
        model.explain([text], labels=[])


def test_a_missing_text_keeps_its_place(models: dict[str, Classifier]) -> None:
    texts = texts_of(4)
    given = [texts[0], None, float("nan"), texts[1], pd.NA, texts[2], "  ", texts[3]]
    holes, good = [1, 2, 4, 6], [0, 3, 5, 7]
    for model in (models["single"], models["multi"]):
        labels = model.predict(given, on_error="keep")  # type: ignore[arg-type]
        assert [labels[i] for i in holes] == [None] * 4
        assert [labels[i] for i in good] == model.predict(texts)
        proba = model.predict_proba(given, on_error="keep")  # type: ignore[arg-type]
        assert np.isnan(proba[holes]).all()
        np.testing.assert_allclose(proba[good], model.predict_proba(texts), atol=1e-5)
    sentences = models["single"].explain(given, on_error="keep")  # type: ignore[arg-type]
    assert [bool(found) for found in sentences] == [i in good for i in range(8)]
    asked = models["single"].explain(given, on_error="keep", labels=["satire"] * 8)  # type: ignore[arg-type]
    [alone] = models["single"].explain([texts[3]], labels=["satire"])
    assert [sentence.text for sentence in asked[7]] == [sentence.text for sentence in alone]
    np.testing.assert_allclose([s.effect for s in asked[7]], [s.effect for s in alone], atol=1e-4)
    assert models["single"].predict([None], on_error="keep") == [None]  # type: ignore[list-item]
    pairs = models["pair"].predict(["word1", "word2"], ["word3", None], on_error="keep")  # type: ignore[list-item]
    assert pairs[0] is not None
    assert pairs[1] is None


def test_articles_that_a_program_made_without_a_text_are_refused(model: Classifier) -> None:
    nan: Any = float("nan")
    articles = [Article("1", "word1"), Article("2", nan), Article("3", "word1", title=nan)]
    with pytest.raises(InputError, match="2 parts of articles are no texts") as error:
        model.predict_articles(articles)
    assert [fault.where for fault in error.value.faults] == ["articles[1]", "articles[2]"]
    assert model.predict([articles[0], articles[2]]) == [model.predict(["word1"])[0]] * 2
