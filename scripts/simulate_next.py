"""Whether the articles that `classifier next` chooses teach more than articles drawn at random.

    python scripts/simulate_next.py [TRAIN TEST] [--part measure|choose] [--methods …] [--cache FILE.npz]

Labels are bought from a pool of 3,000 training articles of 20 newsgroups: 100 at random to begin with, then 50 at a
time up to 600, each batch chosen with a probe (logistic regression on the frozen encoder) fitted on those bought so
far. Headers are stripped, the first 128 tokens are read. Macro F1 of the probe on 1,500 test articles, mean ±
standard deviation over seeds (each begins with other articles, the same for all methods); below it the difference from
the random choice of the same seed, with its 95% interval. "Saved": how many labels of the random choice reach the same
macro F1, less those bought.

The method was chosen with `--part choose`: 2,000 other training articles as the pool, measured on 1,000 more training
articles, so that nothing was tried on what `--part measure` reports. With the probe and 20 classes, articles that are
uncertain alone teach less than random ones; so do groups alone, badge and chance. Weighted groups of 20 candidates for
each article wanted were best; the figures stand in docs/measured.md.

    random          drawn at random
    margin          the smallest margin between the two likeliest labels, no regard to likeness
    entropy         the highest entropy, no regard to likeness
    clusters        one article from each of as many k-means groups of the whole pool, no regard to uncertainty
    weighted-N      `classifier.stats.selection.select_diverse` with N candidates for each article wanted
    badge           k-means++ on gradients of the last layer (Ash et al., 2020, arXiv:1906.03671)
    chance-N        drawn with odds of uncertainty to the power N (Kirsch et al., 2023, arXiv:2106.12059)
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import as_command
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from scipy.stats import t

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.articles.readers.table import read_rows
from classifier.articles.rows import read_articles
from classifier.cli.console import make_progress
from classifier.config_file import make_config
from classifier.jobs.frozen_encoder import embed
from classifier.models.linear_probe import fit_probe
from classifier.models.transformer.forward import probabilities
from classifier.stats.metrics import headline
from classifier.stats.selection import CANDIDATES, candidates, select_diverse, uncertainty
from classifier.training.auto import ChosenConfig

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "20newsgroups"
SIZES = {"measure": (3000, 1500), "choose": (2000, 1000)}  # pool, held-out
FIRST, STEP, LAST = 100, 50, 600
SHIPPED = f"weighted-{CANDIDATES}"
Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Choice = Callable[[Floats, Floats, int, int], Ids]  # probabilities, vectors, n, seed -> rows


def by_margin(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
    return np.argsort(-uncertainty(proba, multi_label=False), kind="stable")[:n]


def by_entropy(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
    return np.argsort((proba * np.log(np.maximum(proba, 1e-12))).sum(axis=1), kind="stable")[:n]


def at_random(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
    return np.random.default_rng(seed).permutation(len(proba))[:n]


def by_clusters(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
    return select_diverse(np.ones(len(proba), np.float32), vectors, n, seed).rows


def weighted(factor: int) -> Choice:
    def choose(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
        scores = uncertainty(proba, multi_label=False)
        rows = candidates(scores, n, factor)
        return rows[select_diverse(scores[rows], vectors[rows], n, seed).rows]

    return choose


def by_badge(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
    """k-means++ on (p − one-hot of the guess) ⊗ vector; distances without writing those products down."""
    rng = np.random.default_rng(seed)
    slope = proba - np.eye(proba.shape[1], dtype=np.float32)[proba.argmax(axis=1)]
    size = (slope**2).sum(axis=1) * (vectors**2).sum(axis=1)
    chosen = [int(size.argmax())]
    far = np.full(len(proba), np.inf)
    while len(chosen) < n:
        last = chosen[-1]
        shared = (slope @ slope[last]) * (vectors @ vectors[last])
        far = np.minimum(far, np.maximum(size + size[last] - 2 * shared, 0))
        far[last] = 0
        chosen.append(int(rng.choice(len(far), p=far / far.sum())))
    return np.array(chosen)


def by_chance(power: float) -> Choice:
    """The highest of log odds plus Gumbel noise, which is a draw without replacement."""

    def choose(proba: Floats, vectors: Floats, n: int, seed: int) -> Ids:
        odds = power * np.log(np.maximum(uncertainty(proba, multi_label=False), 1e-9))
        return np.argsort(-(odds + np.random.default_rng(seed).gumbel(size=len(odds))), kind="stable")[:n]

    return choose


METHODS: dict[str, Choice] = {
    "random": at_random,
    "margin": by_margin,
    "entropy": by_entropy,
    "clusters": by_clusters,
    "badge": by_badge,
    **{f"weighted-{n}": weighted(n) for n in (3, 5, 10, 20, 40)},
    "chance-1": by_chance(1),
    "chance-4": by_chance(4),
}


def read(path: Path) -> list[Article]:
    found = read_articles(read_rows(path), {}, labelled=True, file=str(path))
    return [article for article in found if isinstance(article, Article)]


def sample(train: Path, test: Path, part: str) -> tuple[list[Article], list[Article]]:
    """Pool and held-out articles of a part; the two parts share none."""
    order = np.random.default_rng(0).permutation
    articles = read(train)
    shuffled = [articles[i] for i in order(len(articles))]
    (pool, held_out), most = SIZES[part], SIZES["measure"][0]
    if part == "choose":
        return shuffled[most : most + pool], shuffled[most + pool : most + pool + held_out]
    tests = read(test)
    return shuffled[:most], [tests[i] for i in order(len(tests))[:held_out]]


def vectors_of(articles: Sequence[Article], name: str) -> Floats:
    values = make_config({}, {"data.strip": ["headers"], "train.preset": "probe"}).model_dump()
    values["model"] |= {"windows": 1, "window_choice": "head", "max_length": 128}
    values["train"] |= {"num_train_epochs": 0, "learning_rate": 1e-4, "freeze_layers": 0}
    values["train"] |= {"batch_size": 16, "most_frequent_share": 1.0}
    with make_progress(quiet=False).task(name, len(articles)) as task:
        return embed(articles, ChosenConfig.model_validate(values), pair=False, task=task)


def prepared(train: Path, test: Path, part: str, cache: Path | None) -> dict[str, npt.NDArray[np.generic]]:
    """Vectors and label ids of the pool and of the held-out articles, kept in a file where one is named."""
    if cache and cache.exists():
        with np.load(cache) as kept:
            return dict(kept)
    pool, held_out = sample(train, test, part)
    labels = LabelSet(tuple(sorted({article.labels[0] for article in pool})))
    found = {
        "pool": vectors_of(pool, "pool"),
        "held_out": vectors_of(held_out, "held-out"),
        "y": labels.encode(article.labels for article in pool),
        "y_held_out": labels.encode(article.labels for article in held_out),
    }
    if cache:
        np.savez(cache, **found)
    return found


def probe(vectors: Floats, y: Ids, classes: int, *others: Floats) -> list[Floats]:
    """Probabilities of other articles under a probe fitted on these."""
    fitted = fit_probe(vectors, y, classes, balanced=True)
    return [probabilities(fitted.logits(other), multi_label=False) for other in others]


def simulate(choose: Choice, data: dict[str, npt.NDArray[np.generic]], seed: int) -> list[float]:
    """Macro F1 after each batch."""
    pool, held_out = data["pool"], data["held_out"]
    y, truth = data["y"], data["y_held_out"]
    classes = int(y.max()) + 1
    bought = np.zeros(len(pool), dtype=bool)
    bought[np.random.default_rng(seed).permutation(len(pool))[:FIRST]] = True
    scores = []
    while True:
        rest = np.flatnonzero(~bought)
        ours, others = probe(pool[bought], y[bought], classes, held_out, pool[rest])
        scores.append(headline(truth, ours.argmax(axis=1), [str(c) for c in range(classes)])["f1_macro"])
        if bought.sum() >= LAST:
            return scores
        bought[rest[choose(others, pool[rest], STEP, seed * 1000 + int(bought.sum()))]] = True


def saved(scores: Sequence[float], random: Sequence[float], sizes: Sequence[int], at: int) -> str:
    """How many labels more the random choice takes for the same mean score; '>' where it never reaches it."""
    best = np.maximum.accumulate(random)
    score = scores[sizes.index(at)]
    if score > best[-1]:
        return f"> {sizes[-1] - at}"
    return f"{np.interp(score, best, sizes) - at:+.0f}"


def paired(gains: npt.NDArray[np.float64]) -> str:
    """Mean of the differences of pairs, with its 95% interval (t distribution)."""
    half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / len(gains) ** 0.5
    return f"{gains.mean():+.3f} ± {half:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[DATA / "train.jsonl.gz", DATA / "test.jsonl.gz"])
    parser.add_argument("--part", choices=SIZES, default="measure")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["random", "margin", SHIPPED])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cache", type=Path, help="keeps the vectors, for another run on the same part")
    options = parser.parse_args()
    data = prepared(*options.files, options.part, options.cache)
    sizes = list(range(FIRST, LAST + 1, STEP))
    first = 0 if options.part == "measure" else 100  # the parts have other seeds too
    methods = ["random", *(name for name in options.methods if name != "random")]
    found = {
        name: np.array([simulate(METHODS[name], data, first + seed) for seed in range(options.seeds)])
        for name in methods
    }
    shown = [size for size in (100, 150, 200, 300, 400, 600) if size in sizes]
    table = Table(title=f"macro F1 by labels bought ({options.part}, {options.seeds} seeds)", title_justify="left")
    for heading in ("", *map(str, shown), "saved at 200", "saved at 300", "saved at 400"):
        table.add_column(heading, justify="left" if not heading else "right")
    random = found["random"].mean(axis=0).tolist()
    for name, scores in found.items():
        mean, sd = scores.mean(axis=0), scores.std(axis=0, ddof=1)
        cells = [f"{mean[sizes.index(s)]:.3f} ± {sd[sizes.index(s)]:.3f}" for s in shown]
        gains = ["" if name == "random" else saved(mean.tolist(), random, sizes, at) for at in (200, 300, 400)]
        table.add_row(name, *cells, *gains)
        if name != "random" and options.seeds > 1:
            table.add_row(
                "  − random", *(paired(scores[:, i] - found["random"][:, i]) for i in map(sizes.index, shown))
            )
    Console(width=160).print(table)


if __name__ == "__main__":
    as_command.call(main)
