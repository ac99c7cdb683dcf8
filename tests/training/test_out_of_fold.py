"""What a head says of training articles that it did not learn from, and which models are fitted on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.train import train
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.progress import SILENT
from classifier.training import out_of_fold
from classifier.training.auto import choose_settings
from classifier.training.baselines import fit_run_baselines
from classifier.training.folds import folds_of
from classifier.training.out_of_fold import head_out_of_fold
from classifier.training.prepare import Fitting, prepare
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

ALONE = {"train.num_train_epochs": 0, "train.blend": "auto", "train.calibration": "auto"}


def _fitting(dataset: DatasetFolder, checkpoint: Path, path: Path, **more: object) -> Fitting:
    config = choose_settings(make_config({}, tiny(checkpoint, **{**ALONE, **more})), dataset)
    return prepare(RunFolder(path), config, dataset, SILENT)


def test_what_is_said_of_an_article_does_not_know_its_label(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    fitting = _fitting(dataset, checkpoint, tmp_path)
    fit_run_baselines(fitting.run, dataset, balanced=True)
    baselines = load_baselines(fitting.run.baseline)
    found = head_out_of_fold(fitting, dataset, baselines, SILENT)
    other = fitting.train.y.copy()
    other[0] = (other[0] + 1) % 3
    changed = head_out_of_fold(replace(fitting, train=replace(fitting.train, y=other)), dataset, baselines, SILENT)
    assert found is not None
    assert changed is not None
    assert found.tfidf is not None
    assert changed.tfidf is not None
    assert len(found.y) == dataset.counts()["train"].articles
    own = folds_of(list(dataset.articles("train")), dataset)
    assert own is not None
    in_fold = own == own[0]
    for before, after in ((found.logits, changed.logits), (found.tfidf, changed.tfidf)):
        assert np.array_equal(before[in_fold], after[in_fold])
        assert not np.allclose(before[~in_fold], after[~in_fold])
    assert (found.logits.argmax(1) == found.y).mean() > 0.5


def test_an_article_with_a_label_that_no_other_has_is_left_out_with_all_that_is_known_of_it(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    fitting, articles = _fitting(dataset, checkpoint, tmp_path), list(dataset.articles("train"))
    y = np.arange(len(articles)) % 2
    y[5] = 2
    found = head_out_of_fold(replace(fitting, train=replace(fitting.train, y=y)), dataset, None, SILENT)
    assert found is not None
    assert found.y.tolist() == np.delete(y, 5).tolist()
    assert list(found.sources) == [article.source for row, article in enumerate(articles) if row != 5]
    assert found.what == f"{len(articles) - 1} training articles out of fold"


def test_a_head_is_calibrated_on_training_articles_too(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run = train(dataset, tmp_path / "run", settings=tiny(checkpoint, **ALONE)).run
    counts = {split: one.articles for split, one in dataset.counts().items()}
    what = f"fitted on {counts['validation']} validation articles and {counts['train']} training articles out of fold"
    assert caplog.text.count(what) == 2, "the blend, and the calibration"
    info = read_model_info(run.model)
    assert info.out_of_fold == counts["train"]
    assert info.validation is not None
    assert info.validation.articles == counts["validation"]


def test_without_validation_a_head_is_calibrated_all_the_same(checkpoint: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(90))
    settings = tiny(checkpoint, **ALONE, **{"split.validation_size": 0})
    info = read_model_info(train(str(source), tmp_path / "run", settings=settings).run.model)
    assert info.calibration is not None
    assert info.blend is not None
    assert info.validation is not None
    assert info.validation.articles == info.out_of_fold > 60


@pytest.mark.parametrize("why", ["trained", "taught", "enough", "many"])
def test_where_it_is_not_needed_or_not_true_validation_alone_tells(
    why: str, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = _fitting(dataset, checkpoint, tmp_path)
    if why == "trained":
        fitting = _fitting(dataset, checkpoint, tmp_path, **{"train.num_train_epochs": 1})
    elif why == "taught":
        data = fitting.config.data.model_copy(update={"unlabelled": ("archive.jsonl",)})
        fitting = replace(fitting, config=fitting.config.model_copy(update={"data": data}))
    elif why == "enough":
        monkeypatch.setattr(out_of_fold, "ENOUGH", 10)
    else:
        monkeypatch.setattr(out_of_fold, "MOST_ARTICLES", 10)
    assert head_out_of_fold(fitting, dataset, None, SILENT) is None
