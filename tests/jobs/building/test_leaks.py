"""What of a split would flatter a model, and what a model could not learn."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.cli.app import run as cli
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.splits import Assignment
from classifier.jobs.building.build import build
from classifier.jobs.building.leaks import HEAD, TAIL, find_leaks, warn_of_split
from tests.makers.articles import FILLER, make_articles
from tests.makers.building import write
from tests.makers.corpora import settled

Capture = pytest.CaptureFixture[str]


def test_the_probe_tells_what_a_random_split_would_have_claimed(tmp_path: Path, capsys: Capture) -> None:
    rng = random.Random(3)
    records = [
        {
            "text": " ".join([*rng.choices(FILLER, k=6), *[f"name{source}"] * 3]),
            "label": "ab"[source % 2],
            "source": source,
        }
        for source in range(16)
        for _ in range(10)
    ]
    source = write(tmp_path / "a.jsonl", *records)
    assert cli(["build", str(source), "--dry-run", "--set", "split.group_by=source"]) == 0
    assert "A random split would have claimed" in " ".join(capsys.readouterr().out.split())
    probe = build(str(source), None, dry_run=True, settings={"split.group_by": "source"}).info.probe
    assert probe is not None
    assert probe.random > 0.9
    assert probe.chosen < 0.7
    random_probe = build(str(source), None, dry_run=True, settings={"split.group_by": []}).info.probe
    assert random_probe is not None and random_probe.chosen > 0.9


def rows_of(corpus: ConsistentCorpus, *splits: int) -> Assignment:
    """An assignment in which each article is a unit."""
    return Assignment(np.array(splits), np.arange(len(corpus.corpus)), {})


def test_a_giveaway_is_found_at_the_end_of_a_very_long_text(tmp_path: Path) -> None:
    middle, rng = "word " * ((HEAD + TAIL) // 5), random.Random(3)
    articles = [
        replace(a, text=" ".join([*rng.choices(FILLER, k=20), middle, *rng.choices(FILLER, k=20)]))
        for a in make_articles(90)
    ]
    signed = [
        replace(a, text=f"{a.text}\nSent from the editor's desk") if a.labels == ("satire",) else a for a in articles
    ]
    corpus = settled(signed, tmp_path / "signed", near=None)
    found = find_leaks(corpus, rows_of(corpus, *([0] * 60 + [1] * 10 + [2] * 20))).giveaways
    lines = [(one.what, one.label, one.precision) for one in found if one.kind == "line"]
    assert lines == [("Sent from the editor's desk", "satire", 1.0)]
    corpus = settled(articles, tmp_path / "plain", near=None)
    found = find_leaks(corpus, rows_of(corpus, *([0] * 60 + [1] * 10 + [2] * 20))).giveaways
    assert not [one for one in found if one.kind == "line"]


def test_a_label_that_no_training_article_has_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    corpus = settled(make_articles(30), tmp_path / "corpus")  # labels in turn: opinion, reporting, satire
    assignment = rows_of(corpus, *([0, 0, 2] * 10))
    warn_of_split(corpus, replace(assignment, notes=("one group holds 10 of 30 articles",)))
    assert "split: one group holds 10 of 30 articles" in caplog.text
    assert "no training article has the label 'satire': the model cannot learn it" in caplog.text
    caplog.clear()
    warn_of_split(corpus, rows_of(corpus, *([0] * 20 + [2] * 10)))
    assert not caplog.text


def test_a_label_that_a_given_split_lacks_is_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    corpus = settled(make_articles(30), tmp_path / "corpus")
    assignment = rows_of(corpus, *([0] * 18 + [1, 2, 1] * 4))
    warn_of_split(corpus, assignment)
    assert "no validation article has the label 'reporting', which train has" in caplog.text
    assert "no test article has the label 'opinion', 'satire', which train has" in caplog.text
    caplog.clear()
    notes = tuple(f"label '{name}' has only 1 text(s)" for name in ("opinion", "reporting", "satire"))
    warn_of_split(corpus, replace(assignment, notes=notes))
    assert "which train has" not in caplog.text


def test_a_label_must_be_in_the_training_articles_of_every_fold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = settled(make_articles(30), tmp_path / "corpus")
    second_fold = np.array([0, 0, 2] * 10)
    folds = np.stack([np.where(np.arange(30) < 15, 2, 0), second_fold], axis=1)
    assignment = rows_of(corpus, *[0] * 30)
    warn_of_split(corpus, replace(assignment, folds=folds))
    assert "no training article has the label 'satire'" in caplog.text
    caplog.clear()
    warn_of_split(corpus, replace(assignment, folds=folds[:, :1]))
    assert not caplog.text
