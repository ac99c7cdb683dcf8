"""Which layers a probe reads, and what probes say of articles out of fold."""

import numpy as np
import pytest

from classifier.arrays import Floats32, Ints
from classifier.models.held_out import HeldOut
from classifier.models.layers import LayerVectors, better_layers, fit_layer_probe, logits_out_of_fold, losses_of_layers

FOLD = np.arange(120) % 5


def labels(many: bool) -> Ints:
    rng = np.random.default_rng(0)
    return rng.integers(2, size=(120, 3)) if many else rng.integers(3, size=120)


def vectors_that_tell(y: Ints, columns: slice) -> Floats32:
    """Two layers of ten features, three of which know the labels."""
    vectors = np.random.default_rng(1).normal(size=(120, 20)).astype(np.float32)
    vectors[:, columns] += 1.5 * (y if y.ndim == 2 else np.eye(3)[y])
    return vectors


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("columns", "better"), [(slice(0, 3), "all"), (slice(10, 13), "last")])
def test_the_layers_that_tell_the_labels_are_better(many: bool, columns: slice, better: str) -> None:
    y = labels(many)
    vectors = LayerVectors(vectors_that_tell(y, columns), width=10)
    held_out = HeldOut(FOLD, balanced=True)
    losses = losses_of_layers(vectors, y, held_out)
    assert better_layers(vectors, y, held_out) == better
    assert losses[better] < min(loss for layers, loss in losses.items() if layers != better)


def test_the_last_layer_is_read_where_nothing_tells() -> None:
    y = labels(False)
    vectors = LayerVectors(vectors_that_tell(y, slice(0, 3)), width=10)
    assert better_layers(vectors, y, None) == "last"
    assert better_layers(vectors.of("last"), y, HeldOut(FOLD, balanced=True)) == "last"
    assert better_layers(vectors, np.arange(120), HeldOut(FOLD, balanced=True)) == "last"


@pytest.mark.parametrize("many", [False, True])
def test_a_probe_does_not_know_the_articles_that_it_scores(many: bool) -> None:
    y = labels(many)
    vectors, held_out = LayerVectors(vectors_that_tell(y, slice(0, 3)), width=10), HeldOut(FOLD, balanced=True)
    found = logits_out_of_fold(vectors, y, 3, held_out)
    other = y.copy()
    other[0] = 1 - other[0] if many else (other[0] + 1) % 3
    changed = logits_out_of_fold(vectors, other, 3, held_out)
    assert np.array_equal(found[FOLD == 0], changed[FOLD == 0])
    assert not np.allclose(found[FOLD != 0], changed[FOLD != 0])


def test_a_probe_on_the_last_layer_is_given_all_and_reads_no_other() -> None:
    y = labels(False)
    vectors = LayerVectors(vectors_that_tell(y, slice(10, 13)), width=10)
    probe = fit_layer_probe(vectors, y, 3, balanced=True, layers="last")
    noise = LayerVectors(np.hstack([vectors.values[:, :10] * 100, vectors.last]), width=10)
    assert np.array_equal(probe.logits(vectors), probe.logits(noise))
    assert (probe.logits(vectors).argmax(axis=1) == y).mean() > 0.6


def test_what_stands_together_and_has_no_label_is_not_scored() -> None:
    y, vectors = np.zeros((6, 2), dtype=np.int64), LayerVectors(np.ones((6, 4), dtype=np.float32), width=2)
    found = logits_out_of_fold(vectors, y, 2, HeldOut(np.zeros(6, dtype=np.int64), balanced=True))
    assert not found.any()
