"""How fast `classifier` trains, beside `transformers.Trainer` on the same checkpoint, articles and epochs.

    python scripts/benchmark_train.py [SOURCE] [--articles N] [--epochs N] [--repeats N] [--out FILE.json] …

SOURCE is what `classifier train` takes: a config, a dataset folder, a table. It is built once, and a sample of train
and validation is taken; no test article is read. Every run is a process of its own, the variants in turn:

    trainer        as run_classification.py sets it: fp32, padded to max_length, the checkpoint's dropout, AdamW 5e-5
                   with linear decay
    trainer-best   the same in bf16, articles grouped by length and padded to the longest of a batch
    classifier     the defaults, what is "auto" chosen for these articles; one window, so that all read the same tokens
                   (and the first one: window_choice = "head"); train.refit = false, so that all train once
    unfrozen       the same with train.freeze_layers = 0 and freeze_embeddings = false

Of a config only [data] and [split] count; `--set` changes [model] and [train] of the last two. `--random-encoder` is
for speed alone: random weights of the size of that model, and the tokenizer of --model.

With `--whole`, processes are compared from the command to the last file instead (`benchmark_whole.py`): `classifier
train` with all that it does, and `plain_trainer.py`, on the same files, `--test` articles among them, with `--windows`
windows.

seconds     from after the imports to the last step: tokenisation, loading and the choice of settings included,
            validation and saving left out, for all alike. The Trainer gets its articles tokenised in one call. With
            `--processor` they are those of the processor.
tokens/s    tokens of the articles times epochs, padding not counted, over those seconds; useful: their share of all
            tokens that the model was given.
model FLOP  what training every layer on the useful tokens takes, the same for all: per token and layer 6 × weights in
            matrices + 12 × hidden size × window length (scores and their use in attention; backward is twice forward).
done FLOP   what was done: padding counts too, frozen layers forward only and once where their outputs are kept, and the
            head's start. Embeddings, head, norms and the optimizer are in neither. The lowest trained layer's unneeded
            input gradient is not taken off. Source: Kaplan et al., 2020, arXiv:2001.08361, table 1.
peaks       the better of 4096×384×1536 and 2048³ matrix products, best of 15, in the process of the run, after it.
memory      ru_maxrss of the process at its last step; on a GPU, the most that torch had allocated there. A process
            inherits ru_maxrss from its parent, so nothing heavy is imported here.
steps alone what `classifier` does in its optimizer steps, over their own seconds: without tokenisation, loading, the
            frozen layers' first reading and the head's start.
same F1     seconds until validation macro F1 reaches the median that `trainer` ends with (classifier: looked at eight
            times per epoch). first step: from the start of the process `classifier train` to its first step.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import as_command
from benchmark_whole import benchmark_whole, whole_table

from classifier.config import DEFAULT_MODEL

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "data" / "sample" / "genre.jsonl"
VARIANTS = ("trainer", "trainer-best", "classifier", "unfrozen")
ENCODERS = (
    *("modernbert-base", "modernbert-tiny", "mpnet-base"),
    *("deberta-v3-base", "deberta-v3-small", "deberta-v3-xsmall"),
)
LOOKS = 8  # validations of classifier in each epoch
POLL = 0.05  # seconds between two looks for the first step
Job = Mapping[str, Any]
Result = dict[str, Any]
Point = tuple[float, float, bool]  # seconds of training, macro F1 on validation, whether an epoch ends there
Launch = Callable[[str, Path], None]


def settings_of(variant: str, job: Job) -> list[str]:
    """The settings of a training with `classifier`; those of `--set` first, what must be equal for all after them."""
    values = {
        "model.name": job["model"],
        "model.max_length": job["max_length"],
        "model.windows": 1,
        "model.window_choice": "head",
        "train.num_train_epochs": job["epochs"],
        "train.batch_size": job["batch_size"],
        "train.device": job["device"],
        "train.seed": job["seed"],
        "train.eval_steps": job["eval_steps"],
        "train.refit": False,
        **({"train.freeze_layers": 0, "train.freeze_embeddings": False} if variant == "unfrozen" else {}),
    }
    own = [setting for setting in job["set"] if not setting.startswith(("data.", "split."))]
    return [*own, *(f"{key}={json.dumps(value)}" for key, value in values.items())]


def launch(step: str, folder: Path) -> None:
    """Run a step in a process of its own; end with its exit code where it fails."""
    command = [sys.executable, str(HERE / "benchmark_runs.py"), step, str(folder)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def perform(step: str, job: Job, folder: Path, start: Launch) -> Result:
    """Hand a step its job, and read what it gives back."""
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    start(step, folder)
    result: Result = json.loads((folder / f"{step}.json").read_text(encoding="utf-8"))
    return result


def first_step(job: Job, folder: Path) -> float:
    """Seconds from the start of `classifier train` on the sample to its first step; it is stopped then."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        run = Path(out) / "run"
        options = [word for setting in settings_of("classifier", job) for word in ("--set", setting)]
        command = [sys.executable, "-m", "classifier", "train", str(folder / "sample"), "--out", str(run), "--quiet"]
        started = time.perf_counter()
        process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        try:
            while not has_lines(run / "metrics.jsonl"):
                if process.poll() is not None and not has_lines(run / "metrics.jsonl"):
                    sys.exit(process.returncode or 1)
                time.sleep(POLL)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()


