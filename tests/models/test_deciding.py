from pathlib import Path

import numpy as np

from classifier.models.classifier import Classifier
from classifier.models.deciding import deciding
from classifier.stats.conformal import ConformalSets
from tests.makers.models import make_model_folder


def test_it_decides_as_the_model_does(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint, sets=ConformalSets(0.9, (0.4, 0.7), (1, 2), (9, 9)))
    model = Classifier.load(folder, device="cpu")
    proba = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]], dtype=np.float32)
    for one, other in ((model, deciding(model.info)), (deciding(model.info), model)):
        assert one.given(proba).tolist() == other.given(proba).tolist()
        assert one.in_set(proba).tolist() == other.in_set(proba).tolist()
