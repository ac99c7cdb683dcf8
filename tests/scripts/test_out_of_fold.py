"""What `scripts/out_of_fold.py` works out from stored scores is what the model says."""

from pathlib import Path

import numpy as np
import out_of_fold
import pytest
from sklearn.metrics import log_loss

from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.predictions import read_predictions
from classifier.jobs.train import train
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.forward import probabilities
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> RunFolder:
    folder = tmp_path_factory.mktemp("heads")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    alone = {"train.num_train_epochs": 0, "train.blend": "auto", "train.calibration": "auto", "train.refit": True}
    return train(str(source), folder / "run", settings=tiny(checkpoint, **alone)).run


def test_logits_give_the_stored_scores_again_and_their_loss(run: RunFolder) -> None:
    info, dataset = read_model_info(run.model), run_dataset(run.path)
    assert info.blend is not None
    assert info.calibration is not None
    for split in ("validation", "test"):
        found = out_of_fold.scored(run, info, dataset, split)
        blended = info.blend[0] * found.logits + info.blend[1] * found.tfidf
        again = info.calibration.apply(probabilities(blended, False))
        assert again == pytest.approx(found.scores, abs=1e-5)
    _, articles, alone, today, difference, _ = out_of_fold.line(run.path)
    table = read_predictions(run.evaluation("test"))
    scores = np.array(table["scores"].to_pylist())
    scores /= scores.sum(axis=1, keepdims=True)  # they are stored in float32
    loss = log_loss(table["label"].to_pylist(), scores, labels=list(info.labels))
    assert (articles, today) == (str(len(scores)), f"{loss:.3f}")
    assert float(difference) == pytest.approx(float(today) - float(alone), abs=0.0011)


def test_other_runs_are_refused(cascade_run: Path) -> None:
    with pytest.raises(InputError, match="has no head whose blend was fitted out of fold"):
        out_of_fold.line(cascade_run)
