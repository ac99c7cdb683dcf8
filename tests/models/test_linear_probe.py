from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from classifier.dataset.folder import open_dataset
from classifier.jobs.train import train
from classifier.models.linear_probe import fit_probe, fit_rows, fit_taught_rows
from classifier.models.transformer.windows import TextEncoder
from classifier.training import prepare
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

CPU = torch.device("cpu")


@pytest.mark.parametrize("classes", [2, 3])
def test_the_rows_decide_as_scikit_learn_does(classes: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=200)
    features = (rng.normal(size=(200, 6)) + y[:, None] * np.eye(6)[y % 6]).astype(np.float32)
    rows = fit_rows(features, y, balanced=True)
    logits = np.stack([features @ rows[c][0] + rows[c][1] for c in range(classes)], axis=1)
    theirs = LogisticRegression(class_weight="balanced", max_iter=1000).fit(features, y)
    ours = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert ours == pytest.approx(theirs.predict_proba(features), abs=1e-3)


@pytest.mark.parametrize("taught", [False, True])
def test_several_layers_are_standardised_and_their_weights_are_for_what_was_not(taught: bool) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=200)
    features = rng.normal(size=(200, 6)) + y[:, None] * np.eye(6)[y]
    features = (features * [100, 1, 0.01, 5, 1, 1] + [30, 0, 0, -4, 0, 1]).astype(np.float32)
    features[:, 5] = 7  # tells nothing, and would be divided by nothing
    if taught:
        rows = fit_taught_rows(features, np.eye(3, dtype=np.float32)[y], multi_label=False, vectors=2)
    else:
        rows = fit_rows(features, y, balanced=False, vectors=2)
    logits = np.stack([features @ rows[c][0] + rows[c][1] for c in range(3)], axis=1)
    scaled = StandardScaler().fit_transform(features.astype(np.float64)) / 2**0.5
    theirs = LogisticRegression(C=0.1, max_iter=1000).fit(scaled, y)
    ours = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert ours == pytest.approx(theirs.predict_proba(scaled), abs=2e-3)
    assert all(weights[5] == 0 for weights, _ in rows.values())


@pytest.mark.parametrize("taught", [False, True])
def test_a_rogue_feature_of_one_layer_hides_nothing(taught: bool, recwarn: pytest.WarningsRecorder) -> None:
    """As in the last layer of a language model: one feature a thousand times as large as the others tells nothing."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=600)
    features = (rng.normal(size=(600, 40)) + 3 * np.eye(40)[y]).astype(np.float32)
    features[:, 39] = 20_000 + 1_000 * rng.normal(size=600)
    shares = np.eye(3, dtype=np.float32)[y[:300]]
    if taught:
        rows = fit_taught_rows(features[:300], shares, multi_label=False)
    else:
        rows = fit_rows(features[:300], y[:300], balanced=False)
    logits = np.stack([features[300:] @ rows[c][0] + rows[c][1] for c in range(3)], axis=1)
    assert (logits.argmax(axis=1) == y[300:]).mean() > 0.9
    assert not [one for one in recwarn if "converge" in str(one.message)]


@pytest.mark.parametrize("classes", [2, 3])
def test_fewer_articles_than_features_are_fitted_as_scikit_learn_fits_them(classes: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=40)
    features = (rng.normal(size=(40, 300)) + 0.4 * y[:, None] * (np.arange(300) < 20)).astype(np.float32)
    features[1], y[1] = features[0], y[0]  # the same article twice adds no direction
    new = rng.normal(size=(30, 300)).astype(np.float32)
    rows = fit_rows(features, y, balanced=True, vectors=3)
    logits = np.stack([new @ rows[c][0] + rows[c][1] for c in range(classes)], axis=1)
    scaler = StandardScaler().fit(features.astype(np.float64))
    theirs = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000, tol=1e-6)
    theirs.fit(scaler.transform(features) / 3**0.5, y)
    ours = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert ours == pytest.approx(theirs.predict_proba(scaler.transform(new) / 3**0.5), abs=2e-3)


def test_a_training_says_how_short_it_is(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(prepare, "start_head", lambda *_, passes, **__: asked.append(passes))
    train(str(write_jsonl(tmp_path / "a.jsonl", make_articles(60))), tmp_path / "run", settings=tiny(checkpoint))
    trained = open_dataset(tmp_path / "run" / "dataset").counts()["train"].articles
    assert asked == [2 * trained]


def test_multi_label_and_missing_classes_are_left_alone() -> None:
    features = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    y = np.zeros((20, 3), dtype=np.int64)
    y[:10, 1] = 1
    y[:, 2] = 1
    assert list(fit_rows(features, y, balanced=False)) == [1]
    assert fit_rows(features, np.zeros(20, dtype=np.int64), balanced=False) == {}


def test_taking_articles_keeps_their_windows() -> None:
    from tests.makers.models import make_tokenizer

    encoder = TextEncoder(make_tokenizer(), max_length=16, windows=3)
    articles = make_articles(9)
    some = encoder.encode(articles).take(np.array([7, 2]))
    alone = encoder.encode([articles[7], articles[2]])
    assert np.array_equal(some.tokens, alone.tokens)
    assert np.array_equal(some.window_starts, alone.window_starts)
    assert np.array_equal(some.article_starts, alone.article_starts)
    assert np.array_equal(some.tokens_kept, alone.tokens_kept)


def test_a_probe_knows_what_it_has_seen() -> None:
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    y = np.where(features[:, 0] > 0, 2, 0)
    found = fit_probe(features, y, 4, balanced=False).logits(features).argmax(axis=1)
    assert np.mean(found == y) > 0.9
    assert set(found.tolist()) == {0, 2}
    assert set(fit_probe(features, y * 0 + 1, 4, balanced=True).logits(features).argmax(axis=1).tolist()) == {1}
    several = np.stack([np.zeros(40), features[:, 1] > 0, np.ones(40)], axis=1).astype(np.int64)
    signs = fit_probe(features, several, 3, balanced=False).logits(features) > 0
    assert not signs[:, 0].any()
    assert signs[:, 2].all()
    assert np.mean(signs[:, 1] == several[:, 1]) > 0.9


@pytest.mark.parametrize("classes", [2, 3])
def test_shares_that_are_sure_decide_as_labels_do(classes: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=120)
    features = (rng.normal(size=(120, 6)) + y[:, None] * np.eye(6)[y % 6]).astype(np.float32)
    sure = np.eye(classes, dtype=np.float32)[y]
    theirs, ours = fit_rows(features, y, balanced=False), fit_taught_rows(features, sure, multi_label=False)
    many = fit_taught_rows(features, np.hstack([sure, 1 - sure]), multi_label=True)
    each = fit_rows(features, sure.astype(np.int64), balanced=False)
    assert list(theirs) == list(ours) == list(many) == list(each)
    for c in range(classes):
        for one, other in ((ours, theirs), (many, each)):
            assert one[c][0] == pytest.approx(other[c][0], abs=1e-3)
            assert one[c][1] == pytest.approx(other[c][1], abs=1e-3)


def test_shares_are_what_is_said() -> None:
    features = np.zeros((4, 1), dtype=np.float32)
    shares = np.array([[0.75, 0.25, 0]] * 4, dtype=np.float32)
    rows = fit_taught_rows(features, shares, multi_label=False)
    assert rows[0][1] - rows[1][1] == pytest.approx(np.log(3), abs=1e-2)
    assert fit_taught_rows(features, np.eye(3, dtype=np.float32)[[0] * 4], multi_label=False) == {}
