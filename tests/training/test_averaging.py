"""The running mean of weights: it is the mean, wherever a training was interrupted, and of the last steps alone."""

from __future__ import annotations

import pytest
import torch

from classifier.training.averaging import WeightAverage, averaged_from


def weights(steps: int) -> list[list[torch.Tensor]]:
    torch.manual_seed(3)
    return [[torch.randn(7), torch.randn(2, 3)] for _ in range(steps)]


def test_it_is_the_mean_and_keeps_no_view_of_what_changes_later() -> None:
    average, taken = WeightAverage(), weights(9)
    live = [part.clone() for part in taken[0]]
    for step in taken:
        for mine, new in zip(live, step, strict=True):
            mine.copy_(new)  # as an optimizer does: in place
        average.add(live)
    assert average.count == 9
    for index, mean in enumerate(average.mean):
        assert torch.allclose(mean, torch.stack([step[index] for step in taken]).mean(dim=0), atol=1e-6)


def test_one_that_goes_on_from_its_state_ends_in_the_same_numbers() -> None:
    whole, first, second, taken = WeightAverage(), WeightAverage(), WeightAverage(), weights(6)
    for step in taken:
        whole.add(step)
    for step in taken[:2]:
        first.add(step)
    second.load_state(first.state(), taken[0])
    for step in taken[2:]:
        second.add(step)
    assert second.count == whole.count
    assert all(torch.equal(a, b) for a, b in zip(second.mean, whole.mean, strict=True))


def test_the_state_of_another_model_is_refused() -> None:
    average = WeightAverage()
    average.add([torch.zeros(4)])
    with pytest.raises(RuntimeError, match="another model"):
        WeightAverage().load_state(average.state(), [torch.zeros(5)])
    with pytest.raises(RuntimeError, match="another model"):
        WeightAverage().load_state(average.state(), [torch.zeros(4), torch.zeros(4)])


@pytest.mark.parametrize(
    ("total", "share", "steps"), [(12, 0.5, 6), (12, 0.0, 0), (1, 0.5, 0), (0, 0.5, 0), (7, 0.99, 6)]
)
def test_the_share_is_of_the_last_steps(total: int, share: float, steps: int) -> None:
    assert total - averaged_from(total, share) + 1 == steps
