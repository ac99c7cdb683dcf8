import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.metrics import f1_score

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.checksums import CHECKSUMS
from classifier.errors import InputError
from classifier.models import tfidf
from classifier.models.held_out import LEARNT, HeldOut
from classifier.models.tfidf import (
    check_baselines,
    fit_baselines,
    fit_counted,
    load_baselines,
    save_baselines,
)
from classifier.models.tfidf_features import count_articles
from classifier.stats.blending import fit_scale
from tests.makers.articles import SIGNALS, make_articles


@pytest.mark.parametrize(("pair", "multi_label"), [(False, False), (True, False), (False, True)])
def test_it_learns_and_predicts_the_same_when_read_back(tmp_path: Path, pair: bool, multi_label: bool) -> None:
    labels = LabelSet(tuple(sorted(SIGNALS)), multi_label)
    train, test = (
        make_articles(120, 0, pair=pair, multi_label=multi_label),
        make_articles(60, 1, pair=pair, multi_label=multi_label),
    )
    y_train, y_test = labels.encode(a.labels for a in train), labels.encode(a.labels for a in test)
    fitted = fit_baselines(train, y_train, pair=pair)
    predicted = fitted.predict_tfidf(test)
    assert (predicted == y_test).mean() > 0.9
    save_baselines(fitted, tmp_path / "baseline")
    read = load_baselines(tmp_path / "baseline")
    assert np.array_equal(read.predict_tfidf(test), predicted)
    assert np.array_equal(read.predict_majority(5), fitted.predict_majority(5))
    assert {path.suffix for path in (tmp_path / "baseline").iterdir()} == {".json", ".safetensors"}


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_penalty_is_chosen_on_validation(multi_label: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Training labels that are partly wrong want a strong penalty; validation tells."""
    rng = np.random.default_rng(0)
    labels = LabelSet(("a", "b"), multi_label)
    names = [f"w{index}" for index in range(60)]

    def drawn(count: int, wrong: float) -> list[Article]:
        articles = []
        for row in range(count):
            label = row % 2
            words = rng.choice(names[label * 10 :][:50], size=12)
            given = label if rng.random() > wrong else 1 - label
            articles.append(Article(str(row), " ".join(words), ("ab"[given],)))
        return articles

    train, validation, test = drawn(200, 0.3), drawn(300, 0), drawn(600, 0)
    y, seen, truth = (labels.encode(a.labels for a in part) for part in (train, validation, test))
    with caplog.at_level("INFO"):
        tuned = fit_baselines(train, y, pair=False, validation=(validation, seen))
    plain = fit_baselines(train, y, pair=False)
    assert "TF-IDF: C = 0.3 of 0.3, 1.0, 3.0, chosen on 300 validation articles" in caplog.text
    assert (tuned.predict_tfidf(test) == truth).mean() > (plain.predict_tfidf(test) == truth).mean()
    empty = fit_baselines(train, y, pair=False, validation=([], seen[:0]))
    assert np.array_equal(empty.weights, plain.weights)


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("pair", [False, True])
def test_the_scale_is_that_of_articles_that_did_not_train(tmp_path: Path, pair: bool, multi_label: bool) -> None:
    """Labels that are half wrong: of its own articles the machine is too sure, of others it knows little."""
    labels = LabelSet(tuple(sorted(SIGNALS)), multi_label)
    articles = make_articles(150, 0, pair=pair, multi_label=multi_label)
    y = labels.encode(a.labels for a in articles)
    noisy = y.copy()
    noisy[::2] = np.random.default_rng(0).permutation(noisy[::2])
    fold = np.arange(len(y)) % 5
    sure, unsure = (
        fit_baselines(articles, given, pair=pair, held_out=HeldOut(fold, balanced=True)) for given in (y, noisy)
    )
    own = fit_scale(unsure.scores(articles, len(labels)), noisy, balanced=True)
    assert sure.scale is not None and unsure.scale is not None
    assert unsure.scale < sure.scale / 2
    assert unsure.scale < own / 2
    plain = fit_baselines(articles, noisy, pair=pair)
    assert plain.scale is None
    assert np.array_equal(plain.weights, unsure.weights)
    save_baselines(unsure, tmp_path / "baseline")
    assert load_baselines(tmp_path / "baseline").scale == unsure.scale


def test_a_label_of_one_fold_alone_says_nothing_of_the_scale() -> None:
    articles = make_articles(90, 0)
    y = np.array([sorted(SIGNALS).index(a.labels[0]) for a in articles])
    fold, alone = np.arange(90) // 30, np.append(y, [3, 3])
    one = articles[0]
    usual = fit_baselines(articles, y, pair=False, held_out=HeldOut(fold, balanced=False)).scale
    rare = fit_baselines(
        [*articles, one, one], alone, pair=False, held_out=HeldOut(np.append(fold, [0, 0]), False)
    ).scale
    assert usual is not None and rare == pytest.approx(usual, rel=0.3)
    nothing = HeldOut(np.array([0, 0, 1, 1]), balanced=True)
    assert fit_baselines(articles[:4], np.array([0, 0, 1, 1]), pair=False, held_out=nothing).scale is None


def test_what_is_learnt_in_every_fold_is_not_scored() -> None:
    """Articles of which nobody knows the true label do not tell what the scores are worth."""
    articles = make_articles(90, 0)
    y = np.array([sorted(SIGNALS).index(a.labels[0]) for a in articles])
    wrong = (y[:30] + 1) % 3
    fold = np.append(np.arange(90) % 3, np.full(30, LEARNT))
    both, labels = [*articles, *articles[:30]], np.append(y, wrong)
    assert HeldOut(fold, balanced=True).usable(labels).tolist() == [True] * 90 + [False] * 30
    found = fit_baselines(both, labels, pair=False, held_out=HeldOut(fold, balanced=True)).scale
    alone = fit_baselines(articles, y, pair=False, held_out=HeldOut(fold[:90], balanced=True)).scale
    assert found is not None and found != alone  # what was learnt is wrong, and shows


def test_baselines_of_older_versions_have_no_scale(tmp_path: Path) -> None:
    articles = make_articles(12)
    y = np.array([sorted(SIGNALS).index(a.labels[0]) for a in articles])
    save_baselines(fit_baselines(articles, y, pair=False), tmp_path / "b")
    file = tmp_path / "b" / "tfidf.json"
    values = json.loads(file.read_text())
    for changed in ({}, {"scale": None}, {"scale": 0.0}, {"scale": -1.0}):
        (tmp_path / "b" / CHECKSUMS).unlink(missing_ok=True)
        file.write_text(json.dumps({**{key: value for key, value in values.items() if key != "scale"}, **changed}))
        if changed.get("scale") is None:
            assert load_baselines(tmp_path / "b").scale is None
        else:
            with pytest.raises(InputError, match="is no number above 0"):
                load_baselines(tmp_path / "b")


def test_two_classes_and_a_single_one() -> None:
    articles = [article for article in make_articles(60) if article.labels != ("satire",)]
    labels = LabelSet(("opinion", "reporting", "satire"))
    y = labels.encode(a.labels for a in articles)
    fitted = fit_baselines(articles, y, pair=False)
    assert np.array_equal(fitted.predict_tfidf(articles), y)
    only = [article for article in articles if article.labels == ("reporting",)]
    same = fit_baselines(only, labels.encode(a.labels for a in only), pair=False)
    assert set(same.predict_tfidf(articles)) == {1}


def test_texts_without_words_are_read_by_characters(tmp_path: Path) -> None:
    articles = [Article(str(i), "今天天气很好" if i % 2 else "经济政策会议", ("ab"[i % 2],)) for i in range(60)]
    y = np.array([index % 2 for index in range(60)])
    for texts in (articles, [Article(a.id, "! ? ." if a.labels == ("a",) else ", ;") for a in articles]):
        fitted = fit_baselines(texts, y, pair=False)
        save_baselines(fitted, tmp_path / "baseline")
        assert np.array_equal(load_baselines(tmp_path / "baseline").predict_tfidf(texts), y)


def test_the_majority() -> None:
    articles = make_articles(10)
    assert fit_baselines(articles, np.array([0, 0, 1, 1, 1, 1, 1, 2, 2, 2]), pair=False).predict_majority(
        3
    ).tolist() == [1, 1, 1]


@pytest.mark.parametrize("pair", [False, True])
def test_counting_once_gives_what_counting_each_time_gives(pair: bool) -> None:
    """Fitted on some of the counted articles, for others of them."""
    articles = make_articles(120, pair=pair)
    y = LabelSet(tuple(sorted(SIGNALS))).encode(a.labels for a in articles)
    train, test = np.array_split(np.random.default_rng(0).permutation(120), [80])
    counted = count_articles(articles, pair=pair)
    once = fit_counted(counted.of(train), y[train], (counted.of(test), y[test]))
    mine, others = ([articles[row] for row in rows] for rows in (train, test))
    apart = fit_baselines(mine, y[train], pair=pair, validation=(others, y[test]))
    assert np.array_equal(once.weights, apart.weights)
    assert np.array_equal(once.distances(counted.of(test)), apart.distances(others))
    assert np.array_equal(once.class_scores(once.distances(others), 3), apart.scores(others, 3))


def test_no_articles_have_no_scores() -> None:
    articles = make_articles(30)
    fitted = fit_baselines(articles, np.array([row % 3 for row in range(30)]), pair=False)
    assert fitted.scores([], 3).shape == (0, 3)
    assert fitted.predict_tfidf([]).shape == (0,)


def test_tfidf_of_older_runs_is_read(tmp_path: Path) -> None:
    articles = make_articles(60)
    y = LabelSet(tuple(sorted(SIGNALS))).encode(a.labels for a in articles)
    fitted = fit_baselines(articles, y, pair=False, words_alone=True)
    save_baselines(fitted, tmp_path / "baseline")
    file = tmp_path / "baseline" / "tfidf.json"
    values = json.loads(file.read_text())
    (words,) = values.pop("features")
    file.write_text(json.dumps({**values, **words}))
    (tmp_path / "baseline" / CHECKSUMS).unlink()
    assert np.array_equal(load_baselines(tmp_path / "baseline").predict_tfidf(articles), fitted.predict_tfidf(articles))


Arrays = dict[str, np.ndarray]


def saved(folder: Path, *, multi_label: bool = False) -> Path:
    articles = make_articles(30)
    y = LabelSet(tuple(sorted(SIGNALS))).encode(a.labels for a in articles)
    y = np.eye(len(SIGNALS), dtype=np.int64)[y] if multi_label else y
    save_baselines(fit_baselines(articles, y, pair=False, words_alone=True), folder)
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("idf"), "it lacks 'idf'"),
        (lambda a: a["idf"].__setitem__(0, np.nan), "holds what is not a number"),
        (lambda a: a["weights"].__setitem__((0, 0), np.inf), "holds what is not a number"),
        (lambda a: a.update(idf=a["idf"][1:]), "as many different words"),
        (lambda a: a.update(weights=a["weights"][:, 1:].copy()), "weights of shape"),
        (lambda a: a.update(bias=a["bias"][1:]), "weights of shape"),
        (lambda a: a.update(classes=a["classes"][::-1].copy()), "are not 3 rising numbers"),
        (lambda a: a.update(classes=a["classes"] - 1), "are not 3 rising numbers"),
        (lambda a: a.update(classes=a["classes"].astype(np.float32)), "are not 3 rising numbers"),
    ],
)
@pytest.mark.parametrize("multi_label", [False, True])
def test_arrays_that_cannot_be_true_are_refused(
    change: Callable[[Arrays], object], said: str, multi_label: bool, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "baseline", multi_label=multi_label)
    (folder / CHECKSUMS).unlink()
    arrays = load_file(folder / "tfidf.safetensors")
    load_baselines(folder)
    change(arrays)
    save_file(arrays, folder / "tfidf.safetensors")
    with pytest.raises(InputError, match=said):
        load_baselines(folder)


@pytest.mark.parametrize(
    ("multi_label", "majority"), [(False, [7]), (False, [0, 1]), (True, [0, 1]), (True, [0, 2, 1])]
)
def test_a_majority_that_is_none_is_refused(multi_label: bool, majority: list[int], tmp_path: Path) -> None:
    folder = saved(tmp_path / "baseline", multi_label=multi_label)
    (folder / CHECKSUMS).unlink()
    arrays = load_file(folder / "tfidf.safetensors")
    save_file({**arrays, "majority": np.array(majority)}, folder / "tfidf.safetensors")
    with pytest.raises(InputError, match="majority"):
        load_baselines(folder)


def test_baselines_of_another_model_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "baseline")
    found = load_baselines(folder)
    check_baselines(found, folder, classes=3, pair=False, multi_label=False)
    for other in ({"classes": 2}, {"pair": True}, {"multi_label": True}):
        with pytest.raises(InputError, match="belongs to another model"):
            check_baselines(found, folder, **{"classes": 3, "pair": False, "multi_label": False, **other})  # type: ignore[arg-type]


def test_what_was_changed_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "baseline")
    file = folder / "tfidf.json"
    file.write_text(file.read_text().replace('"char', '"chat').replace("[1, 1]", "[1, 2]"))
    with pytest.raises(InputError, match=r"tfidf\.json: the content was changed"):
        load_baselines(folder)
    load_baselines(folder, verify=False)


def test_penalties_are_compared_by_the_classes_that_validation_has() -> None:
    truth, given = np.array([0, 0, 1]), np.array([0, 2, 1])
    assert tfidf._macro_f1(truth, given) == pytest.approx((2 / 3 + 1) / 2)
    many = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert tfidf._macro_f1(many, np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]])) == pytest.approx((2 / 3 + 1) / 2)


def test_one_answer_of_several_labels_is_that_of_the_highest_micro_f1() -> None:
    articles = make_articles(4)
    y = np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 1]])
    answers = np.array(list(itertools.product((0, 1), repeat=3)))
    best = max(f1_score(y, np.tile(answer, (4, 1)), average="micro", zero_division=0) for answer in answers)
    given = fit_baselines(articles, y, pair=False).predict_majority(4)
    assert given.tolist() == [[1, 0, 0]] * 4  # half of the articles have it, and no label is that of most
    assert f1_score(y, given, average="micro") == pytest.approx(best)
    most = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1]])
    assert fit_baselines(articles, most, pair=False).predict_majority(1).tolist() == [[1, 1, 0]]
