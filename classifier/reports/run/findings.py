"""The one judgement of a model: what speaks for and against using its labels, in sentences.

The console, the page and the card show these findings, all of them and in this order. Nothing else decides how good a
model is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from classifier.dataset.info import DatasetInfo
from classifier.errors import counted
from classifier.evaluation.annotators import read_annotators
from classifier.evaluation.controls import read_controls
from classifier.evaluation.result import Evaluation
from classifier.models.model_folder import ModelInfo
from classifier.models.run_folder import OVER, averaged_steps
from classifier.reports.dataset.findings import giveaway_findings, missing_labels, probe_sentence
from classifier.reports.judgement import (
    ARTICLES_CUT,
    BELIEVABLE,
    FALL,
    MISJUDGED,
    SPREAD,
    TOKENS_DROPPED,
    Finding,
    Tone,
    Verdict,
    verdict,
    worst_first,
)
from classifier.reports.limits import gap_limits, shows_enough, slice_limits
from classifier.reports.run.annotators import annotator_finding
from classifier.reports.run.figure_findings import figure_findings
from classifier.reports.run.group_errors import group_findings
from classifier.reports.run.held_out_labels import held_out_finding
from classifier.reports.run.macro_f1 import members_that_lack
from classifier.reports.run.out_of_scope import scope_finding
from classifier.reports.run.record import RunRecord
from classifier.reports.run.scores import breaks_promise, covered_words, scores_sentence
from classifier.reports.run.sets import falls_short, sets_words
from classifier.reports.run.target_controls import Answer, conclusions, reads_target
from classifier.reports.run.teachers import teacher_names, unlabelled_words
from classifier.reports.words import (
    column_name,
    cut,
    interval_words,
    joined,
    metric_name,
    percent,
)

NAMED_SLICES = 3
SEEN = 0.01  # share of the test articles that were trained on, above which figures prove nothing
TONES: Mapping[Tone, str] = {
    "stop": "Against",
    "unknown": "Not known",
    "care": "Take care",
    "good": "For",
    "note": "Note",
}
READS: Mapping[Answer, tuple[Tone, str]] = {
    "yes": ("good", "It reads the target"),
    "alone": ("care", "It does not put target and text together"),
    "no": ("stop", "It does not read the target"),
    "unclear": ("care", "Perhaps it does not read the target"),
}


def run_findings(record: RunRecord) -> list[Finding]:
    """Everything to know before using the labels: against, with care, for, notes."""
    return worst_first(
        [
            *figure_findings(record.evaluation, record.looks),
            *_data_findings(record),
            *(_split_findings(record.info) if record.own_test else ()),
            *(_start_findings(record) if record.own_test else ()),
            *(_spread_findings(record) if record.own_test else ()),
            *_score_findings(record),
            *_set_findings(record.evaluation),
            *_scope_findings(record),
            *_slice_findings(record),
            *group_findings(record.group_errors),
            *_annotator_findings(record),
            *_control_findings(record),
            *_reading_findings(record.model, [row["tokens"] for row in record.predictions if row.get("tokens")]),
            *_teacher_findings(record),
            *_curve_findings(record.curve),
        ]
    )


VERDICTS: dict[Tone, str] = {
    "stop": "These labels cannot be used: {facts}.",
    "unknown": "Nothing can be told about these labels: {facts}.",
    "care": "Use these labels with care: {facts}.",
    "good": "These labels can be used for articles like those tested{more}. "
    "What could not have been found stands below.",
}


def run_verdict(findings: Sequence[Finding]) -> Verdict:
    """Whether the labels may be used, with the deciding facts.

    Args:
        findings: of `run_findings`.

    Example:
        >>> run_verdict([Finding("care", "A small test", "With 60 articles, every figure is rough.")]).text
        'Use these labels with care: a small test.'
    """
    return verdict(findings, VERDICTS)


def figure_verdict(evaluation: Evaluation) -> Verdict:
    """`run_verdict` of the figures alone, where the run is not at hand."""
    return run_verdict(worst_first([*figure_findings(evaluation, None), *_set_findings(evaluation)]))


def _data_findings(record: RunRecord) -> Iterator[Finding]:
    """What is wrong with the dataset, as its own page has it: on other articles, a give-away can at most mislead it."""
    own = record.own_test
    for finding in giveaway_findings(record.info.giveaways):
        yield replace(finding, section="data", tone=finding.tone if own else "care")
    if own:
        yield from (replace(one, section="data") for one in missing_labels(record.info) if one.tone == "stop")


def _split_findings(info: DatasetInfo) -> Iterator[Finding]:
    """What the leakage probe says of the split, and labels that contradict one another."""
    probe = info.probe
    if probe is not None and probe.easier:
        text = f"{probe_sentence(probe, info)} The test articles are easier than the rest."
        yield Finding("care", "An easy test split", text, "data")
    elif probe is not None and probe.harder:
        text = (
            f"{probe_sentence(probe, info)} The figures here are those of the harder one: do not compare them "
            "with figures of random splits."
        )
        yield Finding("good", "A harder split than a random one", text, "data")
    elif probe is not None and (info.group_by or info.split_method != "stratified"):
        text = f"{probe_sentence(probe, info)} {gap_limits(probe)}"
        yield Finding("note", "No gap to a random split was found", text, "data")
    if info.duplicates is not None and info.duplicates.conflicting:
        count = counted(info.duplicates.conflicting, "article")
        text = f"{count} stand in clusters of (nearly) equal texts whose labels differ."
        yield Finding("care", "Conflicting labels", text, "data")


def _start_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether a trained model that it started from was trained on test articles."""
    starts, tested = record.starts, record.evaluation.articles
    if any(start.seen is None for start in starts):
        text = "It started from a model whose training articles are not at hand: test articles may be among them."
        yield Finding("care", "Not known whether test is new to it", text, "data")
    counts = [(start.seen or {}).get("test", 0) for start in starts]
    seen = sum(counts) if record.kind == "folds" else max(counts, default=0)  # seeds share their test articles
    if seen:
        text = (
            f"{counted(seen, 'test article')} of {tested:,} {'has' if seen == 1 else 'have'} a text that the model "
            "which it started from was trained on: the figures are too good. Start from another model, or keep the "
            "split of that one (classifier build --extend)."
        )
        tone: Tone = "stop" if seen > SEEN * tested else "care"
        yield Finding(tone, "Test articles that it was trained on", text, "data")


