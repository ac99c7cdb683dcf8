"""How well near-duplicates and texts within longer ones are found, and how fast.

    python scripts/near_duplicates.py [ARTICLES.jsonl …]

Each article is planted once more with one edit: a sentence changed, a paragraph dropped, boilerplate added, or all
three; or as reprints are cut and extended: cut to 60% or 40%, doubled, three paragraphs of another article added, cut
to 60% with a sentence changed. What is added comes from articles that are not planted. Recall is the share of such
pairs that end in one cluster; precision is the share of all pairs in clusters that were planted, or that are truly
similar (Jaccard of the shingle sets at least the threshold) or contained (the share of the shorter one's shingles).
Methods: by Jaccard alone, as this package did until November 2026; with containment, as it does; and `datasketch` used
plainly with the same shingles, signature length and threshold, in the same run.

With `--raw` nothing is planted: for each file the pairs that containment joins in the corpus as it is, or parts as
those of a digest, beside what Jaccard joins; some of them are shown with `--show 20`.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import as_command
import numpy as np
from datasketch import MinHash, MinHashLSH
from rich.console import Console
from rich.table import Table

from classifier.articles.bare_text import bare_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.dataset.containment import Containment, find_contained
from classifier.dataset.duplicates import PERMUTATIONS, SHINGLE, fingerprints, near_pairs
from classifier.dataset.shingles import hash_shingles
from classifier.dataset.units import join_units

THRESHOLD = 0.8
MOST = 3000
SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "genre.jsonl"
BOILERPLATE = (
    "Sign up for our newsletter to get the best of the week in your inbox. Follow us on social media. "
    "All rights reserved. This material may not be published, broadcast or rewritten."
)
Edit = Callable[[str, random.Random, list[str]], str]
Pairs = set[tuple[int, int]]


def sentence_changed(text: str, rng: random.Random, _: list[str]) -> str:
    """One sentence replaced by other words."""
    sentences = text.split(". ")
    at = rng.randrange(len(sentences))
    sentences[at] = " ".join(rng.sample(text.split(), min(20, len(text.split()))))
    return ". ".join(sentences)


def paragraph_dropped(text: str, rng: random.Random, _: list[str]) -> str:
    """One paragraph gone (a fifth of the sentences where there are no paragraphs)."""
    paragraphs = [part for part in text.split("\n") if part.strip()]
    if len(paragraphs) < 3:
        sentences = text.split(". ")
        size = max(1, len(sentences) // 5)
        at = rng.randrange(len(sentences) - size + 1)
        return ". ".join(sentences[:at] + sentences[at + size :])
    del paragraphs[rng.randrange(len(paragraphs))]
    return "\n\n".join(paragraphs)


def boilerplate_added(text: str, rng: random.Random, _: list[str]) -> str:
    """27 words of boilerplate before or after the text."""
    return f"{BOILERPLATE}\n\n{text}" if rng.random() < 0.5 else f"{text}\n\n{BOILERPLATE}"


def all_three(text: str, rng: random.Random, others: list[str]) -> str:
    """All three edits, one after another."""
    changed = sentence_changed(text, rng, others)
    return boilerplate_added(paragraph_dropped(changed, rng, others), rng, others)


def cut_to_60(text: str, *_: object) -> str:
    """The first 60% of the words."""
    return " ".join(text.split(" ")[: round(0.6 * text.count(" "))])


def cut_to_40(text: str, *_: object) -> str:
    """The first 40% of the words."""
    return " ".join(text.split(" ")[: round(0.4 * text.count(" "))])


def doubled(text: str, rng: random.Random, others: list[str]) -> str:
    """As many words of other articles after the text."""
    more: list[str] = []
    while len(more) < len(text.split()):
        more += rng.choice(others).split()
    return f"{text}\n\n{' '.join(more[: len(text.split())])}"


def paragraphs_added(text: str, rng: random.Random, others: list[str]) -> str:
    """Three paragraphs of 50 words of another article, before or after the text."""
    more = " ".join(rng.choice(others).split()[:150])
    return f"{more}\n\n{text}" if rng.random() < 0.5 else f"{text}\n\n{more}"


def cut_and_changed(text: str, rng: random.Random, others: list[str]) -> str:
    """Cut to 60%, and a sentence changed."""
    return sentence_changed(cut_to_60(text), rng, others)


EDITS: tuple[Edit, ...] = (
    sentence_changed,
    paragraph_dropped,
    boilerplate_added,
    all_three,
    cut_to_60,
    cut_to_40,
    cut_and_changed,
    doubled,
    paragraphs_added,
)


def by_jaccard(texts: list[str]) -> Pairs:
    """Pairs in one cluster, by Jaccard alone."""
    return clustered(len(texts), near_pairs(fingerprints(texts).signature, THRESHOLD))


def ours(texts: list[str]) -> Pairs:
    """Pairs in one cluster, found by this package."""
    near, found = both(texts)
    return clustered(len(texts), np.concatenate([near, found.joined]))


def both(texts: list[str]) -> tuple[np.ndarray, Containment]:
    """Near-duplicate pairs, and what stands within longer texts."""
    made = fingerprints(texts)
    near = near_pairs(made.signature, THRESHOLD)
    cluster = join_units(len(texts), [], near)
    return near, find_contained(made.passages, cluster, THRESHOLD, lambda rows: [texts[row] for row in rows])


def plain_datasketch(texts: list[str]) -> Pairs:
    """Pairs in one cluster, found by datasketch as its documentation shows it."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    pairs = []
    for row, text in enumerate(texts):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([value.tobytes() for value in shingle_set(text)])
        pairs += [(other, row) for other in index.query(signature)]
        index.insert(row, signature)
    return clustered(len(texts), np.array(pairs, dtype=np.int64).reshape(-1, 2))


