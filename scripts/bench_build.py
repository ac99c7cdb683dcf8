"""How fast `classifier build` is, and how much memory it takes, beside `datasketch` used plainly.

    python scripts/bench_build.py [ARTICLES …] [--folder FOLDER]        (default: 100000 1000000)

Makes corpora of 400-word articles (scripts/make_corpus.py), builds each with near-duplicate clustering on and sources
kept together, and prints articles per second and the peak memory of all processes together (proportional set size,
Linux). The peer reads the same file and clusters 20,000 of its articles with `datasketch.MinHashLSH`, as its
documentation shows; everything else that a build does is not asked of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from make_corpus import articles as make_articles
from rich.console import Console
from rich.table import Table

from classifier.articles.bare_text import bare_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.dataset.duplicates import PERMUTATIONS, SHINGLE
from classifier.dataset.shingles import hash_shingles
from classifier.dataset.workers import available_cores

PEER_ARTICLES = 20_000


def corpus(folder: Path, number: int) -> Path:
    """The corpus of so many articles, made when it is not there yet."""
    import json

    path = folder / f"corpus-{number}.jsonl"
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(article) + "\n" for article in make_articles(number))
        partial.rename(path)
    return path


def build(source: Path, out: Path) -> tuple[float, float]:
    """Seconds, and gigabytes of memory at the peak, of a build in processes of its own."""
    command = [sys.executable, "-m", "classifier", "build", str(source), "--out", str(out), "--overwrite", "--quiet"]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--set", "split.group_by=source"], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(memory(pid) for pid in family(process.pid)))
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"the build of {source} failed")
    return time.perf_counter() - started, peak / 1e9


def family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def memory(pid: int) -> int:
    """Bytes of a process in memory; what processes share is divided among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def plain_datasketch(source: Path) -> float:
    """Articles per second of MinHash and MinHashLSH on the first articles of the corpus."""
    index = MinHashLSH(threshold=0.8, num_perm=PERMUTATIONS)
    started = time.perf_counter()
    count = 0
    for row in islice(read_rows(source), PEER_ARTICLES):
        if isinstance(row, Row):
            signature = MinHash(num_perm=PERMUTATIONS)
            (shingles,) = hash_shingles([bare_text(row.values["text"])], SHINGLE)
            signature.update_batch([value.tobytes() for value in shingles.hashes])
            index.query(signature)
            index.insert(row.values["id"], signature)
            count += 1
    return count / (time.perf_counter() - started)


def main() -> None:
    arguments = sys.argv[1:]
    folder = Path(arguments[arguments.index("--folder") + 1]) if "--folder" in arguments else Path("runs/bench")
    numbers = [int(word) for word in arguments if word.isdigit()] or [100_000, 1_000_000]
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["HF_HUB_OFFLINE"] = "1"
    table = Table(title=f"{available_cores()} cores, articles of 400 words")
    for column in ("", "articles", "seconds", "articles/s", "peak memory"):
        table.add_column(column, justify="left" if column == "" else "right")
    speed = {}
    for number in numbers:
        seconds, gigabytes = build(corpus(folder, number), folder / f"dataset-{number}")
        speed[number] = number / seconds
        table.add_row(
            "classifier build", f"{number:,}", f"{seconds:.0f}", f"{speed[number]:,.0f}", f"{gigabytes:.2f} GB"
        )
    peer = plain_datasketch(corpus(folder, numbers[0]))
    count = min(PEER_ARTICLES, numbers[0])
    table.add_row("datasketch, clustering alone", f"{count:,}", f"{count / peer:.0f}", f"{peer:,.0f}", "")
    Console(width=120).print(table)
    least, most = min(numbers), max(numbers)
    print(f"time per article at {most:,} / at {least:,}: {speed[least] / speed[most]:.2f}")
    print(f"classifier build at {most:,} / datasketch: {speed[most] / peer:.1f} times as fast")


if __name__ == "__main__":
    main()
