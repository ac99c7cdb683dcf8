"""What a long job is asked for: one object from the public function down to the last step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from classifier.config_file import Settings
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.dataset import Built
from classifier.progress import SILENT, Progress

Show = Callable[[DatasetFolder, Built | None], None]


def never() -> bool:
    """The answer of a program that never stops a job."""
    return False


def unseen(dataset: DatasetFolder, built: Built | None) -> None:
    """What a program does with a dataset that it need not see before the training."""


@dataclass(frozen=True)
class Request:
    """What a long job is asked for.

    Attributes:
        source: a config file, a dataset folder, or articles, as in `classifier.jobs.source.resolve_source`; None to
            go on with a job.
        out: the folder to write.
        given: settings that win over those of the source, without the seed.
        seed: of the training, instead of ``train.seed``.
        fold: of a dataset with folds, the one to test on, from 1.
        skip_bad: leave bad rows out when building.
        resume: go on with the job in ``out``.
        overwrite: replace an older output of the same kind.
        progress: told of each step.
        should_stop: asked after every optimizer step; True ends the job so that it can go on later.
        careful: do not begin where figures on the dataset would mislead.
        show: told of the dataset before the training begins, and of what was found where it was built just now.
        trainings: how many like this one there are in all, the time of which is estimated; 0 = no estimate.
    """

    source: str | None
    out: Path
    given: Settings = field(default_factory=dict)
    seed: int | None = None
    fold: int | None = None
    skip_bad: bool = False
    resume: bool = False
    overwrite: bool = False
    progress: Progress = SILENT
    should_stop: Callable[[], bool] = never
    careful: bool = False
    show: Show = unseen
    trainings: int = 1

    @property
    def settings(self) -> Settings:
        """All settings, the seed among them."""
        return self.given if self.seed is None else {**self.given, "train.seed": self.seed}
