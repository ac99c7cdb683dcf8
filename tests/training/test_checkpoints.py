from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.training.checkpoints import BestEvaluation, load_best, load_checkpoint, save_best, save_checkpoint
from classifier.training.loop import train_steps
from tests.makers.damage import bad, counts, damages, tamperings, try_out
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
    with pytest.raises(InputError, match=r"step-000006' is not as it was written"):
        load_checkpoint(tmp_path, learner)
    (tmp_path / "step-000006" / "checksums.json").unlink()  # older versions wrote none
    with pytest.raises(InputError, match=r"step-000006' cannot be read(.|\n)*to start again from the beginning"):
        load_checkpoint(tmp_path, learner)


def test_the_best_weights_are_checked_before_the_training_goes_on(checkpoint: Path, tmp_path: Path) -> None:
    learner, data, encoder = prepare(checkpoint, n=16)
    next(train_steps(learner, data, encoder, class_weights=None, device=CPU))
    save_best(tmp_path, learner)
    save_checkpoint(tmp_path, learner, BestEvaluation(1, 0.5))
    assert load_checkpoint(tmp_path, learner) == BestEvaluation(1, 0.5)
    shutil.rmtree(tmp_path / "best-000001")
    with pytest.raises(InputError, match=r"best-000001' cannot be read"):
        load_checkpoint(tmp_path, learner)


@pytest.mark.parametrize("checked", [True, False], ids=["checksums", "none"])
@pytest.mark.parametrize("flips", [3, pytest.param(300, marks=pytest.mark.slow)])
def test_a_damaged_checkpoint_is_refused_or_does_no_harm(
    checkpoint: Path, tmp_path: Path, checked: bool, flips: int
) -> None:
    learner, data, encoder = prepare(checkpoint, n=16)
    next(train_steps(learner, data, encoder, class_weights=None, device=CPU))
    save_best(tmp_path, learner)
    save_checkpoint(tmp_path, learner, BestEvaluation(1, 0.5))
    if not checked:
        for file in tmp_path.glob("*/checksums.json"):
            file.unlink()

    def use() -> object:
        best = load_checkpoint(tmp_path, learner)
        assert best is not None
        weights = [bytes(value.detach().numpy().tobytes()) for value in learner.optimizer.weights().values()]
        load_best(tmp_path, learner, best)
        chosen = [bytes(value.detach().numpy().tobytes()) for value in learner.optimizer.weights().values()]
        return best, learner.step, weights, chosen, str(learner.optimizer.adamw.state_dict())

    tried = try_out(tmp_path, [*damages(tmp_path, flips=flips), *tamperings(tmp_path)], use)
    found = counts(tried)
    assert found["traceback"] == 0, bad(tried)
    assert found["changed"] == 0 or not checked, bad(tried)


def test_best_keeps_the_earlier_of_equal_scores() -> None:
    best = BestEvaluation().after(10, 0.5).after(20, 0.5).after(30, 0.4)
    assert best == BestEvaluation(10, 0.5, 2)
    assert best.after(40, 0.6) == BestEvaluation(40, 0.6, 0)
