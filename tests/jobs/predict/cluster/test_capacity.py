from typing import Any

import pytest

from classifier.errors import InputError
from classifier.jobs.predict.cluster.capacity import Workers, has_room, workers_for

GPU_NODE = {"CPU": 64.0, "GPU": 4.0, "memory": 5.0}


@pytest.mark.parametrize(
    ("nodes", "asked", "device", "expected"),
    [
        ([{"CPU": 2.0}], None, "auto", Workers(1, 2, 0)),
        ([{"CPU": 2.0}], 1, "auto", Workers(1, 2, 0)),
        ([{"CPU": 2.0}], 2, "auto", Workers(2, 1, 0)),
        ([{"CPU": 2.0}], 5, "auto", Workers(5, 1, 0)),  # there is no room for them: `has_room` says so
        ([{"CPU": 16.0}, {"CPU": 16.0}], 3, "auto", Workers(3, 8, 0)),
        ([{"CPU": 16.0}, {"memory": 3.0}], None, "auto", Workers(4, 4, 0)),
        ([{"CPU": 3.0}, {"CPU": 3.0}], None, "auto", Workers(2, 3, 0)),
        ([GPU_NODE, {"CPU": 8.0}], None, "auto", Workers(4, 8, 1)),
        ([GPU_NODE, {"CPU": 2.0, "GPU": 2.0}], None, "cuda", Workers(6, 1, 1)),
        ([GPU_NODE], 2, "auto", Workers(2, 8, 1)),
        ([GPU_NODE], None, "cpu", Workers(16, 4, 0)),
    ],
)
def test_workers_by_the_machines(
    nodes: list[dict[str, Any]], asked: int | None, device: str, expected: Workers
) -> None:
    assert workers_for(nodes, asked, device) == expected


def test_a_cluster_without_processors_is_refused() -> None:
    with pytest.raises(InputError, match=r"No machine of the Ray cluster has a CPU"):
        workers_for([{"memory": 1.0}], None, "auto")


def test_room_counts_what_fits_on_each_machine() -> None:
    nodes = [{"CPU": 4.0}, {"CPU": 7.0}, {}]
    assert has_room(nodes, Workers(9, 4, 0)) == 2
    assert has_room(nodes, Workers(1, 4, 0)) == 1
    assert has_room([GPU_NODE, {"CPU": 64.0}], Workers(9, 8, 1)) == 4
