"""How new articles differ from those of training, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from classifier.articles.languages import languages_in_words
from classifier.errors import counted, shell_word
from classifier.evaluation.drift import Drift, Kind, KindOfDrift
from classifier.reports.words import figure, figures_apart, percent

NAMES: Mapping[Kind, str] = {
    "length": "length",
    "words": "unknown words",
    "languages": "languages",
    "scores": "scores",
    "distance": "distance",
}
NUMBERS: Mapping[Kind, str] = {
    "length": "largest difference between the cumulated distributions of their lengths (Kolmogorov-Smirnov)",
    "words": "share of their words that occur in no training article",
    "languages": "share of them in languages that the model does not know",
    "scores": "largest difference between the cumulated distributions of the highest scores (Kolmogorov-Smirnov)",
    "distance": "probability that one of them lies farther from the training articles than an article like those",
}
MEANINGS: Mapping[Kind, str] = {
    "length": "A model that learnt from short articles may overlook what long ones say, and the other way round.",
    "words": "The model has not seen these words with any label. Their labels rest on what is left, and on what the "
    "encoder knows of the words from elsewhere.",
    "languages": "Labels in these languages are guesses.",
    "scores": "Other scores mean other articles, or other shares of labels: predict --adapt says whether those explain "
    "it. Fewer high scores mean more wrong labels.",
    "distance": "They are about other things, or in another style. High scores do not protect from wrong labels there.",
}
DIFFER = (
    "these articles differ from those of training, so figures on test articles do not tell how good their labels are"
)
CHECK = "label 100 of them by hand, drawn at random, and measure: classifier evaluate {run} --data labelled.csv"
ALIKE = "No difference to the training articles was found."


def drift_warning(found: Drift, run: object) -> str:
    """The warning of articles that differ from those of training, with what to do; only where they do.

    Args:
        found: has a kind above its threshold.
        run: that labels them.
    """
    kinds = "; ".join(kind_words(kind) for kind in found.found)
    return f"{DIFFER}: {kinds}. To know, {CHECK.format(run=shell_word(run))}"


def kind_words(found: KindOfDrift) -> str:
    """How the articles differ in a trait, with the number and its threshold.

    Example:
        >>> print(kind_words(KindOfDrift("words", 0.5, 0.12, 0.05, 0.05, 0.5, 500, 300)))
        50% of their words occur in no training article (5% would be expected; threshold 12%)
    """
    return _WORDS[found.kind](found)


def _length(found: KindOfDrift) -> str:
    way = "shorter" if found.new < found.known else "longer" if found.new > found.known else "of other lengths"
    return (
        f"they are {way}, {found.new:,.0f} characters against {found.known:,.0f} in the median "
        f"(distance of the distributions {figure(found.number)}, threshold {figure(found.threshold)})"
    )


def _words(found: KindOfDrift) -> str:
    return (
        f"{percent(found.number)} of their words occur in no training article "
        f"({percent(found.expected)} would be expected; threshold {percent(found.threshold)})"
    )


def _languages(found: KindOfDrift) -> str:
    return (
        f"{percent(found.number)} are in languages that the model does not know (threshold {percent(found.threshold)})"
    )


def _scores(found: KindOfDrift) -> str:
    way = "less sure" if found.new < found.known else "surer" if found.new > found.known else "otherwise sure"
    new, known = figures_apart(found.new, found.known)
    return (
        f"the model is {way} of them, with a highest score of {new} against {known} on "
        f"validation in the median (distance of the distributions {figure(found.number)}, threshold "
        f"{figure(found.threshold)})"
    )


def _distance(found: KindOfDrift) -> str:
    return (
        "by the mean vectors of their words they lie farther from the training articles than articles like those do in "
        f"{percent(found.number)} of pairs (50% would be expected; threshold {percent(found.threshold)})"
    )


_WORDS: Mapping[Kind, Callable[[KindOfDrift], str]] = {
    "length": _length,
    "words": _words,
    "languages": _languages,
    "scores": _scores,
    "distance": _distance,
}


def number_words(kind: Kind, value: float) -> str:
    """A number, or a threshold, of a kind as a table shows it.

    Example:
        >>> number_words("words", 0.254), number_words("scores", 0.254)
        ('25%', '.25')
    """
    return figure(value) if kind in ("length", "scores") else percent(value)


def how_measured(found: Drift) -> list[str]:
    """What the numbers rest on, in sentences."""
    sides = "whole sources" if found.by_source else "articles"
    lines = [
        f"{counted(found.compared, 'article')} of {found.articles:,} were compared, drawn as good as at random, with "
        "articles of training that were measured as if they were new: those of validation, and others without what "
        "belongs together with them.",
        f"A threshold is what chance alone exceeds rarely, found by mixing {sides} of both sides; all kinds together "
        "warn in 1 of 100 sets of articles that are like those of training. It is at least a difference that matters.",
    ]
    if found.languages:
        lines.append(f"The model knows {languages_in_words(found.languages)}.")
    if not found.by_source:
        lines.append(
            "Sources were not mixed, because they are not known on both sides: articles of few sources differ from "
            "others also where nothing is wrong."
        )
    return lines
