"""The worlds of regressions on predicted labels."""

from importlib.util import find_spec

import numpy as np
import pytest
from worlds import regression


def test_a_planned_sample_carries_its_probabilities() -> None:
    setting = regression.Setting("planned", 100, planned=True)
    world = regression.made_world(setting, np.random.default_rng(0))
    labelled = world.labelled
    assert len(np.unique(labelled.rows)) == 100
    assert (1 / labelled.inclusion).sum() == pytest.approx(regression.CORPUS)
    assert (world.truth[labelled.rows] == labelled.truth).all()


@pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")
def test_every_setting_and_method_gives_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    import ppi_py.ppi

    compiled = ppi_py.ppi._ols_get_stats  # which takes five seconds; as it is written, a moment
    monkeypatch.setattr(ppi_py.ppi, "_ols_get_stats", compiled.py_func)
    monkeypatch.setattr(regression, "SETTINGS", (regression.SETTINGS[0], regression.SETTINGS[-1]))
    monkeypatch.setattr(regression, "CORPUS", 500)
    rows = list(regression.rows(2, 0))
    assert {row.worlds + row.refused for row in rows} == {2, 4}
    assert [row.refused for row in rows if "PPI++" in row.method] == [0, 0]


def test_where_all_articles_of_a_source_have_one_level() -> None:
    world = regression.made_world(regression.Setting("s", 100, sources=9, between=True), np.random.default_rng(0))
    assert world.groups is not None
    levels = {(group, *row) for group, row in zip(world.groups, world.design.tolist(), strict=True)}
    assert len(levels) == 9


def test_log_odds_of_shares() -> None:
    assert regression.log_odds(np.array([0.5, 0.25, 0.0])) == pytest.approx([0, np.log(3), 0])
