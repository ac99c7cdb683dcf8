"""`ArticleClassifier` in the hands of scikit-learn, and what it refuses."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import classifier
from classifier import Classifier, InputError
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.scikit_learn import fitting
from classifier.jobs.scikit_learn.article_classifier import ArticleClassifier
from tests.makers.articles import make_articles

ARTICLES = make_articles(60)
X = [article.text for article in ARTICLES]
Y = [article.labels[0] for article in ARTICLES]
GROUPS = [article.source for article in ARTICLES]
SETTINGS = {"train.bf16": False, "train.refit": False}


@pytest.fixture(scope="module")
def estimator(checkpoint: Path) -> ArticleClassifier:
    return ArticleClassifier(str(checkpoint), max_length=32, device="cpu", settings=SETTINGS)


@pytest.fixture(scope="module")
def fitted(estimator: ArticleClassifier) -> ArticleClassifier:
    """In the end on validation too, as by default."""
    return clone(estimator).set_params(settings={**SETTINGS, "train.refit": True}).fit(X, Y)


def test_it_stands_at_the_root() -> None:
    assert classifier.ArticleClassifier is ArticleClassifier


def test_parameters_are_kept_as_they_were_given(estimator: ArticleClassifier) -> None:
    settings = {"model.windows": 2}
    one = ArticleClassifier("models/tiny", num_train_epochs=3, settings=settings)
    assert one.settings is settings
    assert clone(one).get_params() == one.get_params()
    assert one.set_params(max_length=64).max_length == 64
    assert vars(clone(estimator)).keys() == estimator.get_params().keys()


def test_the_class_is_the_one_with_the_highest_probability(fitted: ArticleClassifier) -> None:
    proba = fitted.predict_proba(X)
    assert proba.shape == (60, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert fitted.predict(X).tolist() == fitted.classes_[proba.argmax(axis=1)].tolist()
    assert fitted.score(X, Y) > 0.9
    assert fitted.n_features_in_ == 1
    assert fitted.classifier_.info.label_by == "score"  # so that the saved model gives the same labels


def test_cross_validation_keeps_groups_apart(estimator: ArticleClassifier) -> None:
    scores = cross_val_score(estimator, X, Y, groups=GROUPS, cv=GroupKFold(2), params={"groups": GROUPS})
    assert scores.min() > 0.8
    assert f1_score(Y, cross_val_predict(estimator, np.array(X), Y, cv=2), average="macro") > 0.8


def test_groups_are_routed(estimator: ArticleClassifier) -> None:
    given = []

    class Spy(ArticleClassifier):
        def fit(self, X: Any, y: Any, groups: Any = None) -> Any:  # noqa: N803
            given.append(groups)
            return super().fit(X, y, groups)

    spy = Spy(**estimator.get_params())
    with sklearn.config_context(enable_metadata_routing=True):
        spy.set_fit_request(groups=True)
        cross_val_score(spy, X, Y, cv=GroupKFold(2), params={"groups": np.array(GROUPS)})
    assert [sorted(set(groups) & set(given[1 - fold])) for fold, groups in enumerate(given)] == [[], []]


@pytest.mark.parametrize("grouped", [True, False])
def test_validation_is_held_apart_by_groups(
    estimator: ArticleClassifier, monkeypatch: pytest.MonkeyPatch, grouped: bool
) -> None:
    """Twelve groups: without them, articles of one group stand on both sides."""
    groups, seen = [f"outlet {i % 12}" for i in range(60)], {}
    original = fitting.fit

    def spy(run: Any, config: Any, dataset: DatasetFolder, watch: Any) -> Any:
        seen.update({split: {int(one.id) for one in dataset.articles(split)} for split in dataset.splits})
        return original(run, config, dataset, watch)

    monkeypatch.setattr(fitting, "fit", spy)
    clone(estimator).set_params(validation_fraction=0.25).fit(X, Y, groups if grouped else None)
    assert sorted(seen) == ["train", "validation"]
    assert sorted(seen["train"] | seen["validation"]) == [*range(60)]  # nothing is held back as a test
    assert 10 <= len(seen["validation"]) <= 20
    shared = {groups[i] for i in seen["train"]} & {groups[i] for i in seen["validation"]}
    assert bool(shared) != grouped


def test_grid_search_in_two_processes(estimator: ArticleClassifier) -> None:
    """Workers get pickled estimators; the best is fitted again on all of X."""
    grid = GridSearchCV(
        estimator, {"preset": ["probe"], "max_length": [16, 32]}, cv=StratifiedKFold(2), n_jobs=2, error_score="raise"
    )
    grid.fit(X, Y)
    assert grid.best_score_ > 0.8
    assert grid.best_estimator_.classifier_.info.max_length == grid.best_params_["max_length"]


def test_pipeline(estimator: ArticleClassifier) -> None:
    shout = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(shout, clone(estimator))
    assert pipeline.fit(X, Y, articleclassifier__groups=GROUPS).score(X, Y) > 0.9
    assert pipeline.classes_.tolist() == sorted(set(Y))
    assert "BertModel" not in pipeline._repr_html_() + repr(pipeline) + pipeline[-1]._repr_html_()


def test_a_pickle_holds_the_files_and_no_device(fitted: ArticleClassifier) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert vars(again)["_model"] is None
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize(
    "y",
    [
        [5, 10, 5, 10] * 6,
        np.array([True, False] * 12),
        np.array(["b", "a"] * 12),
        np.array(["b", "a"] * 12, dtype=object),
        np.array([1.0, 0.0] * 12, dtype=np.float32),
        np.array([0, 7, 2] * 8, dtype=np.int8),
        pd.Series(["b", "a"] * 12, index=range(24, 0, -1), dtype="category"),
        pl.Series(["b", "a"] * 12),
        ["none", "null-ish"] * 12,
    ],
    ids=lambda y: f"{type(y).__name__} {getattr(y, 'dtype', '')}",
)
def test_classes_keep_their_type_when_predicted_saved_and_loaded(
    estimator: ArticleClassifier, tmp_path: Path, y: Any
) -> None:
    """The texts that tell the classes apart; names are sorted in another way than numbers."""
    given = np.asarray(y)
    words = dict(zip(np.unique(given).tolist(), ("moon cheese", "council police", "should believe"), strict=False))
    texts = [f"{words[value]} word{i}" for i, value in enumerate(given.tolist())]
    one = clone(estimator).fit(texts, y)
    assert one.classes_.dtype == given.dtype
    assert one.classes_.tolist() == np.unique(given).tolist()
    assert one.predict(texts).dtype == given.dtype
    assert one.predict(texts).tolist() == given.tolist()
    one.save(tmp_path / "saved")
    loaded = ArticleClassifier.load(tmp_path / "saved")
    assert loaded.predict(texts).dtype == given.dtype
    np.testing.assert_array_equal(loaded.predict_proba(texts), one.predict_proba(texts))
    assert loaded.get_params() == one.get_params()


def test_saved_is_a_model_folder_without_a_pickle(fitted: ArticleClassifier, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    fitted.save(folder)
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {".json", ".safetensors", ".txt"}
    model = Classifier.load(folder, device="cpu")
    assert model.info.refit and model.predict(X) == fitted.predict(X).tolist()
    with pytest.raises(InputError, match="in use already"):
        fitted.save(folder)
    again = ArticleClassifier.load(folder)
    again.save(folder, overwrite=True)
    np.testing.assert_array_equal(ArticleClassifier.load(folder).predict_proba(X), fitted.predict_proba(X))
    (folder / "classifier.json").write_text("{}")
    with pytest.raises(InputError, match="not as it was written"):
        ArticleClassifier.load(folder)
    with pytest.raises(InputError, match="holds no saved ArticleClassifier"):
        ArticleClassifier.load(tmp_path)


def test_a_folder_of_another_kind_is_not_replaced(fitted: ArticleClassifier, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        fitted.save(tmp_path, overwrite=True)


def test_one_text_of_each_class_is_enough(estimator: ArticleClassifier, caplog: pytest.LogCaptureFixture) -> None:
    one = clone(estimator).fit(X[:2], Y[:2])
    assert one.predict(X[:2]).tolist() == Y[:2]
    assert "no articles are held apart for validation" in caplog.text


def test_a_class_with_one_text_is_trained_on(estimator: ArticleClassifier) -> None:
    one = clone(estimator).fit([*X, "a text alone of its kind"], [*Y, "rare"])
    assert "rare" in one.classes_
    assert one.predict_proba(X).shape == (60, 4)


@pytest.mark.parametrize("polars", [False, True])
def test_a_data_frame_of_pairs(estimator: ArticleClassifier, polars: bool) -> None:
    pairs = make_articles(40, pair=True)
    columns = {
        "id": ["same"] * 40,  # none of these is read
        "label": ["wrong"] * 40,
        "split": ["test"] * 40,
        "Title": [f"title {i}" for i in range(40)],
        "text": [pair.text for pair in pairs],
        "target": [pair.target for pair in pairs],
    }
    frame = pl.DataFrame(columns) if polars else pd.DataFrame(columns, index=range(40, 0, -1))
    one = clone(estimator).fit(frame, [pair.labels[0] for pair in pairs])
    assert one.classifier_.info.pair
    assert one.feature_names_in_.tolist() == list(columns)
    assert one.n_features_in_ == 6
    assert one.predict(frame).shape == (40,)
    with pytest.raises(InputError, match="needs targets"):
        one.predict(columns["text"])


def test_the_only_column_of_a_data_frame_holds_the_texts(estimator: ArticleClassifier) -> None:
    frame = pd.DataFrame({"Artikel": X})
    one = clone(estimator).fit(frame, Y)
    np.testing.assert_array_equal(one.predict(frame), one.predict(X))


@pytest.mark.parametrize(
    ("texts", "places"),
    [
        (["a", float("nan"), " "], ["X[1]: is missing (nan)", "X[2]: is empty"]),
        (["a", "b", None], ["X[2]: is missing (None)"]),
        (pd.Series(["a", None, "b"], index=[7, 8, 9]), ["X[1] (index 8): is missing"]),
        (np.array(["a", 3, "b"], dtype=object), ["X[1]: must be a text. Got the int 3 instead"]),
        (pd.DataFrame({"text": ["a", None, ""], "title": ["t", "t", "t"]}), ["X[1]: ", "X[2]: "]),
    ],
    ids=lambda given: type(given).__name__,
)
def test_bad_texts_are_refused_with_their_positions(
    estimator: ArticleClassifier, fitted: ArticleClassifier, texts: Any, places: list[str]
) -> None:
    for call in (lambda: clone(estimator).fit(texts, ["x", "y", "x"]), lambda: fitted.predict(texts)):
        with pytest.raises(InputError) as caught:
            call()
        assert isinstance(caught.value, ValueError)
        assert all(place in str(caught.value) for place in places)
        assert len(caught.value.faults) == len(places)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (None, "requires y"),
        (["a", "b"], "one class for each text. Got 2 in y for 3 texts"),
        (["a", None, "b"], r"y\[1\]: is missing"),
        (["a", "a", "a"], "Got 1 class instead: 'a', 3 times"),
        (["a", "b", "A"], "differ only in case"),
        (["a", "b", "a "], "differ only in case, space"),
        ([["a"], ["a", "b"], []], "setting an array element|one class"),
        (np.eye(3, dtype=int), "data.task"),
        ([0.5, 1.5, 2.5], "continuous"),
    ],
)
def test_bad_classes_are_refused(estimator: ArticleClassifier, y: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        clone(estimator).fit(["one", "two", "three"], y)


def test_a_class_called_like_a_missing_value_is_asked_about(estimator: ArticleClassifier) -> None:
    """R writes NA for what is missing; where it is a class, a setting says so."""
    y = ["NA", "b"] * 12
    with pytest.raises(InputError) as caught:
        clone(estimator).fit(X[:24], y)
    assert str(caught.value).startswith("y has 12 bad rows.\n  y[0]: is 'NA', a word for a missing value")
    assert "skip" not in str(caught.value)
    settings = {**SETTINGS, "data.missing": []}
    assert clone(estimator).set_params(settings=settings).fit(X[:24], y).classes_.tolist() == ["NA", "b"]


def test_groups_must_be_as_many_as_texts(estimator: ArticleClassifier) -> None:
    with pytest.raises(InputError, match=r"one group for each text\. Got 2 in groups for 60"):
        clone(estimator).fit(X, Y, groups=["a", "b"])


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"settings": {"train.learning_rate": 1e-3}}, "Give learning_rate"),
        ({"settings": {"train.seed": 3}}, "Give random_state"),
        ({"settings": {"split.test_size": 0.3}}, "has no effect on an ArticleClassifier"),
        ({"settings": {"distil.teacher": "runs/large"}}, "has no effect on an ArticleClassifier"),
        ({"settings": {"train.label_by": "fit"}}, "has no effect"),
        ({"settings": {"train.batch_sise": 4}}, "batch_size"),
        ({"settings": {"data.path": "a.csv"}}, "has no effect"),
        ({"validation_fraction": 1.5}, "0 or more, and less than 1. Got 1.5"),
        ({"max_length": 3}, "ArticleClassifier: max_length must be"),
        ({"preset": "fast"}, "preset"),
        ({"random_state": -1}, "ArticleClassifier: random_state must be greater"),
        ({"model_name": "no/such/folder"}, "no/such/folder"),
    ],
)
def test_bad_parameters_are_refused_when_it_is_fitted(
    estimator: ArticleClassifier, parameters: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        clone(estimator).set_params(**parameters).fit(X, Y)
    assert "--set" not in str(caught.value)


def test_there_is_no_weight_of_a_sample(estimator: ArticleClassifier) -> None:
    with pytest.raises(TypeError, match="sample_weight"):
        clone(estimator).fit(X, Y, sample_weight=[1] * 60)


def test_it_must_be_fitted(estimator: ArticleClassifier, tmp_path: Path) -> None:
    for call in (estimator.predict, estimator.predict_proba):
        with pytest.raises(NotFittedError):
            call(X)
    with pytest.raises(NotFittedError):
        estimator.save(tmp_path / "x")


def test_a_failed_fit_leaves_the_older_model(fitted: ArticleClassifier) -> None:
    one = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(InputError):
        one.fit(["a", None], ["x", "y"])
    assert one.predict(X).tolist() == fitted.predict(X).tolist()


def test_random_states(estimator: ArticleClassifier) -> None:
    def proba(state: Any) -> Any:
        short = clone(estimator).set_params(num_train_epochs=1, validation_fraction=0.3)
        return short.set_params(random_state=state).fit(X, Y).predict_proba(X)

    first = proba(1)
    np.testing.assert_array_equal(first, proba(1))
    assert not np.array_equal(first, proba(2))
    np.testing.assert_array_equal(proba(np.random.RandomState(5)), proba(np.random.RandomState(5)))
    assert not np.array_equal(proba(None), proba(None))


def test_nothing_is_left_in_the_temporary_folder(
    estimator: ArticleClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one = clone(estimator).fit(X, Y)
    pickle.loads(pickle.dumps(one)).predict(X)
    with pytest.raises(InputError):
        one.fit(["a", "b"], ["x", "x"])
    with pytest.raises(InputError):
        one.set_params(model_name="none").fit(X, Y)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("classifier")] == []
