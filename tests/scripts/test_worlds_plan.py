"""The worlds of planned samples."""

from importlib.util import find_spec

import numpy as np
import pytest
from worlds import plan


def test_the_probabilities_add_up_to_the_corpus_though_some_do_not_answer() -> None:
    rng = np.random.default_rng(0)
    guess = rng.choice(3, size=plan.CORPUS, p=[0.8, 0.15, 0.05])
    rows, inclusion = plan.planned(plan.Setting((0.8, 0.15, 0.05), 300, 0.05, answered=0.5), guess, rng)
    assert (1 / inclusion).sum() == pytest.approx(plan.CORPUS)
    assert len(np.unique(rows)) == len(rows)


@pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")
def test_every_setting_gives_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SETTINGS", plan.SETTINGS[-1:])
    assert [row.worlds for row in plan.rows(2, 0)] == [6, 6, 6]
