import random
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.corpus import OLD, Corpus
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.errors import Fault, InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import BOILERPLATE, change_sentence, make_corpus, make_text, settled


def ids(found: ConsistentCorpus) -> list[str]:
    """The ids of the articles that stay."""
    return [name for name, kept in zip(found.corpus.index.ids, found.kept, strict=True) if kept]


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


def test_equal_texts_with_different_labels_are_an_error_or_dropped_or_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = make_articles(6)
    twin = replace(articles[0], id="twin", text=articles[0].text.upper(), labels=("satire",), where="f.csv:7")
    with pytest.raises(InputError, match=r"f\.csv:7: labelled 'satire', the same text as made:0, labelled 'opinion'"):
        settled([*articles, twin], tmp_path / "error")
    dropped = settled([*articles, twin], tmp_path / "drop", conflicts="drop")
    assert ids(dropped) == ["a1", "a2", "a3", "a4", "a5"]
    assert "2 articles have a text that occurs with different labels; left out" in caplog.text
    kept = settled([*articles, twin], tmp_path / "keep", conflicts="keep")
    assert len(ids(kept)) == 7
    assert "2 articles have a text that occurs with different labels; kept" in caplog.text
    assert kept.conflicts == dropped.conflicts == ((6, 0, True),)
    assert (kept.duplicates.conflicting, dropped.duplicates.conflicting) == (2, 0)


def test_every_conflict_is_listed_and_texts_are_counted(tmp_path: Path) -> None:
    base = make_articles(4)
    twins = [replace(a, id=f"t{a.id}", labels=("other",), where=f"f.csv:{i}") for i, a in enumerate(base[:2])]
    third = replace(base[0], id="third", labels=("more",), where="f.csv:9")
    with pytest.raises(InputError) as error:
        settled([*base, *twins, third], tmp_path / "a")
    assert error.value.message == "2 text(s) occur with different labels."
    assert [fault.where for fault in error.value.faults] == ["f.csv:0", "f.csv:1", "f.csv:9"]


def test_several_labels_in_another_order_are_no_conflict(tmp_path: Path) -> None:
    first = make_articles(1)[0]
    several = [replace(first, id=name, labels=labels) for name, labels in (("p", ("a", "b")), ("q", ("b", "a")))]
    found = settled(several, tmp_path / "a", multi_label=True)
    assert (found.kept.all(), found.conflicts, found.duplicates.exact) == (True, (), 1)
    with pytest.raises(InputError, match="labelled 'a', the same text as made:0, labelled 'a, b'"):
        settled([*several, replace(first, id="r", labels=("a",))], tmp_path / "b", multi_label=True)
    with pytest.raises(InputError, match="labelled 'none', the same text"):
        settled([*several, replace(first, id="r", labels=())], tmp_path / "c", multi_label=True)


def test_the_same_text_with_another_target_is_no_conflict_and_no_copy(tmp_path: Path) -> None:
    articles = [replace(article, target="a claim") for article in make_articles(6)]
    other = replace(articles[0], id="other", target="another claim", labels=("satire",))
    found = settled([*articles, other], tmp_path / "a", duplicates="drop")
    assert (found.kept.all(), found.conflicts, found.duplicates.exact) == (True, (), 0)
    assert found.cluster[0] == found.cluster[6]
    same = replace(other, target="A  CLAIM")
    with pytest.raises(InputError, match="1 text"):
        settled([*articles, same], tmp_path / "b")


def test_near_duplicates_with_different_labels_are_listed_and_stay(tmp_path: Path) -> None:
    rng = random.Random(0)
    text, other = make_text(rng), make_text(rng)
    articles = [
        Article("1", text, ("a",)),
        Article("2", other, ("b",)),
        Article("3", f"{text} {BOILERPLATE}", ("b",)),
        Article("4", change_sentence(text, rng), ("a",)),
        Article("5", f"{other} {BOILERPLATE}", ("b",)),
        Article("6", other.upper(), ("b",)),
    ]
    found = settled(articles, tmp_path / "a")
    assert found.kept.all()
    assert found.conflicts == ((2, 0, False),)
    counts = found.duplicates
    assert (counts.clusters, counts.clustered, counts.largest, counts.conflicting) == (2, 6, 3, 3)
    assert (counts.exact, counts.dropped, counts.threshold) == (1, 0, 0.8)
    claims = [replace(article, target=f"claim {article.id}") for article in articles]
    assert settled(claims, tmp_path / "b").conflicts == ()


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
    assert settled(articles, tmp_path / "strict", near=0.99).cluster.tolist() == equal.cluster.tolist()


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
    with pytest.raises(InputError, match=r"f\.csv:99: label 'Opinion' \(1 ×\) differs only in case"):
        settled(odd, tmp_path / "a")
    found = settled(odd, tmp_path / "b", merge_labels=True)
    assert found.labels.names == ("opinion", "reporting", "satire")
    assert next(found.corpus.articles([13])).labels == ("opinion",)
    twin = replace(articles[1], id="twin", labels=("OPINION",))
    assert settled([*articles, twin], tmp_path / "c", merge_labels=True).conflicts == ()
