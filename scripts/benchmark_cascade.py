"""What `predict --cascade` saves: processor seconds of `classifier predict` with it and without, as whole processes.

    python scripts/benchmark_cascade.py RUN articles.jsonl [--cascade 0.99] [--repeats 3]

Both label the same file, in turn. The line says how many articles skipped, how many labels are those of the whole
model, and the processor seconds of all threads (median, and the least and the most). What it costs in macro F1 says
`classifier evaluate RUN --cascade 0.99`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import as_command
from benchmark_whole import spread

SKIPPED = "TF-IDF alone"


def processor_seconds() -> float:
    """Of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def predict(run: str, source: Path, out: Path, options: Sequence[str]) -> tuple[float, list[dict[str, Any]]]:
    """The processor seconds of a command, and what it wrote."""
    before = processor_seconds()
    command = [sys.executable, "-m", "classifier", "predict", run, str(source), "--out", str(out), "--overwrite", "-q"]
    done = subprocess.run([*command, *options], check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return processor_seconds() - before, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def measured(options: argparse.Namespace, folder: Path) -> str:
    """The row of a table."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    rows: dict[bool, list[dict[str, Any]]] = {}
    for _ in range(options.repeats):
        for cascade in (False, True):
            more = [*options.more, *(["--cascade", options.cascade] if cascade else [])]
            used, rows[cascade] = predict(options.run, options.articles, folder / f"{cascade}.jsonl", more)
            seconds[cascade].append(used)
    count = len(rows[True])
    skipped = [row.get("scored_by") == SKIPPED for row in rows[True]]
    same = [one["label"] == other["label"] for one, other in zip(rows[False], rows[True], strict=True)]
    agree = f"{sum(s and a for s, a in zip(skipped, same, strict=True)) / sum(skipped):.2%}" if any(skipped) else ""
    cells = [Path(options.run).name, f"{count:,}", f"{sum(skipped) / count:.1%}", agree]
    return " | ".join(["", *cells, spread(seconds[False]), spread(seconds[True]), ""]).strip()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", help="a run, or a model folder")
    parser.add_argument("articles", type=Path, help="a file that predict reads")
    parser.add_argument("--cascade", default="0.99", help="the agreement that is promised; default: 0.99")
    parser.add_argument("--repeats", type=int, default=3, help="default: 3")
    parser.add_argument("--set", dest="more", action="append", default=[], help="as for predict")
    options = parser.parse_args(arguments)
    options.more = [word for setting in options.more for word in ("--set", setting)]
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    print("| run | articles | skip | labels of these that are the model's | processor seconds | with the cascade |")
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        print(measured(options, Path(folder)))


if __name__ == "__main__":
    as_command.call(main)
