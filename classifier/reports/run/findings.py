"""What speaks for and against using a model's labels, in sentences: whether, on which articles, and what to mind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.dataset.info import DatasetInfo
from classifier.evaluation.result import Evaluation
from classifier.evaluation.slices import FILE as SLICES
from classifier.evaluation.slices import Slice, read_slices
from classifier.evaluation.target_controls import conclusions, read_controls, reads_target
from classifier.reports.dataset.findings import FEW, SMALL_TEST, probe_sentence
from classifier.reports.run.record import RunRecord
from classifier.reports.words import Finding, cut, figure, joined, many, percent, signed

MISJUDGED = 0.05  # expected calibration error that the interval must lie above
BELIEVABLE = 0.1  # and below, for scores that can be believed
CUT = 0.2  # share of the articles that are not read to the end
FEW_GROUPS = 10
WEAK = 0.5  # precision or recall of a class below which most of its labels are wrong, or most of its articles missed
NEW = 0.5  # share of test articles of unseen sources below which the figures say little about new ones
SPREAD = 0.03  # standard deviation of macro F1 over seeds
FALL = 0.1  # macro F1 on validation above that on test
NAMED_SLICES = 3
READS = {
    "yes": ("good", "It reads the target"),
    "alone": ("care", "It does not put target and text together"),
    "no": ("stop", "It does not read the target"),
    "unclear": ("care", "Perhaps it does not read the target"),
}
TONES = {"stop": "Against", "care": "Take care", "good": "For", "note": "Note"}


def run_findings(record: RunRecord) -> list[Finding]:
    """Everything to know before using the labels: against, with care, for, notes."""
    found = [
        *_baseline_findings(record.evaluation),
        *_source_findings(record.evaluation),
        *_size_findings(record.evaluation),
        *_class_findings(record.evaluation),
        *_leak_findings(record.info),
        *_spread_findings(record),
        *_score_findings(record),
        *_slice_findings(record),
        *_control_findings(record),
        *_reading_findings(record),
        *_curve_findings(record.curve),
    ]
    return sorted(found, key=lambda finding: list(TONES).index(finding.tone))


def run_verdict(findings: Sequence[Finding]) -> tuple[str, str]:
    """Whether the labels may be used: ``stop``, ``care`` or ``good``, and a sentence."""
    tones = Counter(finding.tone for finding in findings)
    if tones["stop"]:
        first = next(finding.title for finding in findings if finding.tone == "stop")
        return "stop", f"Do not rely on these labels: {first[:1].lower()}{first[1:]}."
    if tones["care"]:
        points = "the point" if tones["care"] == 1 else f"the {tones['care']} points"
        return "care", f"The labels can be used, if you mind {points} below."
    return "good", "The labels can be used on articles like those tested: nothing was found that speaks against it."


def how_good(evaluation: Evaluation, kind: str = "run") -> str:
    """How good the model is, on what, and how sure that is, in a sentence."""
    low, high = evaluation.intervals["f1_macro"]
    who = {"seeds": "the ensemble", "folds": "the model of each article’s own fold"}.get(kind, "the model")
    return (
        f"On {_articles(evaluation)}, {who} reaches a macro F1 of {figure(evaluation.figures['f1_macro'])} "
        f"(95% interval {figure(low)} to {figure(high)}) and gives {percent(evaluation.figures['accuracy'])} of them "
        f"{'the right label' if 'matthews_correlation' in evaluation.figures else 'exactly the right labels'}."
    )


def gain_sentence(evaluation: Evaluation) -> str:
    """How much better than TF-IDF + linear, and how surely."""
    gain, (low, high) = evaluation.gain["f1_macro"]
    return f"{signed(gain)} macro F1 against TF-IDF + linear, 95% interval {signed(low)} to {signed(high)}."


def _articles(evaluation: Evaluation) -> str:
    articles = many(evaluation.articles, f"{evaluation.split} article")
    if not evaluation.sources:
        return articles
    unseen = evaluation.unseen
    seen = "" if unseen is None else f", {percent(unseen)} of them of sources that training did not see"
    if unseen == 0:
        seen = ", all of which training saw"
    seen = ", none of which training saw" if unseen == 1 else seen
    return f"{articles} from {many(evaluation.sources, 'source')}{seen}"


def _baseline_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether it is better than doing without it."""
    better, majority = evaluation.beats_tfidf(), evaluation.baselines["majority"]["f1_macro"]
    if evaluation.figures["f1_micro"] < 0.5:
        text = f"Micro F1 is {figure(evaluation.figures['f1_micro'])}: "
        if "matthews_correlation" in evaluation.figures:
            text += f"{percent(1 - evaluation.figures['accuracy'])} of the articles get a wrong label."
        else:
            text += "of the labels that are given or should be, more are wrong or missing than right."
        yield Finding("stop", "Most labels are wrong", text, "figures")
    if evaluation.intervals["f1_macro"][0] <= majority:
        text = f"The interval of macro F1 reaches down to what always giving the same answer has ({figure(majority)})."
        yield Finding("stop", "Not surely better than one answer for all", text, "figures")
    if better is False:
        text = f"{gain_sentence(evaluation)} Use that, add articles, or train longer."
        yield Finding("stop", "Surely worse than TF-IDF", text, "figures")
    elif better is None:
        text = f"{gain_sentence(evaluation)} TF-IDF does much the same in seconds."
        yield Finding("care", "Not surely better than TF-IDF", text, "figures")
    else:
        yield Finding("good", "Better than TF-IDF", gain_sentence(evaluation), "figures")


