"""The worlds of label sets and of abstention give rows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize("name", ["sets", "abstention"])
def test_a_part_gives_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = __import__(f"worlds.{name}", fromlist=["PART"])
    rows = list(module.PART.rows(3, 0))
    assert rows and all(row.worlds + row.refused == 3 and row.hits <= row.worlds for row in rows)
    for row in rows:
        assert row.line().startswith(f"| {row.setting} | {row.method} | ")
    for found in [key for key in sys.modules if key == "worlds" or key.startswith("worlds.")]:
        del sys.modules[found]
