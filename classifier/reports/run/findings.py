"""The one judgement of a model: what speaks for and against using its labels, in sentences.

The console, the page and the card show these findings, all of them and in this order. Nothing else decides how good a
model is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.dataset.info import DatasetInfo
from classifier.evaluation.annotators import read_annotators
from classifier.evaluation.controls import read_controls
from classifier.evaluation.ledger import Looks
from classifier.evaluation.result import POOLED_SPLIT, Evaluation
from classifier.models.model_folder import ModelInfo
from classifier.reports.dataset.findings import probe_sentence
from classifier.reports.judgement import (
    ARTICLES_CUT,
    BELIEVABLE,
    FALL,
    FEW_ARTICLES,
    FEW_GROUPS,
    FEW_OF_A_CLASS,
    KNOWN_TARGETS,
    MANY_SETTINGS,
    MARGIN,
    MISJUDGED,
    SPREAD,
    TOKENS_DROPPED,
    TRAINED,
    UNSEEN,
    WEAK,
    Finding,
    Tone,
    is_strong,
    worst_first,
)
from classifier.reports.limits import gain_limits, gap_limits, shows_enough, slice_limits
from classifier.reports.run.annotators import annotator_finding
from classifier.reports.run.group_errors import group_findings
from classifier.reports.run.record import RunRecord
from classifier.reports.run.scores import breaks_promise, covered_words, scores_sentence
from classifier.reports.run.sets import falls_short, sets_words
from classifier.reports.run.target_controls import Answer, conclusions, reads_target
from classifier.reports.words import (
    between,
    column_name,
    cut,
    difference_words,
    down,
    figure,
    interval_words,
    joined,
    many,
    metric_name,
    percent,
)
from classifier.stats.equivalence import equivalent
from classifier.stats.few_groups import FEWEST_EFFECTIVE

NAMED_SLICES = 3
FASTER = "TF-IDF is faster, and easier to explain."
TONES: Mapping[Tone, str] = {"stop": "Against", "care": "Take care", "good": "For", "note": "Note"}
NOT_HELD_OUT = {
    "train": "The model was trained on these articles",
    "validation": "These articles chose its best epoch, and its thresholds and calibration were fitted on them",
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
            *_held_out_findings(record.evaluation),
            *_look_findings(record.looks, record.evaluation),
            *_baseline_findings(record.evaluation),
            *_source_findings(record.evaluation),
            *_target_findings(record.evaluation),
            *_size_findings(record.evaluation),
            *_class_findings(record.evaluation),
            *_limit_findings(record.evaluation),
            *_giveaway_findings(record.info),
            *(_split_findings(record.info) if record.own_test else ()),
            *(_spread_findings(record) if record.own_test else ()),
            *_score_findings(record),
            *_set_findings(record.evaluation),
            *_slice_findings(record),
            *group_findings(record.group_errors),
            *_annotator_findings(record),
            *_control_findings(record),
            *_reading_findings(record.model, [row["tokens"] for row in record.predictions if row.get("tokens")]),
            *_curve_findings(record.curve),
        ]
    )


def run_verdict(findings: Sequence[Finding]) -> tuple[str, str]:
    """Whether the labels may be used: ``stop``, ``care`` or ``good``, and a sentence."""
    tones = Counter(finding.tone for finding in findings)
    if tones["stop"]:
        first = next(finding.title for finding in findings if finding.tone == "stop")
        return "stop", f"Do not rely on these labels: {first[:1].lower()}{first[1:]}."
    if tones["care"]:
        points = "the point" if tones["care"] == 1 else f"the {tones['care']} points"
        return "care", f"The labels can be used, if you mind {points} below."
    words = "The labels can be used on articles like those tested: nothing was found that speaks against it."
    return "good", f"{words} What could not have been found stands below."


def how_good(evaluation: Evaluation, kind: str = "run") -> str:
    """How good the model is, on what, and how sure that is, in a sentence.

    Args:
        evaluation: of the articles.
        kind: ``run``, ``seeds`` or ``folds``, as in `RunRecord`.
    """
    who = {"seeds": "the ensemble", "folds": "the model of each article's own fold"}.get(kind, "the model")
    exactly = "" if _gives_one_label(evaluation) else " (an article counts if all of its labels are right)"
    return (
        f"On {_articles(evaluation)} {who} reaches a macro F1 of {evaluation.figures['f1_macro']:.3f} "
        f"({_how_sure(evaluation)}) and an accuracy of {evaluation.figures['accuracy']:.3f}{exactly}."
        f"{_stands_for(evaluation)}"
    )


def _how_sure(evaluation: Evaluation) -> str:
    """The interval of macro F1 and what it is taken over, or why there is none."""
    bounds = evaluation.intervals["f1_macro"]
    if evaluation.folds:
        spread = f"from how much the {evaluation.folds} folds vary"
        return f"{interval_words(bounds)}, {spread}" if bounds else f"no interval: {evaluation.folds} folds are too few"
    if bounds is None:
        return f"no interval: {counted_groups(evaluation)}, too few to tell how others would do"
    whole = "" if evaluation.resampled == "article" else f", resampled by {evaluation.resampled}"
    return f"{interval_words(bounds)}{whole}"


def counted_groups(evaluation: Evaluation) -> str:
    """How many groups the intervals rest on, and how many of equal size these count for."""
    if evaluation.resampled == "article":
        return many(evaluation.articles, "article")
    named = f"{many(evaluation.groups, 'group')} of articles ({evaluation.resampled})"
    equal = round(evaluation.effective) >= evaluation.groups and evaluation.effective >= FEWEST_EFFECTIVE
    return named if equal else f"{named} of unequal sizes, which count for {down(evaluation.effective)}"


def _too_few(evaluation: Evaluation) -> str:
    """Why nothing is said of other groups."""
    counted = counted_groups(evaluation)
    return (
        f"The figures rest on {counted}, and fewer than {FEWEST_EFFECTIVE:g} of equal size do not tell how others do."
    )


def gain_words(evaluation: Evaluation) -> str:
    """How much better than TF-IDF + linear, and how surely."""
    return difference_words(evaluation.gain["f1_macro"], "macro F1")


def _gives_one_label(evaluation: Evaluation) -> bool:
    return "matthews_correlation" in evaluation.figures


def _articles(evaluation: Evaluation) -> str:
    other = evaluation.split.removeprefix("data-")
    articles = (
        many(evaluation.articles, f"{evaluation.split} article")
        if other == evaluation.split
        else f"{many(evaluation.articles, 'article')} of {other}"
    )
    if not evaluation.sources:
        return articles
    articles += f" from {many(evaluation.sources, 'source')}"
    if evaluation.without_source:
        articles += f" ({evaluation.without_source:,} have none)"
    if evaluation.unseen is None:
        return articles
    if evaluation.unseen in (0, 1) and not evaluation.without_source:
        return f"{articles}, {'none' if evaluation.unseen else 'all'} of which it saw in training,"
    return (
        f"{articles} ({percent(evaluation.unseen)} of the articles with a source: one that it did not see in training)"
    )


def _held_out_findings(evaluation: Evaluation) -> Iterator[Finding]:
    if evaluation.split in NOT_HELD_OUT:
        text = f"{NOT_HELD_OUT[evaluation.split]}: these figures flatter it."
        yield Finding("care", "Not held-out articles", text, "figures")
    if evaluation.trained_texts:
        text = (
            f"The model was trained on the texts of {evaluation.trained_texts:,} of these "
            f"{many(evaluation.articles, 'article')}: these figures flatter it. Leave those out."
        )
        flattered = evaluation.trained_texts >= TRAINED * evaluation.articles
        yield Finding("stop" if flattered else "care", "Articles that it was trained on", text, "figures")


def _look_findings(looks: Looks | None, evaluation: Evaluation) -> Iterator[Finding]:
    """How often these held-out articles were looked at: the best of many settings owes a part of its figure to them."""
    if looks is None or evaluation.split in NOT_HELD_OUT:
        return
    named = {"test": "Test was", POOLED_SPLIT: "These articles were"}
    what = named.get(evaluation.split, f"{evaluation.split.removeprefix('data-')} was")
    before = f" Looks before {looks.since} were not recorded." if looks.since else ""
    counted = "Counted are this run, those beside it, and what the dataset has recorded."
    if looks.times == 1:
        title, text = f"{what} looked at once", f"By this run alone. {counted}"
    else:
        title, text = f"{what} looked at {looks.times:,} times, by {many(looks.settings, 'setting')}", counted
    if looks.settings > 1:
        text = (
            f"Macro F1 there was {looks.lowest:.3f} to {looks.highest:.3f}, and {evaluation.figures['f1_macro']:.3f} "
            f"here. If the best one was chosen by these figures, its figure and its interval are too high. {counted}"
        )
    many_settings = looks.settings >= MANY_SETTINGS
    if many_settings:
        text += " Articles that chose nothing tell more: choose on validation, or evaluate with --data."
    yield Finding("care" if many_settings else "note", title, f"{text}{before}", "figures")


def _baseline_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether the model is better than the baselines."""
    majority, bounds = evaluation.baselines["majority"]["f1_macro"], evaluation.intervals["f1_macro"]
    if evaluation.figures["f1_micro"] < WEAK:
        text = f"Micro F1 is {evaluation.figures['f1_micro']:.3f}: "
        if _gives_one_label(evaluation):
            text += f"{percent(1 - evaluation.figures['accuracy'])} of the articles get a wrong label."
        else:
            text += "more labels are wrong or missing than right."
        yield Finding("stop", "Most labels are wrong", text, "figures")
    if bounds is None and evaluation.figures["f1_macro"] <= majority:
        text = f"Always giving the same answer has a macro F1 of {majority:.3f}."
        yield Finding("stop", "No better than one answer for all", text, "figures")
    elif bounds is not None and bounds[0] <= majority:
        text = f"The interval of macro F1 reaches down to what always giving the same answer has ({majority:.3f})."
        yield Finding("stop", "Not surely better than one answer for all", text, "figures")
    yield _tfidf_finding(evaluation)
    if "encoder" in evaluation.baselines:
        alone, tfidf = (evaluation.baselines[name]["f1_macro"] for name in ("encoder", "tfidf"))
        apart = difference_words(evaluation.encoder_gain["f1_macro"], "macro F1")
        text = (
            "Labels come from the model and TF-IDF together. Without TF-IDF, the model reaches a macro F1 of "
            f"{alone:.3f}, TF-IDF alone {tfidf:.3f} ({apart})."
        )
        yield Finding("note", "A blend", text, "figures")