def _spread_findings(record: RunRecord) -> Iterator[Finding]:
    """How much the figure depends on chance: on the seed, the fold, the validation articles."""
    if record.without_chance:
        text = (
            "All these models are the same, since only a head was fitted, which no seed changes: the spread of 0 says "
            f"nothing, and one of them predicts as the ensemble does ({next(iter(record.members))})."
        )
        yield Finding("note", "Seeds change nothing", text, "members")
    elif record.members:
        mean, sd = record.mean["model"]["f1_macro"]
        bounds = record.mean_intervals.get("f1_macro")
        interval = "" if bounds is None else f"; {interval_words(bounds)} of the mean"
        count = f"Over {len(record.members)} {record.kind}"
        text = f"{count}, macro F1 is {mean:.3f} ± {sd:.3f} (standard deviation{interval})."
        lacking = members_that_lack(record.members.values()) if record.kind == "folds" else 0
        if lacking:
            text += f" In {counted(lacking, 'fold')} test lacks a class, which macro F1 leaves out there."
        yield Finding("care" if sd > SPREAD else "good", f"The same with other {record.kind}?", text, "members")
        yield from _growing_folds(record)
    for step in (step for step in record.steps if step["kind"] == OVER):
        text = (
            f"Training ended after {step['epoch']:.3g} epochs, because the time of train.budget was over. With more "
            "time the model may be better."
        )
        yield Finding("care", "Its time was over", text, "training")
    validation = record.others.get("validation")
    if validation and validation.figures["f1_macro"] - record.evaluation.figures["f1_macro"] > FALL:
        yield Finding("note", "Lower on test than on validation", validation_words(record), "training")


