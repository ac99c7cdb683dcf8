"""What the controls of a model of pairs say in sentences: whether it reads the target."""

from __future__ import annotations

from typing import Literal

from classifier.evaluation.controls import Control, Controls, Reading
from classifier.reports.judgement import LITTLE
from classifier.reports.words import interval_words

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
            "The model uses the target, but not how it goes with the text: another one of the same label does as well."
            if controls.model.target_shuffled
            else "The model uses the target; all targets are the same here, so no more can be said."
        ),
        "no": "THE MODEL DOES NOT READ THE TARGET: it gives hardly worse labels without it.",
        "unclear": "Whether the model reads the target cannot be said from these articles: the intervals are too wide.",
    }[reads_target(controls)]


def _falls(reading: Reading, shuffles: int) -> str:
    shuffled = reading.target_shuffled
    parts = [f"without the target it falls by {_fall(reading.target_removed)}"]
    if shuffled is not None:
        parts.append(
            f"with targets shuffled within each label by {_fall(shuffled)}, a mean of {shuffles}, and "
            f"{shuffled.changed:.0%} of the labels change"
        )
    return f"{'; '.join([*parts, f'without the text by {_fall(reading.text_removed)}'])}."


def _fall(control: Control) -> str:
    return f"{control.fall:.3f} ({interval_words(control.interval, '{:+z.3f}'.format)})"


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
        lines.append("The model does not need the text: the target alone gives hardly worse labels.")
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
