"""What new articles are compared with is made for runs of older versions, and read for all kinds of folders."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.dataset.folder import run_dataset
from classifier.evaluation.drift import FEW_SOURCES, Drift, NewArticles
from classifier.files import whole_file, write_json
from classifier.jobs import known_articles as job
from classifier.jobs.known_articles import drift_of, make_known_articles
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.known_articles import FILE
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.trained import Trained, open_trained
from classifier.stats.label_shift import ValidationScores
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.sources import made


def make_run(folder: Path, checkpoint: Path) -> RunFolder:
    """A run that was not trained: a model with a random head, and its dataset."""
    found = RunFolder(folder)
    make_model_folder(found.model, checkpoint, labels=tuple(sorted(SIGNALS)), languages={"en": True})
    dataset = made(write_jsonl(folder / "a.jsonl", make_articles(120)), found.dataset)
    write_json(found.dataset_info, {"path": "dataset", **asdict(dataset.info)})
    return found


def test_it_is_made_once_for_each_model_and_only_where_the_dataset_is_there(tmp_path: Path, checkpoint: Path) -> None:
    runs = [make_run(tmp_path / name, checkpoint) for name in ("seed-1", "seed-2")]
    shutil.rmtree(runs[1].dataset)
    ensemble = EnsembleInfo(("seed-1/model", "seed-2/model"))
    write_ensemble(tmp_path, ensemble)
    trained = Trained(tmp_path, "seeds", tuple(runs), ensemble)
    info = read_model_info(runs[0].model)
    make_known_articles(trained)
    assert [(run.model / FILE).exists() for run in runs] == [True, False]
    written = (runs[0].model / FILE).stat().st_mtime_ns
    make_known_articles(trained)
    assert (runs[0].model / FILE).stat().st_mtime_ns == written
    found = drift_of(trained, info, _new(runs[0]))
    assert {kind.kind for kind in found.kinds} == {"length", "words", "distance", "languages"} and not found.found
    alone = drift_of(open_trained(runs[1].model, whole=False), info, _new(runs[0]))
    assert not alone.kinds and "keeps nothing" in alone.missing["words"]


def test_it_is_said_that_too_few_sources_show_no_difference(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path / "run", checkpoint)
    trained = Trained(run.path, "run", (run,), None)
    make_known_articles(trained)
    with caplog.at_level("INFO"):
        found = drift_of(trained, read_model_info(run.model), _new(run, ["post", "times"]))
    assert not found.kinds and found.missing["length"] == FEW_SOURCES
    assert f"cannot be told: {FEW_SOURCES}" in caplog.text


def test_articles_that_were_trained_on_are_not_called_unlike_training(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path / "run", checkpoint)
    trained = Trained(run.path, "run", (run,), None)
    make_known_articles(trained)
    info = read_model_info(run.model)
    known = [replace(article, source=None) for article in run_dataset(run.path).articles("train")]
    unlike = [Article(f"x{n}", f"zebra {n} quagga okapi gnu", source=None) for n in range(30)]

    def drift(articles: list[Article]) -> Drift:
        caplog.clear()
        new = NewArticles()
        new.add(articles, np.full((len(articles), 3), 0.5, dtype=np.float32))
        with caplog.at_level("INFO"):
            return drift_of(trained, info, new)

    assert {kind.kind for kind in drift([*known, *unlike]).found} >= {"words"}
    assert f"{len(known)} of these articles, of {len(known) + 30} that were looked at, were trained on" in caplog.text
    assert all(kind.new_articles == 30 for kind in drift([*known, *unlike]).kinds)
    few = drift([*known, *unlike[:19]])
    assert not few.kinds and few.compared == 19
    shutil.rmtree(run.dataset)
    assert drift([*known, *unlike]).compared == len(known) + 30


def test_where_some_traits_are_compared_only_the_others_are_said_not_to_be(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path / "run", checkpoint)
    trained = Trained(run.path, "run", (run,), None)
    make_known_articles(trained)
    few = ValidationScores((0.4, 0.3, 0.3), 60, ("0: 0.4 0.3 0.3",) * 60, tuple(n % 2 for n in range(60)))
    with caplog.at_level("INFO"):
        new = _new(run, [f"new{n}" for n in range(12)])
        found = drift_of(trained, replace(read_model_info(run.model), validation=few), new)
    assert found.kinds and found.missing["scores"] == FEW_SOURCES
    assert f"not compared with the training articles: scores ({FEW_SOURCES})" in caplog.text
    assert "cannot be told" not in caplog.text


def test_a_run_that_cannot_be_written_to_goes_without(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(folder: Path, *_: object) -> bool:
        with whole_file(folder / FILE):
            raise OSError(errno.EROFS, "read-only")

    run = make_run(tmp_path / "run", checkpoint)
    monkeypatch.setattr(job, "keep_known_articles", full)
    with caplog.at_level("INFO"):
        make_known_articles(Trained(run.path, "run", (run,), None))
    assert "is not stored" in caplog.text and "Read-only" in caplog.text
    assert not list(run.model.glob("*known*"))


def _new(run: RunFolder, sources: Sequence[str | None] = (None,)) -> NewArticles:
    """The articles of the test, from other sources."""
    given = run_dataset(run.path).articles("test")
    articles = [replace(article, source=sources[n % len(sources)]) for n, article in enumerate(given)]
    found = NewArticles()
    found.add(articles, np.full((len(articles), 3), 0.5, dtype=np.float32))
    return found
