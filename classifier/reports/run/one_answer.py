"""Whether a model is better than always giving one answer: in accuracy, in macro F1, and in MCC, which is 0 for that.

A model is called useless where its macro F1 or its MCC is not surely above that of one answer: its labels then do not
surely depend on the article. Accuracy alone does not decide: a model that finds rare labels may be right less often
than one that never gives them, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classifier.evaluation.result import Evaluation
from classifier.reports.judgement import Finding
from classifier.reports.words import between, interval_words, joined, metric_name
from classifier.stats.metrics import MCC
from classifier.stats.significance import Gain

DECISIVE = ("f1_macro", MCC)
ROUNDED, SIGNED = "{:z.3f}".format, "{:+z.3f}".format


def one_answer_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether the model is useless, right less often than one answer, or better than that."""
    above, share = gains_above_one_answer(evaluation), _share_of_right(evaluation)
    one, name = one_answer(evaluation), metric_name(share)
    compared = f"{name} {evaluation.figures[share]:.3f} against {evaluation.baselines['majority'][share]:.3f} of {one}"
    useless = [metric for metric in DECISIVE if metric in above and not _is_above(above[metric])]
    if useless:
        below = any(above[metric].value <= 0 for metric in (*useless, share))
        rest = "; ".join(_standing(evaluation, metric, above[metric]) for metric in useless)
        text = f"{_begun(compared)}; {rest}. Its labels do not surely depend on what an article says."
        title = "Useless: no better than one answer for all" if below else "Useless: not surely better than one answer"
        called = "the model is useless" if below else "the model is useless as far as these articles show"
        yield Finding("stop", title, text, "figures", f"{called} ({compared}; {rest})")
    elif above[share].value < 0:
        surely = "surely " if _is_below(above[share]) else ""
        text = (
            f"{_begun(name)} is {surely}below that of {one} ({_difference(above[share], name)}): it finds rarer "
            "labels at the cost of more wrong ones in all."
        )
        fact = f"fewer are right than with one answer ({compared})"
        yield Finding("care", "Fewer right than one answer for all", text, "figures", fact)
    elif not _is_above(above[share]) and above[share].interval is not None:
        text = f"{_begun(name)} is not surely above that of {one} ({_difference(above[share], name)})."
        title = f"{_begun(name)} not surely above one answer for all"
        yield Finding("care", title, text, "figures", f"not surely more right than with one answer ({compared})")
    elif above[share].interval is not None:
        text = f"It is surely better than {one}: {_difference(above[share], name)}."
        yield Finding("good", "Better than one answer for all", text, "figures", compared)


def one_answer(evaluation: Evaluation) -> str:
    """What the simplest baseline does, in words.

    Such as "always answering “reporting”".
    """
    given = joined([f"“{label}”" for label in evaluation.one_answer])
    return f"always answering {given}" if given else "always giving one answer"


def gains_above_one_answer(evaluation: Evaluation) -> Mapping[str, Gain]:
    """How much each figure is above that of one answer; of an older evaluation, from its unpaired intervals."""
    if evaluation.majority_gain:
        return evaluation.majority_gain
    found = {}
    for metric, value in evaluation.figures.items():
        base = evaluation.baselines["majority"].get(metric, 0.0) if metric != MCC else 0.0
        bounds = evaluation.intervals.get(metric)
        found[metric] = Gain(value - base, None if bounds is None else (bounds[0] - base, bounds[1] - base))
    return found


def _begun(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _share_of_right(evaluation: Evaluation) -> str:
    """The figure that counts right labels: of articles with one label each, accuracy."""
    return "accuracy" if MCC in evaluation.figures else "f1_micro"


def _is_above(gain: Gain) -> bool:
    """Whether it is surely above one answer; without an interval, whether it is above at all."""
    return gain.value > 0 if gain.interval is None else gain.interval[0] > 0


def _is_below(gain: Gain) -> bool:
    return gain.interval is not None and gain.interval[1] < 0


def _standing(evaluation: Evaluation, metric: str, gain: Gain) -> str:
    """A figure beside that of one answer, with how sure the difference is."""
    if metric == MCC:
        value = evaluation.figures.get(metric, gain.value)
        bounds = "" if gain.interval is None else f", {interval_words(gain.interval, ROUNDED)}"
        return f"MCC {value:z.3f} (0 for any one answer{bounds})"
    base = evaluation.baselines["majority"][metric]
    return f"{metric_name(metric)} {evaluation.figures[metric]:.3f} against {base:.3f} ({_difference(gain, '')})"


def _difference(gain: Gain, name: str) -> str:
    bounds = "" if gain.interval is None else f", 95% interval {between(gain.interval, SIGNED)}"
    return f"{gain.value:+z.3f}{f' {name}' if name else ''}{bounds}"
