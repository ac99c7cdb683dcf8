"""A decider for articles of which other shares have each label than of the validation articles.

`classifier.stats.label_shift` says what that assumes, and how the shares are found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from classifier.arrays import Bools, Floats32
from classifier.errors import InputError, counted, did_you_mean, names, shell_word
from classifier.models.decider import Decider
from classifier.models.model_folder import ModelInfo
from classifier.stats.expected_f1 import best_weights
from classifier.stats.label_shift import (
    FEWEST,
    FEWEST_OF_LABEL,
    FEWEST_VALIDATION,
    ShareShift,
    ValidationScores,
    adapted,
    find_shift,
    with_shares,
)

NEARLY = 0.0101  # by which shares that were rounded may miss 1


def check_adaptable(info: ModelInfo, run: object = "RUN") -> ValidationScores:
    """What a model stores of validation, which says what shares its scores take for granted.

    Args:
        info: of the model.
        run: named in the message.

    Raises:
        InputError: its scores are not calibrated, or an older version trained it.
    """
    if info.calibration is None:
        raise InputError(
            "The scores of this model are not calibrated, so they cannot be adapted to other shares of labels.",
            fix='Train with validation articles and train.calibration = "auto".',
        )
    if info.validation is None:
        raise InputError(
            "This model does not say which shares of labels its scores take for granted: an older version trained it.",
            fix=f"Find them on its validation articles, once: classifier evaluate {shell_word(run)} --adapt",
        )
    return info.validation


def check_shares(shares: Mapping[str, float], info: ModelInfo) -> tuple[float, ...]:
    """Shares of labels in the order of the model's.

    Args:
        shares: label -> its share, from 0 to 1.
        info: of the model.

    Returns:
        A share for each label; where an article has one label each, they add up to exactly 1.

    Raises:
        InputError: a label is missing or unknown, a share is not between 0 and 1, or they do not add up to 1.
    """
    example = _example(info.labels)
    unknown = [label for label in shares if label not in info.labels]
    if unknown:
        hint = did_you_mean(str(unknown[0]), info.labels)
        raise InputError(f"The model knows no label {names(map(str, unknown))}.{hint}", fix=f"Its labels: {example}")
    missing = [label for label in info.labels if label not in shares]
    if missing:
        raise InputError(f"There is no share of {names(missing)}: each label needs one.", fix=f"For example {example}")
    given = {label: _number(shares[label]) for label in info.labels}
    wrong = [label for label, share in given.items() if not 0 <= share <= 1]
    if wrong:
        raise InputError(
            f"A share must be between 0 and 1. Got {shares[wrong[0]]!r} for '{wrong[0]}' instead.",
            fix=f"For example {example}",
        )
    total = sum(given.values())
    if info.multi_label:
        return tuple(given.values())
    if abs(total - 1) > NEARLY:
        raise InputError(
            f"The shares must add up to 1, as each article has one label. They add up to {total:.3g} instead.",
            fix=f"For example {example}",
        )
    return tuple(share / total for share in given.values())


def _example(labels: Sequence[str]) -> str:
    """The option with like shares, which add up to 1 as they are written.

    Example:
        >>> print(_example(["fact", "opinion", "satire"]))
        --shares fact=0.333,opinion=0.333,satire=0.334
    """
    most = 1000 // len(labels) / 1000
    shares = [*[most] * (len(labels) - 1), round(1 - most * (len(labels) - 1), 3)]
    pairs = zip(labels, shares, strict=True)
    return f"--shares {shell_word(','.join(f'{label}={share:g}' for label, share in pairs))}"


def _number(share: object) -> float:
    return float(share) if isinstance(share, (int, float)) and not isinstance(share, bool) else math.nan


@dataclass(frozen=True)
class Adaptation:
    """A decider, and what it becomes where other shares of the articles have each label.

    Attributes:
        plain: the decider as it was.
        adapted: the same with scores that hold where each label has its share in ``shift``. Its labels are those of the
            highest expected macro F1 (`classifier.stats.expected_f1`), or, where ``label_by`` is "score", of the
            highest score. For multi-label the thresholds stay, now of these scores.
        shift: the shares, and how they were found.
    """

    plain: Decider
    adapted: Decider
    shift: ShareShift

    @property
    def changes(self) -> bool:
        """Whether anything was adapted."""
        return self.adapted is not self.plain

    def scores(self, proba: Floats32) -> Floats32:
        """The adapted scores, from those of the plain decider."""
        if not self.changes:
            return proba
        return with_shares(proba, self.shift.base, self.shift.shares, multi_label=self.plain.info.multi_label)

    def given(self, proba: Floats32) -> Bools:
        """Which classes are given to each article, from the scores of the plain decider."""
        return self.adapted.given(self.scores(proba))

    def changed(self, proba: Floats32) -> int:
        """How many articles get other labels than those of the plain decider, whose scores are given."""
        return int((self.plain.given(proba) != self.given(proba)).any(axis=1).sum())


def adaptation(
    decider: Decider,
    proba: Floats32,
    shares: Sequence[float] | None = None,
    *,
    sources: Sequence[str | None] = (),
    anyway: bool = False,
) -> Adaptation:
    """What a decider becomes for a corpus.

    Args:
        decider: one that `check_adaptable` lets pass.
        proba: its calibrated scores of all articles of the corpus.
        shares: of each label, in the order of the model's, where they are known; None = they are estimated, and the
            decider stays as it is where the corpus does not surely differ from validation, or not by shares alone.
        sources: of the articles, where they are known.
        anyway: adapt to estimated shares without that.

    Raises:
        InputError: the corpus, or validation, has too few articles to estimate shares.
    """
    info = decider.info
    known = check_adaptable(info)
    if shares is None:
        check_estimable(info)
        check_enough_articles(len(proba))
        shift = find_shift(proba, known, info.labels, sources=sources, multi_label=info.multi_label)
    else:
        shift = ShareShift(info.labels, known.shares, tuple(shares), articles=len(proba), validation=known.articles)
    if not (shift.warranted or anyway):
        return Adaptation(decider, decider, shift)
    assert info.calibration is not None
    changed = replace(
        info,
        calibration=adapted(info.calibration, known.shares, shift.shares),
        validation=None,
        abstention=None,
        sets=None,
        label_by="score",
    )
    found = Adaptation(decider, Decider(changed), shift)
    if info.multi_label or info.label_by == "score" or not len(proba):
        return found
    weights = tuple(best_weights(found.scores(proba)).tolist())
    return replace(found, adapted=replace(found.adapted, weights=weights))


def check_enough_articles(articles: int) -> None:
    """Check that a corpus has enough articles to estimate shares of labels from.

    Args:
        articles: how many it has.

    Raises:
        InputError: it has too few.
    """
    if articles < FEWEST:
        raise InputError(
            f"Shares of labels cannot be estimated from {counted(articles, 'article')}: that takes {FEWEST}.",
            fix="Label more articles together, leave out --adapt, or give the shares: predict --shares",
        )


def check_estimable(info: ModelInfo, run: object = "RUN") -> None:
    """Check that a model knows enough validation articles to estimate shares of labels with.

    Args:
        info: of the model.
        run: named in the message.

    Raises:
        InputError: it knows too few, in all or of a label; or what `check_adaptable` refuses.
    """
    known = check_adaptable(info, run)
    validation = known.articles
    if validation < FEWEST_VALIDATION:
        raise InputError(
            f"Shares of labels cannot be estimated: this model was calibrated on {validation:,} validation articles, "
            f"and that takes {FEWEST_VALIDATION}.",
            fix="Leave out --adapt, or give the shares: predict --shares",
        )
    of_labels = known.truth.sum(axis=0) * validation / len(known.rows)
    rare = [label for label, count in zip(info.labels, of_labels, strict=True) if round(count) < FEWEST_OF_LABEL]
    if rare:
        raise InputError(
            f"Shares of labels cannot be estimated: fewer than {FEWEST_OF_LABEL} validation articles have the "
            f"label {names(rare)}: how the model scores such articles is not known.",
            fix="Train with more validation articles (--set split.validation_size=0.3), leave out --adapt, or give the "
            "shares: predict --shares",
        )