def _tfidf_finding(evaluation: Evaluation) -> Finding:
    """Whether the model is better than TF-IDF, level with it, or that this is not known."""
    one, gain = evaluation.gain["f1_macro"], gain_words(evaluation)
    better = evaluation.beats_tfidf()
    if better:
        return Finding("good", "Better than TF-IDF", f"It is surely better than TF-IDF + linear ({gain}).", "figures")
    if better is False:
        text = f"It LOSES to TF-IDF + linear ({gain}): use that, add articles, or train longer."
        return Finding("stop", "Surely worse than TF-IDF", text, "figures")
    if one.interval is None:
        text = f"The difference is {one.value:+z.3f} macro F1. {_too_few(evaluation)}"
        return Finding("care", "Not known whether it is better than TF-IDF", text, "figures")
    if equivalent(one.interval_90, MARGIN):
        text = f"It is level with TF-IDF + linear to within {MARGIN:g} ({gain}). {FASTER}"
        return Finding("care", "Level with TF-IDF", text, "figures")
    low, high = one.interval
    if round(one.value, 3) == 0:
        text = f"It does not differ from TF-IDF + linear here, but may elsewhere ({gain}). {FASTER}"
        return Finding("care", "Not surely better than TF-IDF", text, "figures")
    way = "above" if one.value > 0 else "below"
    text = (
        f"It is {way} TF-IDF + linear, but not surely so ({gain}): on other articles like these, anything from "
        f"{low:+z.3f} to {high:+z.3f} is likely. {FASTER}"
    )
    return Finding("care", "Not surely better than TF-IDF", text, "figures")


