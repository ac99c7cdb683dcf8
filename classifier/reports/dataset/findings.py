"""The one judgement of a dataset: what speaks for and against evaluating on it, in sentences.

The console, the page and the card show these findings, and nothing else decides whether a dataset is safe to use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from classifier.articles.annotators import Agreement
from classifier.dataset.duplicates import LEAST, DuplicateCounts
from classifier.dataset.info import DatasetInfo, Giveaway, LeakageProbe
from classifier.dataset.rejects import REJECTED, left_out_in_words
from classifier.errors import counted
from classifier.reports.dataset.facts import DatasetFacts, Lengths
from classifier.reports.judgement import (
    ARTICLES_CUT,
    FEW_ARTICLES,
    FEW_GROUPS,
    FEW_OF_A_CLASS,
    KNOWN_TARGETS,
    SIZE_MISSED,
    UNTESTED,
    Finding,
    Tone,
    Verdict,
    is_strong,
    verdict,
    worst_first,
)
from classifier.reports.limits import gap_limits, size_words
from classifier.reports.words import cut, down, figure, giveaway_words, interval_words, joined, metric_name, percent
from classifier.stats.few_groups import FEWEST_EFFECTIVE

PLURALS = {name: f"{name}s" for name in ("source", "author", "target", "title", "date", "language", "url")}
TONES: Mapping[Tone, str] = {
    "stop": "Mend first",
    "unknown": "Not known",
    "care": "Take care",
    "good": "For",
    "note": "Note",
}


def dataset_findings(info: DatasetInfo, dataset_facts: DatasetFacts | None = None) -> list[Finding]:
    """Everything to know before evaluating on the dataset, the worst first.

    Args:
        info: what ``dataset.json`` holds.
        dataset_facts: what the page shows beside it; None where a dataset was only opened: conflicts, lengths and the
            number of sources are then not judged. No reason to stop is among them.
    """
    return worst_first(
        [
            *giveaway_findings(info.giveaways),
            *_size_findings(info),
            *_group_findings(info),
            *_probe_findings(info),
            *_target_findings(info),
            *([] if dataset_facts is None else _source_findings(info, dataset_facts)),
            *_text_findings(info, dataset_facts),
        ]
    )


VERDICTS: dict[Tone, str] = {
    "stop": "Not safe to evaluate on as it stands: {facts}. Mend that first.",
    "unknown": "Figures on it will tell nothing of other articles: {facts}.",
    "care": "Safe to evaluate on, with care: {facts}.",
    "good": "Safe to evaluate on: nothing was found that would make its figures misleading. "
    "What could not have been found stands below.",
}


def dataset_verdict(findings: Sequence[Finding]) -> Verdict:
    """Whether it is safe to evaluate on, with the deciding facts.

    Args:
        findings: of `dataset_findings`.

    Example:
        >>> dataset_verdict([Finding("stop", "No test split", "There is nothing to evaluate on.")]).text
        'Not safe to evaluate on as it stands: no test split. Mend that first.'
    """
    return verdict(findings, VERDICTS)


def contents(info: DatasetInfo, dataset_facts: DatasetFacts) -> str:
    """How many articles of which labels and sources, in a sentence or two."""
    labels = counted(len(info.labels), "label") + (f" ({joined(by_size(info))})" if len(info.labels) <= 6 else "")
    origin = f" from {counted(dataset_facts.source_count, 'source')}" if dataset_facts.source_count else ""
    pair = " Each is a pair: a text, and the claim or headline that the label is about." if info.pair else ""
    kind = "any number" if info.multi_label else "one"
    tested = " that a fold tests" if info.folds and info.split_method == "temporal" else ""
    return f"{counted(total(info), 'article')}{tested}{origin}, each with {kind} of {labels}.{pair}"


def guarantee(info: DatasetInfo) -> str:
    """How the articles were shared out, what never stands in two splits, and what test stands for."""
    return " ".join(filter(None, (_shared_out(info), stands_for(info))))


def stands_for(info: DatasetInfo) -> str:
    """Whether the targets of test are new too; empty where there are none."""
    known = info.known_targets
    if known is None:
        return ""
    whose = "each fold's test" if info.folds else "test"
    if known == 0:
        return f"{whose.capitalize()} stands for new articles on new targets: train has none of its targets."
    if known < KNOWN_TARGETS:
        return f"Train has the target of {percent(known)} of {whose}'s articles."
    what = "new articles on known targets"
    return f"{whose.capitalize()} stands for {what}: train has the target of {percent(known)} of its articles."


def _shared_out(info: DatasetInfo) -> str:
    """How the articles were shared out, and what never stands in two splits: up to what similarity."""
    unit = "fold" if info.folds else "split"
    sides = joined([PLURALS.get(name, f"values of {name}") for name in info.crossed_by])
    divided = f"; texts and {sides} were divided independently" if sides else ""
    end = f"{_copies(info.duplicates)}{divided}. {_beyond_copies(info.duplicates)}".rstrip()
    if info.split_method == "given":
        return f"The {unit}s are those that the corpus came with. No text stands in two of them{end}"
    what = " and ".join(f"no {name}" for name in (*info.group_by, "text")).capitalize()
    if info.split_method == "temporal":
        starts = [f"{split} starts on {day}" for split, day in (info.cuts or {}).items()]
        how = "Each fold tests a slice of time, and trains on all before it" if info.folds else "Split by date"
        where = "two splits of a fold" if info.folds else "two splits"
        return f"{how}{': ' if starts else ''}{joined(starts)}. {what} stands in {where}{end}"
    return f"{what} stands in two {unit}s{end} Within that, they are drawn at random, with labels in even shares."


def _copies(duplicates: DuplicateCounts | None) -> str:
    """Which copies of a text are kept apart beside equal ones; empty for none."""
    if duplicates is None or not looked_for_near(duplicates):
        return ""
    near = f", near-duplicates included (Jaccard similarity of {figure(duplicates.threshold)} or more"
    if duplicates.containment is None:
        return f"{near})"
    return f"{near}, or {percent(duplicates.containment)} of a text of {LEAST} words or more within a longer one)"


def _beyond_copies(duplicates: DuplicateCounts | None) -> str:
    """What may stand in two splits all the same; empty where nothing is known of copies."""
    if duplicates is None:
        return ""
    if not looked_for_near(duplicates):
        return "Copies that were edited, cut or extended may: they were not looked for."
    cut = "texts that were cut or extended, " if duplicates.containment is None else ""
    return f"What is less alike may: {cut}retellings, translations, shared quotations."


def kept_together(info: DatasetInfo) -> str:
    """What was never divided between splits; empty for splits that were given, or cut by date alone."""
    if info.split_method == "given" or (info.split_method == "temporal" and not info.group_by):
        return ""
    near = info.duplicates and looked_for_near(info.duplicates)
    texts = ["equal and nearly equal texts" if near else "equal texts"]
    texts += ["texts that stand within longer ones"] if info.duplicates and info.duplicates.containment else []
    return "; ".join([*(f"articles of the same {name}" for name in info.group_by), *texts])


def looked_for_near(duplicates: DuplicateCounts) -> bool:
    """Whether near-duplicates were clustered, not only equal texts."""
    return duplicates.threshold < 1


def probe_sentence(probe: LeakageProbe, info: DatasetInfo) -> str:
    """The probe in one sentence: what a random split would have claimed, and what the chosen one gives."""
    metric = metric_name(probe.metric)
    return f"A random split would have claimed {figure(probe.random)} {metric}; {_chosen(info)} {figure(probe.chosen)}."


def probe_basis(probe: LeakageProbe) -> str:
    """What the probe was measured with, and how sure it is, in brackets."""
    sample = ", a sample" if probe.sampled else ""
    return (
        f"(TF-IDF + linear, {probe.test:,} test articles{sample}; {chosen_words(probe)}, "
        f"random ± {figure(probe.random_sd)} over {probe.random_splits} splits.)"
    )


def chosen_words(probe: LeakageProbe) -> str:
    """The interval of the chosen split's figure."""
    return interval_words(probe.chosen_interval, figure)


