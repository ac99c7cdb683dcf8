"""A corpus that a run has labelled, and a sample of it labelled by hand, for regressions on labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.makers.predictions import REFERENCE, write_reference_run

NAMES = ("a", "b", "c")
MATRIX = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])


def regression_run(folder: Path, labels: tuple[str, ...] = NAMES, **info: Any) -> Path:
    """A run whose test articles are confused as the matrix says."""
    cells = [(i, j) for i in range(3) for j in range(3) for _ in range(round(100 * MATRIX[i, j]))]
    truth, guess = ([labels[cell[side]] for cell in cells] for side in (0, 1))
    return write_reference_run(folder, truth, guess, labels=labels, **info)


def biased_corpus(folder: Path, n: int = 1200, labelled: int = 240, labels: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """Predictions in which one article of three of every source but "x" is wrongly called by the first label.

    Returns:
        ``rows`` (of the predictions), ``truth``, and the files ``predictions`` and ``labelled``.
    """
    rng = np.random.default_rng(5)
    sources = rng.choice(["x", "y", "z z"], n, p=[0.5, 0.3, 0.2])
    truth = rng.choice(3, n, p=[0.4, 0.35, 0.25])
    guess = [rng.choice(3, p=MATRIX[true]) for true in truth]
    guess = [0 if of != "x" and rng.random() < 1 / 3 else said for of, said in zip(sources, guess, strict=True)]
    rows = [
        {
            "id": f"n{i}",
            "text": f"text {i}",
            "source": str(sources[i]),
            "date": f"2024-0{1 + i % 3}-11",
            "desk head": f"d{i % 20}",
            "words": int(rng.integers(100, 900)),
            "label": labels[guess[i]],
            "score": 0.8,
            "scores": [{"label": name, "score": 0.8 if k == guess[i] else 0.1} for k, name in enumerate(labels)],
            "predicted_by": REFERENCE if labels == NAMES else None,
        }
        for i in range(n)
    ]
    by_hand = [{"id": f"n{i}", "label": labels[truth[i]]} for i in np.sort(rng.choice(n, labelled, replace=False))]
    return {
        "rows": rows,
        "truth": truth,
        "predictions": write_rows(folder / "predicted.jsonl", rows),
        "labelled": write_rows(folder / "labelled.jsonl", by_hand),
    }


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """One row a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
