import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.dataset.corpus import GUESS, Corpus
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.duplicates import signatures, text_key
from classifier.errors import Fault, InputError
from classifier.progress import SilentTask
from tests.makers.articles import make_articles
from tests.makers.corpora import make_corpus, make_text
from tests.makers.languages import SENTENCES, articles_in


def read(parts: Any, folder: Path, *, reject: Any = lambda fault: None, **more: Any) -> Corpus:
    folder.mkdir()
    options = {name: more.pop(name) for name in ("workers", "chunk") if name in more}
    preparation = Preparation(**more)
    parts = parts if isinstance(parts, dict) else {"all": parts}
    return read_corpus(parts, folder, preparation, reject, SilentTask(), **{"workers": 1, **options})


def same(a: Corpus, b: Corpus) -> bool:
    arrays = all((getattr(a.index, name) == getattr(b.index, name)).all() for name in ("text", "input", "signature"))
    plain = all(getattr(a.index, name) == getattr(b.index, name) for name in ("ids", "labels", "parts", "columns"))
    rest = (a.kinds, a.used, a.parts) == (b.kinds, b.used, b.parts)
    return arrays and plain and rest and list(a.articles()) == list(b.articles())


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_while_reading_reaches_the_caller(workers: int, tmp_path: Path) -> None:
    def stream() -> Iterator[Article]:
        yield from make_articles(10)
        raise InputError("a.csv:12 cannot be read.")

    with pytest.raises(InputError, match=r"a\.csv:12 cannot be read"):
        read(stream(), tmp_path / "a", workers=workers, chunk=3)


def test_neither_chunks_nor_processes_change_anything(tmp_path: Path) -> None:
    rng = random.Random(0)
    articles = [
        Article(
            f"a{i}",
            make_text(rng, 30),
            (rng.choice("xyz"),),
            title=None if i % 3 else f"Title {i}",
            source=f"s{i % 7}",
            target=f"Claim {i % 4}",
            extra={"desk": i % 5, "note": f"n{i}"},
            where=f"a.csv:{i + 2}",
        )
        for i in range(60)
    ]
    articles[40] = replace(articles[40], text=articles[3].text.upper())
    parts = {"train": [*articles[:35], Fault("a.csv:99", "bad")], "test": articles[35:]}
    rejected: list[list[Fault]] = []
    corpora = []
    for number, (chunk, workers) in enumerate([(2000, 1), (7, 1), (1, 1), (7, 2)]):
        rejected.append([])
        corpora.append(
            read(
                parts,
                tmp_path / str(number),
                reject=rejected[-1].append,
                chunk=chunk,
                workers=workers,
                columns=("source", "desk"),
            )
        )
    assert all(same(corpora[0], other) for other in corpora[1:])
    assert all(found == [Fault("a.csv:99", "bad")] for found in rejected)
    assert list(corpora[0].articles()) == articles
    assert corpora[0].index.parts == ["train"] * 35 + ["test"] * 25
    assert corpora[3].index.columns["desk"] == [i % 5 for i in range(60)]
    assert len(corpora[1].starts) == 1 + 5 + 4


def test_the_index_holds_hashes_and_signatures_of_the_texts(tmp_path: Path) -> None:
    articles = [
        Article("1", "The storm hit", ("a",), target="A claim"),
        Article("2", "the  STORM hit", ("b",), target="a CLAIM"),
        Article("3", "the storm hit", ("b",), target="Another claim"),
        Article("4", "the storm hit", ("b",)),
        Article("5", "The storm hit the coast", ("b",)),
    ]
    index = read(articles, tmp_path / "a", chunk=2).index
    assert index.text.tolist() == [text_key(article.text) for article in articles]
    assert index.input[0] == index.input[1]
    assert len(set(index.input.tolist())) == 4
    assert index.input[3] == index.text[3]
    assert (index.signature == signatures([article.text for article in articles])).all()
    assert read(articles, tmp_path / "b", near=False).index.signature.shape == (5, 0)


