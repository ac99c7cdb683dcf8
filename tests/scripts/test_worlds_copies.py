"""The worlds of slices with copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_copies_are_right_or_wrong_together_and_rows_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = __import__("worlds.copies", fromlist=["PART"])
    table = module.world((30,), np.random.default_rng(0))
    right = np.array(table["label"]) == np.array(table["predicted"])
    assert len(set(right[:30])) == 1
    assert len(set(table["copies"].to_pylist())) == 400 - 29
    rows = list(module.PART.rows(3, 0))
    assert len(rows) == 2 * len(module.SETTINGS)
    assert all(row.worlds == 3 and row.hits <= row.worlds for row in rows)