def _source_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether the figures stand for sources that are new."""
    if not evaluation.sources:
        text = "The articles name none, so nothing is known about how it does on new ones."
        yield Finding("care", "No sources", text)
    elif evaluation.unseen is not None and evaluation.unseen < NEW:
        text = (
            f"{percent(1 - evaluation.unseen)} of the test articles are of sources that training saw: expect less on "
        )
        text += "new ones. Training with --set split.group_by=source measures that."
        yield Finding("care", "Tested on known sources", text)
    elif evaluation.unseen == 1 and not evaluation.without_source:
        text = f"None of the {many(evaluation.sources, 'source')} in test was seen in training."
        yield Finding("good", "Tested on new sources", text)


def _size_findings(evaluation: Evaluation) -> Iterator[Finding]:
    if evaluation.articles < SMALL_TEST:
        low, high = evaluation.intervals["f1_macro"]
        text = f"{many(evaluation.articles, 'test article')}: macro F1 may as well be {figure(low)} or {figure(high)}."
        yield Finding("care", "A small test", text, "figures")
    if evaluation.resampled != "article" and evaluation.groups < FEW_GROUPS:
        text = f"The intervals are taken over {many(evaluation.groups, 'group')} ({evaluation.resampled}) only: "
        yield Finding("care", "Few groups in test", text + "they may be too narrow.", "figures")
    if evaluation.missing:
        text = f"No test article has the label {joined(evaluation.missing, 'or')}: nothing is known about it."
        yield Finding("care", "Labels that were not tested", text, "classes")
    rare = [
        f"{cut(label)} ({row['support']:.0f})"
        for label, row in evaluation.per_class.items()
        if 0 < row["support"] < FEW
    ]
    if rare:
        text = f"Fewer than {FEW} test articles, so nothing sure about {joined(rare)}."
        yield Finding("care", many(len(rare), "small class", "small classes"), text, "classes")


def _class_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Classes whose label cannot be trusted, or that are mostly overlooked."""
    classes = [(cut(label), row) for label, row in evaluation.per_class.items() if row["support"]]
    missed = [f"{label} ({percent(row['recall'])})" for label, row in classes if row["recall"] < WEAK]
    wrong = [f"{label} ({percent(row['precision'])})" for label, row in classes if 0 < row["precision"] < WEAK]
    if missed:
        text = f"It finds fewer than half of the articles that are {joined(missed)}."
        yield Finding("care", many(len(missed), "class", "classes") + " mostly overlooked", text, "classes")
    if wrong:
        text = f"Fewer than half of the articles that it calls {joined(wrong, 'or')} are that."
        yield Finding("care", many(len(wrong), "label") + " mostly wrong", text, "classes")


def _leak_findings(info: DatasetInfo) -> Iterator[Finding]:
    """Give-aways in the articles, and what the leakage probe says of the split."""
    strong = [g for g in info.giveaways if g.kind != "token" and g.precision >= 0.9 and g.recall >= 0.5]
    if info.giveaways:
        first = (strong or list(info.giveaways))[0]
        text = (
            f"{first.kind.capitalize()} “{cut(first.what)}” alone tells {cut(first.label)} (precision "
            f"{figure(first.precision)}, recall {figure(first.recall)}). "
            "A model can learn that instead of the label; data.strip removes it."
        )
        yield Finding("care" if strong else "note", many(len(info.giveaways), "give-away"), text, "data")
    probe = info.probe
    if probe is not None and probe.random < probe.chosen_interval[0]:
        text = f"{probe_sentence(probe, info)} The test articles are easier than the rest."
        yield Finding("care", "An easy test split", text, "data")
    elif probe is not None and probe.random > probe.chosen_interval[1]:
        text = f"{probe_sentence(probe, info)} The figures here are those of the harder, honest one."
        yield Finding("good", "No leakage in the split", text, "data")
    if info.duplicates is not None and info.duplicates.conflicting:
        count = many(info.duplicates.conflicting, "article")
        text = f"{count} stand in clusters of (nearly) equal texts whose labels differ."
        yield Finding("note", "Conflicting labels", text, "data")


