"""Which articles skip the transformer, by a model, an ensemble, and models that may give several labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.predicted_by import ModelName
from classifier.errors import InputError
from classifier.models.article_checks import NoNumbersError
from classifier.models.cascade import WHOLE, Route, alone, check_cascade, routed_scores, whole_alone
from classifier.models.classifier import Classifier
from classifier.models.model_folder import write_model_info
from classifier.models.prepared import Prepared
from classifier.models.tfidf import fit_baselines
from classifier.stats.calibration import Calibration
from classifier.stats.cascade import Cascade
from tests.makers.models import make_model_folder

SURE, UNSURE = ["the council voted on tuesday", "cheese from the moon"], ["word1 word2", "word3"]
ARTICLES = [Article(str(row), text) for row, text in enumerate([*SURE, *UNSURE] * 3)]
CALM = Calibration((1.0,), (0.0, 0.0))


def known(threshold: float, calibration: Calibration = CALM) -> Cascade:
    """One that lets skip from about these log-odds on, for an agreement of .9."""
    rows = tuple(f"{threshold + (60 - k) / 1000:.4f} 1 {k}" for k in range(60))
    low = tuple(f"{threshold - 5 - k / 1000:.4f} 0 {k + 60}" for k in range(60))
    return Cascade(2.0, calibration, 120, rows + low, "article", "validation")


@pytest.fixture
def blended(tmp_path: Path, checkpoint: Path) -> Classifier:
    """A model of which TF-IDF is a part, and is sure of half of the articles."""
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint), device="cpu")
    tfidf = fit_baselines([Article(str(k), SURE[k % 2]) for k in range(30)], np.arange(30) % 2, pair=False)
    return replace(model, info=replace(model.info, blend=(1.0, 1.0), cascade=known(1.5)), tfidf=tfidf)


def test_the_sure_ones_skip_and_the_others_are_scored_by_the_whole_model(blended: Classifier) -> None:
    some = blended.with_cascade(0.9)
    proba, skipped = some.predict_routed(ARTICLES)
    assert skipped is not None
    assert skipped.tolist() == [True, True, False, False] * 3
    whole = blended.predict_articles(ARTICLES)
    assert proba[~skipped] == pytest.approx(whole[~skipped], abs=1e-6)
    assert blended.tfidf is not None and blended.info.cascade is not None
    assert np.array_equal(proba[skipped], blended.info.cascade.proba(blended.tfidf.scores(ARTICLES, 2))[skipped])
    assert np.array_equal(some.predict_articles(ARTICLES), proba)
    assert np.array_equal(some.predict_routed(ARTICLES, ready=some.prepared(ARTICLES))[0], proba)
    assert blended.predict_routed(ARTICLES)[1] is None
    assert some.predict_routed([])[0].shape == (0, 2)
    assert some.predict_routed(ARTICLES[:2])[1].tolist() == [True, True]  # type: ignore[union-attr]  # nothing is left


def test_scores_that_are_no_numbers_stay_with_their_articles(
    blended: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = blended.with_cascade(0.9)
    before = some.predict_routed(ARTICLES)[0]

    def broken(_: Classifier, articles: list[Article], *__: object) -> object:
        error = NoNumbersError("no numbers")
        error.proba = np.array([[np.nan, int(article.id)] for article in articles], dtype=np.float32)
        raise error

    monkeypatch.setattr(Classifier, "predict_parts", broken)
    with pytest.raises(NoNumbersError) as caught:
        some.predict_routed(ARTICLES)
    skipped = caught.value.skipped
    assert skipped is not None and skipped.tolist() == [True, True, False, False] * 3
    assert np.array_equal(caught.value.proba[skipped], before[skipped])
    assert caught.value.proba[~skipped, 1].tolist() == [2, 3, 6, 7, 10, 11]


def test_a_label_is_decided_as_the_model_decides(blended: Classifier) -> None:
    """With rare labels that fit best, what is calibrated is undone first: for TF-IDF alone as for the model."""
    info = replace(blended.info, calibration=Calibration((1.0,), (4.0, 0.0)))
    model = replace(blended, info=info)
    assert model.info.cascade is not None
    route = Route(model.info.cascade, model.info.cascade.rule(0.9))
    proba, skipped = alone(model, route, np.array([[2.0, -2.0], [0.5, -0.5]], dtype=np.float32))
    assert model.decide(proba).tolist() == [0, 1]
    assert skipped.tolist() == [True, False]


def test_an_ensemble_uses_the_tfidf_of_its_first_member(blended: Classifier) -> None:
    other = replace(blended, info=replace(blended.info, blend=(0.5, 2.0)))
    both = replace(blended, members=(blended, other))
    proba, skipped = both.with_cascade(0.9).predict_routed(ARTICLES)
    assert skipped is not None and skipped.sum() == 6
    assert proba[~skipped] == pytest.approx(both.predict_articles(ARTICLES)[~skipped], abs=1e-6)


def test_with_several_labels_all_of_them_must_be_sure(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint, multi_label=True)
    model = Classifier.load(folder, device="cpu")
    y = np.array([[1, 0], [0, 1]] * 15)
    tfidf = fit_baselines([Article(str(k), SURE[k % 2]) for k in range(30)], y, pair=False)
    calibration = Calibration((0.5, 0.5), (0.0, 0.0), multi_label=True)
    stored = known(1.0, calibration)
    model = replace(model, info=replace(model.info, blend=(1.0, 1.0), cascade=stored), tfidf=tfidf)
    skipped = model.with_cascade(0.9).predict_routed(ARTICLES)[1]
    assert skipped is not None and skipped.tolist() == [True, True, False, False] * 3


def test_what_is_known_of_articles_is_not_worked_out_again(blended: Classifier) -> None:
    route = check_cascade(blended.info, 0.9)
    ready = Prepared(skipped=np.ones(12, dtype=bool), alone=np.full((12, 2), 0.5, dtype=np.float32))
    assert routed_scores(blended, route, ARTICLES, ready=ready)[0].tolist() == [[0.5, 0.5]] * 12


def test_its_name_says_so_and_another_threshold_is_another_model(blended: Classifier) -> None:
    plain = ModelName("first", "3f9a2c1b7d04")
    names = [check_cascade(replace(blended.info, cascade=known(sure)), 0.9).named(plain) for sure in (1.5, 1.5, 2.5)]
    assert names[0] == names[1] != names[2]
    assert names[0].name == "first with cascade 0.9"
    assert names[0].fingerprint not in (plain.fingerprint, names[2].fingerprint)
    nobody = check_cascade(blended.info, 0.999)
    assert nobody.rule.threshold is None and nobody.named(plain) == plain


def test_what_holds_for_the_whole_model_alone_is_refused(blended: Classifier) -> None:
    some = blended.with_cascade(0.9)
    for option, call in {
        "abstain": lambda: some.predict(SURE, abstain=True),
        "sets": lambda: some.predict(SURE, sets=True),
        "explain": lambda: some.explain(SURE),
    }.items():
        with pytest.raises(InputError, match=f"^{option} does not go with cascade"):
            call()
    for option in WHOLE:
        assert f"Leave out --cascade or --{option}." in str(whole_alone(option, "--"))


def test_what_is_stored_is_checked(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint)
    info = Classifier.load(folder, device="cpu").info
    write_model_info(folder, replace(info, cascade=known(1.0)))
    assert Classifier.load(folder, device="cpu").info.cascade == known(1.0)
    write_model_info(folder, replace(info, cascade=replace(known(1.0), rows=("one line",) * 120)))
    with pytest.raises(InputError, match=r"cascade\.rows: line 1 is no article"):
        Classifier.load(folder, device="cpu")
