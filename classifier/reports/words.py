"""Figures, counts and names as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.stats.significance import Gain

NAMED = 8
METRICS = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "matthews_correlation": "MCC",
    "fnc1_score": "FNC-1 score",
}
BASELINES = {"encoder": "encoder alone", "tfidf": "TF-IDF + linear", "majority": "majority"}
COLUMNS = {"tokens": "length", "seen_source": "known sources", "seen_target": "known targets"}


def metric_name(key: str) -> str:
    """A metric as people call it.

    Example:
        >>> metric_name("f1_macro"), metric_name("loss")
        ('macro F1', 'loss')
    """
    return METRICS.get(key, key)


def column_name(column: str) -> str:
    """A column of predictions as people call it.

    Example:
        >>> column_name("tokens"), column_name("seen_source"), column_name("news_desk")
        ('length', 'known sources', 'news desk')
    """
    return COLUMNS.get(column, column.replace("_", " "))


def figure(value: float) -> str:
    """A figure between 0 and 1 with two decimals and no leading zero.

    Example:
        >>> figure(0.708), figure(1)
        ('.71', '1.00')
    """
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.2f}")


def figures_apart(one: float, other: float) -> tuple[str, str]:
    """Two figures, with as many decimals as it takes to see which is greater; four at most.

    Example:
        >>> figures_apart(0.71, 0.65), figures_apart(0.9993, 0.9981)
        (('.71', '.65'), ('.999', '.998'))
    """
    for digits in (2, 3, 4):
        shown = [re.sub(r"^(-?)0\.", r"\1.", f"{value:.{digits}f}") for value in (one, other)]
        if shown[0] != shown[1] or one == other:
            break
    return shown[0], shown[1]


def percent(share: float) -> str:
    """A share in per cent; small ones are not rounded to nothing, nor large ones to everything.

    Example:
        >>> percent(0.254), percent(0.0004), percent(0.9996), percent(0)
        ('25%', '<1%', '>99%', '0%')
    """
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def joined(words: Sequence[str], link: str = "and") -> str:
    """Words as a sentence lists them: the first eight by name, long ones cut.

    Example:
        >>> joined(["opinion", "reporting", "satire"])
        'opinion, reporting and satire'
    """
    named = [*(cut(word) for word in words[:NAMED]), *([f"{len(words) - NAMED:,} more"] if len(words) > NAMED else [])]
    return f" {link} ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def between(
    interval: tuple[float, float] | None, form: Callable[[float], str] = "{:.3f}".format, link: str = " to "
) -> str:
    """An interval as people read it; a dash where there is none.

    Example:
        >>> between((0.7, 0.8)), between((-0.01, 0.2), signed, " – "), between(None)
        ('0.700 to 0.800', '−.010 – +.200', '–')
    """
    return "–" if interval is None else link.join(form(bound) for bound in interval)


def interval_words(interval: tuple[float, float] | None, form: Callable[[float], str] = "{:.3f}".format) -> str:
    """A 95% interval within a sentence.

    Example:
        >>> interval_words((0.7, 0.8)), interval_words(None)
        ('95% interval 0.700 to 0.800', 'no interval: too few groups')
    """
    return "no interval: too few groups" if interval is None else f"95% interval {between(interval, form)}"


def difference_words(gain: Gain, name: str) -> str:
    """A difference and how sure it is, within a sentence.

    Example:
        >>> from classifier.stats.significance import Gain
        >>> difference_words(Gain(0.1, (0.05, 0.15), 0.002), "macro F1")
        '+0.100 macro F1, 95% interval +0.050 to +0.150, p = 0.002'
    """
    sure = interval_words(gain.interval, "{:+z.3f}".format)
    return f"{gain.value:+z.3f} {name}, {sure}{'' if gain.p is None else f', {p_words(gain.p)}'}"


def p_words(p: float | None) -> str:
    """A p-value within a sentence.

    Example:
        >>> p_words(0.0321), p_words(0.00004)
        ('p = 0.032', 'p < 0.001')
    """
    return "no p-value" if p is None else "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def p_number(p: float | None) -> str:
    """A p-value in a table.

    Example:
        >>> p_number(0.0321), p_number(0.00004), p_number(None)
        ('0.032', '< 0.001', '–')
    """
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def down(count: float) -> str:
    """A number of groups with one decimal, rounded down, so that fewer than three never read as three.

    Example:
        >>> down(2.98), down(4.0)
        ('2.9', '4.0')
    """
    return f"{math.floor(10 * count + 1e-9) / 10:.1f}"


def cut(words: str, most: int = 60) -> str:
    """A text cut after ``most`` characters, for use within a sentence."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def precise(value: float) -> str:
    """A figure with three decimals and no leading zero.

    Example:
        >>> precise(0.7114), precise(-0.02), precise(10.0)
        ('.711', '−.020', '10.000')
    """
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.3f}").replace("-", "−")


def short(words: object, most: int = 80) -> str:
    """A name of at most ``most`` characters, cut in its middle, for use in a table.

    Example:
        >>> short("abcdefghij", 7)
        'abcd…ij'
    """
    text = str(words)
    return text if len(text) <= most else f"{text[: most - most // 3 - 1]}…{text[len(text) - most // 3 :]}"


def signed(value: float) -> str:
    """A difference with its sign, to three decimals.

    Example:
        >>> signed(0.0164), signed(-0.07)
        ('+.016', '−.070')
    """
    return f"{'+' if value >= 0 else ''}{precise(value)}"


def giveaway_words(kind: str, what: str, source: str | None) -> str:
    """A give-away within a sentence; what a source's articles say of it need not be its name.

    Args:
        kind: as in `classifier.dataset.info.Giveaway`.
        what: the words, in quotation marks.
        source: whose they are, for those that name one.

    Example:
        >>> giveaway_words("line", "“Follow us”", None), giveaway_words("source name", "“The Post”", "post.com")
        ('line “Follow us”', 'text “The Post” of post.com')
    """
    return f"text {what} of {source}" if kind == "source name" and source else f"{kind} {what}"
