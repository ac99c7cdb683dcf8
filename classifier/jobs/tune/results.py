"""What a study leaves on disk: the trials and the best settings as files, and of the models only the best one."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from classifier.config import Config
from classifier.config_file import (
    changed_settings,
    config_values,
    dump_config,
    is_in_memory,
    make_config,
    setting_text,
)
from classifier.dataset.folder import DatasetFolder
from classifier.errors import shell_word
from classifier.files import write_json, write_text
from classifier.jobs.request import Request
from classifier.jobs.tune.judging import BLEND_SETTING, Judges
from classifier.jobs.tune.space import SearchSpace
from classifier.jobs.tune.study import TrialResult, best_trial, results, settings_of_trial
from classifier.models.run_folder import DATASET, RunFolder

if TYPE_CHECKING:
    from optuna import Study

DATABASE, TRIALS, BEST = "study.db", "trials.json", "best.toml"
TRIAL = "trial-{:04d}"


@dataclass(frozen=True)
class TuningJob:
    """What the functions of a search share.

    Attributes:
        request: what is asked for.
        study: in its database.
        space: what is searched.
        judges: score trials.
        dataset: that trials train on: with all of the training articles, or a part of them.
        of: how many training articles there are.
        deadline: by `time.monotonic`, after which a trial takes no more steps; None = it ends by itself.
    """

    request: Request
    study: Study
    space: SearchSpace
    judges: Judges
    dataset: DatasetFolder
    of: int = 0
    deadline: float | None = None

    @property
    def part(self) -> int | None:
        """How many training articles the trials read, where that is not all of them."""
        read = self.dataset.counts()["train"].articles
        return read if self.of and read < self.of else None

    def run(self, number: int) -> RunFolder:
        """The folder of a trial."""
        return RunFolder(self.request.out / TRIAL.format(number))


def tidy(job: TuningJob) -> None:
    """Remove the folders of trials that did not end, all checkpoints, and every model but the best one."""
    found = {trial.number: trial for trial in results(job.study)}
    best = best_trial(list(found.values()))
    for path in job.request.out.glob("trial-*"):
        number, run = int(path.name.removeprefix("trial-")), RunFolder(path)
        if number not in found:
            shutil.rmtree(path, ignore_errors=True)
            continue
        for folder in (run.checkpoints, run.baseline):
            shutil.rmtree(folder, ignore_errors=True)
        if best is None or number != best.number:
            shutil.rmtree(run.model, ignore_errors=True)


def write_results(job: TuningJob, found: Sequence[TrialResult]) -> None:
    """Write ``trials.json``, and ``best.toml`` once a trial is complete."""
    metric = job.space.base.train.metric_for_best_model
    write_json(
        job.request.out / TRIALS, {"metric": metric, "split": "validation", "trials": [asdict(t) for t in found]}
    )
    best = best_trial(found)
    if best is None:
        return
    part = f"# It read {job.part:,} of {job.of:,} training articles.\n" if job.part else ""
    cut = "" if best.cut is None else f"# The time was over after {best.cut:g} epochs of it.\n"
    hopeful = "which is too hopeful, because it is the best of several" if len(found) > 1 else "the only one"
    header = (
        f"# Trial {best.number}, the best of {len(found)}: {metric} {best.score:.3f} on validation, {hopeful}.\n"
        f"{cut}{part}# To train with these settings and measure on test:\n#   {train_command(job, best)}\n\n"
    )
    write_text(job.request.out / BEST, header + dump_config(_best_config(job, best)))


def _best_config(job: TuningJob, best: TrialResult | None) -> Config:
    if best is None:
        return job.space.base
    blend = {} if best.blend is None else {BLEND_SETTING: best.blend}
    return job.space.config({**settings_of_trial(job.space, best), **blend})


def train_command(job: TuningJob, best: TrialResult | None) -> str:
    """What trains with the best settings; a dataset folder cannot stand in a config, so it takes ``--set``."""
    folder = job.request.out
    built_here = job.dataset.path.resolve() == (folder / DATASET).resolve()
    if built_here and not is_in_memory(job.space.base):
        skip_bad = " --skip-bad" if job.request.skip_bad else ""
        return f"classifier train {shell_word(folder / BEST)} --out RUN{skip_bad}"
    values = config_values(_best_config(job, best))
    given = make_config(job.dataset.info.settings).model_dump(mode="json", exclude_none=True)
    words = ["classifier", "train", str(job.dataset.path)]
    for name in changed_settings(given, values):
        section, key = name.split(".")
        words += ["--set", setting_text(name, values[section][key])]
    return f"{shlex.join(words)} --out RUN"
