"""Other shares of labels than in training: how many articles of each label a corpus has, and scores that allow for it.

A calibrated score takes the shares of the validation articles for granted. Where a corpus has others, every score is
off, and so are labels that are decided by scores. If only the shares differ, and an article of a label is like those of
validation (*label shift*), the odds of each label are those of validation times the ratio of its two shares. Which
shares the corpus has is found from the scores of all of its articles, without a label: the shares under which these
scores are most likely (EM: Saerens, Latinne and Decaestecker, Neural Computation 14, 2002). Scores must be calibrated
for that, with an offset for each class (Alexandari, Kundaje and Shrikumar, ICML 2020, arXiv:1901.06852), as those of
`classifier.stats.calibration` are.

- The shares that scores take for granted are the mean scores of the validation articles. They are not those of the
  training labels: a model trained with ``class_weight = "balanced"`` weighs classes alike, calibration brings
  validation's shares back, and where validation is small its offsets are shrunk, so that the two differ a little.
- A few articles show little: shares found on them alone run away. Made-up articles with the shares of validation join
  those of the corpus (a Dirichlet prior: Ye, Tsuchida, Petersson and Barnes, WACV 2024), `STRENGTH` times 1 + the
  corpus' articles per validation article: calibration by few articles leaves doubts that no large corpus removes.
- Intervals draw both again: the articles of the corpus, and those of validation, with the calibration that follows
  from them, by one Newton step from the one that was found.
- Whether there is a shift at all is tested by the scores of both sets of articles, as in Lipton, Wang and Smola (ICML
  2018, arXiv:1802.03916), here by random permutations of a distance like Hotelling's T² between the mean scores. Where
  both name their sources, whole sources change places: articles of one source are alike.

Any other difference between the articles (covariate shift: new sources, topics, years) moves the scores too. Then the
shares that are found are wrong, and so is their interval. One thing can be tested: if only shares differ, the scores of
the corpus are a mixture of those that validation's articles of each label have. Their means, and those of their
squares, are compared with the mixture's, as overidentification is tested (Hansen, Econometrica 50, 1982), the spread by
the bootstrap, and no surer than the rarest label of validation allows (F instead of chi-squared). Where they do not
fit, label shift is contradicted. Where they fit, it is still not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.stats.calibration import LEAST, SPREAD, Calibration
from classifier.stats.resampling import Interval

STRENGTH = 20.0  # made-up articles with the shares of validation that join, were validation as certain as it is large
STORED = 500  # validation articles whose scores are kept with a model
DIGITS = 4
LEAST_STORED = 5e-5  # a score that was rounded to 0
FEWEST = 10  # articles of a corpus, below which nothing is estimated
FEWEST_VALIDATION = 30  # the same of validation: calibrated on fewer, scores are too rough for that
FEWEST_OF_LABEL = 5  # validation articles of each label; on SemEval's English one of satire made all articles satire
LEAST_SHARE = 1e-6  # a label of share 0 would have a score of exactly 0
DRAWS = 200
DRAWN = 2000  # articles of a corpus that the draws are made of
PERMUTATIONS = 999
PERMUTED = 20_000  # articles of a corpus that are tested
LEVEL = 0.05
STEPS, NEAR, RANK = 1000, 1e-7, 1e-6


@dataclass(frozen=True)
class ValidationScores:
    """Calibrated scores of validation articles, as they are stored with a model.

    Attributes:
        shares: of each class, which the scores take for granted: the mean score of all validation articles.
        articles: how many there are.
        rows: of at most `STORED` of them, a line each: the class ids of the article, a colon, its score on each class.
        groups: a number for the source of each line; empty = each article stands for itself.

    Example:
        >>> known = ValidationScores((0.6, 0.4), 2, ("0: 0.8 0.2", "1: 0.4 0.6"))
        >>> known.scores.tolist(), known.truth.tolist()
        ([[0.8, 0.2], [0.4, 0.6]], [[1.0, 0.0], [0.0, 1.0]])
    """

    shares: tuple[float, ...]
    articles: int
    rows: tuple[str, ...]
    groups: tuple[int, ...] = ()

    @property
    def blocks(self) -> Ints:
        """Which lines stand together: a number for each."""
        return np.array(self.groups or range(len(self.rows)), dtype=np.int64)

    @property
    def scores(self) -> Floats:
        """The scores in the lines, shape (lines, classes)."""
        return np.array([row.partition(":")[2].split() for row in self.rows], dtype=np.float64)

    @property
    def truth(self) -> Floats:
        """Which classes these articles have, a 0/1 matrix of the same shape."""
        truth = np.zeros((len(self.rows), len(self.shares)))
        for values, row in zip(truth, self.rows, strict=True):
            values[list(map(int, row.partition(":")[0].split()))] = 1
        return truth

    def wrong(self, classes: int) -> str:
        """What cannot be true of it, for a model of so many classes; empty where nothing is wrong.

        Example:
            >>> ValidationScores((0.6, 0.4), 2, ("0: 0.8 0.2", "7: 0.4 0.6")).wrong(2)
            'validation.rows: line 2 is no article of 2 labels'
        """
        if len(self.shares) != classes or not all(0 <= share <= 1 for share in self.shares):
            return f"validation.shares: there must be {classes}, from 0 to 1"
        if not self.rows or self.articles < len(self.rows):
            return f"validation.rows: there are {len(self.rows)}, of {self.articles} articles"
        if self.groups and len(self.groups) != len(self.rows):
            return f"validation.groups: there are {len(self.groups)}, of {len(self.rows)} lines"
        bad = next((number for number, row in enumerate(self.rows, 1) if not _is_row(row, classes)), None)
        return "" if bad is None else f"validation.rows: line {bad} is no article of {classes} labels"


def _is_row(row: str, classes: int) -> bool:
    ids, _, scores = row.partition(":")
    try:
        values = [float(score) for score in scores.split()]
        known = all(0 <= int(name) < classes for name in ids.split())
    except ValueError:
        return False
    return known and len(values) == classes and all(0 <= value <= 1 for value in values)


@dataclass(frozen=True)
class ShareShift:
    """The shares of labels in a corpus, beside those of validation.

    Attributes:
        labels: names.
        base: shares that the scores take for granted.
        shares: found, or given.
        intervals: 95%, of each; None where the shares were given.
        p: of the test that the scores of the corpus are like those of validation; None where it was not made.
        p_mixture: of the test that they are a mixture of those of validation's labels, as label shift has it; None
            likewise.
        articles: of the corpus.
        validation: articles that the base rests on.
        by_source: whether the test takes articles of one source as alike; else each stands for itself.
    """

    labels: tuple[str, ...]
    base: tuple[float, ...]
    shares: tuple[float, ...]
    intervals: tuple[Interval, ...] | None = None
    p: float | None = None
    p_mixture: float | None = None
    articles: int = 0
    validation: int = 0
    by_source: bool = False

    @property
    def found(self) -> bool:
        """Whether the corpus surely is another than validation; True where the shares were given."""
        return self.p is None or self.p < LEVEL

    @property
    def contradicted(self) -> bool:
        """Whether not only the shares differ."""
        return self.p_mixture is not None and self.p_mixture < LEVEL

    @property
    def warranted(self) -> bool:
        """Whether scores may be adapted to these shares."""
        return self.found and not self.contradicted


def validation_scores(proba: Floats32, y: Ints, sources: Sequence[str | None] = ()) -> ValidationScores:
    """What is stored of the validation articles.

    Args:
        proba: calibrated, shape (articles, classes).
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        sources: of each article, where they are known.

    Example:
        >>> validation_scores(np.array([[0.8, 0.2], [0.4, 0.6]], dtype=np.float32), np.array([0, 1])).shares
        (0.6, 0.4)
    """
    kept = np.unique(np.linspace(0, len(proba) - 1, min(len(proba), STORED)).round().astype(np.int64))
    groups = source_numbers(sources)
    return ValidationScores(
        shares=_rounded(proba.mean(axis=0, dtype=np.float64), 6),
        articles=len(proba),
        rows=tuple(_row(np.flatnonzero(y[k]) if y.ndim == 2 else [y[k]], proba[k]) for k in kept),
        groups=() if groups is None else tuple(groups[kept].tolist()),
    )


def _row(ids: Iterable[int], scores: Floats32) -> str:
    return f"{' '.join(map(str, ids))}: {' '.join(f'{score:.{DIGITS}f}' for score in scores)}"


def _rounded(values: Floats | Floats32, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)


def with_shares(
    proba: Floats32, base: Sequence[float], shares: Sequence[float], *, multi_label: bool = False
) -> Floats32:
    """Scores that take other shares for granted, of the same shape.

    Args:
        proba: calibrated, shape (articles, classes).
        base: shares that they take for granted.
        shares: that the new ones shall.
        multi_label: whether an article may have several labels.

    Example:
        The odds of the first label were 9 to 1, and its share was as large as that of the other. Now it is a third.

        >>> with_shares(np.array([[0.9, 0.1]], dtype=np.float32), (0.5, 0.5), (0.25, 0.75)).round(2)
        array([[0.75, 0.25]], dtype=float32)
    """
    offsets = tuple(_log_ratio(np.asarray(base), np.asarray(shares), multi_label).tolist())
    return Calibration((1.0,) * (len(base) if multi_label else 1), offsets, multi_label).apply(proba)


def adapted(calibration: Calibration, base: Sequence[float], shares: Sequence[float]) -> Calibration:
    """The calibration whose scores take other shares for granted: `with_shares` of those of the given one.

    Args:
        calibration: of the model.
        base: shares that its scores take for granted.
        shares: that they shall.
    """
    moves = _log_ratio(np.asarray(base), np.asarray(shares), calibration.multi_label)
    return replace(calibration, offsets=tuple((np.array(calibration.offsets) + moves).tolist()))


def _log_ratio(base: Floats, shares: Floats, multi_label: bool) -> Floats:
    """What is added to the log of a score, or to its log-odds for multi-label."""
    old, new = (np.clip(one, LEAST_SHARE, 1 - LEAST_SHARE if multi_label else None) for one in (base, shares))
    moves: Floats = np.log(new / old)
    if multi_label:
        moves -= np.log1p(-new) - np.log1p(-old)
    return moves


def estimate(
    proba: Floats | Floats32,
    base: Sequence[float] | Floats,
    *,
    multi_label: bool = False,
    strength: float = STRENGTH,
    weights: Floats | None = None,
) -> Floats:
    """The shares under which the scores of a corpus are most likely, shape (classes,).

    Args:
        proba: calibrated, shape (articles, classes).
        base: shares that they take for granted.
        multi_label: whether each class has a share of its own.
        strength: made-up articles with the shares of ``base`` that join.
        weights: of the articles; None = 1.

    Example:
        Half of the articles surely are of a label that one in ten was of.

        >>> proba = np.repeat([[1.0, 0.0], [0.0, 1.0]], 500, axis=0)
        >>> estimate(proba, (0.9, 0.1), strength=0).round(3).tolist()
        [0.5, 0.5]
        >>> estimate(proba[490:510], (0.9, 0.1), strength=20).round(3).tolist()
        [0.7, 0.3]
    """
    given = np.ones(len(proba)) if weights is None else weights
    prior = np.asarray(base, dtype=np.float64)
    if not multi_label:
        return _em(proba.astype(np.float64), prior, given, strength)
    each = zip(proba.T, prior, strict=True)
    return np.array([_em(_two(column), np.array([share, 1 - share]), given, strength)[0] for column, share in each])


def _two(column: Floats | Floats32) -> Floats:
    """The scores of one of several labels, and those of not having it, shape (articles, 2)."""
    scores = column.astype(np.float64)
    return np.column_stack([scores, 1 - scores])


def _em(proba: Floats, base: Floats, weights: Floats, strength: float) -> Floats:
    """Expectation: scores under the present shares; maximisation: their weighted mean, with the made-up articles."""
    ratios = proba / np.maximum(base, LEAST_SHARE)
    shares, whole = np.maximum(base, LEAST_SHARE), weights.sum() + strength
    for _ in range(STEPS):
        likely = ratios @ shares
        new = (shares * ((weights / np.maximum(likely, LEAST)) @ ratios) + strength * base) / whole
        moved, shares = float(np.abs(new - shares).max()), new
        if moved < NEAR:
            break
    found: Floats = shares / shares.sum()
    return found


def find_shift(
    proba: Floats32,
    known: ValidationScores,
    labels: Sequence[str],
    *,
    sources: Sequence[str | None] = (),
    multi_label: bool = False,
    seed: int = 0,
) -> ShareShift:
    """Estimate the shares of a corpus with their intervals, and test whether it differs from validation at all.

    Args:
        proba: calibrated scores of the corpus, shape (articles, classes).
        known: of validation.
        labels: names of the classes.
        sources: of the corpus' articles, where they are known.
        multi_label: whether an article may have several.
        seed: of the draws and permutations.
    """
    rng, strength = np.random.default_rng(seed), STRENGTH * (1 + len(proba) / known.articles)
    shares = estimate(proba, known.shares, multi_label=multi_label, strength=strength)
    chosen = rng.permutation(len(proba))[:DRAWN]
    part = proba[chosen]
    held, truth = known.scores, known.truth
    sizes, numbers = (len(proba), known.articles), source_numbers(sources)
    alone = np.arange(len(held)), np.arange(len(proba))
    blocks = alone if numbers is None or not known.groups else (known.blocks, numbers)
    base, together = np.maximum(known.shares, LEAST_SHARE), None if blocks is alone else (blocks[0], blocks[1][chosen])
    if multi_label:
        columns = zip(part.T, held.T, truth.T, base, strict=True)
        pairs = [(_two(a), _two(b), _two(c), np.array([d, 1 - d])) for a, b, c, d in columns]
        draws = np.stack([_draws(*each, sizes, together, rng)[:, 0] for each in pairs], axis=1)
        fits = min(1.0, len(pairs) * min(_mixture(*each[:3], together, rng) for each in pairs))
    else:
        draws = _draws(part.astype(np.float64), held, truth, base, sizes, together, rng)
        fits = _mixture(part.astype(np.float64), held, truth, together, rng)
    whole, drawn = (estimate(one, known.shares, multi_label=multi_label, strength=0) for one in (proba, part))
    low, high = np.quantile(np.clip(draws + whole - drawn, 0, 1), [0.025, 0.975], axis=0)
    bounds = zip(np.minimum(low, shares), np.maximum(high, shares), strict=True)
    return ShareShift(
        tuple(labels),
        known.shares,
        _rounded(shares, 6),
        tuple((round(float(a), 6), round(float(b), 6)) for a, b in bounds),
        _two_sample(held, proba, blocks, rng),
        fits,
        len(proba),
        known.articles,
        by_source=blocks is not alone,
    )


def _draws(
    proba: Floats,
    held: Floats,
    truth: Floats,
    shares: Floats,
    sizes: tuple[int, int],
    blocks: tuple[Ints, Ints] | None,
    rng: np.random.Generator,
) -> Floats:
    """Shares with both sets of articles drawn again, shape (draws, classes).

    An article that stands for several has a weight that varies by as much less. Articles of a source have one weight.

    Args:
        proba: of the part of the corpus that is drawn, shape (articles, classes).
        held, truth: of some validation articles, the same width.
        shares: mean scores of all of them.
        sizes: articles of the whole corpus, and of all of validation.
        blocks: a number for the source of each article in ``held``, and in ``proba``; None = each is drawn by itself.
        rng: draws.
    """
    times, held_times = sizes[0] / len(proba), sizes[1] / len(held)
    weights = _weights(rng, DRAWS, len(held), held_times, None if blocks is None else blocks[0])
    logs, held_logs = np.log(np.maximum(proba, LEAST)), np.log(np.maximum(held, LEAST_STORED))
    found = np.empty((DRAWS, held.shape[1]))
    for row, drawn, step in zip(found, weights, _steps(held, held_logs, truth, weights, held_times, rng), strict=True):
        base: Floats = shares / np.maximum(held.mean(axis=0), LEAST_STORED) * (drawn @ _moved(held_logs, step))
        given = _weights(rng, 1, len(proba), times, None if blocks is None else blocks[1])[0]
        row[:] = _em(_moved(logs, step), base / base.sum(), given, 0)
    return found


def _weights(rng: np.random.Generator, draws: int, articles: int, times: float, blocks: Ints | None) -> Floats:
    """Weights of the Bayesian bootstrap with a mean of 1, shape (draws, articles)."""
    if blocks is None:
        return rng.standard_gamma(times, (draws, articles)) / times
    numbers = np.unique(blocks, return_inverse=True)[1]
    return rng.standard_exponential((draws, int(numbers.max(initial=-1)) + 1))[:, numbers]


def _steps(
    held: Floats, logs: Floats, truth: Floats, weights: Floats, times: float, rng: np.random.Generator
) -> Floats:
    """By how much the log of the temperature, and the offsets, move with the weights, shape (draws, 1 + classes).

    Their prior is drawn again too, so that they vary as their posterior does.
    """
    classes = held.shape[1]
    off = truth - held
    gradients = np.column_stack([-(off * logs).sum(axis=1), off])
    slopes = np.concatenate(
        [-logs[:, :, None], np.broadcast_to(np.eye(classes), (len(held), classes, classes))], axis=2
    )
    weighted = held[:, :, None] * slopes
    means = weighted.sum(axis=1)
    curvature = times * (np.einsum("nkp,nkq->pq", weighted, slopes) - means.T @ means) + np.eye(1 + classes) / SPREAD**2
    pulls = times * (weights - 1) @ gradients + rng.normal(scale=1 / SPREAD, size=(len(weights), 1 + classes))
    moves: Floats = pulls @ np.linalg.inv(curvature)
    return moves


def _moved(logs: Floats, step: Floats) -> Floats:
    """Probabilities with another temperature and other offsets."""
    from scipy.special import softmax

    return np.asarray(softmax(logs * np.exp(-step[0]) + step[1:], axis=1))


def _mixture(
    proba: Floats, held: Floats, truth: Floats, blocks: tuple[Ints, Ints] | None, rng: np.random.Generator
) -> float:
    """The p-value that a corpus's scores are a mixture of those of validation's labels; arguments as of `_draws`."""
    from scipy.special import fdtrc

    moments = [_moments(scores) for scores in (proba, held)]
    labels = truth / np.maximum(truth.sum(axis=1, keepdims=True), 1)

    def off(weights: Floats, given: Floats) -> Floats:
        shares = _em(proba, weights @ held / weights.sum(), given, 0)
        ratios = shares / np.maximum(weights @ labels / weights.sum(), LEAST_SHARE)
        mixed = weights * (labels @ ratios)
        return np.asarray(given @ moments[0] / given.sum() - mixed @ moments[1] / mixed.sum())

    one, two = (None, None) if blocks is None else blocks
    held_weights, given_weights = (_weights(rng, DRAWS, *size) for size in ((len(held), 1, one), (len(proba), 1, two)))
    drawn = [off(*pair) for pair in zip(held_weights, given_weights, strict=True)]
    spread = np.cov(np.array(drawn), rowvar=False)
    here = off(np.ones(len(held)), np.ones(len(proba)))
    rank = int(np.linalg.matrix_rank(spread, tol=RANK * float(np.trace(spread)), hermitian=True))
    far = here @ np.linalg.pinv(spread, rcond=RANK, hermitian=True) @ here
    rank = max(1, rank)
    known = max(1.0, min(DRAWS - rank, float(labels.sum(axis=0).min())))
    return float(fdtrc(rank, known, far / rank * (DRAWS - rank) / (DRAWS - 1)))


def _moments(scores: Floats) -> Floats:
    """Scores and their squares; of many labels the highest score and the sum of squares, which are fewer to compare."""
    squares = scores**2
    if 2 * scores.shape[1] > DRAWS / 4:
        return np.column_stack([scores.max(axis=1), squares.sum(axis=1)])
    return np.column_stack([scores[:, :-1], squares])


def _two_sample(held: Floats, proba: Floats32, blocks: tuple[Ints, Ints], rng: np.random.Generator) -> float:
    """The p-value that both sets of scores are drawn from the same articles, or from the same sources.

    Args:
        held, proba: scores of validation, and of the corpus.
        blocks: which of them stand together, a number for each.
        rng: draws.
    """
    chosen = rng.permutation(len(proba))[:PERMUTED]
    parts = [
        _block_sums(held, blocks[0]),
        _block_sums(proba[chosen].round(DIGITS).astype(np.float64), blocks[1][chosen]),
    ]
    fewer, more = sorted(parts, key=len)
    sums, count = np.concatenate([fewer, more]), len(fewer)
    whole = sums.sum(axis=0)

    def apart(rows: Floats) -> Floats:
        inside = rows.sum(axis=0)
        rest = whole - inside
        return np.asarray(inside[1:] / inside[0] - rest[1:] / rest[0])

    drawn = [apart(sums[rng.choice(len(sums), count, replace=False, shuffle=False)]) for _ in range(PERMUTATIONS)]
    every = np.array([apart(fewer), *drawn])
    inverse = np.linalg.pinv(every.T @ every / len(every), rcond=NEAR, hermitian=True)
    far = np.einsum("ij,jk,ik->i", every, inverse, every)
    return float((far >= far[0] * (1 - NEAR)).mean())


def _block_sums(scores: Floats, blocks: Ints) -> Floats:
    """For each block, how many articles it has, and the sums of their scores; shape (blocks, 1 + classes)."""
    numbers = np.unique(blocks, return_inverse=True)[1]
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, 1 + scores.shape[1]))
    np.add.at(sums, numbers, np.column_stack([np.ones(len(scores)), scores]))
    return sums


def source_numbers(sources: Sequence[str | None]) -> Ints | None:
    """A number for each article's source; None where they are not known, or tell nothing: one for all, or one for each.

    An article without a source stands for itself.

    Example:
        >>> source_numbers(["a", "b", "a", None]).tolist()
        [0, 1, 0, 3]
        >>> source_numbers(["a", "b", "c"]) is source_numbers(["a", "a"]) is None
        True
    """
    first = {name: place for place, name in reversed(list(enumerate(sources))) if name}
    if not 1 < len(first) < sum(map(bool, sources)):
        return None
    return np.array([first[name] if name else place for place, name in enumerate(sources)], dtype=np.int64)
