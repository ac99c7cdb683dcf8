"""What the controls of a model of pairs say in sentences: whether it reads the target."""

from __future__ import annotations

from math import inf
from typing import Literal

from classifier.evaluation.controls import Control, Controls, Reading
from classifier.reports.judgement import LITTLE
from classifier.reports.words import interval_words
from classifier.stats.equivalence import smallest_detectable, standard_error_of

Answer = Literal["yes", "alone", "no", "unclear"]


def conclusions(controls: Controls) -> list[str]:
    """What the controls say about the model, in sentences; the first is the answer."""
    model, sample = controls.model, f"{controls.articles:,}"
    of = f" of {controls.of:,}" if controls.of > controls.articles else ""
    return [
        _answer(controls),
        f"On {sample}{of} {controls.split} pairs the macro F1 is {model.score:.3f}; {_falls(model, controls.shuffles)}",
        f"TF-IDF + linear: {controls.tfidf.score:.3f}; {_falls(controls.tfidf, controls.shuffles)}",
        *_about_labels(controls),
        *_about_texts(controls),
    ]


def reads_target(controls: Controls) -> Answer:
    """Whether the model reads the target.

    ``yes``: the score falls surely where targets are shuffled. ``alone``: only where they are removed, so it takes from
    the target what that betrays of the label on its own. ``no``: it falls little or not at all in either case.
    """
    removed = _judge(controls.model.target_removed, controls)
    shuffled = _judge(controls.model.target_shuffled, controls) if controls.model.target_shuffled else removed
    if "unclear" in (removed, shuffled) and shuffled != "falls":
        return "unclear"
    if controls.model.target_shuffled and shuffled == "falls":
        return "yes"
    return "no" if removed == "little" else "alone"


def _answer(controls: Controls) -> str:
    if controls.model.score <= controls.majority:
        return "The model is no better than the most frequent label, so nothing can be said about what it reads."
    return {
        "yes": "The model reads the target: with another one of the same label in its place it gives other labels.",
        "alone": (
            "The model uses the target, but hardly how it goes with the text: with another one of the same label "
            f"macro F1 falls by {_most(controls.model.target_shuffled, controls)}."
            if controls.model.target_shuffled
            else "The model uses the target; all targets are the same here, so no more can be said."
        ),
        "no": (
            "THE MODEL DOES NOT READ THE TARGET: without it macro F1 falls by "
            f"{_most(controls.model.target_removed, controls)}."
        ),
        "unclear": (
            "Whether the model reads the target cannot be said from these articles: "
            f"{_too_little(controls.model.target_shuffled or controls.model.target_removed)}."
        ),
    }[reads_target(controls)]


def _falls(reading: Reading, shuffles: int) -> str:
    shuffled = reading.target_shuffled
    parts = [f"without the target it falls by {_fall(reading.target_removed)}"]
    if shuffled is not None:
        mean = f", a mean of {shuffles}" if shuffles > 1 else ""
        parts.append(
            f"with targets shuffled within each label by {_fall(shuffled)}{mean}, and {shuffled.changed:.0%} of the "
            "labels change"
        )
    return f"{'; '.join([*parts, f'without the text by {_fall(reading.text_removed)}'])}."


def _fall(control: Control) -> str:
    return f"{control.fall:.3f} ({interval_words(control.interval, '{:+z.3f}'.format)})"


def _most(control: Control, controls: Controls) -> str:
    """How far the score may have fallen where it hardly falls: the end of the interval, not "not at all".

    Where no label changed, the interval has no width; then three of so many pairs could still have changed (Hanley and
    Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249, 1983).
    """
    high = control.fall if control.interval is None else control.interval[1]
    return f"{max(high, 3 / controls.articles):.3f} at most (95%)"


def _too_little(control: Control) -> str:
    """Why nothing can be said, and what fall these articles show in four of five cases."""
    if control.interval is None:
        return "they are of too few groups"
    shown = smallest_detectable(standard_error_of(control.interval, inf), inf)
    return f"the intervals are too wide, and only a fall of {shown:.3f} or more would be seen in four of five cases"


def _about_labels(controls: Controls) -> list[str]:
    """How much of each label needs its own target: the mean over labels hides an ``unrelated`` that needs none."""
    shuffled = controls.model.target_shuffled
    if shuffled is None:
        return []
    parts = (f"{name} {before:.2f} → {shuffled.recall[name]:.2f}" for name, before in controls.model.recall.items())
    return [f"Recall with shuffled targets, against the labels as they were: {', '.join(parts)}."]


def _about_texts(controls: Controls) -> list[str]:
    lines = []
    if controls.model.score > controls.majority and _judge(controls.model.text_removed, controls) == "little":
        most = _most(controls.model.text_removed, controls)
        lines.append(f"The model does not need the text: with the target alone macro F1 falls by {most}.")
    if controls.trained is not None:
        found = controls.trained
        lines.append(
            f"What can be learnt from each side: TF-IDF trained on {controls.trained_articles:,} pairs reaches "
            f"{found['both']:.3f}, on the text alone {found['text']:.3f}, on the target alone {found['target']:.3f} "
            f"(the most frequent label {controls.majority:.3f})."
        )
    return lines


def _judge(control: Control, controls: Controls) -> Literal["falls", "little", "unclear"]:
    if control.interval is None:
        return "unclear"
    low, high = control.interval
    if high < LITTLE * (controls.model.score - controls.majority):
        return "little"
    return "falls" if low > 0 else "unclear"
