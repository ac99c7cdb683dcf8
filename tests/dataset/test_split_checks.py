import json
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.split_checks import (
    check_folds,
    check_not_empty,
    giant_note,
    lost_label_notes,
    reprint_notes,
)
from classifier.dataset.units import LEFT_OUT
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl

FOLDS = [
    ({"folds": 4, "test_size": 0.3}, True),
    ({"folds": 4, "method": "temporal", "test_size": 0.3}, True),
    ({"folds": 4}, False),
    ({"test_size": 0.3}, False),
]
SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}


def test_an_empty_split_or_fold_is_an_error() -> None:
    check_not_empty(np.array([0, 1, 2]), SHARES, "3 texts")
    with pytest.raises(InputError, match="Nothing is left for validation and test: there are only 1 texts"):
        check_not_empty(np.array([0, 0]), SHARES, "1 texts")
    folds = np.array([[2, 0], [0, 2], [1, 0]])
    with pytest.raises(InputError, match=r"left for validation: .*\n.* do without: --set split\.validation_size=0"):
        check_not_empty(np.array([0, 2]), SHARES, "2 texts or groups")
    with pytest.raises(InputError, match="Nothing is left for validation in fold 2"):
        check_folds(folds, "3 texts", validation=True)
    check_folds(folds, "3 texts", validation=False)
    with pytest.raises(InputError, match="Nothing is left for train in fold 1"):
        check_folds(np.array([[2, 0], [2, 0], [2, 2]]), "3 texts", validation=False)


@pytest.mark.parametrize(("settings", "said"), FOLDS, ids=str)
def test_a_share_of_test_beside_folds_is_said_to_have_no_effect(
    tmp_path: Path, settings: dict[str, object], said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    source = tmp_path / "a.jsonl"
    lines = write_jsonl(source, make_articles(80)).read_text().splitlines()
    rows = [{**json.loads(line), "date": f"2024-01-{1 + n % 28:02d}"} for n, line in enumerate(lines)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    build(str(source), tmp_path / "data", settings={f"split.{name}": value for name, value in settings.items()})
    assert caplog.text.count("split.test_size = 0.3 has no effect beside split.folds = 4") == said


def test_what_reprints_cost_is_said() -> None:
    units, cluster = np.repeat(np.arange(4), 5), np.arange(20)
    cluster[[5, 10]] = 0
    before = np.repeat([0, 0, 2, 1], 5)[:, None]
    after = before.copy()
    after[[0, 5]] = LEFT_OUT
    (note,) = reprint_notes(units, cluster, before, after, "source")
    assert note.startswith("2 articles left out (10.0%): (nearly) the same text is in a later split. Joined by such")
    assert note.endswith("the values of source would count for 1.6 groups of equal size instead of 4.0")
    folds = np.hstack([before, before])
    some = np.hstack([after, before])
    assert reprint_notes(units, cluster, folds, some, "source")[0].startswith(
        "0 to 2 articles of a fold left out (5.0%)"
    )


def test_a_label_that_train_loses_is_named() -> None:
    labels = [("a",), ("b",), ("b",), ("a",)]
    before, after = np.array([[0], [0], [2], [0]]), np.array([[0], [-1], [2], [0]])
    (note,) = lost_label_notes(labels, before, after)
    assert note == "label 'b' has no training article left: the texts of all stand in a later split too"
    assert lost_label_notes(labels, before, before) == []
    assert "left in a fold" in lost_label_notes(labels, np.hstack([before, before]), np.hstack([before, after]))[0]


def test_a_giant_group_is_named_with_what_it_does() -> None:
    units = np.concatenate([np.zeros(40, dtype=np.int64), np.arange(1, 61)])
    source = ["Daily Example"] * 40 + [f"s{i}" for i in range(60)]
    (note,) = giant_note(units, {"source": source, "author": [None] * 100}, SHARES)
    assert "one group holds 40 of 100 articles (40%; source 'Daily Example')" in note
    assert "should have (10): compare the sizes of the splits" in note
    (note,) = giant_note(units, {}, SHARES)
    assert "near-duplicate texts" in note
    (note,) = giant_note(units, {"source": [f"s{i % 7}" for i in range(100)]}, SHARES)
    assert "source 's0', 's1' and 5 more" in note
    (note,) = giant_note(units, {"source": source, "author": [f"p{i % 9}" for i in range(100)]}, SHARES)
    assert "an article joins its source and author, and all that share either: group by one alone" in note
    (note,) = giant_note(units, {"source": ["BBC\u200b" if name == source[0] else name for name in source]}, SHARES)
    assert "source 'BBC\\u200b'" in note
    assert giant_note(np.arange(100), {"source": source}, SHARES) == []
    assert giant_note(np.arange(3), {"source": source}, SHARES) == []
