"""A model as a notebook shows it: what it gives, and what predicts; not the layers of its encoder."""

from __future__ import annotations

from classifier.errors import counted
from classifier.models.model_folder import ModelInfo
from classifier.summary import Summary


def model_summary(info: ModelInfo, *, predicts: str, device: str) -> Summary:
    """The labels of a model and how it reads articles.

    Args:
        info: what ``classifier.json`` holds.
        predicts: what predicts, as `classifier.models.what_predicts` words it.
        device: where it computes.
    """
    kind = "any number of" if info.multi_label else "one of"
    verdict = f"Gives each {'pair' if info.pair else 'article'} {kind} {len(info.labels):,} labels."
    windows = "all windows" if info.windows == "all" else counted(info.windows, "window")
    rows = {
        "labels": ", ".join(info.labels),
        "encoder": info.base_model,
        "predicts": predicts,
        "reads": f"{windows} of {info.max_length:,} tokens" + (", and a target" if info.pair else ""),
        "scores": "not calibrated" if info.calibration is None else "calibrated on validation",
        "on": device,
    }
    return Summary.of(verdict, (), list(rows.items()))