def rejected_sentence(rejected: Mapping[str, int]) -> str:
    """How many rows were left out, and why."""
    return f"{left_out_in_words(rejected)}; a dataset lists them in its {REJECTED}."


def agreement_sentence(found: Agreement) -> str:
    """How far annotators agree.

    Example:
        >>> print(agreement_sentence(Agreement(3, 40, 30, 2, 0.714)))
        3 annotators; 40 articles have several: 30 unanimous, 2 tied (see disputed.jsonl). Krippendorff's alpha 0.71.
    """
    alpha = "not known" if found.alpha is None else f"{found.alpha:.2f}"
    tied = f"{found.disputed:,} tied{' (see disputed.jsonl)' if found.disputed else ''}"
    who = counted(found.annotators, "annotator")
    several = counted(found.articles_with_several, "article has", "articles have")
    return f"{who}; {several} several: {found.unanimous:,} unanimous, {tied}. Krippendorff's alpha {alpha}."


def length_sentence(lengths: Lengths) -> str:
    """How much of the articles a model would not read; empty where that is not known."""
    if lengths.dropped is None or lengths.cut is None:
        return ""
    cut_short = f"{lengths.cut:.0%} of the articles are cut"
    sample = f" (measured on {lengths.articles:,} articles)" if lengths.sampled else ""
    if lengths.windows == "all":
        return f"The articles are read whole{sample}."
    most = counted(int(lengths.windows), "window")
    return f"Read in at most {most}, the articles lose {lengths.dropped:.1%} of their tokens; {cut_short}{sample}."


