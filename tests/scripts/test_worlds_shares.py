"""The worlds of shares: their error rates are what their names say, and every setting gives rows."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from worlds import shares, shares_groups, shares_labelled, shares_news

needs_ppi = pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")


@pytest.mark.parametrize(("kind", "size", "sign"), [("alike", 20, 0.0), ("together", 0.4, -1.0), ("hard", 0.4, 1.0)])
def test_sources_differ_as_they_are_said_to(kind: str, size: float, sign: float) -> None:
    """Whether a source that is right more often on one label is so on another."""
    matrices = shares.Sources(kind, size).draw(4000, np.random.default_rng(0))
    assert matrices.sum(axis=2) == pytest.approx(1)
    assert matrices.mean(axis=0) == pytest.approx(shares.MEAN, abs=0.04)
    correlation = np.corrcoef(matrices[:, 0, 0], matrices[:, 1, 1])[0, 1]
    assert np.sign(round(correlation, 1)) == sign


def test_one_source_gives_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SETTINGS", shares.SETTINGS[3:4])
    found = list(shares.rows(3, 0))
    assert [row.worlds for row in found] == [3] * 9
    assert {row.method for row in found} == {"naive", "mean error rates (before)", "the group's own sources"}


@needs_ppi
def test_labelled_articles_give_rows() -> None:
    found = list(shares_labelled.rows(3, 0))
    assert all(row.worlds + row.refused == 3 for row in found)
    assert sum(row.refused for row in found) > 0


@needs_ppi
def test_real_articles_give_rows_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares_news, "FOLDER", tmp_path / "nothing")
    assert list(shares_news.rows(3, 0)) == []


def test_groups_give_rows() -> None:
    assert [row.worlds for row in shares_groups.rows(2, 0)] == [2] * 4
