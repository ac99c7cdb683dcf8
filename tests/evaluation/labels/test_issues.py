import builtins
from typing import Any

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.labels import issues as issues_module
from classifier.evaluation.labels.issues import import_cleanlab, joint, judge_labels, noise_interval, outliers


def told(y: np.ndarray, classes: int, sure: float = 0.8, seed: int = 0) -> np.ndarray:
    """Probabilities of models that know the labels."""
    rng = np.random.default_rng(seed)
    proba = np.full((len(y), classes), (1 - sure) / (classes - 1)) + rng.random((len(y), classes)) / 50
    proba[np.arange(len(y)), y] = sure
    return np.asarray(proba / proba.sum(axis=1, keepdims=True))


def spoilt(n: int = 300, classes: int = 3, wrong: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which the first are wrong, and probabilities that say so."""
    truth = np.arange(n) % classes
    y = truth.copy()
    y[:wrong] = (y[:wrong] + 1) % classes
    return y, told(truth, classes)


def test_wrong_labels_are_flagged_and_right_ones_are_not() -> None:
    y, proba = spoilt()
    found = judge_labels(y, proba)
    assert found.issue.nonzero()[0].tolist() == list(range(15))
    assert found.suggested.tolist() == (np.arange(300) % 3).tolist()
    assert found.quality[:15].max() < found.quality[15:].min()
    assert np.allclose(found.quality, proba[np.arange(300), y])


def test_an_article_that_the_models_agree_with_is_never_flagged() -> None:
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 1, 1], 200)
    y = rng.integers(0, 3, 200)
    found = judge_labels(y, proba)
    agreed = proba.argmax(axis=1) == y
    assert not (found.issue & agreed).any()
    assert 0 < found.issue.sum() < (~agreed).sum()
    assert found.quality[found.issue].max() <= found.quality[~found.issue & ~agreed].min()  # the least probable ones


def test_several_labels_name_the_one_that_is_wrong() -> None:
    truth = (np.random.default_rng(0).random((200, 4)) < 0.4).astype(np.int64)
    proba = np.where(truth == 1, 0.9, 0.1)
    y = truth.copy()
    y[0, 2], y[1, 0] = 1 - y[0, 2], 1 - y[1, 0]
    found = judge_labels(y, proba)
    assert np.argwhere(found.flagged).tolist() == [[0, 2], [1, 0]]
    assert np.array_equal(found.suggested, truth)
    assert found.issue.nonzero()[0].tolist() == [0, 1]
    assert set(np.argsort(found.quality)[:2]) == {0, 1}
    assert noise_interval(y, proba, np.arange(200))[0] == pytest.approx(0.01)


def test_the_share_of_wrong_labels_and_its_interval() -> None:
    y, proba = spoilt()
    share, low, high = noise_interval(y, proba, np.arange(300))
    assert share == pytest.approx(0.05)
    assert 0.02 < low < share < high < 0.09
    assert noise_interval(y, proba, np.arange(300)) == (share, low, high)


def test_units_are_resampled_whole() -> None:
    """All wrong labels in one unit of fifteen: whether it is drawn is all that matters."""
    y, proba = spoilt()
    alone = noise_interval(y, proba, np.arange(300))
    together = noise_interval(y, proba, np.concatenate([np.zeros(15, dtype=np.int64), np.arange(1, 286)]))
    assert together[2] - together[1] > 1.5 * (alone[2] - alone[1])


def test_the_joint_distribution() -> None:
    y, proba = spoilt()
    found = joint(y, proba)
    assert found.shape == (3, 3)
    assert found.sum() == pytest.approx(1)
    assert found[1, 0] == pytest.approx(5 / 300, abs=0.01)  # given 1, truly 0
    assert found[0, 1] == pytest.approx(0, abs=0.01)


def test_a_class_without_articles() -> None:
    y, proba = spoilt()
    wider = np.column_stack([proba, np.full(300, 1e-9)])
    assert judge_labels(y, wider).issue.sum() == 15
    assert np.isfinite(joint(y, wider)).all()
    assert noise_interval(y, wider, np.arange(300))[0] == pytest.approx(0.05)
    ones = np.zeros(300, dtype=np.int64)
    assert not judge_labels(ones, proba).issue.any()
    share, low, high = noise_interval(ones, proba, np.arange(300))
    assert share == low == 0 < high < 0.02  # 300 articles without a wrong one
    assert noise_interval(ones[:9], proba[:9], np.arange(9))[2] > 0.25  # nine of them tell little
    assert noise_interval(ones, proba, np.arange(300) // 30)[2] > 0.25  # ten units are not many more


def test_outliers() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(100, 8)).astype(np.float32) * 0.1 + 1
    vectors[7] = -1
    scores, strange = outliers(vectors)
    assert strange[7]
    assert strange.sum() < 6
    assert scores.argmin() == 7
    assert not outliers(vectors[:20])[1].any()


def test_outliers_of_a_large_corpus_are_compared_with_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issues_module, "COMPARED", 60)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 8)).astype(np.float32) * 0.1 + 1
    vectors[[5, 150]] = np.array([[-1.0], [1.0]]) * rng.normal(size=(2, 8)).astype(np.float32)
    scores, strange = outliers(vectors)
    assert scores.shape == (200,)
    assert {5, 150} <= set(strange.nonzero()[0].tolist())


def test_without_cleanlab_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("cleanlab"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"cleanlab\.\nFix: .*pip install 'article-classifier\[audit\]'"):
        import_cleanlab()
