"""The model that is asked: which sources it is made of, and what could have no effect on it."""

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.next.judge import open_judge
from classifier.jobs.request import Request
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
