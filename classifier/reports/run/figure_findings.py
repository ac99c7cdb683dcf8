"""How good a model is, and what its figures say for and against using its labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classifier.dataset.rejects import REJECTED, left_out_in_words
from classifier.errors import counted
from classifier.evaluation.ledger import Looks
from classifier.evaluation.result import POOLED_SPLIT, Evaluation
from classifier.reports.judgement import (
    FEW_ARTICLES,
    FEW_GROUPS,
    FEW_OF_A_CLASS,
    KNOWN_TARGETS,
    LEFT_OUT,
    MANY_SETTINGS,
    MARGIN,
    TRAINED,
    UNSEEN,
    WEAK,
    Finding,
)
from classifier.reports.limits import gain_limits
from classifier.reports.run.class_findings import class_findings
from classifier.reports.run.macro_f1 import macro_f1_words
from classifier.reports.run.one_answer import one_answer_findings
from classifier.reports.words import (
    between,
    cut,
    difference_words,
    down,
    interval_words,
    joined,
    percent,
)
from classifier.stats.equivalence import equivalent
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.significance import Gain

FASTER = "TF-IDF is faster, and easier to explain."


NOT_HELD_OUT = {
    "train": "The model was trained on these articles",
    "validation": "These articles chose settings of the model, such as its best epoch, its weights or its calibration",
}
NO_PROOF = "these figures do not show how it does on new ones"


def figure_findings(evaluation: Evaluation, looks: Looks | None) -> Iterator[Finding]:
    """What the figures themselves say: on what they stand, beside the baselines, for how many articles and groups.

    Args:
        evaluation: of the articles.
        looks: how often these articles were looked at; None where that is not known.
    """
    yield from _held_out_findings(evaluation)
    yield from _left_out_findings(evaluation)
    yield from one_answer_findings(evaluation)
    yield from _baseline_findings(evaluation)
    yield from class_findings(evaluation)
    yield from _source_findings(evaluation)
    yield from _target_findings(evaluation)
    yield from _look_findings(looks, evaluation)
    yield from _size_findings(evaluation)
    yield from _limit_findings(evaluation)


def how_good(evaluation: Evaluation, kind: str = "run") -> str:
    """How good the model is, on what, and how sure that is, in a sentence.

    Args:
        evaluation: of the articles.
        kind: ``run``, ``seeds`` or ``folds``, as in `RunRecord`.
    """
    one = "the blend of encoder and TF-IDF" if "encoder" in evaluation.baselines else "the model"
    who = {"seeds": "the ensemble", "folds": "the model of each article's own fold"}.get(kind, one)
    exactly = "" if _gives_one_label(evaluation) else " (an article counts if all of its labels are right)"
    return (
        f"On {_articles(evaluation)} {who} reaches a macro F1 of {evaluation.figures['f1_macro']:.3f} "
        f"({_how_sure(evaluation)}) and an accuracy of {evaluation.figures['accuracy']:.3f}{exactly}."
        f"{f' {both}' if (both := macro_f1_words(evaluation)) else ''}{_stands_for(evaluation)}"
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
        return counted(evaluation.articles, "article")
    named = f"{counted(evaluation.groups, 'group')} of articles ({evaluation.resampled})"
    equal = round(evaluation.effective) >= evaluation.groups and evaluation.effective >= FEWEST_EFFECTIVE
    return named if equal else f"{named} of unequal sizes, which count for {down(evaluation.effective)}"


def _too_few(evaluation: Evaluation) -> str:
    """Why nothing is said of other groups."""
    groups = counted_groups(evaluation)
    return f"The figures rest on {groups}, and fewer than {FEWEST_EFFECTIVE:g} of equal size do not tell how others do."


def gain_words(evaluation: Evaluation) -> str:
    """How much better than TF-IDF + linear, and how surely."""
    return difference_words(evaluation.gain["f1_macro"], "macro F1")


def _gives_one_label(evaluation: Evaluation) -> bool:
    return "matthews_correlation" in evaluation.figures


def _articles(evaluation: Evaluation) -> str:
    other = evaluation.split.removeprefix("data-")
    articles = (
        counted(evaluation.articles, f"{evaluation.split} article")
        if other == evaluation.split
        else f"{counted(evaluation.articles, 'article')} of {other}"
    )
    if not evaluation.sources:
        return articles
    articles += f" from {counted(evaluation.sources, 'source')}"
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
        text = f"{NOT_HELD_OUT[evaluation.split]}: {NO_PROOF}."
        yield Finding("care", "Not held-out articles", text, "figures")
    if evaluation.trained_texts:
        text = (
            f"The model was trained on the texts of {evaluation.trained_texts:,} of these "
            f"{counted(evaluation.articles, 'article')}: {NO_PROOF}. Leave those out."
        )
        flattered = evaluation.trained_texts >= TRAINED * evaluation.articles
        yield Finding("stop" if flattered else "care", "Articles that it was trained on", text, "figures")


def _left_out_findings(evaluation: Evaluation) -> Iterator[Finding]:
    if evaluation.left_out:
        count = sum(evaluation.left_out.values())
        left_out = left_out_in_words(evaluation.left_out)
        text = f"{left_out}, and the figures say nothing of such rows; {REJECTED} lists them."
        many = count >= LEFT_OUT * (evaluation.articles + count)
        yield Finding("care" if many else "note", "Rows left out", text, "figures")


def _look_findings(looks: Looks | None, evaluation: Evaluation) -> Iterator[Finding]:
    """How often these held-out articles were looked at: the best of many settings owes a part of its figure to them."""
    if looks is None or evaluation.split in NOT_HELD_OUT:
        return
    named = {"test": "Test was", POOLED_SPLIT: "These articles were"}
    what = named.get(evaluation.split, f"{evaluation.split.removeprefix('data-')} was")
    before = f" Looks before {looks.since} were not recorded." if looks.since else ""
    scope = "Counted are this run, those beside it, and what the dataset has recorded."
    if looks.times == 1:
        title, text = f"{what} looked at once", f"By this run alone. {scope}"
    else:
        title, text = f"{what} looked at {looks.times:,} times, by {counted(looks.settings, 'setting')}", scope
    if looks.settings > 1:
        text = (
            f"Macro F1 there was {looks.lowest:.3f} to {looks.highest:.3f}, and {evaluation.figures['f1_macro']:.3f} "
            f"here. If the best one was chosen by these figures, its figure and interval are likely too high. {scope}"
        )
    many_settings = looks.settings >= MANY_SETTINGS
    if many_settings:
        text += " Articles that chose nothing tell more: choose on validation, or evaluate with --data."
    yield Finding("care" if many_settings else "note", title, f"{text}{before}", "figures")


def _baseline_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Whether most labels are right, and whether TF-IDF does better."""
    if evaluation.figures["f1_micro"] < WEAK:
        text = f"Micro F1 is {evaluation.figures['f1_micro']:.3f}: "
        if _gives_one_label(evaluation):
            text += f"{percent(1 - evaluation.figures['accuracy'])} of the articles get a wrong label."
        else:
            text += "more labels are wrong or missing than right."
        fact = f"most labels are wrong (micro F1 {evaluation.figures['f1_micro']:.3f})"
        yield Finding("stop", "Most labels are wrong", text, "figures", fact)
    yield _tfidf_finding(evaluation)
    if "encoder" in evaluation.baselines:
        yield _blend_finding(evaluation)


