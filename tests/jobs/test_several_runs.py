"""What cross-validation and several seeds share."""

from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.jobs.several_runs import mean_and_sd, read_run_plan
from tests.makers.runs import make_evaluation


def test_the_mean_and_its_spread_are_those_of_numpy() -> None:
    values = [0.5, 0.7, 0.9]
    found = mean_and_sd([make_evaluation(figures={"f1_macro": value}) for value in values])
    assert found["model"]["f1_macro"] == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert found["tfidf"]["f1_macro"][1] == pytest.approx(0)
    assert mean_and_sd([make_evaluation()])["model"]["accuracy"] == (0.81, 0.0)


def test_a_plan_of_an_older_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"dataset": "d", "overrides": ["train.learning_rate=2e-5", "a.b=\\"1\\""]}')
    plan = read_run_plan(tmp_path)
    assert (plan.settings, plan.seeds, plan.fold) == ({"train.learning_rate": 2e-5, "a.b": "1"}, (), None)


@pytest.mark.parametrize("text", ["{}", '{"dataset": "d", "overrides": 3}', '{"dataset": "d", "overrides": [3]}'])
def test_a_damaged_plan_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan\.json' is damaged"):
        read_run_plan(tmp_path)
