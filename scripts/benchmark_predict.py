"""How fast `classifier predict` is, beside ``pipeline("text-classification")`` of `transformers`, as whole processes.

    python scripts/benchmark_predict.py RUN [CORPUS.jsonl] [--articles N] [--words N] [--repeats N] [--forms A,B] …

RUN is a run or a model folder of single texts; of its model two copies are made that read one window, since that is
what a pipeline reads: `blend` with its TF-IDF, `alone` without. CORPUS has ``text`` in each line (default: a made-up
corpus, `make_corpus.py`); its first articles are taken as they are (long), and cut to their first words (short). All
processes read the same file and write a file, in turn. The forms, `--forms` names some of them:

    pipeline-fp32-1, -8, -32   `plain_pipeline.py` with so many articles a batch, the model alone
    pipeline-bf16-1, -8, -32   the same with the encoder in bf16
    …-sorted                   the same, articles sorted by length by hand
    blend, alone               `classifier predict` with the two copies; bf16 where the processor has it
    blend-fp32, alone-fp32     the same with --no-bf16

seconds     from the start of the command to its end, the file written; and what its processors worked, of all its
            threads and children. Median, and the least and the most.
times       seconds of the best pipeline in fp32 (the least median) over these, repeat by repeat.
labels      share of labels that are those of the fp32 process: of `alone` and pipelines those of the first pipeline in
            fp32 (else of alone-fp32), of `blend` those of blend-fp32.
first row   from the start of the command to the first line on standard output; a run of its own, stopped then.
of peak     operations of a forward pass of these tokens, padding not counted (`benchmark_runs.forward`), over seconds,
            as a share of the measured matrix peak of that kind of number (`benchmark_runs.matrix_peak`, at the end).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import as_command
from benchmark_whole import spread
from make_corpus import articles as made_up

from classifier.models.model_folder import TFIDF_FOLDER, read_model_info, write_model_info
from classifier.models.trained import PREDICTS, open_trained

HERE = Path(__file__).resolve().parent
PIPELINES = tuple(
    f"pipeline-{kind}-{size}{how}" for kind in ("fp32", "bf16") for size in (1, 8, 32) for how in ("", "-sorted")
)
OURS = ("blend", "alone", "blend-fp32", "alone-fp32")
FORMS = tuple(form for form in (*PIPELINES, *OURS) if not form.endswith("-1-sorted"))  # one at a time is never padded
Run = dict[str, Any]


def copies(run: str, folder: Path) -> int:
    """Write the two copies of a model; gives the longest window."""
    model = open_trained(run, command="benchmark_predict", takes=PREDICTS).models[0]
    info = read_model_info(model)
    if info.pair:
        sys.exit("A pipeline of single texts is compared with: give a run without targets.")
    if info.blend is None:
        print("This run blends no TF-IDF: blend and alone are the same.", file=sys.stderr)
    one = replace(info, windows=1, window_choice="head", bf16="auto", strip=(), columns=None, thresholds=None)
    alone = replace(one, blend=None, calibration=None, abstention=None, sets=None, validation=None)
    shutil.copytree(model, folder / "blend")
    write_model_info(folder / "blend", one)
    shutil.copytree(model, folder / "alone", ignore=shutil.ignore_patterns(TFIDF_FOLDER, "checksums.json"))
    write_model_info(folder / "alone", alone)
    return info.max_length


def corpora(source: Path | None, number: int, words: int, folder: Path) -> list[Path]:
    """Write the long articles and the short ones."""
    if source is None:
        texts = [article["text"] for article in made_up(number)]
    else:
        with source.open(encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in islice(lines, number)]
    files = {"long": texts, "short": [" ".join(text.split()[:words]) for text in texts]}
    for name, each in files.items():
        rows = ({"id": f"a{index}", "text": text} for index, text in enumerate(each))
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return [folder / f"{name}.jsonl" for name in files]


def command(form: str, folder: Path, source: Path, out: str, max_length: int) -> list[str]:
    """What is typed for a form."""
    if form in OURS:
        kind, *fp32 = form.split("-")
        words = [sys.executable, "-m", "classifier", "predict", str(folder / kind), str(source), "--out", out]
        return [*words, "--quiet", *(["--no-bf16"] if fp32 else [])]
    _, kind, size, *how = form.split("-")
    options = [f"--batch-size={size}", f"--max-length={max_length}", *(["--bf16"] if kind == "bf16" else [])]
    words = [sys.executable, str(HERE / "plain_pipeline.py"), str(folder / "alone"), str(source), out]
    return [*words, *options, *(["--sort"] if how else [])]


def run(form: str, folder: Path, source: Path, max_length: int) -> Run:
    """One process from its start to its end; ends with its exit code where it fails."""
    out = folder / f"{source.stem}-{form}.jsonl"
    out.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command(form, folder, source, str(out), max_length), stdout=subprocess.DEVNULL, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(done.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = [json.loads(line)["label"] for line in out.read_text("utf-8").splitlines()]
    return {"form": form, "corpus": source.stem, "seconds": seconds, "cpu_seconds": used, "labels": found}


def first_row(form: str, folder: Path, source: Path, max_length: int) -> float:
    """Seconds from the start of a process to its first line; it is stopped then."""
    started = time.perf_counter()
    process = subprocess.Popen(command(form, folder, source, "-", max_length), stdout=subprocess.PIPE)
    assert process.stdout is not None
    line = process.stdout.readline()
    seconds = time.perf_counter() - started
    process.kill()
    process.communicate()
    if not line:
        sys.exit(process.returncode or 1)
    return seconds


def work(folder: Path, sources: Sequence[Path]) -> tuple[dict[str, float], dict[str, float]]:
    """Operations of a forward pass over each corpus, and the matrix peaks; loads torch, so it comes last."""
    from benchmark_runs import forward, layers, matrix_peak

    from classifier import Article, Classifier

    model = Classifier.load(folder / "alone", device="cpu")
    matrices, hidden = layers(model.model.encoder)
    flop = {}
    for source in sources:
        rows = map(json.loads, source.read_text("utf-8").splitlines())
        encoded = model.encoder.encode([Article(row["id"], row["text"]) for row in rows])
        flop[source.stem] = float(forward(matrices, hidden, Counter(encoded.window_lengths.tolist())))
    return flop, {kind: matrix_peak(kind, "cpu") for kind in ("bfloat16", "float32")}


def of(runs: Sequence[Run], form: str, key: str) -> list[Any]:
    return [one[key] for one in runs if one["form"] == form]


def best_pipeline(runs: Sequence[Run]) -> str | None:
    """The pipeline in fp32 that takes least."""
    found = {one["form"] for one in runs if one["form"].startswith("pipeline-fp32")}
    return min(sorted(found), key=lambda form: median(of(runs, form, "seconds")), default=None)


def reference(runs: Sequence[Run], form: str) -> str | None:
    """Whose labels those of a form are compared with."""
    there = [one["form"] for one in runs]
    wanted = ("blend-fp32",) if form.startswith("blend") else (*PIPELINES[:6], "alone-fp32")
    return next((name for name in wanted if name in there), None)


def equal(runs: Sequence[Run], form: str) -> str:
    """The share of labels that are those of the reference, in the worst repeat."""
    against = reference(runs, form)
    if against is None:
        return ""
    wanted = of(runs, against, "labels")[0]
    shares = [sum(map(str.__eq__, found, wanted)) / len(wanted) for found in of(runs, form, "labels")]
    return f"{min(shares):.2%}"


def table(runs: Sequence[Run], starts: dict[str, list[float]], flop: float, peaks: dict[str, float]) -> str:
    """One corpus as a Markdown table."""
    best = best_pipeline(runs)
    head = ["", "seconds", "processor seconds", "times", "labels", "first row, s", "of peak"]
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    for form in dict.fromkeys(one["form"] for one in runs):
        seconds = of(runs, form, "seconds")
        ratios = [] if best is None else [a / b for a, b in zip(of(runs, best, "seconds"), seconds, strict=True)]
        kind = "float32" if "fp32" in form else "bfloat16"
        lines.append(
            [
                form,
                spread(seconds),
                spread(of(runs, form, "cpu_seconds")),
                spread(ratios, ".2f") if ratios else "",
                equal(runs, form),
                spread(starts[form]) if form in starts else "",
                f"{flop / median(seconds) / peaks[kind]:.0%}",
            ]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def benchmark(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All processes, the forms in turn."""
    max_length = copies(options.run, folder)
    sources = corpora(options.corpus, options.articles, options.words, folder)
    runs: list[Run] = []
    starts: dict[str, list[float]] = {}
    for _ in range(options.repeats):
        for source in sources:
            for form in options.forms:
                runs.append(run(form, folder, source, max_length))
                print(f"{source.stem}, {form}: {runs[-1]['seconds']:.1f} s", file=sys.stderr)
        for form in options.forms:
            if not form.endswith("-sorted"):  # sorted by hand, none is written before the last
                starts.setdefault(form, []).append(first_row(form, folder, sources[0], max_length))
    flop, peaks = work(folder, sources)
    return {"runs": runs, "first_row": starts, "flop": flop, "peaks": peaks, "max_length": max_length}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", help="a run, or a model folder")
    parser.add_argument("corpus", nargs="?", type=Path, help="JSONL with text; default: a made-up one")
    for name, default in (("articles", 2000), ("words", 100), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=positive, default=default, help=f"default: {default}")
    parser.add_argument("--forms", type=forms, default=FORMS, help=f"separated by commas; default: {','.join(FORMS)}")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1. Got '{text}' instead.")
    return int(text)


def forms(text: str) -> tuple[str, ...]:
    named = tuple(text.split(","))
    if wrong := [form for form in named if form not in FORMS]:
        raise argparse.ArgumentTypeError(f"there is no form '{wrong[0]}'. There are {', '.join(FORMS)}.")
    return named


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = benchmark(options, Path(folder))
    print(
        f"{options.articles:,} articles at most, {found['max_length']} tokens, {os.cpu_count()} cores, "
        f"{options.repeats} runs each: median (least – most). Matrix peaks, GFLOP/s: "
        + ", ".join(f"{kind} {peak / 1e9:,.0f}" for kind, peak in found["peaks"].items())
    )
    for corpus, flop in found["flop"].items():
        runs = [one for one in found["runs"] if one["corpus"] == corpus]
        starts = found["first_row"] if corpus == "long" else {}
        print(f"\n{corpus}: {len(runs[0]['labels']):,} articles, {flop / 1e12:.2f} TFLOP\n")
        print(table(runs, starts, flop, found["peaks"]))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    as_command.call(main)
