import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from classifier.models.transformer.batches import Batch, collate
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.prefetch import ahead_for, prefetched
from classifier.training import loop
from tests.makers.training import CPU, prepare, same_weights, take


@pytest.mark.parametrize("ahead", [0, 1, 2, 9])
def test_everything_comes_once_and_in_its_order(ahead: int) -> None:
    assert list(prefetched(lambda job: job * job, range(7), ahead)) == [0, 1, 4, 9, 16, 25, 36]
    assert list(prefetched(str, [], ahead)) == []


def test_no_more_is_made_than_asked_for_and_some_ahead() -> None:
    made: list[int] = []
    things = prefetched(made.append, range(100), 2)
    next(things)
    time.sleep(0.1)
    assert made == [0, 1, 2]


def test_what_goes_wrong_is_raised_where_the_result_is_asked_for() -> None:
    things = prefetched(lambda job: 1 / job, [1, 2, 0, 4], 2)
    assert [next(things), next(things)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(things)


def test_the_thread_ends_with_a_caller_that_stops_asking() -> None:
    def threads() -> Iterator[str]:
        return (thread.name for thread in threading.enumerate() if thread.name.startswith("prefetch"))

    things = prefetched(str, range(100), 2)
    next(things)
    assert list(threads())
    del things
    gc.collect()
    deadline = time.monotonic() + 5
    while list(threads()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not list(threads())


def test_only_a_gpu_is_prepared_for() -> None:
    assert ahead_for(CPU) == ahead_for(torch.device("mps")) == 0
    assert ahead_for(torch.device("cuda")) > 0


def test_training_is_the_same_with_batches_made_ahead(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learners, logits = [], []
    makers: set[str] = set()

    def noting(*args: Any, **options: Any) -> Batch:
        makers.add(threading.current_thread().name.split("_")[0])
        return collate(*args, **options)

    monkeypatch.setattr(loop, "collate", noting)
    for ahead in (0, 2):
        monkeypatch.setattr(loop, "ahead_for", lambda device, ahead=ahead: ahead)
        makers.clear()
        learner, data, encoder = prepare(checkpoint)
        take(learner, data, encoder, stop=lambda record: record.step == 5)
        take(learner, data, encoder)  # goes on in the middle of an epoch
        learners.append(learner)
        logits.append(article_logits(learner.model, data.encoded, encoder, device=CPU))
        assert makers == {"prefetch" if ahead else "MainThread"}
    assert same_weights(*learners)
    assert np.array_equal(*logits)
