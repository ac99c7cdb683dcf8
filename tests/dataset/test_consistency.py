import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.dataset.consistency import ConsistentCorpus, make_consistent
from classifier.dataset.corpus import OLD
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.errors import InputError
from classifier.progress import SilentTask
from tests.makers.articles import make_articles
from tests.makers.corpora import change_sentence, make_text, settled


def ids(found: ConsistentCorpus) -> list[str]:
    """The ids of the articles that stay."""
    return [name for name, kept in zip(found.corpus.index.ids, found.kept, strict=True) if kept]


def test_clusters_are_joined_transitively_and_can_be_limited_to_equal_texts(tmp_path: Path) -> None:
    rng = random.Random(1)
    chain = [make_text(rng)]
    for _ in range(5):
        chain.append(change_sentence(chain[-1], rng))
    texts = [*chain, make_text(rng), chain[2].title()]
    articles = [Article(str(i), text, ("ab"[i == 6],)) for i, text in enumerate(texts)]
    assert settled(articles, tmp_path / "near").cluster.tolist() == [0, 0, 0, 0, 0, 0, 1, 0]
    equal = settled(articles, tmp_path / "equal", near=None)
    assert equal.cluster.tolist() == [0, 1, 2, 3, 4, 5, 6, 2]
    assert (equal.duplicates.clusters, equal.duplicates.threshold) == (1, 1.0)
    assert settled(articles, tmp_path / "strict", near=0.99, contained=0.99).cluster.tolist() == equal.cluster.tolist()


@pytest.mark.parametrize("conflicts", [None, "error", "drop", "keep"])
def test_articles_that_all_have_one_text_are_refused_as_such(conflicts: str | None, tmp_path: Path) -> None:
    articles = [Article(str(n), "Please sign in to read this article.", ("abc"[n % 3],)) for n in range(12)]
    with pytest.raises(InputError, match=r"All 12 articles have the same text, under \d label") as error:
        settled(articles, tmp_path / "one", conflicts=conflicts)
    assert "--set data.columns.text=NAME" in error.value.fix
    with pytest.raises(InputError, match=r"occurs? with different labels"):
        settled([*articles, Article("x", "Rain fell.", ("a",))], tmp_path / "two")


def test_dropping_duplicates_keeps_the_first_of_each(tmp_path: Path) -> None:
    articles = make_articles(6)
    copies = [replace(articles[n], id=f"c{k}", text=articles[n].text.title()) for k, n in enumerate((0, 0, 3))]
    found = settled([*articles, *copies], tmp_path / "drop", duplicates="drop")
    assert ids(found) == [article.id for article in articles]
    assert (found.duplicates.exact, found.duplicates.dropped, found.duplicates.clusters) == (3, 3, 2)
    found = settled([*articles, *copies], tmp_path / "keep")
    assert found.kept.all()
    assert (found.duplicates.exact, found.duplicates.dropped) == (3, 0)
    assert (found.duplicates.clusters, found.duplicates.clustered, found.duplicates.largest) == (2, 5, 3)


def test_dropping_duplicates_never_reaches_across_parts_nor_labels(tmp_path: Path) -> None:
    train = make_articles(40)
    test = [replace(article, id=f"t{article.id}") for article in train]
    other = replace(train[0], id="other", labels=("satire",))
    found = settled(
        {"train": [*train, other, replace(train[1], id="copy")], "test": test},
        tmp_path / "a",
        duplicates="drop",
        conflicts="keep",
    )
    assert ids(found) == [a.id for a in [*train, other, *test]]
    halves = [replace(a, labels=("ab"[i > 20],)) for i, a in enumerate(train)]
    parts = {"train": halves, "validation": [], "test": [replace(a, id=f"t{a.id}") for a in halves]}
    assert settled(parts, tmp_path / "b", duplicates="drop_near").kept.all()
    assert settled(dict(reversed(parts.items())), tmp_path / "c", duplicates="drop_near").kept.all()


def test_dropping_near_duplicates_keeps_the_first_of_each(tmp_path: Path) -> None:
    rng = random.Random(2)
    texts = [make_text(rng) for _ in range(30)]
    articles = [Article(f"{i}", text, ("ab"[i % 2],), target="c") for i, text in enumerate(texts)]
    edited = [replace(a, id=f"e{a.id}", text=change_sentence(a.text, rng)) for a in articles[:10]]
    unlike = [replace(edited[0], id="label", labels=("b",)), replace(edited[1], id="target", target="d")]
    found = settled([*articles, *edited, *unlike], tmp_path / "a", duplicates="drop_near", conflicts="keep")
    assert ids(found) == [*(a.id for a in articles), "label", "target"]
    assert found.duplicates.dropped == 10


