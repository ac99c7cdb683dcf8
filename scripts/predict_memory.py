"""How much memory `classifier predict` takes while it labels many invented short articles: the curve of a whole job.

    python scripts/predict_memory.py RUN --articles 1000000
    python scripts/predict_memory.py --articles 1000000          (a sum over letters labels: all but the network)

The rows are written to a file first, and labelled by a process of their own, whose memory (RSS) is looked at four times
a second. The curve is printed with its peak, and its highest in the first and in the last quarter of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import as_command

WORDS = [
    "council",
    "police",
    "bridge",
    "river",
    "said",
    "voted",
    "moon",
    "cheese",
    "wizard",
    "shame",
    "wrong",
    "should",
    "minister",
    "report",
    "city",
    "today",
]
EVERY = 0.25  # seconds
ROWS_SHOWN = 20
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
LETTERS = (
    "from tests.makers.labelling import run; import sys; from pathlib import Path; run(Path(sys.argv[2]), sys.argv[1])"
)


def write_articles(path: Path, count: int, words: int) -> None:
    chance = random.Random(0)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            text = " ".join(chance.choices(WORDS, k=words)) + f" {number}."
            stream.write(json.dumps({"id": number, "text": text, "source": f"site{number % 50}.org"}) + "\n")


def memory(pid: int) -> float:
    """The resident memory of a process, in megabytes; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except (OSError, IndexError):
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", help="a run folder; without one, a sum over letters labels")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100, help="of each article")
    parser.add_argument("--out", default="labels.jsonl", help="the name of the output, which decides its format")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "new.jsonl", Path(name) / given.out
        write_articles(source, given.articles, given.words)
        print(f"{given.articles:,} articles, {source.stat().st_size / 1e6:,.0f} MB", flush=True)
        command = [sys.executable, "-c", LETTERS, str(source), str(out)]
        if given.run:
            command = [sys.executable, "-m", "classifier", "predict", given.run, str(source), "--out", str(out), "-q"]
        started = time.monotonic()
        process = subprocess.Popen(command)
        curve: list[tuple[float, float]] = []
        while process.poll() is None:
            curve.append((time.monotonic() - started, memory(process.pid)))
            time.sleep(EVERY)
        curve = [(seconds, megabytes) for seconds, megabytes in curve if megabytes]
        if process.returncode:
            sys.exit(process.returncode)
        for seconds, megabytes in curve[:: max(1, len(curve) // ROWS_SHOWN)]:
            print(f"{seconds:8.0f} s {megabytes:8,.0f} MB")
        quarter = max(1, len(curve) // 4)
        parts = {"all": curve, "the first quarter": curve[:quarter], "the last quarter": curve[-quarter:]}
        for words, part in parts.items():
            print(f"peak of {words}: {max(megabytes for _, megabytes in part):,.0f} MB")
        seconds, size = time.monotonic() - started, out.stat().st_size / 1e6
        print(f"{seconds:,.0f} s, {given.articles / seconds:,.0f} articles/s, output {size:,.0f} MB")


if __name__ == "__main__":
    as_command.call(main)
