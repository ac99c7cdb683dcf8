import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError, shell_word
from classifier.evaluation.comparison import compare_runs
from classifier.evaluation.paired_runs import open_pair
from classifier.files import write_json
from tests.makers.predictions import made_articles, write_run, write_seeds


def test_only_articles_with_the_same_id_and_label_are_compared(tmp_path: Path) -> None:
    truth = np.array([0, 1, 2, 0, 1, 2])
    articles = made_articles(truth)
    a = write_run(tmp_path / "a", articles, truth)
    relabelled = [*made_articles([1]), *articles[1:5]]
    b = write_run(tmp_path / "b", relabelled, np.array([1, 1, 1, 1, 1]))
    found, differing = compare_runs(a, b)
    assert found.articles == 4
    assert "A has 6 articles, B 5; the 4 with" in found.notes[0]
    assert [row["id"] for row in differing] == ["id2", "id3"]
    none = write_run(tmp_path / "c", relabelled[:1], np.array([1]))
    with pytest.raises(InputError, match="no article"):
        compare_runs(a, none)


def test_texts_that_a_side_was_trained_on_are_known(tmp_path: Path) -> None:
    truth = np.array([0, 1, 2])
    sides = [write_run(tmp_path / name, made_articles(truth), truth) for name in "ab"]
    metrics = sides[0] / "evaluation" / "test" / "metrics.json"
    write_json(metrics, {**json.loads(metrics.read_text()), "trained_texts": 2})
    assert compare_runs(*sides)[0].trained_texts == (2, 0)
    assert compare_runs(sides[1], metrics.parent)[0].trained_texts == (0, 2)
    for side in sides:
        shutil.copytree(side / "evaluation" / "test", side / "evaluation" / "train")
        figures = side / "evaluation" / "train" / "metrics.json"
        write_json(figures, {**json.loads(figures.read_text()), "split": "train", "trained_texts": 0})
    assert compare_runs(*sides, split="train")[0].trained_texts == (3, 3)


def test_other_articles_that_both_were_evaluated_on_are_named_as_the_way_out(tmp_path: Path) -> None:
    truth = np.array([0, 1, 2])
    a = write_run(tmp_path / "a", made_articles(truth), truth)
    others = [replace(article, id=f"other-{article.id}") for article in made_articles(truth)]
    b = write_run(tmp_path / "my b", others, truth)
    with pytest.raises(InputError, match=r"classifier evaluate RUN --data FILE, and compare these: --split data-FILE"):
        open_pair(a, b)
    shutil.copytree(a / "evaluation" / "test", a / "evaluation" / "data-more.csv")
    with pytest.raises(InputError) as error:
        open_pair(a, b, "data-more.csv")
    assert "but of 'test'" in error.value.message
    assert f"classifier evaluate {shell_word(b)} --data more.csv" in error.value.fix
    shutil.copytree(a / "evaluation" / "test", b / "evaluation" / "data-more.csv")
    with pytest.raises(InputError, match=r"Both were evaluated on other articles too: --split data-more\.csv"):
        open_pair(a, b)
    assert len(open_pair(a, b, "data-more.csv").ids) == 3


def test_articles_of_one_id_with_other_texts_are_not_taken_for_one(tmp_path: Path) -> None:
    truth = np.array([0, 1, 2, 0, 1, 2])
    articles = made_articles(truth)
    a = write_run(tmp_path / "a", articles, truth)
    others = [replace(article, text=f"another {article.text}") for article in articles]
    some = write_run(tmp_path / "some", [*others[:2], *articles[2:]], truth)
    pair = open_pair(a, some)
    assert pair.ids == ("id2", "id3", "id4", "id5")
    assert pair.notes == ("2 articles with the same id and label have other texts, and are left out.",)
    most = write_run(tmp_path / "most", [*others[:4], *articles[4:]], truth)
    with pytest.raises(InputError, match="different articles: of 6 with the same id and label, 4 have other texts"):
        open_pair(a, most)
    write_json(most / "dataset.json", {"settings": {"data": {"strip": ["headers"]}}})  # texts differ by what is removed
    assert len(open_pair(a, most).ids) == 6


def test_groups_of_both_sides_are_kept_together(tmp_path: Path) -> None:
    truth = np.array([0, 1, 2, 0, 1, 2])
    articles = made_articles(truth, source=list("xxyyzz"), author=list("pqqrst"))
    a = write_run(tmp_path / "a", articles, truth, ["source"])
    b = write_run(tmp_path / "b", articles, truth, ["author"])
    assert open_pair(a, a).groups.tolist() == [0, 0, 1, 1, 2, 2]
    pair = open_pair(a, b)
    assert pair.groups.tolist() == [0, 0, 0, 0, 1, 1]
    assert pair.resampled == "source, author"


def test_seeds_are_read_in_one_order_of_articles(tmp_path: Path) -> None:
    truth, second = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 2, 1, 1, 0])
    articles = made_articles(truth)
    a = write_seeds(tmp_path / "a", articles, [truth, truth])
    b = write_seeds(tmp_path / "b", articles, [truth])
    order = [3, 5, 0, 1, 4, 2]
    write_run(b / "seed-1", [articles[row] for row in order], second[order])
    (b / "plan.json").write_text((a / "plan.json").read_text())
    pair = open_pair(a, b)
    assert pair.ids == tuple(article.id for article in articles)
    assert [found.tolist() for found in pair.predicted[1]] == [truth.tolist(), second.tolist()]
    shutil.rmtree(b / "seed-1")
    write_run(b / "seed-1", articles[:5], truth[:5])
    with pytest.raises(InputError, match="were evaluated on different articles: 'id5' is not in all"):
        open_pair(a, b)