def _spread_findings(record: RunRecord) -> Iterator[Finding]:
    """How much the figure depends on the draw: of seeds, of folds, of the validation articles."""
    if record.members:
        mean, sd = record.mean["model"]["f1_macro"]
        what = (
            f"Over {len(record.members)} {record.kind}, macro F1 is {figure(mean)} ± {figure(sd)} (standard deviation)."
        )
        yield Finding("care" if sd > SPREAD else "good", f"The same with other {record.kind}?", what, "members")
    validation = record.others.get("validation")
    fall = validation.figures["f1_macro"] - record.evaluation.figures["f1_macro"] if validation else 0.0
    if validation and fall > FALL:
        text = f"Macro F1 is {figure(validation.figures['f1_macro'])} on validation, which chose epochs and thresholds."
        yield Finding("note", "Lower on test than on validation", text, "training")


def _score_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether scores mean what they say, and what is left where labels may be left out."""
    values = record.part("calibration")
    if values is not None:
        ece, (low, high) = values["after"]["ece"], values["after"]["ece_interval"]
        text = f"A score is off by {figure(ece)} on average (ECE; 95% interval {figure(low)} to {figure(high)})."
        if low > MISJUDGED:
            yield Finding("care", "Scores are not what they say", text, "scores")
        elif high < BELIEVABLE:
            yield Finding("good", "Scores can be believed", text, "scores")
    kept = record.part("abstention")
    if kept is not None and kept["precision"] is not None:
        text = (
            f"With --abstain, {percent(kept['coverage'])} of the labels are given, and {percent(kept['precision'])} of "
        )
        yield Finding("good", "It can abstain", text + "them are right.", "abstention")


def _slice_findings(record: RunRecord) -> Iterator[Finding]:
    """Where it is surely worse than elsewhere."""
    found = read_slices(record.folder).worse if (record.folder / SLICES).exists() else ()
    if found:
        text = f"Surely lower accuracy than elsewhere: {joined([_slice_words(one) for one in found[:NAMED_SLICES]])}"
        more = len(found) - NAMED_SLICES
        yield Finding("care", "Worse in places", text + (f", and {more} more." if more > 0 else "."), "slices")


def _slice_words(one: Slice) -> str:
    return f"{one.column.replace('_', ' ')} {cut(one.value, 30)} ({figure(one.accuracy)})"


def _control_findings(record: RunRecord) -> Iterator[Finding]:
    """Whether a model of pairs reads the target."""
    controls = read_controls(record.folder)
    if controls is None:
        if record.info.pair:
            how = "classifier evaluate RUN --controls tells."
            yield Finding("note", "Not tested whether it reads the target", how, "controls")
        return
    tone, title = READS[reads_target(controls)]
    yield Finding(tone, title, conclusions(controls)[0], "controls")


def _reading_findings(record: RunRecord) -> Iterator[Finding]:
    """Articles that are not read to the end."""
    model, lengths = record.model, [row["tokens"] for row in record.predictions if row.get("tokens")]
    if model is None or model.windows == "all" or not lengths:
        return
    share = sum(length > model.windows * model.max_length for length in lengths) / len(lengths)
    if share >= CUT:
        text = (
            f"{percent(share)} of the test articles are longer than the {many(model.windows, 'window')} that it reads"
        )
        if model.window_choice == "sentences":
            text += ": of those it reads the sentences most like the target."
            yield Finding("note", "Long articles are read in part", text, "settings")
        else:
            yield Finding("care", "Long articles are cut", f"{text}. --set model.windows=all reads on.", "settings")


def _curve_findings(curve: Mapping[str, Any] | None) -> Iterator[Finding]:
    """What more labels would bring."""
    twice = [one for one in (curve["extrapolation"]["forecasts"] if curve else ()) if one["times"] == 2]
    for one in twice:
        low, high = one["gain_interval"]
        text = f"Twice as many labels: about {signed(one['gain'])} ({signed(low)} to {signed(high)})."
        yield Finding("note", "More labels", text, "curve")
