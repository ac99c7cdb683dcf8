"""The sentences of a methods text about figures: of which articles, with which intervals, against what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classifier.errors import counted
from classifier.evaluation.result import Evaluation
from classifier.reports.paper.paper import Paper
from classifier.reports.run.figure_findings import counted_groups
from classifier.reports.run.macro_f1 import macro_f1_words
from classifier.reports.run.record import RunRecord
from classifier.reports.words import between, joined, metric_name, p_words, percent, precise, signed
from classifier.stats.resampling import Interval
from classifier.stats.significance import Gain

NAMED = ("accuracy", "f1_macro", "matthews_correlation", "fnc1_score")  # figures in the text; the table has all


def evaluation_sentences(paper: Paper) -> Iterator[str]:
    """On which articles a run was evaluated, beside what, and how its intervals were made."""
    evaluation = paper.record.evaluation
    yield f"The figures are for {_tested_on(evaluation)}."
    if evaluation.trained_texts:
        yield f"The texts of {evaluation.trained_texts:,} of these were trained on, which flatters the figures."
    if evaluation.left_out:
        kinds = "; ".join(f"{kind}: {count:,}" for kind, count in evaluation.left_out.items())
        yield f"Left out were {counted(sum(evaluation.left_out.values()), 'bad row')} ({kinds})."
    if evaluation.missing:
        yield f"None of them has the label {joined(evaluation.missing, 'or')}, which is left out of macro averages."
    features = " of the text and the target, and the cosine of the two [@riedel2017]" if paper.record.info.pair else ""
    yield (
        f"The baselines are a linear support vector machine on TF-IDF{features}, trained on the same articles, and the "
        "most frequent answer of training for all."
    )
    yield from _interval_method(paper, evaluation)
    looks = paper.record.looks
    if looks is not None:
        yield (
            f"As far as it was recorded, these articles were looked at {counted(looks.times, 'time')}, by "
            f"{counted(looks.settings, 'setting')}."
        )


def _tested_on(evaluation: Evaluation) -> str:
    what = f"{counted(evaluation.articles, 'article')} ({evaluation.split})"
    if not evaluation.sources:
        return f"{what}; they name no source"
    what += f" from {counted(evaluation.sources, 'source')}"
    if evaluation.unseen is not None:
        what += f"; {percent(evaluation.unseen)} of those with a source are of one that training did not see"
    if evaluation.known_targets is not None:
        what += f"; {percent(evaluation.known_targets)} of those with a target are on one that training saw"
    return what


def _interval_method(paper: Paper, evaluation: Evaluation) -> Iterator[str]:
    samples = f"{paper.config.evaluate.bootstrap_samples:,}"
    single = evaluation.resampled == "article"
    of_classes = "Wilson's [@wilson1927]" if single else "those of Korn and Graubard [@korn1998]"
    if not any(evaluation.intervals.values()):
        yield f"No interval is given: the figures rest on {counted_groups(evaluation)}, which are too few."
    elif evaluation.folds:
        yield (
            f"Intervals (95%) and tests come from how much figures vary over the {evaluation.folds} folds, the "
            "variance raised for the training articles that these share [@nadeau2003] [@bengio2004]."
        )
    else:
        yield (
            f"Intervals (95%) are those of a Bayesian bootstrap [@rubin1981] with {samples} draws of "
            f"{_drawn(evaluation)}. They are widened by Student's t for the number of these [@cameron2008], and count "
            "a few made-up articles so that a class with few errors has an interval [@goutte2005]."
        )
    if any(gain.p is not None for gain in evaluation.gain.values()) and not evaluation.folds:
        yield (
            "A difference is called sure where a paired randomisation test [@yeh2000] rejects that there is none and "
            "its interval leaves it out; p is the greater one of both [@berger1982]."
        )
    if any(evaluation.per_class_intervals.values()):
        yield f"Intervals of precision and recall are {of_classes}."
    if paper.record.kind == "seeds":
        yield (
            "The interval of a mean over seeds holds other seeds and other articles, with the degrees of freedom of "
            "Satterthwaite [@satterthwaite1946]."
        )


def _drawn(evaluation: Evaluation) -> str:
    """What a draw takes: articles, whole groups of them, or both sides of pairs."""
    if evaluation.resampled == "article":
        return "the articles"
    if evaluation.resampled.endswith(" and target"):
        return f"{counted_groups(evaluation)}, on both sides of the pairs [@owen2012] [@cameron2011]"
    return f"{counted_groups(evaluation)} [@kish1965]"


def result_sentences(paper: Paper) -> Iterator[str]:
    """The figures, with their intervals and what they are compared with."""
    record, evaluation = paper.record, paper.record.evaluation
    who = {"seeds": "The ensemble", "folds": "The models, each on its own fold,"}.get(record.kind, "The model")
    figures = [
        f"{metric_name(name)} {precise(value)} ({_sure(evaluation.intervals.get(name))})"
        for name, value in evaluation.figures.items()
        if name in NAMED
    ]
    yield f"{who} reached {joined(figures)}."
    yield from filter(None, [macro_f1_words(evaluation, precise)])
    for name in ("encoder", "tfidf", "majority"):
        if name in evaluation.baselines:
            values = evaluation.baselines[name]
            found = [f"{metric_name(m)} {precise(v)}" for m, v in values.items() if m in NAMED]
            called = {"encoder": "The network without TF-IDF", "tfidf": "TF-IDF alone"}.get(name, "One answer for all")
            yield f"{called} reached {joined(found)}."
    if evaluation.gain:
        yield f"Against TF-IDF, the difference is {_gains(evaluation.gain)}."
    if evaluation.encoder_gain:
        yield f"Of the network without TF-IDF it is {_gains(evaluation.encoder_gain)}."
    yield from _members(record)
    yield from _scores(record)


def _members(record: RunRecord) -> Iterator[str]:
    if not record.mean:
        return
    means = [
        f"{metric_name(name)} {precise(mean)} ± {precise(sd)} ({_sure(record.mean_intervals.get(name))})"
        for name, (mean, sd) in record.mean["model"].items()
        if name in NAMED
    ]
    yield f"The mean ± standard deviation over {len(record.members)} {record.kind} is {joined(means)}."


def _scores(record: RunRecord) -> Iterator[str]:
    found = record.evaluation.reliability
    if found is not None:
        yield (
            f"The expected calibration error [@guo2017] is {precise(found.after.ece)}; perfectly calibrated scores "
            f"would show {precise(found.expected_ece)} by chance. Without what chance adds: "
            f"{_sure(found.after.ece_interval)}."
        )
    kept = record.evaluation.abstention
    if kept is not None:
        right = "" if kept.precision is None else f", of which {percent(kept.precision)} are right"
        yield f"Where it may abstain, it gives {percent(kept.coverage)} of the labels{right}."


def _sure(interval: Interval | None) -> str:
    return "no interval" if interval is None else f"95% interval {between(interval, precise)}"


def _gains(gains: Mapping[str, Gain]) -> str:
    parts = [
        f"{signed(gain.value)} {metric_name(name)} "
        f"({'no interval' if gain.interval is None else f'95% interval {between(gain.interval, signed)}'}, "
        f"{p_words(gain.p).replace(' 0.', ' .')})"
        for name, gain in gains.items()
        if name in NAMED
    ]
    return joined(parts)
