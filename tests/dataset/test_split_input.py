from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.config import SplitConfig
from classifier.dataset.split_input import KeptArticles, dates_of, intended_shares, take
from classifier.dataset.units import OPEN
from classifier.errors import InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import settled


def kept(folder: Path, columns: dict[str, list[Any]] | None = None, **settings: Any) -> KeptArticles:
    """Six articles, all open."""
    corpus = settled(make_articles(6), folder)
    return KeptArticles(corpus, SplitConfig(**settings), np.arange(6), columns or {}, np.full(6, OPEN))


def test_shares_are_those_of_the_settings_less_what_is_given(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", test_size=0.3, validation_size=0.1)
    assert part.shares() == {"train": pytest.approx(0.6), "validation": 0.1, "test": 0.3}
    assert part.given == []
    given = replace(part, fixed=np.array([2, 2, OPEN, OPEN, OPEN, -1]))
    assert given.given == ["test"]
    assert given.shares() == {"train": pytest.approx(0.9), "validation": 0.1}
    assert intended_shares(kept(tmp_path / "b", folds=4)) == {f"fold {k}": 0.25 for k in (1, 2, 3, 4)}


def test_groups_bind_open_articles_alone(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", {"source": ["x", "X ", "y", None, "y", "z"]}, group_by=("source",))
    assert part.units(np.arange(6)).tolist() == [0, 0, 1, 2, 1, 3]
    fixed = np.full(6, OPEN)
    fixed[1] = 2
    assert replace(part, fixed=fixed).units(np.arange(6)).tolist() == [0, 1, 2, 3, 2, 4]


def test_every_article_without_a_date_is_listed(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", {"date": ["2024-01-01", "2024-01-02T10:00", None, "May", "2024-01-05", "2024-01-06"]})
    assert dates_of(part, np.array([0, 4])) == ["2024-01-01", "2024-01-05"]
    with pytest.raises(InputError, match="2 have none") as error:
        dates_of(part, np.arange(6))
    assert [str(fault) for fault in error.value.faults] == [
        "made:2: has no date",
        "made:3: the date 'May' cannot be read",
    ]
    assert take(["a", "b", "c"], np.array([2, 0])) == ["c", "a"]