def _chosen(info: DatasetInfo) -> str:
    """The chosen split as the subject of 'give'."""
    if info.split_method == "temporal":
        new = f" of new {' and '.join(PLURALS.get(name, f'values of {name}') for name in info.group_by)}"
        return f"later articles{new if info.group_by else ''} give"
    if info.split_method == "given":
        return "the given splits give"
    if info.group_by:
        return f"disjoint {' and '.join(PLURALS.get(name, f'values of {name}') for name in info.group_by)} give"
    return "this split gives"


def probe_meaning(probe: LeakageProbe, info: DatasetInfo, dataset_facts: DatasetFacts) -> str:
    """What the probe's two figures mean, in a sentence."""
    if probe.harder:
        return (
            f"The gap is what a model gains from having seen {_seen(info)} in training; on new articles expect "
            f"{figure(probe.chosen)} ({chosen_words(probe)}), not {figure(probe.random)}."
        )
    if probe.easier:
        return (
            "This split is easier than a random one: its test articles differ from the rest, and figures may flatter."
        )
    if info.split_method == "stratified" and not info.group_by:
        about = f"its {dataset_facts.source_count:,} sources" if dataset_facts.source_count > 1 else "new sources"
        return (
            f"This split is itself random but for duplicates, so the two should agree; that says nothing about {about}."
        )
    return gap_limits(probe)


def total(info: DatasetInfo) -> int:
    """Articles in all splits or folds."""
    return sum(counts.articles for counts in info.counts.values())


def per_label(info: DatasetInfo) -> dict[str, int]:
    """Articles of each label in all splits or folds."""
    return {label: sum(counts.labels.get(label, 0) for counts in info.counts.values()) for label in info.labels}


def by_size(info: DatasetInfo) -> list[str]:
    """The labels, the most frequent first."""
    sizes = per_label(info)
    return sorted(info.labels, key=lambda label: -sizes[label])


def shares(info: DatasetInfo) -> list[tuple[str, int, float, float | None]]:
    """Per split: its articles, the share reached, and the share asked for, both of all articles.

    Where some splits were given, shares were asked of the other articles only, and are converted.
    """
    every = max(total(info), 1)
    open_share = sum(c.articles for split, c in info.counts.items() if split in info.asked) / every
    return [
        (split, c.articles, c.articles / every, info.asked[split] * open_share if split in info.asked else None)
        for split, c in info.counts.items()
    ]


def _seen(info: DatasetInfo) -> str:
    if info.split_method in ("temporal", "given"):
        also = f" and the same {joined(info.group_by, 'or')}" if info.group_by else ""
        return f"articles of the same time{also}" if info.split_method == "temporal" else "articles like those in test"
    return f"the same {joined(info.group_by, 'or')}" if info.group_by else "much the same articles"