def has_lines(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def seconds_to(score: float, curve: Sequence[Point]) -> float | None:
    """Seconds of training until a score is reached; None where it never is.

    Example:
        >>> seconds_to(0.5, [(10.0, 0.4, False), (20.0, 0.6, True)])
        20.0
    """
    return next((seconds for seconds, reached, _ in curve if reached >= score), None)


def of(runs: Sequence[Result], variant: str) -> list[Result]:
    return [run for run in runs if run["variant"] == variant]


def spread(values: Sequence[float], form: str = ".1f") -> str:
    """The median, and least and most where there are several."""
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} – {max(values):{form}})"


def row(variant: str, runs: Sequence[Result]) -> list[str]:
    """The cells of a variant's line in the table."""
    rates = [run["done_flop"] / run["seconds"] for run in runs]
    epochs = zip(*([score for _, score, ends in run["curve"] if ends] for run in runs), strict=True)
    return [
        variant,
        spread([run["seconds"] for run in runs]),
        spread([run["tokens"] / run["seconds"] for run in runs], ",.0f"),
        f"{median(run['tokens'] / run['given'] for run in runs):.0%}",
        f"{runs[0]['model_flop'] / 1e12:.3g}",
        f"{median(run['done_flop'] for run in runs) / 1e12:.3g}",
        spread([rate / 1e9 for rate in rates], ",.0f"),
        *(
            f"{median(rate / run['peaks'][kind] for rate, run in zip(rates, runs, strict=True)):.0%}"
            for kind in ("bfloat16", "float32")
        ),
        f"{median(run['memory'] for run in runs) / 1e9:.2f} GB",
        " → ".join(f"{median(scores):.3f}" for scores in epochs),
    ]


HEADER = (
    "variant",
    "seconds",
    "tokens/s",
    "useful",
    "model TFLOP",
    "done TFLOP",
    "done GFLOP/s",
    "of bf16 peak",
    "of fp32 peak",
    "memory",
    "macro F1 by epoch",
)