def test_a_text_within_a_longer_one_stays_with_it_and_is_neither_dropped_nor_a_conflict(tmp_path: Path) -> None:
    rng = random.Random(3)
    whole, other, own = (make_text(rng, 400) for _ in range(3))
    short = " ".join(whole.split()[:200])
    texts = [whole, other, short, f"{short} {own}", short.upper()]
    articles = [Article(str(i), text, ("aabab"[i],)) for i, text in enumerate(texts)]
    found = settled(articles[:4], tmp_path / "a", duplicates="drop_near")
    assert found.cluster.tolist() == [0, 1, 0, 0]
    assert found.kept.all()
    assert found.conflicts == ()
    assert (found.duplicates.contained, found.duplicates.containment, found.duplicates.clusters) == (1, 0.8, 0)
    assert settled(articles, tmp_path / "b", conflicts="keep").duplicates.contained == 2
    off = settled(articles[:4], tmp_path / "c", contained=None)
    assert off.cluster.tolist() == [0, 1, 2, 3]
    assert (off.duplicates.contained, off.duplicates.containment) == (0, None)


def test_texts_that_stand_in_several_chunks_are_looked_for_once(tmp_path: Path) -> None:
    rng = random.Random(4)
    wholes = [make_text(rng, 300) for _ in range(4)]
    shorts = [" ".join(text.split()[100:]) for text in wholes]
    articles = [
        Article(str(i), text, ("ab"[i % 2],)) for i, text in enumerate([*wholes, *wholes[::-1], *shorts, *shorts])
    ]
    (tmp_path / "corpus").mkdir()
    parts, chunk = {"all": articles}, 5
    corpus = read_corpus(parts, tmp_path / "corpus", Preparation(), lambda fault: None, SilentTask(), chunk=chunk)
    policies = {"multi_label": False, "merge_labels": False, "conflicts": "keep", "duplicates": "keep"}
    found = make_consistent(corpus, np.ones(16, dtype=bool), **policies, near=0.8, contained=0.8)
    assert found.cluster.tolist() == [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 0, 1, 2, 3]


def test_a_digest_is_noted_and_joins_nothing(tmp_path: Path) -> None:
    rng = random.Random(5)
    texts = [make_text(rng, 120) for _ in range(4)]
    everything = [*texts, " ".join(texts[:3])]
    found = settled([Article(str(i), text, ("ab"[i % 2],)) for i, text in enumerate(everything)], tmp_path / "a")
    assert found.cluster.tolist() == [0, 1, 2, 3, 4]
    assert found.digests.tolist() == [[0, 4], [1, 4], [2, 4]]
    assert found.duplicates.contained == 3


def test_a_copy_of_an_article_of_the_extended_dataset_is_dropped(tmp_path: Path) -> None:
    old, new = make_articles(12), make_articles(6, seed=1)
    copy = replace(old[4], id="copy", text=old[4].text.upper())
    again = replace(old[5], id="again")
    parts = {OLD: [*old, again], "train": [*new, copy], "test": [replace(new[0], id="apart")]}
    found = settled(parts, tmp_path / "a", duplicates="drop")
    assert set(ids(found)) == {a.id for a in [*old, *new]} | {"apart"}
    assert found.duplicates.exact == 2


def test_articles_without_a_label_are_left_out_unless_several_are_allowed(tmp_path: Path) -> None:
    articles = [*make_articles(6), Article("none", "words without a label", ())]
    assert ids(settled(articles, tmp_path / "one")) == ["a0", "a1", "a2", "a3", "a4", "a5"]
    assert "none" in ids(settled(articles, tmp_path / "many", multi_label=True))


def test_odd_spellings_are_named_by_their_place_or_merged(tmp_path: Path) -> None:
    articles = [Article("none", "no label", ()), *make_articles(12)]
    odd = [*articles, Article("odd", "odd words", ("Opinion",), where="f.csv:99")]
    with pytest.raises(InputError, match=r"f\.csv:99 \(id 'odd'\): label 'Opinion' \(1 ×\) differs only in case"):
        settled(odd, tmp_path / "a")
    found = settled(odd, tmp_path / "b", merge_labels=True)
    assert found.labels.names == ("opinion", "reporting", "satire")
    assert next(found.corpus.articles([13])).labels == ("opinion",)
    twin = replace(articles[1], id="twin", labels=("OPINION",))
    assert settled([*articles, twin], tmp_path / "c", merge_labels=True).conflicts == ()
