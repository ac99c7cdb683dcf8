"""How well near-duplicates are found, and how fast.

    python scripts/near_duplicates.py [ARTICLES.jsonl …]

Each article is planted once more with one edit: a sentence changed, a paragraph dropped, boilerplate added, or all
three. Recall is the share of such pairs that end in one cluster; precision is the share of all pairs in clusters that
were planted or are truly similar (Jaccard of the shingle sets at least the threshold). Beside it `datasketch` used
plainly with the same shingles, signature length and threshold, in the same run.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH
from rich.console import Console
from rich.table import Table

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.dataset.duplicates import PERMUTATIONS, near_pairs, shingles, signatures
from classifier.dataset.units import join_units

THRESHOLD = 0.8
MOST = 3000
SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "genre.jsonl"
BOILERPLATE = (
    "Sign up for our newsletter to get the best of the week in your inbox. Follow us on social media. "
    "All rights reserved. This material may not be published, broadcast or rewritten."
)
Edit = Callable[[str, random.Random], str]
Pairs = set[tuple[int, int]]


def sentence_changed(text: str, rng: random.Random) -> str:
    """One sentence replaced by other words."""
    sentences = text.split(". ")
    at = rng.randrange(len(sentences))
    sentences[at] = " ".join(rng.sample(text.split(), min(20, len(text.split()))))
    return ". ".join(sentences)


def paragraph_dropped(text: str, rng: random.Random) -> str:
    """One paragraph gone (a fifth of the sentences where there are no paragraphs)."""
    paragraphs = [part for part in text.split("\n") if part.strip()]
    if len(paragraphs) < 3:
        sentences = text.split(". ")
        size = max(1, len(sentences) // 5)
        at = rng.randrange(len(sentences) - size + 1)
        return ". ".join(sentences[:at] + sentences[at + size :])
    del paragraphs[rng.randrange(len(paragraphs))]
    return "\n\n".join(paragraphs)


def boilerplate_added(text: str, rng: random.Random) -> str:
    """27 words of boilerplate before or after the text."""
    return f"{BOILERPLATE}\n\n{text}" if rng.random() < 0.5 else f"{text}\n\n{BOILERPLATE}"


def all_three(text: str, rng: random.Random) -> str:
    """All three edits, one after another."""
    return boilerplate_added(paragraph_dropped(sentence_changed(text, rng), rng), rng)


EDITS: tuple[Edit, ...] = (sentence_changed, paragraph_dropped, boilerplate_added, all_three)


def ours(texts: list[str]) -> Pairs:
    """Pairs in one cluster, found by this package."""
    return clustered(len(texts), near_pairs(signatures(texts), THRESHOLD))


def plain_datasketch(texts: list[str]) -> Pairs:
    """Pairs in one cluster, found by datasketch as its documentation shows it."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    pairs = []
    for row, text in enumerate(texts):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([shingle.encode() for shingle in shingles(text)])
        pairs += [(other, row) for other in index.query(signature)]
        index.insert(row, signature)
    return clustered(len(texts), np.array(pairs, dtype=np.int64).reshape(-1, 2))


def clustered(n: int, pairs: np.ndarray) -> Pairs:
    """All pairs of rows that are connected."""
    members: dict[int, list[int]] = {}
    for row, unit in enumerate(join_units(n, [], pairs)):
        members.setdefault(int(unit), []).append(row)
    return {pair for rows in members.values() for pair in combinations(rows, 2)}


def jaccard(a: str, b: str) -> float:
    """The true similarity of two texts' shingle sets."""
    first, second = set(shingles(a)), set(shingles(b))
    return len(first & second) / len(first | second)


def measure(name: str, texts: list[str], table: Table) -> None:
    """One row per edit and method."""
    for edit in EDITS:
        rng = random.Random(0)
        everything = texts + [edit(text, rng) for text in texts]
        planted = {(i, i + len(texts)) for i in range(len(texts))}
        true = [jaccard(everything[i], everything[j]) for i, j in sorted(planted)]
        near = {pair for pair, value in zip(sorted(planted), true, strict=True) if value >= THRESHOLD}
        for method in (ours, plain_datasketch):
            started = time.perf_counter()
            found = method(everything)
            seconds = time.perf_counter() - started
            right = sum(
                pair in planted or jaccard(everything[pair[0]], everything[pair[1]]) >= THRESHOLD for pair in found
            )
            table.add_row(
                f"{name}: {edit.__name__.replace('_', ' ')}",
                f"{np.mean(true):.2f}",
                f"{len(near) / len(planted):.1%}",
                method.__name__.replace("_", " "),
                f"{len(planted & found) / len(planted):.1%}",
                f"{len(near & found) / max(1, len(near)):.1%}",
                f"{right / max(1, len(found)):.1%}",
                f"{len(everything) / seconds:,.0f}",
            )


def read_texts(path: Path) -> list[str]:
    """Distinct texts of at least 100 words, at most 3,000."""
    rows = (row.values for row in read_rows(path) if isinstance(row, Row))
    texts = (values.get("text") or values.get("articleBody") or "" for values in rows)
    return list(dict.fromkeys(text for text in texts if len(text.split()) >= 100))[:MOST]


def main() -> None:
    table = Table(title=f"threshold {THRESHOLD}, {PERMUTATIONS} permutations, shingles of three words")
    for name in ("corpus: edit", "mean Jaccard", "pairs ≥ threshold", "method"):
        table.add_column(name)
    for name in ("recall", "recall ≥ threshold", "precision", "texts/s"):
        table.add_column(name, justify="right")
    for path in [Path(name) for name in sys.argv[1:]] or [SAMPLE]:
        measure(path.name.split(".")[0], read_texts(path), table)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
