"""Process against process: what `benchmark_train.py --whole` starts.

From the start of the command to its last file: `classifier train` with its build, leakage probe, baselines,
calibration, evaluation and report, and `plain_trainer.py` with its prediction of the test articles and a
classification report. Both read the same files, the same checkpoint, epochs, windows and articles per step, and
train once (train.refit = false). Beside them stands what a user gets who sets nothing: "classifier-defaults" reads the
same files and checkpoint, and chooses the rest itself.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
WHOLE = ("trainer", "trainer-best", "classifier", "classifier-defaults")
Run = dict[str, Any]


def command(variant: str, job: dict[str, Any], folder: Path, out: Path) -> list[str]:
    """What is typed for a variant."""
    if variant.startswith("classifier"):
        return ours(job, folder, out, same=variant == "classifier")
    names = ("epochs", "max_length", "windows", "batch_size", "seed")
    options = [f"--model={job['weights']}", *(f"--{name.replace('_', '-')}={job[name]}" for name in names)]
    best = ["--best"] if variant == "trainer-best" else []
    return [sys.executable, str(HERE / "plain_trainer.py"), str(folder), str(out), *options, *best]


def ours(job: dict[str, Any], folder: Path, out: Path, *, same: bool) -> list[str]:
    """`classifier train` on the three files; ``same``: with what must be equal for all set last."""
    config = folder / "whole.toml"
    config.write_text("", encoding="utf-8")
    values = {
        **{f"data.{split}": str(folder / f"{split}.jsonl") for split in ("train", "validation", "test")},
        "model.name": job["model"],
        "train.seed": job["seed"],
        "train.device": "cpu",
    }
    if same:
        values |= {
            "model.max_length": job["max_length"],
            "model.windows": job["windows"],
            "model.window_choice": "head",
            "train.num_train_epochs": job["epochs"],
            "train.batch_size": job["batch_size"],
            "train.refit": False,
        }
    settings = [*job["set"], *(f"{key}={json.dumps(value)}" for key, value in values.items())]
    options = [word for setting in settings for word in ("--set", setting)]
    return [
        sys.executable,
        "-m",
        "classifier",
        "train",
        str(config),
        "--out",
        str(out),
        "--quiet",
        "--anyway",
        *options,
    ]


def run(variant: str, job: dict[str, Any], folder: Path) -> Run:
    """One process from its start to its end; ends with its exit code where it fails."""
    out = folder / f"{variant}-{job['seed']}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command(variant, job, folder, out), stdout=subprocess.DEVNULL, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(done.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    is_run = variant.startswith("classifier")
    found = out / ("evaluation/test/metrics.json" if is_run else "figures.json")
    figures = json.loads(found.read_text(encoding="utf-8"))
    score = (figures["figures"] if is_run else figures)["f1_macro"]
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"variant": variant, "seed": job["seed"], "seconds": seconds, "cpu_seconds": used, "f1_macro": score}


def benchmark_whole(job: dict[str, Any], folder: Path, repeats: int) -> list[Run]:
    """All variants in turn, as often as asked for."""
    runs = []
    for repeat in range(repeats):
        for variant in WHOLE:
            runs.append(run(variant, {**job, "seed": 13 + repeat}, folder))
            print(f"{variant}: {runs[-1]['seconds']:.1f} s, macro F1 {runs[-1]['f1_macro']:.3f}", file=sys.stderr)
    return runs


def of(runs: Sequence[Run], variant: str, key: str) -> list[float]:
    return [found[key] for found in runs if found["variant"] == variant]


def spread(values: Sequence[float], form: str = ".1f") -> str:
    """The median, and least and most where there are several."""
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} – {max(values):{form}})"


def ratios(runs: Sequence[Run], variant: str, key: str = "seconds", beside: str = "classifier") -> list[float]:
    """How many times as long a variant takes as another, repeat by repeat."""
    return [theirs / ours for theirs, ours in zip(of(runs, variant, key), of(runs, beside, key), strict=True)]


def whole_table(runs: Sequence[Run]) -> str:
    """The Markdown table."""
    lines = [
        ["", "seconds", "times as long", "as the defaults", "processor seconds", "times as much", "macro F1 on test"],
        ["---", "--:", "--:", "--:", "--:", "--:", "--:"],
    ]
    for variant in WHOLE:
        lines.append(
            [
                variant,
                spread(of(runs, variant, "seconds")),
                spread(ratios(runs, variant)),
                spread(ratios(runs, variant, beside="classifier-defaults")),
                spread(of(runs, variant, "cpu_seconds")),
                spread(ratios(runs, variant, "cpu_seconds")),
                spread(of(runs, variant, "f1_macro"), ".3f"),
            ]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
