"""How good something is: a model on articles, a split, the given labels, an estimate of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.lazy import lazy_names

if TYPE_CHECKING:
    from classifier.evaluation.comparison import Comparison
    from classifier.evaluation.result import Evaluation

__all__ = ["Comparison", "Evaluation"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Evaluation": "classifier.evaluation.result", "Comparison": "classifier.evaluation.comparison"}
)