def _source_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether the figures stand for sources that are new."""
    if not evaluation.sources:
        text = "The articles name no source, so nothing is known about how it does on new ones."
        yield Finding("care", "No sources", text)
    elif evaluation.unseen is not None and evaluation.unseen < UNSEEN:
        share = "All" if evaluation.unseen == 0 else percent(1 - evaluation.unseen)
        which = "articles with a source" if evaluation.without_source else "articles"
        text = (
            f"{share} of the {which} are of sources that it saw in training: expect less on new ones (training with "
            "--set split.group_by=source measures that)."
        )
        yield Finding("care", "Tested on known sources", text)
    elif evaluation.unseen == 1 and not evaluation.without_source:
        sources = "its only source" if evaluation.sources == 1 else f"any of the {evaluation.sources:,} sources"
        text = f"Training saw no article of {sources} that it was tested on."
        yield Finding("good", "Tested on new sources", text)


def _target_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether the targets of pairs were new."""
    known = evaluation.known_targets
    if known is None:
        return
    if known >= KNOWN_TARGETS:
        text = (
            f"{percent(known)} of the articles with a target are about one that it saw in training: expect less on new "
            "ones (training with --set split.method=crossed measures that, where there are many targets)."
        )
        yield Finding("care", "Tested on known targets", text)
    elif known == 0:
        text = "Training saw none of the targets that it was tested on."
        yield Finding("good", "Tested on new targets", text)


