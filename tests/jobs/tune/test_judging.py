"""How trials are judged: which blends are compared, and TF-IDF fitted once for all of them."""

from pathlib import Path

import pytest

from classifier.bars import AUTOMATIC
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.jobs.request import Request
from classifier.jobs.tune import judging
from classifier.jobs.tune.judging import Judges
from classifier.models.run_folder import RunFolder
from tests.makers.tuning import source


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetFolder:
    found = build(source(tmp_path), tmp_path / "data", settings={"split.validation_size": 0.2}).dataset
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fixed", "first", "blend", "compared"),
    [
        (False, False, "auto", ("auto", "none")),
        (False, False, "none", ("none", "auto")),
        (False, False, 0.3, (0.3, "auto", "none")),
        (True, False, "auto", ("auto",)),
        (False, True, "none", ("none",)),
    ],
)
def test_what_the_user_fixed_and_the_settings_as_given_are_not_compared(
    tmp_path: Path, dataset: DatasetFolder, fixed: bool, first: bool, blend: object, compared: tuple[object, ...]
) -> None:
    judges = Judges(Request(None, tmp_path / "study"), dataset, fixed=fixed)
    run = RunFolder(tmp_path / "study" / "trial-0000")
    run.path.mkdir(parents=True)
    judge = judges.judge(run, make_config({}, {"train.blend": blend}), first=first)
    assert judge.blends == compared
    assert run.baseline.exists() == (judge.tfidf is not None) == (compared != ("none",))
    assert len(judge.y) == dataset.counts()["validation"].articles


def test_tfidf_is_fitted_once_for_each_way_to_weigh_classes(
    tmp_path: Path, dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits, fit = [], judging.fit_run_baselines
    monkeypatch.setattr(judging, "fit_run_baselines", lambda *given, **more: (fits.append(more), fit(*given, **more)))
    judges = Judges(Request(None, tmp_path / "study", progress=AUTOMATIC), dataset, fixed=False)
    for number, weight in enumerate(["none", "balanced", "none", "none"]):
        run = RunFolder(tmp_path / "study" / f"trial-{number:04d}")
        run.path.mkdir(parents=True)
        judge = judges.judge(run, make_config({}, {"train.class_weight": weight}), first=False)
        assert judge.tfidf is not None and judge.fold is not None
    assert fits == [{"balanced": False}, {"balanced": True}]