def test_equal_strings_of_all_chunks_are_held_once(tmp_path: Path) -> None:
    articles = [
        Article(str(i), f"text {i}", ("".join(["la", "bel"]),), source="".join(["Daily ", "Example"])) for i in range(9)
    ]
    index = read(articles, tmp_path / "a", chunk=2, columns=("source",)).index
    assert index.columns["source"] == ["Daily Example"] * 9
    assert len({id(value) for value in index.columns["source"]}) == 1
    assert len({id(names) for names in index.labels}) == 1
    assert len({id(part) for part in index.parts}) == 1


def test_signatures_are_in_memory_once(tmp_path: Path) -> None:
    articles = [Article(str(i), f"word{i} and word{i + 1}", ("a",)) for i in range(5000)]
    peaks = []
    for near in (False, True):
        tracemalloc.start()
        corpus = read(articles, tmp_path / str(near), near=near, chunk=100)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1.5 * corpus.index.signature.nbytes


def test_boilerplate_is_stripped_before_texts_are_compared(tmp_path: Path) -> None:
    def post(name: str, body: str, where: str) -> Article:
        return Article(name, f"From: {name}@example.org\nSubject: {name}\n\n{body}", ("a",), where=where)

    articles = [post("one", "The same words", "a:1"), post("two", "the same words", "a:2"), post("three", " ", "a:3")]
    faults: list[Fault] = []
    corpus = read(
        [*articles, post("four", "\n", "a:4")], tmp_path / "a", reject=faults.append, strip=("headers",), chunk=2
    )
    assert [article.text.strip() for article in corpus.articles()] == ["The same words", "the same words"]
    assert corpus.index.text[0] == corpus.index.text[1]
    assert [fault.where for fault in faults] == ["a:3", "a:4"]
    assert faults[0].name == "nothing left"
    assert corpus.starts == [0, 2, 2]
    assert corpus.index.ids == ["one", "two"]


def test_the_language_is_guessed_where_it_is_not_given(tmp_path: Path) -> None:
    articles = [
        Article("1", "The council voted on Tuesday to close the old bridge over the river for repairs.", ("a",)),
        Article("2", "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke über den Fluss zu sperren.", ("a",)),
        Article("3", "Der Stadtrat hat am Dienstag beschlossen, die Brücke zu sperren.", ("a",), language="nds"),
    ]
    corpus = read(articles, tmp_path / "a", guess_language=True, columns=("source",))
    assert corpus.index.columns == {"source": [None] * 3, GUESS: ["en", "de", "nds"]}
    assert [article.extra[GUESS] for article in corpus.articles()] == ["en", "de", "nds"]
    assert GUESS not in read(articles, tmp_path / "b").index.columns


@pytest.mark.parametrize("workers", [1, 2])
def test_articles_in_other_languages_are_left_out_and_counted(workers: int, tmp_path: Path) -> None:
    articles = [
        *articles_in("en", "fr", each=5),
        Article("short", "Oui.", ("a",)),  # not sure
        Article("given", "Oui.", ("a",), language="French"),
        Article("wrong", SENTENCES["fr"], ("a",), language="en-GB"),
    ]
    corpus = read(articles, tmp_path / "a", languages=("en",), workers=workers, chunk=4)
    assert corpus.index.ids == [*(f"en{i}" for i in range(5)), "short", "wrong"]
    assert corpus.languages == {"fr": 6, None: 1}
    old = read({"old": articles, "all": []}, tmp_path / "b", languages=("en",))
    assert (len(old), old.languages) == (13, {})
    assert len(read(articles, tmp_path / "c")) == 13


def test_faults_are_told_and_empty_parts_are_known(tmp_path: Path) -> None:
    faults: list[Fault] = []
    parts = {"train": [Fault("a:2", "bad"), *make_articles(3), Fault("a:6", "worse")], "test": [Fault("b:2", "bad")]}
    corpus = read(parts, tmp_path / "a", reject=faults.append)
    assert [str(fault) for fault in faults] == ["a:2: bad", "a:6: worse", "b:2: bad"]
    assert (len(corpus), corpus.parts, set(corpus.index.parts)) == (3, ("train", "test"), {"train"})
    assert corpus.used == {"source", "date"}
    empty = make_corpus([], tmp_path / "empty")
    assert (len(empty), list(empty.articles())) == (0, [])