def _growing_folds(record: RunRecord) -> Iterator[Finding]:
    """Of folds over time: what the models of the first and of the last fold were trained on, and reached."""
    if record.info.split_method != "temporal" or not record.fold_sizes:
        return
    first, *_, last = [found.figures["f1_macro"] for found in record.members.values()]
    text = (
        f"Each fold's model was trained on all articles before its test: the first on {record.fold_sizes[0]:,} (macro "
        f"F1 {first:.3f}), the last on {record.fold_sizes[-1]:,} ({last:.3f}). The mean is of models that are smaller "
        "than one of all articles, and what differs between the folds is partly that. The intervals are for this mean."
    )
    yield Finding("note", "Folds over time", text, "members")


def validation_words(record: RunRecord) -> str:
    """How the figure on validation, which chose something, lies beside that on test; empty where there is none."""
    validation = record.others.get("validation")
    if validation is None or not record.own_test:
        return ""
    chosen, tested = validation.figures["f1_macro"], record.evaluation.figures["f1_macro"]
    way = "above" if chosen > tested else "below" if chosen < tested else "equal to"
    beside = 0 if record.model is None else record.model.out_of_fold
    who = f"Validation and {counted(beside, 'training article')} out of fold" if beside else "Validation"
    chose = f"{who} chose {joined(choices)}. " if (choices := list(_chosen_on_validation(record))) else ""
    rest = ": expect that of test" if chosen > tested else ": it does not flatter here, yet it is no test"
    words = f"{chose}Macro F1 on validation is {chosen:.3f}, {way} the {tested:.3f} on test{rest if chose else ''}."
    if record.model is not None and record.model.refit:
        words += " The model has then learned from validation too: that figure is of the one before, in before_refit."
    return words


def _chosen_on_validation(record: RunRecord) -> Iterator[str]:
    """What the validation articles decided, as far as the run's files say."""
    if any(step["kind"] == "evaluation" for step in record.steps) and not averaged_steps(record.steps):
        yield "the epoch"
    if record.blends:
        yield "the weights of the blend"
    if record.model is not None and record.model.thresholds is not None:
        yield "the thresholds"
    if record.calibration is not None:
        yield "the calibration"


def _score_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether scores mean what they say, and what is left where labels may be left out."""
    found, kept = record.evaluation.reliability, record.evaluation.abstention
    if found is not None and found.labels:
        low, high = found.after.ece_interval or (0.0, 1.0)
        text = scores_sentence(found)
        if low > MISJUDGED:
            yield Finding("care", "Scores are not what they say", text, "scores")
        elif high < BELIEVABLE:
            yield Finding("good", "Scores can be believed", text, "scores")
        else:
            yield Finding("note", "Not known whether scores can be believed", text, "scores")
    elif record.model is not None and record.calibration is None:
        text = "They rank articles, but are not calibrated: 0.9 does not mean that nine in ten are right."
        yield Finding("note", "Scores are not calibrated", text)
    if kept is not None and kept.precision is not None:
        text = f"With --abstain for a precision of {kept.min_precision:g} in each class, {covered_words(kept)}."
        if breaks_promise(kept):
            yield Finding("care", "Abstaining does not keep its promise", text, "abstention")
        else:
            yield Finding("good", "It can abstain", text, "abstention")
    elif kept is None and record.can_abstain:
        text = "With --abstain, it gives no label where the score is too low for the precision that was asked for."
        yield Finding("good", "It can abstain", text)


def _set_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether its label sets hold the true label as often as asked."""
    found = evaluation.sets
    if found is None:
        return
    text = f"With --sets {found.level:g}, {sets_words(found)}."
    if falls_short(found):
        yield Finding("care", "Label sets hold less than asked", text, "sets")
    else:
        yield Finding("note" if found.interval is None else "good", "It can give label sets", text, "sets")


def _scope_findings(record: RunRecord) -> Iterator[Finding]:
    """What it does with articles that belong to none of its labels."""
    if record.out_of_scope is not None:
        yield scope_finding(record.out_of_scope)
    if record.held_out_labels is not None:
        yield held_out_finding(record.held_out_labels)


