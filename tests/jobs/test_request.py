"""What a job is asked for."""

from pathlib import Path

from classifier.jobs.request import Request


def test_the_seed_is_a_setting_that_wins() -> None:
    given = {"train.seed": 3, "model.windows": 2}
    assert Request("a.csv", Path("out"), given).settings == given
    assert Request("a.csv", Path("out"), given, seed=7).settings == {"train.seed": 7, "model.windows": 2}
    assert given["train.seed"] == 3
    assert not Request("a.csv", Path("out")).should_stop()