def _stands_for(evaluation: Evaluation) -> str:
    """What pairs stand for, as a sentence that follows the figures; empty for articles without targets."""
    known = evaluation.known_targets
    if known is None or evaluation.split in NOT_HELD_OUT or 0 < known < KNOWN_TARGETS:
        return ""
    what = f"known targets: training saw those of {percent(known)}" if known else "new targets"
    return f" That is for new articles on {what}."


def _size_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether there are enough articles, groups and labels for the figures to mean something."""
    bounds = evaluation.intervals["f1_macro"]
    if evaluation.articles < FEW_ARTICLES:
        text = f"With {many(evaluation.articles, 'article')}, every figure is rough"
        text += "." if bounds is None else f": macro F1 may just as well be {between(bounds, link=' or ')}."
        yield Finding("care", "A small test", text, "figures")
    if evaluation.folds:
        yield from _fold_findings(evaluation)
    elif bounds is None:
        text = f"{_too_few(evaluation)} So no interval is given, and no verdict on differences."
        yield Finding("care", "Too few groups for an interval", text, "figures")
    elif evaluation.effective < FEW_GROUPS:
        text = f"The intervals rest on {counted_groups(evaluation)}: so few that they are wide, and rough."
        yield Finding("care", "Few groups in test", text, "figures")
    if evaluation.missing:
        them = "it" if len(evaluation.missing) == 1 else "them"
        text = f"No article here has the label {joined(evaluation.missing, 'or')}: nothing is known about {them}."
        if round(evaluation.f1_macro_sklearn, 3) != round(evaluation.figures["f1_macro"], 3):
            given = f"macro F1 {evaluation.f1_macro_sklearn:.3f}"
            text += f" (scikit-learn counts an F1 of 0 for each label that is given all the same: {given}.)"
        yield Finding("care", "Labels that were not tested", text, "classes")
    narrow = [
        f"{cut(label)} ({effective:.1f})"
        for label, effective in evaluation.class_effective.items()
        if evaluation.resampled != "article" and effective < FEWEST_EFFECTIVE <= evaluation.effective
    ]
    if narrow:
        text = (
            f"Their articles count for fewer than {FEWEST_EFFECTIVE:g} groups ({evaluation.resampled}): "
            f"{joined(narrow)}. How others would do is not known."
        )
        yield Finding("care", "Classes that few groups have", text, "classes")
    rare = [
        f"{cut(label)} ({row['support']:.0f})"
        for label, row in evaluation.per_class.items()
        if 0 < row["support"] < FEW_OF_A_CLASS
    ]
    if rare:
        text = (
            f"Fewer than {FEW_OF_A_CLASS} articles, so nothing is sure about {joined(rare)}, and the interval of macro "
            "F1 is rather too narrow."
        )
        yield Finding("care", many(len(rare), "small class", "small classes"), text, "classes")


def _fold_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """What the intervals of a cross-validation stand for."""
    if evaluation.intervals["f1_macro"] is None:
        text = f"{evaluation.folds} folds hardly tell how much folds vary, so no interval is given: use 5 or more."
        yield Finding("care", "Too few folds for an interval", text, "figures")
        return
    text = (
        "The 95% intervals of all figures together come from how much the folds vary (corrected t of Nadeau and "
        "Bengio), and are rather too wide. Those of classes take the models as given, and are a little too narrow."
    )
    yield Finding("note", "Intervals over folds", text, "figures")


def _limit_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """What difference between two models these articles can show."""
    text = gain_limits(evaluation)
    if text:
        yield Finding("note", "What these articles can show", text, "figures")


def _class_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Classes whose label cannot be trusted, or that are mostly overlooked."""
    classes = [(cut(label), row) for label, row in evaluation.per_class.items() if row["support"]]
    missed = [
        f"{label} ({percent(row['recall'])} of {row['support']:,.0f})" for label, row in classes if row["recall"] < WEAK
    ]
    wrong = [f"{label} ({percent(row['precision'])})" for label, row in classes if 0 < row["precision"] < WEAK]
    if missed:
        text = f"It finds fewer than half of the articles that are {joined(missed)}."
        yield Finding("care", many(len(missed), "class", "classes") + " mostly overlooked", text, "classes")
    if wrong:
        text = f"Fewer than half of the articles that it calls {joined(wrong, 'or')} are that."
        yield Finding("care", many(len(wrong), "label") + " mostly wrong", text, "classes")


