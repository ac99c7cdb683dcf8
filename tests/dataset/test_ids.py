from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.corpus import OLD, Corpus
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.errors import Fault
from tests.makers.corpora import make_corpus


def numbered(prefix: str, n: int) -> list[Article]:
    return [Article(str(i), f"{prefix} {i}", ("ab"[i % 2],), where=f"{prefix}.csv:{i + 2}") for i in range(n)]


def named(parts: dict[str, list[Article]], folder: Path) -> Corpus:
    return distinct_ids(make_corpus(parts, folder))


def test_an_id_that_occurs_twice_in_a_part_is_rejected_with_both_places(tmp_path: Path) -> None:
    articles = numbered("a", 5)
    articles += [replace(articles[1], text="another", where="a.csv:9"), replace(articles[1], text="yet another")]
    faults: list[Fault] = []
    kept = first_of_ids(make_corpus(articles, tmp_path / "a"), faults.append)
    assert kept.tolist() == [True] * 5 + [False] * 2
    assert [str(fault) for fault in faults] == [
        "a.csv:9: the id '1' is already that of a.csv:3",
        "a.csv:3: the id '1' is already that of a.csv:3",
    ]
    assert {fault.name for fault in faults} == {"duplicate id"}


def test_the_same_ids_in_two_parts_get_the_part_before_them(tmp_path: Path) -> None:
    corpus = named({"train": numbered("a", 3), "test": numbered("b", 4)}, tmp_path / "a")
    assert corpus.index.ids == ["train/0", "train/1", "train/2", "test/0", "test/1", "test/2", "test/3"]
    assert [article.id for article in corpus.articles([0, 3])] == ["train/0", "test/0"]
    assert first_of_ids(corpus, lambda fault: pytest.fail(str(fault))).all()


def test_ids_that_stand_twice_in_one_part_only_stay_as_they_are_and_are_rejected(tmp_path: Path) -> None:
    train = numbered("a", 3)
    test = [replace(article, id=f"t{article.id}") for article in numbered("b", 2)]
    corpus = named({"train": [*train, train[0]], "test": test}, tmp_path / "a")
    assert corpus.index.ids == ["0", "1", "2", "0", "t0", "t1"]
    assert first_of_ids(corpus, lambda fault: None).tolist() == [True, True, True, False, True, True]
    corpus = named({"train": [*train, train[0]], "test": numbered("b", 1)}, tmp_path / "b")
    assert corpus.index.ids == ["train/0", "train/1", "train/2", "train/0", "test/0"]
    assert first_of_ids(corpus, lambda fault: None).tolist() == [True, True, True, False, True]


def test_the_ids_of_an_extended_dataset_never_change(tmp_path: Path) -> None:
    old = [replace(article, id=f"train/{article.id}") for article in numbered("a", 2)]
    new = {"train": [replace(numbered("c", 1)[0], id="7")], "test": [replace(numbered("d", 1)[0], id="7")]}
    assert named({OLD: old, **new}, tmp_path / "a").index.ids == ["train/0", "train/1", "train/7", "test/7"]
    alone = {"train": new["train"], "test": []}
    assert named({OLD: old, **alone}, tmp_path / "b").index.ids == ["train/0", "train/1", "train/7"]
    plain = numbered("a", 2)
    assert named({OLD: plain, **alone}, tmp_path / "c").index.ids == ["0", "1", "7"]
    assert named({OLD: plain, "all": new["train"]}, tmp_path / "d").index.ids == ["0", "1", "7"]
