"""The model that is asked: which sources it is made of, and what could have no effect on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.jobs.next.judge import open_judge
from classifier.jobs.request import Request
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.stats.calibration import Calibration
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


def test_a_probe_is_fitted_on_all_but_test_and_its_dataset_is_gone_afterwards(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    with open_judge(Request(str(source), tmp_path / "out", tiny(checkpoint)), "cpu") as judge:
        assert (judge.probe, judge.fitted, len(judge.known)) == (True, 48, 60)
        proba, vectors = judge.look(make_articles(5, seed=1))
        assert proba.shape == (5, len(judge.labels))
        assert vectors([0, 3]).shape[0] == 2  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_run_gives_its_labels_and_says_what_it_has_learned_from(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"train.refit": True}))
    place = tmp_path / "run" / "model"
    write_model_info(place, replace(read_model_info(place), calibration=Calibration((0.9,), (0.5, -0.5, 0.0))))
    proba = np.random.default_rng(0).dirichlet([1.0, 1.0, 1.0], 500).astype(np.float32)
    with open_judge(Request(str(tmp_path / "run"), tmp_path / "out", {}), "cpu") as judge:
        given = judge.decide(proba)
        assert judge.fitted == len(judge.known) - 12  # all but test
    model = Classifier.load(tmp_path / "run")
    assert np.array_equal(given, model.decide(proba))
    assert not np.array_equal(given, proba.argmax(axis=1))  # calibration moves scores, and no labels


@pytest.mark.parametrize(
    ("given", "skip_bad", "words"),
    [
        ({"train.seed": 3}, False, "train.seed=3 has no effect on a trained run"),
        ({"data.columns.labels": ["a"]}, False, "data.columns.labels=.* has no effect on a trained run"),
        ({}, True, "--skip-bad is for"),
    ],
)
def test_what_a_run_cannot_obey_is_refused(
    tmp_path: Path, given: dict[str, object], skip_bad: bool, words: str
) -> None:
    (tmp_path / "config.toml").write_text("")
    request = Request(str(tmp_path), tmp_path / "out", given, skip_bad=skip_bad)
    with pytest.raises(InputError, match=words), open_judge(request, "cpu"):
        pass