def _slice_findings(record: RunRecord) -> Iterator[Finding]:
    """Where it is surely worse than elsewhere."""
    found = record.slices
    if found is None or not found.slices:
        return
    columns = joined([column_name(column) for column in found.columns])
    what = f"Of {counted(len(found.slices), 'group')} of articles (by {columns})"
    if not found.worse:
        tone: Tone = "good" if shows_enough(found) else "note"
        text = f"{what} none is surely worse than the rest. {slice_limits(found)}"
        yield Finding(tone, "Nowhere surely worse", text, "slices")
        return
    shown = [
        f"{column_name(one.column)} {cut(one.value, 30)} (accuracy {one.accuracy:.3f})"
        for one in found.worse[:NAMED_SLICES]
    ]
    more = len(found.worse) - NAMED_SLICES
    listed = "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
    text = (
        f"{what} {len(found.worse)} {'is' if len(found.worse) == 1 else 'are'} surely worse than the rest, corrected "
        f"for looking at so many: {listed}. {slice_limits(found)}"
    )
    yield Finding("care", "Worse in places", text, "slices")


def _annotator_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether it agrees with annotators as they do with one another."""
    found = read_annotators(record.folder)
    finding = None if found is None else annotator_finding(found)
    if finding is not None:
        yield finding


def _control_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether a model of pairs reads the target."""
    controls = read_controls(record.folder)
    if controls is None:
        if record.info.pair:
            how = "classifier evaluate RUN --controls tests it."
            yield Finding("note", "Not tested whether it reads the target", how, "controls")
        return
    tone, title = READS[reads_target(controls)]
    yield Finding(tone, title, conclusions(controls)[0], "controls")


def _reading_findings(model: ModelInfo | None, lengths: Sequence[int]) -> Iterator[Finding]:
    """Articles that are not read to the end."""
    if model is None or model.windows == "all":
        return
    beyond = sum(length > model.windows * model.max_length for length in lengths) / max(len(lengths), 1)
    dropped = model.dropped or 0.0
    if beyond < ARTICLES_CUT and dropped < TOKENS_DROPPED:
        return
    parts = []
    if beyond:
        parts.append(
            f"{percent(beyond)} of the articles are longer than the {counted(model.windows, 'window')} that it reads"
        )
    if dropped:
        parts.append(f"it does not read {percent(dropped)} of the training articles' tokens")
    text = ", and ".join(parts)
    text = f"{text[0].upper()}{text[1:]}"
    if model.window_choice == "sentences":
        text += ": of long articles it reads the sentences most like the target."
        yield Finding("note", "Long articles are read in part", text, "settings")
    else:
        yield Finding("care", "Long articles are cut", f"{text}. --set model.windows=all reads them whole.", "settings")


def _teacher_findings(record: RunRecord) -> Iterator[Finding]:
    """What it learnt from besides true labels."""
    if not record.lessons:
        return
    pool, teachers = unlabelled_words(record.lessons), teacher_names(record.lessons)
    who = joined(teachers) if teachers else "its own first training"
    each = ", each to the model of its own fold" if len(teachers) > 1 else ""
    text = f"It learnt from the scores that {who} gave the training articles{pool}{each}, too."
    if pool and record.model is not None and record.model.blend:
        text += (
            " So did the TF-IDF that is blended in; the TF-IDF that it is compared with learnt from true labels alone."
        )
    yield Finding("note", "It had a teacher", text, "settings")


def _curve_findings(curve: Mapping[str, Any] | None) -> Iterator[Finding]:
    """What more labels would bring."""
    if curve is None:
        return
    metric = metric_name(curve["metric"])
    for one in curve["extrapolation"]["forecasts"]:
        if one["times"] != 2:
            continue
        low, high = one["gain_interval"]
        text = f"Twice as many labels: about {one['gain']:+z.3f} {metric} ({low:+z.3f} to {high:+z.3f})."
        yield Finding("note", "More labels", text, "curve")
