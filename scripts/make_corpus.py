"""Write a made-up labelled corpus of any size as JSONL.

    python scripts/make_corpus.py 100000 corpus.jsonl

Words follow Zipf's law; each label favours some of them; one article in twenty is an earlier one with a sentence
changed, one in fifty is an exact copy, both of the same source. There are 1,000 sources of very different sizes. The
same number and seed give the same file, and a larger corpus begins like a smaller one.
"""

from __future__ import annotations

import json
import random
import sys
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

WORDS = 400
VOCABULARY = 50_000
LABELS = ("reporting", "opinion", "satire", "press_release")
LABEL_WEIGHTS = (60, 25, 5, 10)
SOURCES = 1000
EDITED, COPIED = 1 / 20, 1 / 50
SENTENCE = 20
RECENT = 5000  # how far back a reprint's original may lie
SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "or")]


def articles(number: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """The articles of a corpus, one after another."""
    rng = random.Random(seed)
    words = _words(rng)
    weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
    marks = {label: rng.sample(words[200:5000], 40) for label in LABELS}
    sources = list(accumulate(1 / (rank + 5) for rank in range(SOURCES)))
    recent: deque[dict[str, str]] = deque(maxlen=RECENT)
    for index in range(number):
        draw = rng.random()
        if recent and draw < EDITED + COPIED:
            original = rng.choice(recent)
            text, label, source = original["text"], original["label"], original["source"]
            if draw < EDITED:
                text = _edited(text, rng.choices(words, cum_weights=weights, k=SENTENCE), rng)
        else:
            label = rng.choices(LABELS, LABEL_WEIGHTS)[0]
            text = _text(
                [*rng.choices(words, cum_weights=weights, k=WORDS - 15), *rng.choices(marks[label], k=15)], rng
            )
            source = f"site{rng.choices(range(SOURCES), cum_weights=sources)[0]}.example"
        article = {"id": f"a{index}", "text": text, "label": label, "source": source}
        article["date"] = f"{2015 + index % 10}-{1 + index % 12:02d}-{1 + index % 28:02d}"
        recent.append(article)
        yield article


def _words(rng: random.Random) -> list[str]:
    made = ("".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(3 * VOCABULARY))
    return list(dict.fromkeys(made))[:VOCABULARY]


def _text(words: list[str], rng: random.Random) -> str:
    rng.shuffle(words)
    sentences = [" ".join(words[i : i + SENTENCE]).capitalize() + "." for i in range(0, len(words), SENTENCE)]
    return "\n\n".join(" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4))


def _edited(text: str, words: list[str], rng: random.Random) -> str:
    sentences = text.split(". ")
    sentences[rng.randrange(len(sentences))] = " ".join(words).capitalize()
    return ". ".join(sentences)


def main() -> None:
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    with Path(sys.argv[2]).open("w", encoding="utf-8") as file:
        for article in articles(int(sys.argv[1])):
            file.write(json.dumps(article) + "\n")


if __name__ == "__main__":
    main()