def _blend_finding(evaluation: Evaluation) -> Finding:
    """What each part of a blend reaches alone, and whether the encoder has a part worth naming."""
    gains = evaluation.encoder_gain["f1_macro"]
    parts = "; ".join(
        f"{what}: {difference_words(found['f1_macro'], 'macro F1')}" for what, found in part_gains(evaluation)
    )
    alone, tfidf = (evaluation.baselines[name]["f1_macro"] for name in ("encoder", "tfidf"))
    text = (
        f"Macro F1 is {evaluation.figures['f1_macro']:.3f} for the blend, {alone:.3f} for the encoder alone and "
        f"{tfidf:.3f} for TF-IDF alone. {parts}. Name the blend, not the encoder, where you cite these figures."
    )
    if gains.sure and gains.value < 0:
        fact = "the encoder alone is surely worse than TF-IDF alone"
        return Finding("care", "A blend that TF-IDF carries", text, "figures", fact)
    return Finding("note", "A blend predicts", text, "figures")


def part_gains(evaluation: Evaluation) -> list[tuple[str, Mapping[str, Gain]]]:
    """What is compared of a blend and its parts, with the paired differences; empty for a model alone."""
    if "encoder" not in evaluation.baselines:
        return []
    gains = {
        "Blend − encoder alone": evaluation.blend_gain,
        "blend − TF-IDF alone": evaluation.gain,
        "encoder alone − TF-IDF alone": evaluation.encoder_gain,
    }
    return [(what, found) for what, found in gains.items() if found]


