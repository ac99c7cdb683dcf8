"""What fitting the blend and the calibration of a head on training articles out of fold brings, in Markdown.

    python scripts/out_of_fold.py RUN...

RUN is a run of a head alone (``train.preset=probe``), or a folder of folds, with a blend and one label per article. Its
test articles are scored a second time, with a blend and a calibration that are fitted on its validation articles alone.
What the network says is worked out from the stored scores, so that it need not run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import as_command
import numpy as np
import typer

from classifier.arrays import Floats32, Ints
from classifier.config_file import load_config
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import InputError
from classifier.evaluation.predictions import TFIDF_SCORES, read_predictions
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.trained import open_trained
from classifier.models.transformer.forward import probabilities
from classifier.stats.calibration import fit_calibration
from classifier.training.decision import fitted_blend

HEADER = ("run", "test articles", "log-loss: validation alone", "out of fold too", "difference", "macro F1 of both")
LEAST = 1e-30


@dataclass(frozen=True)
class Scored:
    """Articles of a split, what network and TF-IDF say of them, and their calibrated scores."""

    logits: Floats32
    tfidf: Floats32
    scores: Floats32
    y: Ints


def main(runs: Annotated[list[Path], typer.Argument(help="runs of a head alone, or folders of folds")]) -> None:
    """What fitting the blend and the calibration of a head on training articles out of fold brings."""
    lines = [HEADER, ("---", *["--:"] * (len(HEADER) - 1))]
    lines += [line(path) for path in runs]
    typer.echo("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


def line(path: Path) -> tuple[str, ...]:
    trained = open_trained(path, command="out_of_fold", takes=("run", "folds"))
    found = np.array([both(run) for run in trained.runs])
    articles, (alone, today, f1_alone, f1_today) = found[:, 0].sum(), found[:, 1:].mean(axis=0)
    change = found[:, 2] - found[:, 1]
    error = f" ± {change.std(ddof=1) / len(change) ** 0.5:.3f}" if len(change) > 1 else ""
    cells = (f"{alone:.3f}", f"{today:.3f}", f"{change.mean():+.3f}{error}", f"{f1_alone:.3f}, {f1_today:.3f}")
    return (path.name, f"{articles:,.0f}", *cells)


def both(run: RunFolder) -> tuple[float, ...]:
    """Test articles, and the negative log-likelihood and macro F1 with validation alone and as the run is."""
    config, info, dataset = load_config(run.config), read_model_info(run.model), run_dataset(run.path)
    before = read_model_info(run.before_refit.model) if run.before_refit.model.exists() else info
    if not info.out_of_fold or info.blend is None or info.calibration is None or info.multi_label:
        raise InputError(f"'{run.path}' has no head whose blend was fitted out of fold, with one label per article.")
    validation, test = scored(run, before, dataset, "validation"), scored(run, info, dataset, "test")
    blend = fitted_blend(config.train, validation.logits, validation.tfidf, validation.y, None)
    calibration = fit_calibration(probabilities(blend.apply(validation.logits, validation.tfidf), False), validation.y)
    alone = calibration.apply(probabilities(blend.apply(test.logits, test.tfidf), False))
    rows = np.arange(len(test.y))
    losses = [float(-np.log(np.maximum(scores[rows, test.y], LEAST)).mean()) for scores in (alone, test.scores)]
    undone = [calibration.undone(alone), info.calibration.undone(test.scores)]
    return float(len(rows)), *losses, *(_macro_f1(test.y, scores) for scores in undone)


def scored(run: RunFolder, info: ModelInfo, dataset: DatasetFolder, split: str) -> Scored:
    assert info.blend is not None
    assert info.calibration is not None
    table = read_predictions(run.evaluation(split))
    scores, tfidf = (np.array(table[name].to_pylist(), dtype=np.float32) for name in ("scores", TFIDF_SCORES))
    blended = np.log(np.maximum(info.calibration.undone(scores).astype(np.float64), LEAST))
    logits = ((blended - info.blend[1] * tfidf) / info.blend[0]).astype(np.float32)
    truth = {article.id: article.labels for article in dataset.articles(split)}
    y = dataset.info.label_set.encode(truth[name] for name in table["id"].to_pylist())
    return Scored(logits, tfidf, scores, y)


def _macro_f1(y: Ints, scores: Floats32) -> float:
    from sklearn.metrics import f1_score

    return float(
        f1_score(y, scores.argmax(axis=1), average="macro", labels=np.arange(scores.shape[1]), zero_division=0)
    )


if __name__ == "__main__":
    as_command.run(main)
