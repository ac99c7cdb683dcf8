"""A training does not begin where figures would mislead, and what was built for it is not lost."""

from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import UnsafeDatasetError
from classifier.jobs.building.build import build
from classifier.jobs.building.dataset import Built
from classifier.jobs.folds import train_folds
from classifier.jobs.safety import reasons_to_stop
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

LINE = "Read more satire here every single day."


@pytest.fixture
def given_away(tmp_path: Path) -> Path:
    """Articles of which all satire has a line that no other article has."""
    articles = [
        Article(a.id, f"{a.text}\n{LINE}" if a.labels == ("satire",) else a.text, a.labels) for a in make_articles(120)
    ]
    return write_jsonl(tmp_path / "a.jsonl", articles)


def test_nothing_is_trained_on_what_its_page_calls_unsafe(tmp_path: Path, given_away: Path, checkpoint: Path) -> None:
    shown: list[tuple[DatasetFolder, Built | None]] = []
    out, settings = tmp_path / "a run", tiny(checkpoint)
    with pytest.raises(UnsafeDatasetError) as error:
        train(str(given_away), out, settings=settings, show=lambda *found: shown.append(found))
    assert [(found.info.labels, built is None) for found, built in shown] == [
        (("opinion", "reporting", "satire"), False)
    ]
    kept = tmp_path / "a run-dataset"
    assert f"classifier train '{kept}' --out '{out}' --anyway" in error.value.fix
    assert LINE in error.value.faults[0].what
    assert not out.exists()
    assert reasons_to_stop(open_dataset(kept).info)
    with pytest.raises(UnsafeDatasetError, match=f"{kept}' "):  # the same dataset is kept once
        train(str(given_away), out, settings=settings)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a run-dataset", "a.jsonl"]
    report = train(kept, out, anyway=True)
    assert report.run.manifest.exists()


def test_another_dataset_is_kept_beside_the_first(tmp_path: Path, given_away: Path, checkpoint: Path) -> None:
    for seed in (1, 2):
        with pytest.raises(UnsafeDatasetError):
            train(str(given_away), tmp_path / "run", settings=tiny(checkpoint, **{"split.seed": seed}))
    assert (tmp_path / "run-dataset-2" / "dataset.json").exists()


def test_several_trainings_stop_too_and_say_how_to_go_on(tmp_path: Path, given_away: Path, checkpoint: Path) -> None:
    out, settings = tmp_path / "out", tiny(checkpoint)
    with pytest.raises(UnsafeDatasetError, match=f"--seeds 3 --out {out} --anyway"):
        train_seeds(str(given_away), out, count=3, settings=settings)
    with pytest.raises(UnsafeDatasetError, match=f"--all-folds --out {out} --anyway"):
        train_folds(str(given_away), out, settings={**settings, "split.folds": 3})


def test_a_dataset_that_is_there_stays_where_it_is(tmp_path: Path, given_away: Path, checkpoint: Path) -> None:
    place = tmp_path / "mine"
    build(str(given_away), place, settings=tiny(checkpoint))
    with pytest.raises(UnsafeDatasetError, match=f"classifier train {place} --out"):
        train(place, tmp_path / "run")
    assert open_dataset(place).info.labels


def test_a_safe_dataset_is_trained_on_without_a_word(tmp_path: Path, checkpoint: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(90))
    found = build(str(path), tmp_path / "mine", settings=tiny(checkpoint)).info
    assert reasons_to_stop(found) == []