def _tfidf_finding(evaluation: Evaluation) -> Finding:
    """Whether the model is better than TF-IDF, level with it, or that this is not known."""
    one, gain = evaluation.gain["f1_macro"], gain_words(evaluation)
    better = evaluation.beats_tfidf()
    if better:
        text, fact = f"It is surely better than TF-IDF + linear ({gain}).", "it is surely better than TF-IDF + linear"
        return Finding("good", "Better than TF-IDF", text, "figures", fact)
    if better is False:
        text = f"It LOSES to TF-IDF + linear ({gain}): use that, add articles, or train longer."
        return Finding("stop", "Surely worse than TF-IDF", text, "figures", f"it is surely worse than TF-IDF ({gain})")
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
            f"{share} of the {which} are of sources that it saw in training: how it does on new ones is not known "
            "(training with --set split.group_by=source measures that)."
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
            f"{percent(known)} of the articles with a target are about one that it saw in training: how it does on "
            "new ones is not known (training with --set split.method=crossed measures that, where there are many "
            "targets)."
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
        text = f"With {counted(evaluation.articles, 'article')}, every figure is rough"
        text += "." if bounds is None else f": macro F1 may just as well be {between(bounds, link=' or ')}."
        yield Finding("care", "A small test", text, "figures")
    if evaluation.folds:
        yield from _fold_findings(evaluation)
    elif bounds is None:
        text = f"{_too_few(evaluation)} So no interval is given, and no verdict."
        fact = f"the figures rest on {counted_groups(evaluation)}, too few to tell how others would do"
        yield Finding("unknown", "Too few groups for an interval", text, "figures", fact)
    elif evaluation.effective < FEW_GROUPS:
        text = f"The intervals rest on {counted_groups(evaluation)}: so few that they are wide, and rough."
        yield Finding("care", "Few groups in test", text, "figures")
    if evaluation.missing:
        them = "it" if len(evaluation.missing) == 1 else "them"
        text = f"No article here has the label {joined(evaluation.missing, 'or')}: nothing is known about {them}."
        text += f" Macro F1 leaves {them} out."
        yield Finding("care", "Labels that were not tested", text, "classes")
    narrow = [
        f"{cut(label)} ({down(effective)})"
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
            "F1 may be too narrow."
        )
        yield Finding("care", counted(len(rare), "small class", "small classes"), text, "classes")


def _fold_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """What the intervals of a cross-validation stand for."""
    if evaluation.intervals["f1_macro"] is None:
        text = f"{evaluation.folds} folds hardly tell how much folds vary, so no interval is given: use 5 or more."
        fact = f"{evaluation.folds} folds hardly tell how much folds vary"
        yield Finding("unknown", "Too few folds for an interval", text, "figures", fact)
        return
    text = (
        "The 95% intervals of all figures together come from how much the folds vary (corrected t of Nadeau and "
        "Bengio), and tend to be too wide. Those of classes take the models as given, and tend to be too narrow."
    )
    yield Finding("note", "Intervals over folds", text, "figures")


def _limit_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """What difference between two models these articles can show."""
    text = gain_limits(evaluation)
    if text:
        yield Finding("note", "What these articles can show", text, "figures")
