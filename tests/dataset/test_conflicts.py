import random
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.consistency import ConsistentCorpus
from classifier.errors import InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import BOILERPLATE, change_sentence, make_text, settled


def ids(found: ConsistentCorpus) -> list[str]:
    """The ids of the articles that stay."""
    return [name for name, kept in zip(found.corpus.index.ids, found.kept, strict=True) if kept]


def test_equal_texts_with_different_labels_are_an_error_or_dropped_or_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = make_articles(6)
    twin = replace(articles[0], id="twin", text=articles[0].text.upper(), labels=("satire",), where="f.csv:7")
    with pytest.raises(
        InputError, match=r"f\.csv:7 \(id 'twin'\): labelled 'satire', the same text as made:0, labelled 'opinion'"
    ):
        settled([*articles, twin], tmp_path / "error")
    dropped = settled([*articles, twin], tmp_path / "drop", conflicts="drop")
    assert ids(dropped) == ["a1", "a2", "a3", "a4", "a5"]
    assert "2 articles have a text that occurs with different labels; left out" in caplog.text
    assert "left out: made:0 ('opinion') and f.csv:7 ('satire')" in caplog.text
    kept = settled([*articles, twin], tmp_path / "keep", conflicts="keep")
    assert len(ids(kept)) == 7
    assert "2 articles have a text that occurs with different labels; kept" in caplog.text
    assert kept.conflicts == dropped.conflicts == ((6, 0, True),)
    assert (kept.duplicates.conflicting, dropped.duplicates.conflicting) == (2, 0)


@pytest.mark.parametrize(("articles", "refused"), [(60, False), (40, False), (30, True)])
def test_without_a_setting_a_few_conflicts_are_left_out_and_many_are_an_error(
    articles: int, refused: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = make_articles(articles)
    twin = replace(given[0], id="twin", labels=("satire",), where="f.csv:7")
    if refused:
        with pytest.raises(InputError, match="1 text occurs with different labels"):
            settled([*given, twin], tmp_path / "a", conflicts=None)
        return
    found = settled([*given, twin], tmp_path / "a", conflicts=None)
    assert ids(found) == [article.id for article in given[1:]]
    assert found.conflicts == ((articles, 0, True),)
    assert "left out" in caplog.text
    assert "(data.conflicts: keep or error instead)" in caplog.text


@pytest.mark.parametrize(("pairs", "more"), [(3, ""), (5, "; and 2 more")])
def test_a_warning_names_the_first_conflicts_and_no_file_that_may_not_stay(
    pairs: int, more: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = make_articles(60)
    twins = [replace(given[3 * i], id=f"t{i}", labels=("satire",), where=f"f.csv:{i}") for i in range(pairs)]
    settled([*given, *twins], tmp_path / "a", conflicts="drop")
    assert [f"f.csv:{i} ('satire')" in caplog.text for i in range(pairs)] == [i < 3 for i in range(pairs)]
    assert more in caplog.text and ("more" in caplog.text) == bool(more)
    assert "conflicts.jsonl" not in caplog.text


def test_without_a_setting_no_label_loses_all_its_articles(tmp_path: Path) -> None:
    given = make_articles(60)
    rare = replace(given[0], id="rare", labels=("obituary",))
    with pytest.raises(InputError, match=r"occurs? with different labels"):
        settled([*given, rare], tmp_path / "a", conflicts=None)


def test_every_conflict_is_listed_and_texts_are_counted(tmp_path: Path) -> None:
    base = make_articles(4)
    twins = [replace(a, id=f"t{a.id}", labels=("other",), where=f"f.csv:{i}") for i, a in enumerate(base[:2])]
    third = replace(base[0], id="third", labels=("more",), where="f.csv:9")
    with pytest.raises(InputError) as error:
        settled([*base, *twins, third], tmp_path / "a")
    assert error.value.message == "2 texts occur with different labels."
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