def clustered(n: int, pairs: np.ndarray) -> Pairs:
    """All pairs of rows that are connected."""
    members: dict[int, list[int]] = {}
    for row, unit in enumerate(join_units(n, [], pairs)):
        members.setdefault(int(unit), []).append(row)
    return {pair for rows in members.values() for pair in combinations(rows, 2)}


def shingle_set(text: str) -> np.ndarray:
    """The distinct shingles of a text, as hashes."""
    return np.unique(hash_shingles([bare_text(text)], SHINGLE)[0].hashes)


def likeness(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The true Jaccard similarity and containment of two sets of shingles."""
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common), common / min(len(a), len(b))


def measure(name: str, texts: list[str], table: Table) -> None:
    """One row per edit and method; every third article is not planted, but gives what is added."""
    others, texts = texts[::3], [text for place, text in enumerate(texts) if place % 3]
    for edit in EDITS:
        rng = random.Random(0)
        everything = texts + [edit(text, rng, others) for text in texts]
        sets = [shingle_set(text) for text in everything]
        planted = {(i, i + len(texts)) for i in range(len(texts))}
        true = {pair: likeness(sets[pair[0]], sets[pair[1]]) for pair in planted}
        near = {pair for pair, values in true.items() if max(values) >= THRESHOLD}
        for method in (ours, by_jaccard, plain_datasketch):
            started = time.perf_counter()
            found = method(everything)
            seconds = time.perf_counter() - started
            right = sum(pair in planted or max(likeness(sets[pair[0]], sets[pair[1]])) >= THRESHOLD for pair in found)
            jaccard, containment = np.mean(list(true.values()), axis=0)
            table.add_row(
                f"{name}: {edit.__name__.replace('_', ' ')}",
                f"{jaccard:.2f}, {containment:.2f}",
                f"{len(near) / len(planted):.1%}",
                method.__name__.replace("_", " "),
                f"{len(planted & found) / len(planted):.1%}",
                f"{len(near & found) / max(1, len(near)):.1%}",
                f"{right / max(1, len(found)):.1%}",
                f"{len(everything) / seconds:,.0f}",
            )


def as_it_is(name: str, texts: list[str], table: Table, shown: int) -> None:
    """One row: what is joined in a corpus in which nothing was planted."""
    near, found = both(texts)
    cluster, unit = (join_units(len(texts), [], pairs) for pairs in (near, np.concatenate([near, found.joined])))
    figures = [len(texts), len(near), len(found.joined), len(np.unique(found.digests[:, 1])), len(found.digests)]
    largest = [int(np.bincount(groups).max()) for groups in (cluster, unit)]
    table.add_row(name, *(f"{figure:,}" for figure in (*figures, *largest)))
    for short, long in random.Random(0).sample(found.joined.tolist(), min(shown, len(found.joined))):
        print(f"— {' '.join(texts[short].split())[:600]}\n  in: {' '.join(texts[long].split())[:600]}\n")


def read_texts(path: Path, most: int | None) -> list[str]:
    """Distinct texts of at least 100 words."""
    rows = (row.values for row in read_rows(path) if isinstance(row, Row))
    texts = (values.get("text") or values.get("articleBody") or "" for values in rows)
    return list(dict.fromkeys(text for text in texts if len(text.split()) >= 100))[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[SAMPLE])
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    table = Table(title=f"threshold {THRESHOLD}, {PERMUTATIONS} permutations, shingles of three words")
    columns = ["corpus: edit", "mean Jaccard, containment", "pairs ≥ threshold", "method", "recall"]
    columns += ["recall ≥ threshold", "precision", "texts/s"]
    if options.raw:
        columns = ["corpus", "texts", "near pairs", "joined by containment", "digests", "their parts"]
        columns += ["largest cluster before", "after"]
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number in (0, 3) else "right")
    for path in options.files:
        name, texts = path.name.split(".")[0], read_texts(path, None if options.raw else MOST)
        if options.raw:
            as_it_is(name, texts, table, options.show)
        else:
            measure(name, texts, table)
    Console(width=160).print(table)


if __name__ == "__main__":
    as_command.call(main)
