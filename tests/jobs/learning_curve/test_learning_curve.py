"""A learning curve: validation alone, points kept, units whole, honest where nothing can be said."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.cli.app import run as cli
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError, InterruptedTrainingError
from classifier.evaluation.learning_curve import LearningCurve
from classifier.jobs.learning_curve import learners
from classifier.jobs.learning_curve.learning_curve import learning_curve
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import options, tiny

SHARES = [0.1, 0.3, 0.5, 1.0]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("source") / "a.jsonl", make_articles(120))


def curve_of(source: Path, out: Path, checkpoint: Path, **options: object) -> LearningCurve:
    values = {"shares": SHARES, "repeats": 2, "settings": tiny(checkpoint), **options}
    return learning_curve(str(source), out, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["tfidf", "probe"])
def test_scores_rise_and_are_those_of_validation(
    model: str, source: Path, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DatasetFolder.load
    monkeypatch.setattr(DatasetFolder, "load", lambda self, split: read(self, _not_test(split)))
    curve = curve_of(source, tmp_path / "curve", checkpoint, model=model)
    dataset = open_dataset(tmp_path / "curve" / "dataset")
    truth = dataset.info.label_set.encode(dataset.labels("validation"))
    for point in curve.points:
        assert np.mean(np.array(point.predicted) == truth) == pytest.approx(point.figures["accuracy"])
    assert [mean.repeats for mean in curve.means] == [2, 2, 2, 1]  # the whole, without chance, once
    assert curve.means[-1].articles == dataset.info.counts["train"].articles == curve.train
    assert curve.means[-1].value >= curve.means[0].value
    for mean in curve.means:
        values = [p.figures["f1_macro"] for p in curve.points if p.share == mean.share]
        assert mean.value == pytest.approx(np.mean(values))
        assert mean.interval[0] <= mean.value <= mean.interval[1]


def _not_test(split: str) -> str:
    assert split != "test"
    return split


def test_points_that_are_done_are_kept_and_more_can_be_added(
    source: Path, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "curve"
    asked = iter([False, False, False, True])
    with pytest.raises(InterruptedTrainingError, match="3 of 7"):
        curve_of(source, out, checkpoint, model="tfidf", should_stop=lambda: next(asked))
    kept = {path: path.stat().st_mtime_ns for path in (out / "points").iterdir()}
    assert len(kept) == 3
    assert not (out / "learning_curve.json").exists()
    curve_of(source, out, checkpoint, model="tfidf", repeats=3)
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    written = json.loads((out / "learning_curve.json").read_text())
    assert written["format_version"] == 1
    assert written["split"] == "validation"
    assert [mean["repeats"] for mean in written["means"]] == [3, 3, 3, 1]
    monkeypatch.setattr(learners, "_tfidf", lambda dataset: pytest.fail("nothing is left to train"))
    curve_of(source, out, checkpoint, model="tfidf", repeats=3)


def test_a_curve_of_something_else_is_not_gone_on_with(source: Path, tmp_path: Path, checkpoint: Path) -> None:
    out = tmp_path / "curve"
    curve_of(source, out, checkpoint, model="tfidf")
    with pytest.raises(InputError, match="--model tfidf"):
        curve_of(source, out, checkpoint, model="probe")
    with pytest.raises(InputError, match="other settings"):
        curve_of(source, out, checkpoint, model="tfidf", settings=tiny(checkpoint, **{"train.seed": 7}))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "plan.json").write_text('{"seeds": [1]}')
    with pytest.raises(InputError, match="something else"):
        curve_of(source, tmp_path / "other", checkpoint, model="tfidf")


def test_without_validation_there_is_no_curve(source: Path, tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(InputError, match="never on test"):
        curve_of(source, tmp_path / "c", checkpoint, settings={**tiny(checkpoint), "split.validation_size": 0})
    with pytest.raises(InputError, match="not folds"):
        curve_of(source, tmp_path / "c", checkpoint, settings={**tiny(checkpoint), "split.folds": 3})
    assert not (tmp_path / "c").exists()


def test_fine_tuning_on_parts_goes_on_where_it_was(source: Path, tmp_path: Path, checkpoint: Path) -> None:
    def full(out: Path, **options: object) -> LearningCurve:
        return curve_of(source, out, checkpoint, model="full", shares=[0.3, 1], repeats=1, **options)

    whole = full(tmp_path / "whole")
    asked = iter([False, False, True])
    with pytest.raises(InterruptedTrainingError):
        full(tmp_path / "parted", should_stop=lambda: next(asked, False))
    assert len(list((tmp_path / "parted" / "training").iterdir())) == 1
    parted = full(tmp_path / "parted")
    assert [point.predicted for point in parted.points] == [point.predicted for point in whole.points]
    assert not (tmp_path / "parted" / "training").exists()
    assert whole.points[0].articles < whole.points[1].articles


def test_the_command_prints_and_draws(
    source: Path, tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = options(tiny(checkpoint))
    out = tmp_path / "curve"
    assert cli(["learning-curve", str(source), "--out", str(out), "--shares", "0.1,0.3,0.5,1", "-q", *settings]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "the test articles were not read" in printed
    assert "so few that small differences mean nothing" in printed
    page = (out / "learning_curve.html").read_text()
    assert page.count("<svg") == 2
    assert cli(["learning-curve", str(source), "--out", str(out), "--shares", "a,b", *settings]) == 2


def test_several_labels_per_article(tmp_path: Path, checkpoint: Path) -> None:
    file = write_jsonl(tmp_path / "a.jsonl", make_articles(120, multi_label=True), multi_label=True)
    settings = {**tiny(checkpoint), "data.task": "multi_label"}
    curve = curve_of(file, tmp_path / "curve", checkpoint, settings=settings, repeats=1)
    assert np.array(curve.points[0].predicted).shape == (curve.validation, 3)
    assert curve.means[-1].value > curve.means[0].value