def giveaway_findings(giveaways: Sequence[Giveaway]) -> Iterator[Finding]:
    """One finding for all of them; a token alone may be what the label is about, so it is never a reason to stop."""
    if not giveaways:
        return
    strong = [giveaway for giveaway in giveaways if is_strong(giveaway)]
    worst = max(giveaways, key=lambda g: (g in strong, g.recall * g.precision))
    named = giveaway_words(worst.kind, f"“{worst.what}”", worst.source)
    with_it = f"whose title {worst.what}" if worst.kind == "title" else f"with the {named}"
    text = (
        f"The worst: {percent(worst.precision)} of the {counted(worst.articles, 'article')} {with_it} are labelled "
        f"{cut(worst.label)}, and {percent(worst.recall)} of all with that label have it."
    )
    if worst.what.startswith("the header block"):
        text = (
            f"The worst: {worst.what} tells {cut(worst.label)} from the rest, with a precision of "
            f"{figure(worst.precision)} and a recall of {figure(worst.recall)}."
        )
    text += " A model can learn that instead of the label; data.strip removes it."
    what = worst.what if worst.kind == "title" or worst.what.startswith("the header") else f"“{worst.what}”"
    tells = "alone tells" if strong else f"gives away {percent(worst.recall)} of"
    fact = f"the {giveaway_words(worst.kind, cut(what, 40), worst.source)} {tells} {cut(worst.label, 30)}"
    yield Finding("stop" if strong else "care", counted(len(giveaways), "give-away"), text, "giveaways", fact)


def _probe_findings(info: DatasetInfo) -> Iterator[Finding]:
    probe = info.probe
    if probe is None:
        yield Finding("note", "No leakage probe", "What a random split would have claimed was not measured.", "probe")
    elif probe.harder:
        text = f"{probe_sentence(probe, info)} {probe_basis(probe)} Expect the lower figure on new articles."
        yield Finding("care", f"Leakage gap of {figure(probe.random - probe.chosen)}", text, "probe")
    elif probe.easier:
        text = f"{probe_sentence(probe, info)} {probe_basis(probe)} Its test articles are easier than the rest."
        yield Finding("care", "An easy test split", text, "probe")
    elif info.group_by or info.split_method != "stratified":
        text = f"{probe_sentence(probe, info)} {probe_basis(probe)} {gap_limits(probe)}"
        yield Finding("note", "No gap to a random split was found", text, "probe")


def _target_findings(info: DatasetInfo) -> Iterator[Finding]:
    if (info.known_targets or 0) >= KNOWN_TARGETS:
        text = f'{stands_for(info)} Where there are many targets, split.method = "crossed" tests on new ones.'
        yield Finding("care", "Known targets", text)


def _source_findings(info: DatasetInfo, dataset_facts: DatasetFacts) -> Iterator[Finding]:
    """Whether the figures will stand for sources that are new."""
    if dataset_facts.source_count > 1 and "source" not in info.group_by:
        fix = ' Fix: split.group_by = ["source"]' if info.split_method in ("stratified", "grouped") else ""
        text = (
            f"The {dataset_facts.source_count:,} sources were not kept in one {'fold' if info.folds else 'split'} each,"
            f" so the figures may say little about new ones.{fix}"
        )
        yield Finding("care", "Sources may stand in several splits", text, "sources")
    if not dataset_facts.source_count:
        yield Finding(
            "care",
            "No sources",
            "The articles name no source, so nothing is known about how a model would do on new ones.",
        )


def _size_findings(info: DatasetInfo) -> Iterator[Finding]:
    yield from missing_labels(info)
    if not info.folds and "test" not in info.counts:
        yield Finding("stop", "No test split", "There is nothing to evaluate on.", "counts")
    elif not info.folds and info.counts["test"].articles < FEW_ARTICLES:
        text = f"With {counted(info.counts['test'].articles, 'test article')}, every figure is rough."
        yield Finding("care", "A small test split", text, "counts")
    tested: Mapping[str, int] = info.counts["test"].labels if "test" in info.counts else per_label(info)
    rare = [f"{label} ({tested[label]})" for label in info.labels if 0 < tested.get(label, 0) < FEW_OF_A_CLASS]
    if rare:
        where = "in test" if "test" in info.counts else "in all"
        text = f"Fewer than {FEW_OF_A_CLASS} articles {where}, so nothing is sure about {joined(rare)}."
        yield Finding("care", counted(len(rare), "small class", "small classes"), text, "counts")
    if info.size_of_test is not None:
        tone: Tone = "care" if info.size_of_test.detectable is None else "note"
        text = size_words(info.size_of_test, info.group_by)
        yield Finding(tone, "What the test articles can show", text, "counts")
    for split, _, reached, asked in shares(info):
        if asked is not None and abs(reached - asked) > SIZE_MISSED:
            text = f"It was to have {percent(asked)} of the articles and has {percent(reached)}."
            yield Finding("care", f"Size of {split}", text, "counts")