def table(runs: Sequence[Result]) -> str:
    """All variants as a Markdown table."""
    lines = [HEADER, ("---", *["--:"] * (len(HEADER) - 1)), *(row(name, of(runs, name)) for name in VARIANTS)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios(runs: Sequence[Result]) -> dict[str, list[float]]:
    """How many times as long each Trainer takes as each of ours, repeat by repeat."""
    return {
        f"{theirs} / {ours}": [
            a["seconds"] / b["seconds"] for a, b in zip(of(runs, theirs), of(runs, ours), strict=True)
        ]
        for theirs in VARIANTS[:2]
        for ours in VARIANTS[2:]
    }


def same_score(runs: Sequence[Result]) -> dict[str, Any]:
    """The median macro F1 that `trainer` ends with, and for each variant the seconds of every repeat until then."""
    target = median(run["curve"][-1][1] for run in of(runs, "trainer"))
    return {
        "f1_macro": target,
        **{name: [seconds_to(target, run["curve"]) for run in of(runs, name)] for name in VARIANTS},
    }


def sentences(runs: Sequence[Result], starts: Sequence[float], *, processor: bool = False) -> list[str]:
    """What the table does not say: ratios, time to the same macro F1, time to the first step."""
    lines = [f"- {name}: {spread(values, '.2f')}" for name, values in ratios(runs).items()]
    same = same_score(runs)
    whole = median(run["seconds"] for run in of(runs, "trainer"))
    lines.append(f"- macro F1 that trainer ends with: {same['f1_macro']:.3f}, after {whole:.1f} s")
    for name in VARIANTS[1:]:
        reached = [seconds for seconds in same[name] if seconds is not None]
        times = [f"{spread(reached)} s", f"trainer / {name}: {whole / median(reached):.2f}"] if reached else []
        lines.append(", ".join([f"- {name} reaches it in {len(reached)} of {len(same[name])} runs", *times]))
    peaks = {kind: spread([run["peaks"][kind] / 1e9 for run in runs], ",.0f") for kind in ("bfloat16", "float32")}
    lines.append(f"- matrix products, GFLOP/s: bf16 {peaks['bfloat16']}, fp32 {peaks['float32']}")
    for name in [] if processor else VARIANTS[2:]:  # steps know their own seconds by the clock alone
        rates = [run["steps"]["flop"] / run["steps"]["seconds"] / run["peaks"]["bfloat16"] for run in of(runs, name)]
        lines.append(f"- {name}, optimizer steps alone, of the bf16 peak: {spread(rates, '.0%')}")
    return [*lines, f"- classifier train, start of the process to the first step: {spread(starts)} s"]


def benchmark(job: Job, folder: Path, repeats: int, start: Launch) -> dict[str, Any]:
    """All runs, the variants in turn; seeds from 13 on."""
    articles = perform("prepare", job, folder, start)
    if job["random_encoder"]:
        job = {**job, "model": str(folder / "encoder")}
    steps = -(-articles["train"] // job["batch_size"])
    job = {**job, "eval_steps": max(1, steps // LOOKS)}
    runs, starts = [], []
    for repeat in range(repeats):
        job = {**job, "seed": 13 + repeat}
        for variant in VARIANTS:
            runs.append({"variant": variant, "seed": job["seed"], **perform(variant, job, folder, start)})
            print(f"{variant}, seed {job['seed']}: {runs[-1]['seconds']:.1f} s", file=sys.stderr)
        starts.append(first_step(job, folder))
    return {"job": job, "articles": articles, "runs": runs, "first_step": starts}


def whole_processes(job: Job, folder: Path, repeats: int, start: Launch) -> dict[str, Any]:
    """The same of whole processes, on files."""
    articles = perform("prepare", {**job, "files": True}, folder, start)
    return {"job": job, "articles": articles, "runs": benchmark_whole({**job, **articles["paths"]}, folder, repeats)}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("source", nargs="?", default=str(SAMPLE), help="default: the sample corpus")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="folder or Hub id of the checkpoint")
    parser.add_argument("--random-encoder", choices=ENCODERS)
    for name, default in (
        ("articles", 800),
        ("validation", 400),
        ("test", 20),
        ("windows", 1),
        ("max-length", 256),
        ("epochs", 3),
        ("batch-size", 16),
        ("repeats", 3),
    ):
        parser.add_argument(f"--{name}", type=positive, default=default, help=f"default: {default}")
    parser.add_argument("--whole", action="store_true", help="whole processes, from the command to the last file")
    parser.add_argument("--processor", action="store_true", help="processor seconds, for a machine that others use")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--set", action="append", default=[], help="a setting of classifier; repeatable")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    options = parser.parse_args(arguments)
    if options.processor and options.whole:
        parser.error("--whole shows processor seconds anyway: leave out --processor.")
    if options.windows > 1 and not options.whole:
        parser.error("--windows needs --whole: the other runs read one window.")
    if options.out and (options.out.is_dir() or not options.out.absolute().parent.is_dir()):
        parser.error(f"--out '{options.out}' cannot be written: it is a folder, or its folder is not there.")
    return options


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1. Got '{text}' instead.")
    return int(text)


def main(arguments: Sequence[str] | None = None, start: Launch = launch) -> None:
    options = vars(parse(arguments))
    out, repeats = options.pop("out"), options.pop("repeats")
    whole = options.pop("whole")
    with tempfile.TemporaryDirectory() as folder:
        found = (whole_processes if whole else benchmark)(options, Path(folder), repeats, start)
    articles, runs = found["articles"], found["runs"]
    shown = whole_table(runs) if whole else table(runs)
    print(
        f"{articles['train']:,} articles, {articles['validation']:,} for validation, {options['epochs']} epochs, "
        f"max_length {options['max_length']}, {options['batch_size']} articles per step, {options['device']}, "
        f"{os.cpu_count()} cores, {repeats} runs each: median (least – most)\n\n{shown}\n"
    )
    if not whole:
        print("\n".join(sentences(runs, found["first_step"], processor=options["processor"])))
    if out:
        more = {} if whole else {"ratios": ratios(runs), "same_score": same_score(runs)}
        partial = out.with_name(f"{out.name}.partial")
        partial.write_text(json.dumps({**found, **more}, indent=1) + "\n", encoding="utf-8")
        partial.replace(out)


if __name__ == "__main__":
    as_command.call(main)
