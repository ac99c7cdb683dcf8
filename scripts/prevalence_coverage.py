"""Whether the 95% intervals of `classifier estimate` hold: simulated corpora whose true shares are known.

python scripts/prevalence_coverage.py [--repeats 400] [--news FOLDER with 20newsgroups]

Corpora of 2,000 articles; a confusion matrix of three labels, or (with --news) the four topics of 20 newsgroups with
TF-IDF + logistic regression trained on 600 articles, its test articles drawn again with the shares wanted. Error rates
come from held-out articles with the shares of training; labelled articles are a random sample of the corpus.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.stats.prevalence import adjusted_count, error_rates, prediction_powered

CORPUS = 2000
MATRIX = np.array([[0.85, 0.10, 0.05], [0.10, 0.80, 0.10], [0.15, 0.15, 0.70]])  # rows true, columns predicted
MIXES = ((1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1), (0.9, 0.08, 0.02), (1.0, 0.0, 0.0))
TOPICS = ("comp", "rec", "sci", "talk")
NEWS_MIXES = ((0.25, 0.25, 0.25, 0.25), (0.7, 0.15, 0.1, 0.05), (0.85, 0.09, 0.05, 0.01))
Ids = npt.NDArray[np.int64]
Guess = Callable[[Ids, np.random.Generator], Ids]  # true ids -> predicted ids


@dataclass(frozen=True)
class Result:
    """One method over all repeats: per label the share covered, the intervals' mean width, the mean error."""

    method: str
    coverage: npt.NDArray[np.float64]
    width: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]


def from_matrix(matrix: npt.NDArray[np.float64]) -> Guess:
    """Predictions drawn from a confusion matrix whose rows add up to 1."""
    bounds = matrix.cumsum(axis=1)
    return lambda truth, rng: (rng.random(len(truth))[:, None] > bounds[truth]).sum(axis=1)


def simulate(
    guess: Guess,
    mix: Sequence[float],
    labelled: int,
    *,
    repeats: int,
    training: Sequence[float],
    draws: int = 1000,
    methods: Sequence[str] = ("naive", "adjusted count", "prediction-powered"),
    seed: int = 0,
) -> list[Result]:
    """Corpora of known shares, estimated by each method with as many held-out or labelled articles."""
    rng = np.random.default_rng(seed)
    shares = np.array(mix)
    found: dict[str, list[npt.NDArray[np.float64]]] = {method: [] for method in methods}
    for _ in range(repeats):
        truth = rng.choice(len(mix), size=CORPUS, p=shares)
        predicted = guess(truth, rng)
        for method in methods:
            if method == "naive":
                found[method].append(_naive(predicted, len(mix)))
            elif method == "adjusted count":
                held_out = _every_label(training, labelled, rng)
                rates = error_rates(held_out, guess(held_out, rng), len(mix), draws=draws, seed=int(rng.integers(1e9)))
                estimate = adjusted_count(rates, np.bincount(predicted, minlength=len(mix)))
                found[method].append(np.stack([estimate.share, estimate.low, estimate.high]))
            else:
                found[method].append(_sampled(truth, predicted, labelled, len(mix)))
    return [_result(method, np.array(values), shares) for method, values in found.items()]


def _every_label(training: Sequence[float], size: int, rng: np.random.Generator) -> Ids:
    while True:
        held_out = rng.choice(len(training), size=size, p=np.array(training))
        if len(set(held_out)) == len(training):
            return held_out


def _naive(predicted: Ids, classes: int) -> npt.NDArray[np.float64]:
    """Counted predictions, with the usual (Wald) interval of a share."""
    share = np.bincount(predicted, minlength=classes) / len(predicted)
    margin = 1.96 * np.sqrt(share * (1 - share) / len(predicted))
    return np.stack([share, share - margin, share + margin])


def _sampled(truth: Ids, predicted: Ids, labelled: int, classes: int) -> npt.NDArray[np.float64]:
    def one(label: int) -> tuple[float, float, float]:
        true, guess = (truth[:labelled] == label).astype(int), (predicted == label).astype(int)
        found = prediction_powered(true, guess[:labelled], int(guess[labelled:].sum()), len(truth) - labelled)
        return float(found.share[0]), float(found.low[0]), float(found.high[0])

    return np.array([one(label) for label in range(classes)]).T


def _result(method: str, found: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]) -> Result:
    share, low, high = found.transpose(1, 0, 2)
    covered = ((low <= shares) & (shares <= high)).mean(axis=0)
    return Result(method, covered, (high - low).mean(axis=0), (share - shares).mean(axis=0))


def news(folder: Path) -> Guess:
    """TF-IDF + logistic regression on 600 training articles; predictions of random test articles of each topic."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    (texts, labels), (test_texts, test_labels) = (_topics(folder / f"{name}.jsonl.gz") for name in ("train", "test"))
    chosen = np.random.default_rng(0).permutation(len(texts))[:600]
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    features = vectorizer.fit_transform([texts[i] for i in chosen])
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=500).fit(features, labels[chosen])
    predicted = model.predict(vectorizer.transform(test_texts))
    pools = [predicted[test_labels == topic] for topic in range(len(TOPICS))]

    def guess(truth: Ids, rng: np.random.Generator) -> Ids:
        drawn = np.empty(len(truth), dtype=np.int64)
        for topic, pool in enumerate(pools):
            drawn[truth == topic] = rng.choice(pool, size=(truth == topic).sum())
        return drawn

    return guess


def _topics(path: Path) -> tuple[list[str], Ids]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [(row["text"].partition("\n\n")[2], row["label"].split(".")[0]) for row in map(json.loads, stream)]
    rows = [row for row in rows if row[1] in TOPICS]
    return [text for text, _ in rows], np.array([TOPICS.index(topic) for _, topic in rows])


def table(
    name: str, guess: Guess, mixes: Sequence[Sequence[float]], training: Sequence[float], repeats: int
) -> Iterator[str]:
    """Rows of Markdown: means over the labels, the worst label's coverage in brackets."""
    for mix in mixes:
        shares = " / ".join(f"{share:.2f}" for share in mix)
        for labelled in (100, 300):
            for r in simulate(guess, mix, labelled, repeats=repeats, training=training):
                yield (
                    f"| {name} | {shares} | {labelled} | {r.method} | {r.coverage.mean():.1%} ({r.coverage.min():.1%}) "
                    f"| {r.width.mean():.3f} | {np.abs(r.bias).max():.3f} |"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--news", type=Path, help="the folder of 20 newsgroups (train.jsonl.gz, test.jsonl.gz)")
    options = parser.parse_args()
    print("| corpus | true shares | articles | method | covered (worst label) | mean width | largest bias |")
    print("|---|---|---|---|---|---|---|")
    for line in table("matrix", from_matrix(MATRIX), MIXES, [1 / 3] * 3, options.repeats):
        print(line, flush=True)
    if options.news:
        for line in table("20 newsgroups", news(options.news), NEWS_MIXES, [0.25] * 4, options.repeats):
            print(line, flush=True)


if __name__ == "__main__":
    main()
