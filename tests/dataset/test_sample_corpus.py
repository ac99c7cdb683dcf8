"""The sample corpus is what data/README.md says it is."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from tests.makers.corpora import by_id, split

SAMPLE = Path(__file__).parent.parent.parent / "data" / "sample"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]


def test_genres_outlets_lengths_and_dates() -> None:
    articles = rows("genre.jsonl")
    assert len(articles) >= 200
    assert min(Counter(a["label"] for a in articles).values()) >= 50
    assert set(Counter(a["label"] for a in articles)) == {"opinion", "press_release", "reporting", "satire"}
    assert len({a["source"] for a in articles}) >= 12
    lengths = [len(a["text"].split()) for a in articles]
    assert sum(length > 700 for length in lengths) >= 5
    assert all(90 <= length <= 300 or length > 700 for length in lengths)
    assert {a["date"][:4] for a in articles} == {"2023", "2024", "2025"}
    assert len({a["id"] for a in articles}) == len({a["text"] for a in articles}) == len(articles)


def test_no_sentence_stands_twice() -> None:
    counts = Counter(
        sentence.strip()
        for a in rows("genre.jsonl")
        for sentence in re.split(r"(?<=[.!?])\s+", a["text"])
        if len(sentence.split()) > 4
    )
    assert [sentence for sentence, count in counts.items() if count > 1] == []


def test_every_outlet_has_at_least_three_genres() -> None:
    genres = defaultdict(set)
    for a in rows("genre.jsonl"):
        genres[a["source"]].add(a["label"])
    assert min(map(len, genres.values())) >= 3


def test_claims() -> None:
    pairs = rows("stance.jsonl")
    claims = defaultdict(Counter)
    texts = {a["text"] for a in rows("genre.jsonl")}
    for pair in pairs:
        claims[pair["target"]][pair["label"]] += 1
        assert pair["text"] in texts
    assert len(claims) >= 6
    for counts in claims.values():
        assert set(counts) == {"agree", "dispute", "discuss", "unrelated"}
        assert counts.total() >= 20


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tfidf_leaves_room_on_unseen_outlets(seed: int, tmp_path: Path) -> None:
    from classifier.articles.labels import find_labels
    from classifier.models.tfidf import fit_baselines
    from classifier.stats.metrics import headline

    articles = [
        Article(a["id"], a["text"], (a["label"],), title=a["title"], source=a["source"]) for a in rows("genre.jsonl")
    ]
    assignment = split(articles, tmp_path / "a", group_by=["source"], test_size=0.3, validation_size=0.0, seed=seed)
    chosen = by_id(articles, assignment)
    train, test = ([a for a in articles if chosen[a.id] == name] for name in ("train", "test"))
    assert {a.source for a in train}.isdisjoint(a.source for a in test)
    labels = find_labels([a.labels for a in articles])
    fitted = fit_baselines(train, labels.encode(a.labels for a in train), pair=False)
    figures = headline(labels.encode(a.labels for a in test), fitted.predict_tfidf(test), labels.names)
    assert 0.4 < figures["f1_macro"] < 0.95


def test_new_articles_are_not_in_the_corpus() -> None:
    texts = {a["text"] for a in rows("genre.jsonl")}
    new = [path.read_text(encoding="utf-8") for path in (SAMPLE / "new").glob("*.txt")]
    assert len(new) >= 5
    assert not any(text in corpus for text in new for corpus in texts)
