"""``predict --adapt`` and ``--shares``: scores and labels for a corpus with other shares of labels than validation."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from classifier.arrays import Bools, Floats32
from classifier.articles.predicted_by import ADAPTED, ModelName
from classifier.errors import InputError
from classifier.models.adaptation import (
    Adaptation,
    adaptation,
    check_adaptable,
    check_enough_articles,
    check_estimable,
    check_shares,
)
from classifier.models.decider import Decider
from classifier.models.fingerprint import DIGITS
from classifier.models.model_folder import ModelInfo
from classifier.reports.run.label_shift import ASSUMED, DOUBT, share_lines, shift_test_words

logger = logging.getLogger(__name__)
SHARE = re.compile(r"\s*(.+?)\s*=\s*([0-9]*\.?[0-9]+)\s*(%?)\s*(?:,|$)", re.DOTALL)


@dataclass(frozen=True)
class AskedShares:
    """What is asked for.

    Attributes:
        known: label -> its share; None = shares are estimated from the articles.
    """

    known: Mapping[str, float] | None = None

    def check(self, info: ModelInfo, run: object, *, abstain: bool) -> None:
        """Raise what is wrong with it, before the model is loaded.

        Raises:
            InputError: they cannot be those of the model's labels, the model cannot be adapted or knows too few
                validation articles to estimate them, or labels shall be left out by thresholds that hold for other
                shares.
        """
        check_adaptable(info, run)
        if abstain:
            raise InputError(
                "--abstain promises a precision for articles with the shares of validation. Under other shares it is "
                "not kept, so it does not go with --adapt and --shares.",
                fix="Leave out --abstain, and keep the labels with a high score: adapted scores say how likely a label "
                "is to be right.",
            )
        if self.known is None:
            check_estimable(info, run)
        else:
            check_shares(self.known, info)

    def check_enough(self, articles: int) -> None:
        """Raise `InputError` where shares shall be estimated from too few articles."""
        if self.known is None:
            check_enough_articles(articles)


def asked_shares(adapt: bool, shares: Mapping[str, float] | None) -> AskedShares | None:
    """What ``adapt`` and ``shares`` ask for; None where both are left out.

    Raises:
        InputError: both are given: shares are known, or they are estimated.

    Example:
        >>> asked_shares(adapt=True, shares=None)
        AskedShares(known=None)
    """
    if adapt and shares is not None:
        raise InputError(
            "--adapt estimates the shares of labels in these articles, and --shares says what they are: only one of "
            "the two can be meant.",
            fix="Leave out --adapt if the shares are known, else --shares.",
        )
    return AskedShares(shares) if adapt or shares is not None else None


def read_shares(text: str) -> dict[str, float]:
    """Shares as they are typed.

    Raises:
        InputError: that is not what ``text`` says, or a label has two shares.

    Example:
        >>> read_shares("opinion=.3,news, local=60%,satire=0.1")
        {'opinion': 0.3, 'news, local': 0.6, 'satire': 0.1}
        >>> read_shares("opinion:0.3")
        Traceback (most recent call last):
        classifier.errors.InputError: --shares 'opinion:0.3' does not name a share for each label.
        Fix: For example --shares opinion=0.3,reporting=0.6,satire=0.1
    """
    found: dict[str, float] = {}
    end = 0
    while match := SHARE.match(text, end):
        label, share, percent = match.groups()
        if label in found:
            raise InputError(f"--shares names '{label}' twice.", fix="Give each label one share.")
        found[label], end = float(share) / (100 if percent else 1), match.end()
    if not found or end < len(text):
        raise InputError(
            f"--shares '{text}' does not name a share for each label.",
            fix="For example --shares opinion=0.3,reporting=0.6,satire=0.1",
        )
    return found


@dataclass
class Labeller:
    """Gives labels to the scores of a corpus.

    Attributes:
        plain: the model's own decider.
        found: to what it is adapted; None = it is not.
        changed: how many articles get other labels than by ``plain``.
    """

    plain: Decider
    found: Adaptation | None = None
    changed: int = 0

    @property
    def decider(self) -> Decider:
        """What gives the labels."""
        return self.plain if self.found is None else self.found.adapted

    @property
    def changes(self) -> bool:
        """Whether scores and labels are others than those of ``plain``."""
        return self.found is not None and self.found.changes

    def scores(self, own: Floats32) -> Floats32:
        """The scores that are given, from those of ``plain``; counts the labels that change."""
        if self.found is None:
            return own
        self.changed += self.found.changed(own)
        return self.found.scores(own)

    def inside(self, own: Floats32) -> Bools:
        """Which labels are in the set of each article: those of ``plain``, and the label that is given."""
        return self.plain.in_set(own) | (self.plain if self.found is None else self.found).given(own)

    def named(self, model: ModelName | None) -> ModelName | None:
        """The name of what labels: adapted, it is another model."""
        return model if model is None or self.found is None or not self.changes else adapted_name(model, self.found)


def make_labeller(decider: Decider, asked: AskedShares | None, proba: Floats32, sources: Sequence[str]) -> Labeller:
    """What labels a corpus; where other shares are asked for, they are found and told.

    Args:
        decider: of the model.
        asked: to which shares it is adapted; None = it is not.
        proba: its own scores of all articles of the corpus.
        sources: the key of the source of each; empty where it has none.

    Raises:
        InputError: there are too few articles to estimate shares from.
    """
    if asked is None:
        return Labeller(decider)
    asked.check_enough(len(proba))
    shares = None if asked.known is None else check_shares(asked.known, decider.info)
    found = adaptation(decider, proba, shares, sources=sources)
    say_shares(found)
    return Labeller(decider, found)


def adapted_name(model: ModelName, found: Adaptation) -> ModelName:
    """The name of a model whose scores are adapted: it labels otherwise, so it has another fingerprint."""
    named = zip(found.shift.labels, found.shift.shares, strict=True)
    shares = ",".join(f"{label}={share:.3g}" for label, share in named)
    digits = sha256(f"{model.fingerprint} {shares} {found.adapted.weights}".encode()).hexdigest()[:DIGITS]
    return ModelName(f"{model.name}{ADAPTED}{shares}", digits)


def say_shares(found: Adaptation) -> None:
    """Tell which shares the corpus has, whether it surely differs from validation, and what that assumes."""
    for line in share_lines(found.shift):
        logger.info("%s", line)
    if found.shift.p is not None:
        words = shift_test_words(found.shift)
        if found.changes:
            logger.info("%s", words)
        else:
            logger.warning("%s. So scores and labels are left as they are without --adapt", words)
    if found.changes:
        logger.info("%s", ASSUMED if found.shift.p is None else f"{ASSUMED} {DOUBT}")


def say_changes(used: Labeller, articles: int, *, sets: bool) -> None:
    """Tell how many labels are others than without adaptation, and which promise still holds."""
    if not used.changes:
        return
    logger.info(
        "adapted: %s of %s articles have another label than without; scores hold under the new shares",
        f"{used.changed:,}",
        f"{articles:,}",
    )
    if sets:
        logger.info(
            "label_set is that of the scores as they were, and the label given: its promise is for each label on its "
            "own, so it holds whatever the shares are, except for labels that share a promise"
        )
