"""How trials are scored: on validation, as the model would predict, TF-IDF's share fitted out of fold.

TF-IDF is fitted once for all trials of a study, and once more where they weigh classes otherwise.

STUDY/tfidf/balanced/baseline/, STUDY/tfidf/none/baseline/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from classifier.arrays import Floats32, Ints
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.files import copy_folder
from classifier.jobs.request import Request
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.training.baselines import fit_run_baselines
from classifier.training.blended_score import ALONE, BLENDED, ValidationJudge
from classifier.training.folds import folds_of

TFIDF = "tfidf"
BLEND_SETTING = "train.blend"


@dataclass(frozen=True)
class Judges:
    """Makes the judge of each trial.

    Attributes:
        request: names the study.
        dataset: that trials train on.
        fixed: whether ``train.blend`` keeps its value.
        known: class weights -> TF-IDF's scores of the validation articles and what they are worth.
    """

    request: Request
    dataset: DatasetFolder
    fixed: bool
    known: dict[str, tuple[Floats32, float | None]] = field(default_factory=dict)

    @cached_property
    def _validation(self) -> tuple[Ints, Ints | None]:
        """The labels of the validation articles, and the part that each is in."""
        articles = list(self.dataset.articles("validation"))
        labels = self.dataset.info.label_set.encode(article.labels for article in articles)
        return labels, folds_of(articles, self.dataset)

    def judge(self, run: RunFolder, config: Config, *, first: bool) -> ValidationJudge:
        """The judge of a trial, with TF-IDF in its folder where it may be blended in.

        Args:
            run: of the trial.
            config: its settings.
            first: whether they are those that were given, whose blend is kept.
        """
        info, settings = self.dataset.info, config.train
        kept = self.fixed or first
        blends = (settings.blend,) if kept else tuple(dict.fromkeys((settings.blend, BLENDED, ALONE)))
        y, fold = self._validation
        judge = (y, info.labels, settings.metric_for_best_model, settings, blends, fold)
        if all(blend in (ALONE, 0) for blend in blends):
            return ValidationJudge(*judge)
        weights = settings.class_weight
        shared = RunFolder(self.request.out / TFIDF / weights)
        if not shared.baseline.exists():
            shared.path.mkdir(parents=True, exist_ok=True)
            with self.request.progress.task("training TF-IDF, to blend with", None):
                fit_run_baselines(shared, self.dataset, balanced=weights == "balanced")
        if weights not in self.known:
            baselines = load_baselines(shared.baseline)
            articles = list(self.dataset.articles("validation"))
            self.known[weights] = baselines.scores(articles, len(info.labels)), baselines.scale
        copy_folder(shared.baseline, run.baseline)
        return ValidationJudge(*judge, *self.known[weights])