def groups_sentence(info: DatasetInfo) -> str:
    """How many groups test has, and how many of equal size they count for; empty where none were kept together."""
    found = info.test_groups
    if found is None:
        return ""
    where = "The test part of one fold" if info.folds else "Test"
    named, equal = _groups(info, found.count - found.alone), f"which count for {down(found.effective)}"
    if found.alone:
        alone = counted(found.alone, "text", "texts")
        return f"{where} has articles of {named} and {alone} without any, {equal} groups of equal size."
    return f"{where} has articles of {named}, {equal} of equal size."


def _groups(info: DatasetInfo, count: int) -> str:
    """So many groups: what they are, where one column was kept together."""
    column = info.group_by[0] if len(info.group_by) == 1 else "group"
    return counted(count, column, PLURALS.get(column, "groups" if column == "group" else f"values of {column}"))


def _group_findings(info: DatasetInfo) -> Iterator[Finding]:
    """Whether test has groups enough for an interval, and for one that is not very wide."""
    found = info.test_groups
    if found is None or found.effective >= FEW_GROUPS:
        return
    few = (
        f"Below {FEWEST_EFFECTIVE:.0f} nothing tells how figures would differ on others: no interval and no verdict is "
        "given."
    )
    unknown = found.effective < FEWEST_EFFECTIVE
    text = few if unknown else "Intervals will be wide, since they are about others."
    fix = "fewer folds" if info.folds else "a larger split.test_size"
    said = f"{groups_sentence(info)} {text} Fix: add others, or {fix}."
    fact = f"test counts for {down(found.effective)} groups of equal size"
    yield Finding("unknown" if unknown else "care", "Few groups in test", said, "groups", fact if unknown else "")


def missing_labels(info: DatasetInfo) -> Iterator[Finding]:
    """Labels that train, test or a fold has no article of.

    What train lacks cannot be learned. What test lacks cannot be evaluated: a reason to stop where it is `UNTESTED` of
    all articles or more.
    """
    sizes = per_label(info)
    for split, counts in info.counts.items():
        missing = [label for label in info.labels if not counts.labels.get(label)]
        if missing and (info.folds or split in ("train", "test")):
            few = sum(sizes[label] for label in missing) < UNTESTED * max(total(info), 1)
            tone: Tone = "care" if info.folds or (split == "test" and few) else "stop"
            lacks = f"has no article of {joined(missing)}"
            yield Finding(tone, f"Labels missing from {split}", f"It {lacks}.", "counts", f"{split} {lacks}")


def _text_findings(info: DatasetInfo, dataset_facts: DatasetFacts | None) -> Iterator[Finding]:
    """Conflicting labels, articles that are cut, the split's notes, and rows left out."""
    if dataset_facts is not None and dataset_facts.conflict_count:
        pairs = counted(dataset_facts.conflict_count, "pair")
        text = (
            f"{pairs} of equal or nearly equal articles with different labels (see conflicts.jsonl): at least one "
            "label of each pair is wrong."
        )
        yield Finding("care", "Conflicting labels", text, "duplicates")
    if dataset_facts is not None and (dataset_facts.lengths.cut or 0) >= ARTICLES_CUT:
        yield Finding("care", "Long articles are cut", length_sentence(dataset_facts.lengths), "lengths")
    for note in info.notes:
        yield Finding("note", "The split", f"{note[:1].upper()}{note[1:].rstrip('.')}.")
    rejected = info.rejected or (dataset_facts.rejected if dataset_facts else {})
    if rejected:
        yield Finding("note", "Rows left out", rejected_sentence(rejected), "rejected")
