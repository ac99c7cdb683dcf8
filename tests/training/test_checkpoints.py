from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.training.checkpoints import BestEvaluation, load_checkpoint, save_checkpoint
from classifier.training.loop import train_steps
from tests.makers.training import CPU, prepare


def test_only_the_newest_checkpoint_is_kept_and_a_damaged_one_is_named(checkpoint: Path, tmp_path: Path) -> None:
    learner, data, encoder = prepare(checkpoint, n=16)
    for _ in train_steps(learner, data, encoder, class_weights=None, device=CPU):
        save_checkpoint(tmp_path, learner, BestEvaluation())
    assert [path.name for path in tmp_path.iterdir()] == ["step-000006"]
    half = tmp_path / "step-000009.123.partial"  # as a SIGKILL leaves it
    half.mkdir()
    (half / "state.pt").write_bytes(b"half")
    load_checkpoint(tmp_path, learner)
    (tmp_path / "step-000006" / "state.pt").write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"step-000006' cannot be read"):
        load_checkpoint(tmp_path, learner)


def test_best_keeps_the_earlier_of_equal_scores() -> None:
    best = BestEvaluation().after(10, 0.5).after(20, 0.5).after(30, 0.4)
    assert best == BestEvaluation(10, 0.5, 2)
    assert best.after(40, 0.6) == BestEvaluation(40, 0.6, 0)
