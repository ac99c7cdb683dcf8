from pathlib import Path
from typing import Any

import numpy as np

from classifier.dataset.corpus import Corpus
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.progress import SilentTask
from tests.makers.articles import make_articles


def read(parts: Any, folder: Path, *, reject: Any = lambda fault: None, **more: Any) -> Corpus:
    folder.mkdir()
    options = {name: more.pop(name) for name in ("workers", "chunk") if name in more}
    preparation = Preparation(**more)
    parts = parts if isinstance(parts, dict) else {"all": parts}
    return read_corpus(parts, folder, preparation, reject, SilentTask(), **{"workers": 1, **options})


def test_articles_of_some_rows_come_in_ascending_order_from_all_chunks(tmp_path: Path) -> None:
    articles = make_articles(20)
    corpus = read(articles, tmp_path / "a", chunk=6)
    assert [article.id for article in corpus.articles([17, 3, 3, 12, 5])] == ["a3", "a5", "a12", "a17"]
    assert list(corpus.articles(np.array([6, 5]))) == [articles[5], articles[6]]
    assert list(corpus.articles([])) == []
    assert corpus.place(13) == "made:13"
    assert corpus.places([19, 0, 0]) == {0: "made:0", 19: "made:19"}
    assert [(start, len(table)) for start, table in corpus.tables()] == [(0, 6), (6, 6), (12, 6), (18, 2)]
