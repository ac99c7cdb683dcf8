"""Crossed splits: texts and targets both new in test, what belongs to neither left out, and sizes as asked."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.config import SplitConfig
from classifier.config_file import make_config
from classifier.dataset.assign import assign
from classifier.dataset.builders import builder_settings
from classifier.dataset.crossed import crossed_split, known_targets, same_targets
from classifier.dataset.extension import open_to_extend
from classifier.dataset.splits import Assignment
from classifier.dataset.units import LEFT_OUT
from classifier.errors import InputError
from classifier.jobs.building.dataset import build_dataset
from tests.makers.corpora import BOILERPLATE, by_id, make_text, settled, split

LABELS = ("agree", "discuss", "unrelated")
SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}


def crossed(texts: int = 60, targets: int = 60, every: int = 4, seed: int = 0) -> list[Article]:
    """Pairs of some texts with some targets, so that nearly all hang together."""
    rng = random.Random(seed)
    words = [make_text(rng, 60) for _ in range(texts)]
    claims = [make_text(rng, 8) for _ in range(targets)]
    chosen = [(t, c) for t in range(texts) for c in range(targets) if rng.random() < 1 / every]
    return [
        Article(f"{t}-{c}", words[t], (rng.choice(LABELS),), target=claims[c], extra={"body": t, "topic": c // 2})
        for t, c in chosen
    ]


def sides(articles: list[Article], found: Assignment) -> list[dict[str, set[str]]]:
    """The splits of each text, and of each target."""
    places: list[dict[str, set[str]]] = [{}, {}]
    named = by_id(articles, found)
    for article in articles:
        if article.id in named:
            for side, name in zip(places, (article.text, str(article.target).casefold()), strict=True):
                side.setdefault(name, set()).add(named[article.id])
    return places


def test_texts_and_targets_are_each_in_one_split_and_the_rest_is_counted(tmp_path: Path) -> None:
    articles = crossed()
    found = split(articles, tmp_path / "a", method="crossed")
    for side in sides(articles, found):
        assert {len(places) for places in side.values()} == {1}
    left_out = int((found.split == LEFT_OUT).sum())
    assert 0.4 * len(articles) < left_out < 0.75 * len(articles)
    assert any(note.startswith(f"{left_out:,} of {len(articles):,} articles") for note in found.notes)
    assert dict(found.asked) == pytest.approx(SHARES)
    assert found.unit[0] == found.unit[1]  # the unit is that of the text
    assert found.crossed is not None
    assert len(np.unique(found.crossed)) == 60


@pytest.mark.parametrize("shares", [SHARES, {"train": 0.5, "test": 0.5}, {"train": 0.9, "test": 0.1}])
def test_of_the_pairs_that_are_left_each_split_has_the_share_that_was_asked_for(shares: dict[str, float]) -> None:
    rng = np.random.default_rng(0)
    texts, targets = rng.integers(200, size=8000), rng.integers(300, size=8000)
    labels = [(LABELS[code],) for code in rng.choice(3, size=8000, p=[0.2, 0.1, 0.7])]
    for seed in range(3):
        found = crossed_split(labels, texts, targets, shares, seed)
        kept = found[found >= 0]
        assert (np.bincount(kept) / len(kept)).tolist() == pytest.approx(list(shares.values()), abs=0.04)
        for code in range(len(shares)):
            rare = np.mean([labels[row] == ("discuss",) for row in np.flatnonzero(found == code)])
            assert rare == pytest.approx(0.1, abs=0.05)


def test_another_seed_is_another_split() -> None:
    rng = np.random.default_rng(0)
    texts, targets = rng.integers(100, size=2000), rng.integers(100, size=2000)
    labels = [("a",)] * 2000
    first, again, other = (crossed_split(labels, texts, targets, SHARES, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    test = [set(np.flatnonzero(found == 2)) for found in (first, other)]
    assert len(test[0] & test[1]) < 0.6 * len(test[0])


def test_texts_and_targets_that_hang_together_in_few_pairs_lose_none() -> None:
    texts = np.repeat(np.arange(100), 3)
    targets = texts // 2
    found = crossed_split([("a",), ("b",), ("a",)] * 100, texts, targets, SHARES, 0)
    assert (found >= 0).all()
    assert (np.bincount(found) / 300).tolist() == pytest.approx([0.7, 0.1, 0.2], abs=0.03)
    for side in (texts, targets):
        assert all(len(set(found[side == unit])) == 1 for unit in np.unique(side))


def test_near_duplicate_texts_and_other_spellings_of_a_target_are_one(tmp_path: Path) -> None:
    articles = crossed()
    articles += [
        replace(
            article,
            id=f"copy-{article.id}",
            text=f"{article.text} {article.text} {article.text} {BOILERPLATE[:60]}",
            target=f"  {str(article.target).upper()} ",
        )
        for article in articles[::9]
    ]
    copies = [replace(a, id=f"near-{a.id}", text=f"{a.text} {BOILERPLATE[:40]}") for a in articles[:40:3]]
    articles += copies
    found = split(articles, tmp_path / "a", method="crossed")
    targets = sides(articles, found)[1]
    assert {len(places) for name, places in targets.items() if not name.startswith(" ")} == {1}
    for one, other in zip(articles[:40:3], copies, strict=True):
        named = by_id(articles, found)
        assert named.get(one.id) == named.get(other.id)
    stripped: dict[str, set[str]] = {}
    for name, places in targets.items():
        stripped.setdefault(name.strip(), set()).update(places)
    assert {len(places) for places in stripped.values()} == {1}


def test_groups_stay_together_on_their_side(tmp_path: Path) -> None:
    articles = [replace(a, extra={**a.extra, "desk": a.extra["body"] // 3}) for a in crossed()]
    found = split(articles, tmp_path / "a", method="crossed", group_by=["desk", "target"], crossed_by=["topic"])
    named = by_id(articles, found)
    for column in ("desk", "topic"):
        places: dict[object, set[str]] = {}
        for article in articles:
            if article.id in named:
                places.setdefault(article.extra[column], set()).add(named[article.id])
        assert {len(found) for found in places.values()} == {1}


def test_articles_without_targets_are_crossed_by_other_columns(tmp_path: Path) -> None:
    articles = [replace(a, target=None, text=f"{a.text} {a.id}", source=f"s{a.extra['body']}") for a in crossed()]
    found = split(articles, tmp_path / "a", method="crossed", group_by=["source"], crossed_by=["topic"])
    assert len(set(found.split)) == 4
    with pytest.raises(InputError, match="is for pairs of a text and a target, and no article has a target") as error:
        split(articles, tmp_path / "b", method="crossed")
    assert "data.columns.target=NAME" in error.value.fix
    with pytest.raises(InputError, match=r"split\.crossed_by names 'topik', but no article has a value there") as error:
        split(articles, tmp_path / "c", method="crossed", crossed_by=["topik"])
    assert "Did you mean 'topic'" in error.value.message


def test_too_few_targets_and_splits_without_pairs_are_refused(tmp_path: Path) -> None:
    few = crossed(texts=40, targets=2, every=1)
    with pytest.raises(InputError, match=r"2 by target cannot be divided among 'train', 'validation', 'test'"):
        split(few, tmp_path / "a", method="crossed")
    assert set(split(few, tmp_path / "b", method="crossed", validation_size=0).split) == {-1, 0, 2}
    diagonal = [a for a in crossed(texts=3, targets=3, every=1) if a.extra["topic"] == 0]
    with pytest.raises(InputError, match=r"cannot be divided among|Nothing is left"):
        split(diagonal, tmp_path / "c", method="crossed")


def test_one_unit_by_text_and_target_points_to_the_crossed_split(tmp_path: Path) -> None:
    articles = crossed(every=2)
    with pytest.raises(InputError, match="Nothing is left for validation and test") as error:
        split(articles, tmp_path / "a", group_by=["body", "target"])
    assert "--set split.method=crossed divides both" in error.value.fix
    alone = [
        Article(f"x{n}", f"lone text {n}", ("agree",), target=f"lone {n}", extra={"body": f"x{n}"}) for n in range(9)
    ]
    notes = split([*articles, *alone], tmp_path / "b", group_by=["body", "target"]).notes
    assert any("--set split.method=crossed divides both" in note for note in notes)


def test_given_splits_are_not_crossed(tmp_path: Path) -> None:
    articles = crossed()
    config = SplitConfig(method="crossed")
    with pytest.raises(InputError, match="needs one source"):
        assign(settled({"train": articles[:200], "test": articles[200:]}, tmp_path / "a", config), config)


def test_the_dataset_says_what_was_crossed_and_cannot_be_extended(tmp_path: Path) -> None:
    rows = [{"text": a.text, "label": a.labels[0], "target": a.target, "body": a.extra["body"]} for a in crossed()]
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    settings = {"data.path": str(source), "split.method": "crossed", "split.group_by": "body"}
    config = make_config({}, settings, check=builder_settings)
    info = build_dataset(config, tmp_path / "made").info
    assert (info.split_method, info.group_by, info.crossed_by) == ("crossed", ("body", "target"), ("target",))
    assert info.known_targets == 0
    with pytest.raises(InputError, match="has a crossed split, which cannot be extended"):
        open_to_extend(tmp_path / "made", {})


def test_targets_that_train_knows_are_counted_by_their_spelling(tmp_path: Path) -> None:
    articles = [
        Article(str(n), make_text(random.Random(n), 30), (LABELS[n % 2],), target=name) for n, name in enumerate("aAbc")
    ]
    consistent = settled(articles, tmp_path / "a")
    unit = np.arange(4)
    assert known_targets(consistent, Assignment(np.array([0, 2, 2, 0]), unit, {})) == 0.5
    assert known_targets(consistent, Assignment(np.array([0, 2, -1, 0]), unit, {})) == 1
    folds = np.array([[0, 2], [2, 0], [2, 0], [0, 2]])
    assert known_targets(consistent, Assignment(np.zeros(4, dtype=np.int64), unit, {}, folds=folds)) == 0.5
    plain = settled([replace(a, target=None) for a in articles], tmp_path / "b")
    assert known_targets(plain, Assignment(np.array([0, 2, 2, 0]), unit, {})) is None


def test_same_targets_may_be_nearly_the_same() -> None:
    claims = ["The bridge in the old town was closed on Monday after the storm, says the mayor of the town himself"]
    claims += [claims[0].replace("himself", "herself"), claims[0].upper(), None, "another claim"]
    assert same_targets(claims).tolist() == [0, 1, 0, -1, 2]
    assert same_targets(claims, 0.8).tolist() == [0, 0, 0, -1, 1]
    assert same_targets([None, ""]).tolist() == [-1, -1]
