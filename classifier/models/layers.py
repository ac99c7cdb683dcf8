"""Which layers of an encoder a linear probe reads: the last one, or all, whichever scores articles out of fold better.

The last layer of a sentence encoder knows what a text is about. How it is written, of which genres and stances are
made, stands in the layers below it (Jawahar et al., 2019, "What Does BERT Learn about the Structure of Language?", ACL
2019). Which of the two labels need is not known beforehand; labelled articles out of fold tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.config import Layers
from classifier.models.held_out import HeldOut, classes_of
from classifier.models.linear_probe import Probe, fit_probe
from classifier.models.transformer.forward import probabilities
from classifier.stats.calibration import calibrated_loss

KINDS: tuple[Layers, ...] = ("last", "all")  # the first wins a draw


@dataclass(frozen=True)
class LayerVectors:
    """Mean vectors of articles under an encoder.

    Attributes:
        values: float32 of shape (articles, features): of one layer, or of the embeddings and each layer side by side.
        width: features of one layer.
        parts: vectors that stand side by side in these; several of pairs that are read apart.

    Example:
        >>> vectors = LayerVectors(np.array([[1.0, 2.0, 3.0, 4.0]], dtype=np.float32), width=2)
        >>> vectors.depth, vectors.last, vectors.of("all").values.shape
        (2, array([[3., 4.]], dtype=float32), (1, 4))
    """

    values: Floats32
    width: int
    parts: int = 1

    def __len__(self) -> int:
        return len(self.values)

    @property
    def depth(self) -> int:
        """Of how many layers they are."""
        return int(self.values.shape[1] // self.width)

    @property
    def side_by_side(self) -> int:
        """How many vectors stand side by side in one of them."""
        return self.depth * self.parts

    @property
    def last(self) -> Floats32:
        """Those of the last layer, of shape (articles, width)."""
        return self.values[:, -self.width :]

    def of(self, layers: Layers) -> LayerVectors:
        """Those of the last layer alone, or all."""
        return self if layers == "all" else LayerVectors(self.last, self.width, self.parts)

    def take(self, rows: Ints) -> LayerVectors:
        """Those of some articles."""
        return LayerVectors(self.values[rows], self.width, self.parts)


@dataclass(frozen=True)
class LayerProbe:
    """A linear probe and the layers whose vectors it reads."""

    probe: Probe
    layers: Layers

    def logits(self, vectors: LayerVectors) -> Floats32:
        """Logits of shape (articles, classes)."""
        return self.probe.logits(vectors.of(self.layers).values)


def fit_layer_probe(vectors: LayerVectors, y: Ints, classes: int, *, balanced: bool, layers: Layers) -> LayerProbe:
    """A probe on labelled articles.

    Args:
        vectors: of the articles.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        classes: how many there are.
        balanced: whether classes have the same weight.
        layers: whose vectors it reads.

    Example:
        >>> vectors = LayerVectors(np.array([[9, 0], [-9, 1]], dtype=np.float32), width=1)
        >>> probe = fit_layer_probe(vectors, np.array([0, 1]), 2, balanced=True, layers="last")
        >>> int(probe.logits(LayerVectors(np.array([[0, 5]], dtype=np.float32), width=1)).argmax())
        1
    """
    read = vectors.of(layers)
    return LayerProbe(fit_probe(read.values, y, classes, balanced=balanced, vectors=read.side_by_side), layers)


def logits_out_of_fold(vectors: LayerVectors, y: Ints, classes: int, held_out: HeldOut) -> Floats32:
    """What probes say of articles that they did not learn from.

    Args:
        vectors: of the articles; all layers that they are of are read.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        classes: how many there are.
        held_out: which probe scores which article.

    Returns:
        Logits of shape (articles, classes); 0 for articles that are not `HeldOut.usable`.

    Example:
        >>> vectors = LayerVectors(np.array([[-2], [2], [-1], [1]], dtype=np.float32), width=1)
        >>> held_out = HeldOut(np.array([0, 0, 1, 1]), balanced=True)
        >>> logits_out_of_fold(vectors, np.array([0, 1, 0, 1]), 2, held_out).argmax(axis=1)
        array([0, 1, 0, 1])
    """
    logits, usable = np.zeros((len(y), classes), dtype=np.float32), held_out.usable(y)
    for part in np.unique(held_out.fold[usable]):
        own = held_out.fold == part
        rows, scored = np.flatnonzero(~own), np.flatnonzero(own & usable)
        if not len(rows):  # none has a label, and all stand together
            continue
        probe = fit_layer_probe(vectors.take(rows), y[rows], classes, balanced=held_out.balanced, layers="all")
        logits[scored] = probe.logits(vectors.take(scored))
    return logits


def losses_of_layers(vectors: LayerVectors, y: Ints, held_out: HeldOut) -> Mapping[Layers, float]:
    """How well probes on the last layer and on all score articles that they did not learn from.

    Args:
        vectors: of the articles.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        held_out: which probe scores which article.

    Returns:
        The mean log-loss of scores that are calibrated on these articles; empty where nothing can be held out.
    """
    rows = held_out.usable(y)
    if vectors.depth == 1 or not rows.any():
        return {}
    classes = classes_of(y)
    scored = {layers: logits_out_of_fold(vectors.of(layers), y, classes, held_out)[rows] for layers in KINDS}
    return {layers: calibrated_loss(probabilities(logits, y.ndim == 2), y[rows]) for layers, logits in scored.items()}


def better_layers(vectors: LayerVectors, y: Ints, held_out: HeldOut | None) -> Layers:
    """The layers whose probes have the lower of `losses_of_layers`; the last one where nothing tells.

    Args:
        vectors, y, held_out: as there; None = nothing can be held out.
    """
    return better_of({} if held_out is None else losses_of_layers(vectors, y, held_out))


def better_of(losses: Mapping[Layers, float]) -> Layers:
    """The layers with the lower loss; the last one in a draw, or where there are none.

    Example:
        >>> better_of({"last": 0.9, "all": 0.5}), better_of({"last": 0.5, "all": 0.5}), better_of({})
        ('all', 'last', 'last')
    """
    return min(losses, key=lambda layers: losses[layers], default="last")
