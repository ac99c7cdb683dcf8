"""What a result is judged by: the thresholds, and the findings that are the judgement.

Every threshold at which something is said for or against a result stands here, once. Pages, cards and the console show
the same findings; which there are is decided in `run.findings` and `dataset.findings`. One rule makes the verdict of
both: whatever is a reason to stop decides, then what cannot be known, then what needs care. A run has its dataset's
reasons to stop too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from classifier.dataset.info import Giveaway

# How much a figure rests on.
FEW_ARTICLES = 100  # of validation or test together: with fewer, every figure is rough
FEW_OF_A_CLASS = 10  # articles of one label: with fewer, nothing is sure about it
FEW_GROUPS = 10  # of equal size, resampled together: with fewer, intervals are rough
SPREAD = 0.03  # standard deviation of macro F1 over seeds or folds from which on care is needed
MANY_SETTINGS = 5  # evaluated on the same held-out articles: from so many on, the best of them flatters
FALL = 0.1  # how far macro F1 on validation lies above that on test before it is said

# How good a model is.
WEAK = 0.5  # micro F1 of a model, or precision or recall of a class, below which most is wrong or missed
TRAINED = 0.05  # share of evaluated articles whose texts it was trained on, from which on the figures prove nothing
LEFT_OUT = 0.05  # share of rows that are left out as bad, from which on the figures are of others than were given
UNSEEN = 0.5  # share of articles of unseen sources below which the figures say little about new ones
KNOWN_TARGETS = 0.5  # share of articles with known targets from which the figures say little about new ones
MISJUDGED = 0.05  # calibration error that the interval must lie above for scores that are not what they say
BELIEVABLE = 0.1  # and below for scores that can be believed
ARTICLES_CUT = 0.2  # share of the articles that are not read to the end
TOKENS_DROPPED = 0.05  # share of all tokens that are not read
LITTLE = 0.25  # share of what a score has above the majority's: a fall without the target that is surely less is little
HIDDEN = 0.1  # accuracy: a search that would miss so large a difference shows little by finding nothing
ALPHA_MARGIN = 0.05  # of Krippendorff's alpha: a model that surely differs by less agrees as people do
LET_THROUGH = 0.5  # share of articles out of scope that abstention leaves their labels, above which it is no help
HELD_BACK = 0.1  # and below which it is one
MARGIN = 0.02  # of macro F1 or accuracy: two figures are level where they surely differ by less

# What is wrong with a dataset.
GIVEAWAY_PRECISION, GIVEAWAY_RECALL = 0.9, 0.5  # from which on a give-away alone could explain a good figure
UNTESTED = 0.05  # share of all articles whose labels test lacks, from which on its figures leave out too much
SIZE_MISSED = 0.05  # difference between the share of a split that was asked for and the one reached

Tone = Literal["stop", "unknown", "care", "good", "note"]
ORDER: tuple[Tone, ...] = ("stop", "unknown", "care", "good", "note")
NAMED_FACTS = 3  # of a verdict; the others stand below it


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for or against using a result.

    Attributes:
        tone: ``stop`` (do not use it), ``unknown`` (nothing can be told), ``care`` (use it, and mind this), ``good`` or
            ``note``.
        title: in a few words, without a full stop.
        text: in a sentence or two.
        section: the part of a page that shows more; empty for none.
        fact: the deciding figures in a few words, for the verdict; empty = the title says it.
    """

    tone: Tone
    title: str
    text: str
    section: str = ""
    fact: str = ""

    @property
    def heading(self) -> str:
        """The title as the beginning of a line.

        Example:
            >>> Finding("care", "Few groups", "").heading, Finding("good", "The same with other seeds?", "").heading
            ('Few groups.', 'The same with other seeds?')
        """
        return self.title if self.title[-1] in ".?" else f"{self.title}."


class Verdict(NamedTuple):
    """Whether something may be used, as the findings have it.

    Attributes:
        tone: the worst of them: ``stop``, ``unknown``, ``care`` or ``good``.
        text: a sentence or two, with the deciding facts.
    """

    tone: Tone
    text: str


def verdict(findings: Sequence[Finding], words: Mapping[Tone, str]) -> Verdict:
    """The worst tone of the findings, in words.

    Args:
        findings: the worst first.
        words: tone -> its sentence, with ``{facts}`` where the deciding facts stand, or ``{more}``: the same behind a
            colon, and nothing where there are none.

    Example:
        >>> verdict([Finding("stop", "No test split", "")], {"stop": "Not safe: {facts}."}).text
        'Not safe: no test split.'
    """
    tone = worst_tone(findings)
    facts = deciding_facts(findings, tone)
    return Verdict(tone, words[tone].format(facts=facts, more=f": {facts}" if facts else ""))


def is_unsafe(findings: Sequence[Finding]) -> bool:
    """Whether there is a reason to stop: labels that cannot be used, or a dataset that is not safe to evaluate on.

    Example:
        >>> is_unsafe([Finding("care", "A small test", "")]), is_unsafe([Finding("stop", "No test split", "")])
        (False, True)
    """
    return worst_tone(findings) == "stop"


def worst_tone(findings: Sequence[Finding]) -> Tone:
    """The tone of the verdict; ``good`` where nothing but notes was found."""
    return min((finding.tone for finding in findings if finding.tone != "note"), key=ORDER.index, default="good")


def deciding_facts(findings: Sequence[Finding], tone: Tone, most: int = NAMED_FACTS) -> str:
    """What decides, in a list: the facts of the first findings of a tone, and how many more there are.

    Example:
        >>> found = [Finding("care", "A small test", ""), Finding("care", "Few groups", "", fact="5 groups")]
        >>> deciding_facts(found, "care"), deciding_facts(found, "care", most=1)
        ('a small test; 5 groups', 'a small test; and 1 more point below')
    """
    facts = [
        finding.fact or f"{finding.title[:1].lower()}{finding.title[1:]}"
        for finding in findings
        if finding.tone == tone
    ]
    more = len(facts) - most
    return "; ".join([*facts[:most], *([f"and {more} more point{'s' if more > 1 else ''} below"] if more > 0 else [])])


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings by tone, as `ORDER` has them: ``stop`` first; those of one tone keep their order."""
    return sorted(findings, key=lambda finding: ORDER.index(finding.tone))


def finding_line(finding: Finding, tones: Mapping[Tone, str]) -> str:
    """A finding as a line of text.

    Example:
        >>> finding_line(Finding("care", "Few groups", "The intervals rest on 5 groups."), {"care": "Take care"})
        'Take care: Few groups. The intervals rest on 5 groups.'
    """
    return f"{tones[finding.tone]}: {finding.heading} {finding.text}"


def is_strong(giveaway: Giveaway) -> bool:
    """Whether a give-away alone could explain a good figure; a token may be what the label is about, so never does."""
    return giveaway.kind != "token" and giveaway.precision >= GIVEAWAY_PRECISION and giveaway.recall >= GIVEAWAY_RECALL
