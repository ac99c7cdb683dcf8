"""What a run's page is made from."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from classifier.evaluation.controls import Control, Controls, Reading
from classifier.evaluation.result import Evaluation
from classifier.models.model_folder import ModelInfo
from classifier.models.run_folder import RunFolder
from classifier.reports.run.record import RunRecord
from classifier.stats.reliability import Reliability, ScoreBin, ScoreFigures
from classifier.stats.significance import Gain
from tests.makers.pages import make_info

LABELS = ("opinion", "press_release", "satire")


def make_evaluation(**changes: Any) -> Evaluation:
    """A good one: surely better than TF-IDF, on new sources, large enough."""
    figures = {
        "accuracy": 0.81,
        "f1_macro": 0.79,
        "f1_micro": 0.81,
        "f1_weighted": 0.8,
        "matthews_correlation": 0.7,
    }
    evaluation = Evaluation(
        split="test",
        articles=200,
        sources=20,
        without_source=0,
        unseen=1.0,
        labels=LABELS,
        figures=figures,
        intervals={name: (value - 0.05, value + 0.05) for name, value in figures.items()},
        baselines={
            "tfidf": {name: value - 0.1 for name, value in figures.items()},
            "majority": dict.fromkeys(figures, 0.2),
        },
        gain={
            "f1_macro": Gain(0.1, (0.04, 0.16), 0.002, (0.05, 0.15)),
            "accuracy": Gain(0.1, (0.03, 0.17), 0.002, (0.04, 0.16)),
        },
        f1_macro_sklearn=0.79,
        per_class={
            "opinion": {"precision": 0.85, "recall": 0.9, "f1-score": 0.87, "support": 100.0},
            "press_release": {"precision": 0.75, "recall": 0.7, "f1-score": 0.72, "support": 60.0},
            "satire": {"precision": 0.8, "recall": 0.76, "f1-score": 0.78, "support": 40.0},
        },
        per_class_intervals={
            name: {"precision": (0.6, 0.95), "recall": (0.5, 0.96), "f1-score": (0.6, 0.94)} for name in LABELS
        },
        effective=200.0,
        confusion=[[90, 8, 2], [12, 42, 6], [4, 6, 30]],
        missing=(),
    )
    return replace(evaluation, **changes)


def gain(value: float, interval: tuple[float, float], p: float) -> dict[str, Any]:
    """A difference as ``metrics.json`` holds it."""
    return asdict(Gain(value, interval, p))


def make_controls(removed: tuple[float, float], shuffled: tuple[float, float] | None) -> Controls:
    def control(interval: tuple[float, float]) -> Control:
        fall = sum(interval) / 2
        return Control(0.8 - fall, fall, interval, 0.3, dict.fromkeys(LABELS, 0.5))

    reading = Reading(
        0.8, dict.fromkeys(LABELS, 0.8), control(removed), control(shuffled) if shuffled else None, control((0.2, 0.4))
    )
    return Controls("test", 90, 90, 12, 3, 0.2, reading, reading, None, 0, 0)


def make_model_info() -> ModelInfo:
    return ModelInfo(("a", "b"), False, False, "mean", 128, 2, 0, "head", False, "encoder", "0.1.0")


def make_reliability(ece: float, interval: tuple[float, float], *, calibrated: bool = True) -> Reliability:
    bins = (ScoreBin(10, 0.4, 0.3), ScoreBin(10, 0.9, 0.95))
    after = ScoreFigures(ece, interval, 0.04, 0.2, (0.1, 0.3), 0.5, (0.4, 0.6), bins)
    return Reliability("test", 20, calibrated, "equal mass", 0.02, replace(after, ece=0.084), after, 0.12, ())


class MadeRecord(RunRecord):
    """A record whose files are given by hand."""

    def __init__(
        self,
        evaluation: Evaluation,
        folder: Path = Path("nowhere"),
        **changes: Any,
    ) -> None:
        fields: dict[str, Any] = {"others": {}, "members": {}, "mean": {}, "manifest": {}, **changes}
        info = fields.pop("info", make_info(giveaways=(), probe=None, duplicates=None))
        super().__init__(
            path=Path("runs/made"),
            kind=fields.pop("kind", "run"),
            run=RunFolder(Path("runs/made")),
            evaluation=evaluation,
            evaluated=folder,
            **fields,
        )
        self.__dict__.update(info=info, predictions=[], model=None, predictor="the encoder MiniLM alone")