def _giveaway_findings(info: DatasetInfo) -> Iterator[Finding]:
    """What in the training articles alone tells the label."""
    strong = [giveaway for giveaway in info.giveaways if is_strong(giveaway)]
    if info.giveaways:
        first = (strong or list(info.giveaways))[0]
        text = (
            f"{first.kind.capitalize()} “{cut(first.what)}” alone tells {cut(first.label)} (precision "
            f"{figure(first.precision)}, recall {figure(first.recall)}). "
            "A model can learn that instead of the label; data.strip removes it."
        )
        yield Finding("care" if strong else "note", many(len(info.giveaways), "give-away"), text, "data")


def _split_findings(info: DatasetInfo) -> Iterator[Finding]:
    """What the leakage probe says of the split, and labels that contradict one another."""
    probe = info.probe
    if probe is not None and probe.easier:
        text = f"{probe_sentence(probe, info)} The test articles are easier than the rest."
        yield Finding("care", "An easy test split", text, "data")
    elif probe is not None and probe.harder:
        text = (
            f"{probe_sentence(probe, info)} The figures here are those of the harder, honest one: do not compare them "
            "with figures of random splits."
        )
        yield Finding("good", "A harder split than a random one", text, "data")
    elif probe is not None and (info.group_by or info.split_method != "stratified"):
        text = f"{probe_sentence(probe, info)} {gap_limits(probe)}"
        yield Finding("note", "No gap to a random split was found", text, "data")
    if info.duplicates is not None and info.duplicates.conflicting:
        count = many(info.duplicates.conflicting, "article")
        text = f"{count} stand in clusters of (nearly) equal texts whose labels differ."
        yield Finding("note", "Conflicting labels", text, "data")


def _spread_findings(record: RunRecord) -> Iterator[Finding]:
    """How much the figure depends on chance: on the seed, the fold, the validation articles."""
    if record.members:
        mean, sd = record.mean["model"]["f1_macro"]
        bounds = record.mean_intervals.get("f1_macro")
        interval = "" if bounds is None else f"; {interval_words(bounds)} of the mean"
        count = f"Over {len(record.members)} {record.kind}"
        text = f"{count}, macro F1 is {mean:.3f} ± {sd:.3f} (standard deviation{interval})."
        yield Finding("care" if sd > SPREAD else "good", f"The same with other {record.kind}?", text, "members")
    validation = record.others.get("validation")
    if validation and validation.figures["f1_macro"] - record.evaluation.figures["f1_macro"] > FALL:
        text = f"Macro F1 is {validation.figures['f1_macro']:.3f} on validation, which chose epochs and thresholds."
        yield Finding("note", "Lower on test than on validation", text, "training")


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


def _slice_findings(record: RunRecord) -> Iterator[Finding]:
    """Where it is surely worse than elsewhere."""
    found = record.slices
    if found is None or not found.slices:
        return
    columns = joined([column_name(column) for column in found.columns])
    what = f"Of {many(len(found.slices), 'group')} of articles (by {columns})"
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
            f"{percent(beyond)} of the articles are longer than the {many(model.windows, 'window')} that it reads"
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
