"""Results in words and tables, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from classifier.articles.annotators import Agreement
from classifier.dataset.corrections import Corrections
from classifier.dataset.info import Counts, DatasetInfo, Giveaway, LeakageProbe
from classifier.evaluation.result import Evaluation
from classifier.jobs.build.dataset import Built
from classifier.jobs.tune.study import TrialResult
from classifier.jobs.tune.tune import TuningReport
from classifier.reports.dataset.facts import Lengths
from classifier.reports.dataset.findings import probe_sentence, shares
from classifier.reports.words import figure
from classifier.stats.abstention import Outcome, fewest_articles
from classifier.stats.reliability import Reliability
from classifier.stats.resampling import FEW_GROUPS

SHOWN_GIVEAWAYS = 5
SHOWN_TRIALS = 10
FEW_ARTICLES = 100
SHOWN_SCORE = 0.9  # about which it is said how many labels are right
MOST_COLUMNS = 6  # folds beyond that are summed up
NOT_HELD_OUT = {
    "train": "The model was trained on these articles",
    "validation": "These articles chose its best epoch, and its thresholds and calibration were fitted on them",
}

NAMES = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "matthews_correlation": "MCC",
    "fnc1_score": "FNC-1 score",
}


def dataset_table(info: DatasetInfo, counts: Mapping[str, Counts] | None = None) -> Table:
    """Articles per label and split (or fold), with each label's share of it."""
    counts = counts or info.counts
    many = len(counts) > MOST_COLUMNS
    table = Table(title="articles", title_justify="left")
    table.add_column("label")
    for name in ["all", "per fold"] if many else counts:
        table.add_column(name, justify="right")
    for label in (*info.labels, None):
        if label is None:
            table.add_section()
        found = [_count(part, label) for part in counts.values()]
        cells = [f"{sum(found):,}", f"{min(found):,} – {max(found):,}"]
        if not many:
            cells = [_with_share(n, part, label) for n, part in zip(found, counts.values(), strict=True)]
        table.add_row(label or "all", *cells)
    return table


def _count(counts: Counts, label: str | None) -> int:
    return counts.articles if label is None else counts.labels.get(label, 0)


def _with_share(count: int, counts: Counts, label: str | None) -> str:
    return f"{count:,}" if label is None else f"{count:,} ({count / max(1, counts.articles):.0%})"


def build_lines(info: DatasetInfo, built: Built | None) -> Iterable[str]:
    """What a build found, a line each; of what stands in ``dataset.json`` alone where ``built`` is None."""
    yield f"Split: {info.split_method}{_kept_whole(info)}. {_reached(info)}"
    if info.corrections is not None:
        yield _corrections_line(info.corrections)
    yield from _duplicate_lines(info)
    if info.probe is not None:
        yield f"{probe_sentence(info.probe, info)} {_about(info.probe)}"
    yield from _giveaway_lines(info.giveaways)
    if info.rejected:
        kinds = ", ".join(f"{count:,} × {kind}" for kind, count in info.rejected.items())
        left_out = f"{sum(info.rejected.values()):,} bad rows were left out ({kinds})"
        yield f"{left_out}; a dataset lists them in its rejected.jsonl."
    if built is not None:
        yield from _length_lines(built.survey.lengths)
        yield from _agreement_lines(built.agreement)


def _corrections_line(done: Corrections) -> str:
    parts = ((done.relabelled, "labels corrected"), (done.dropped, "articles left out"), (done.confirmed, "confirmed"))
    return f"{done.file}: {', '.join(f'{count:,} {what}' for count, what in parts)}."


def _giveaway_lines(found: Sequence[Giveaway]) -> Iterable[str]:
    if not found:
        return
    shown = [f"{g.kind} “{g.what}” → {g.label} ({_strength(g)})" for g in found[:SHOWN_GIVEAWAYS]]
    more = [f"and {len(found) - SHOWN_GIVEAWAYS} more"] if len(found) > SHOWN_GIVEAWAYS else []
    yield f"Give-aways, which alone predict a label: {'; '.join([*shown, *more])}."
    yield "Remove them with data.strip (the page has the setting ready), or judge them to be content."


def _strength(found: Giveaway) -> str:
    return f"precision {figure(found.precision)}, recall {figure(found.recall)}"


def _kept_whole(info: DatasetInfo) -> str:
    where = "fold" if info.folds else "split"
    return f", each {' and '.join(info.group_by)} in one {where}" if info.group_by else ""


def _reached(info: DatasetInfo) -> str:
    found = shares(info)
    if info.folds:
        sizes = [share for _, _, share, _ in found]
        return f"{info.folds} folds of {min(sizes):.1%} to {max(sizes):.1%} of the articles."
    asked = ("" if wish is None else f" (asked {wish:.0%})" for *_, wish in found)
    parts = (f"{name} {share:.1%}{wish}" for (name, _, share, _), wish in zip(found, asked, strict=True))
    return f"Shares: {', '.join(parts)}."


def _duplicate_lines(info: DatasetInfo) -> Iterable[str]:
    found = info.duplicates
    if found is None or not found.clustered:
        yield "Duplicates: none."
        return
    done = f" {found.dropped:,} copies were left out." if found.dropped else ""
    yield (
        f"Duplicates: {found.exact:,} articles repeat an earlier one exactly; {found.clustered:,} are in "
        f"{found.clusters:,} clusters of (nearly) equal texts, the largest of {found.largest:,}; "
        f"no cluster is divided.{done}"
    )
    if found.conflicting:
        yield f"{found.conflicting:,} of those have different labels within a cluster; see conflicts.jsonl."


def _about(probe: LeakageProbe) -> str:
    low, high = (figure(bound) for bound in probe.chosen_interval)
    sample = ", a sample" if probe.sampled else ""
    return (
        f"(TF-IDF + linear, {probe.test:,} test articles{sample}; 95% interval {low} to {high}, "
        f"random ± {figure(probe.random_sd)} over {probe.random_splits} splits.)"
    )


def _length_lines(lengths: Lengths) -> Iterable[str]:
    if lengths.dropped is None or lengths.cut is None:
        return
    sample = f" (measured on {lengths.articles:,} articles)" if lengths.sampled else ""
    yield (
        f"The model's windows drop {lengths.dropped:.1%} of all tokens; "
        f"{lengths.cut:.0%} of the articles are cut{sample}."
    )


def _agreement_lines(found: Agreement | None) -> Iterable[str]:
    if found is None:
        return
    alpha = "not known" if found.alpha is None else f"{found.alpha:.2f}"
    yield (
        f"{found.annotators:,} annotators; {found.articles_with_several:,} articles have several: "
        f"{found.unanimous:,} unanimous, {found.disputed:,} tied (see disputed.jsonl). Krippendorff's alpha {alpha}."
    )


def fold_line(fold: int, evaluation: Evaluation) -> str:
    """One fold's figures in a line."""
    return (
        f"fold {fold}: {evaluation.articles:,} test articles, macro F1 {evaluation.figures['f1_macro']:.3f}, "
        f"accuracy {evaluation.figures['accuracy']:.3f} (TF-IDF {evaluation.baselines['tfidf']['f1_macro']:.3f}, "
        f"{evaluation.baselines['tfidf']['accuracy']:.3f})"
    )


def seed_line(seed: int, evaluation: Evaluation) -> str:
    """The figures of one seed's run in a line."""
    return (
        f"seed {seed}: macro F1 {evaluation.figures['f1_macro']:.3f}, accuracy {evaluation.figures['accuracy']:.3f} "
        f"on {evaluation.articles:,} test articles"
    )


def mean_table(runs: str, mean: Mapping[str, Mapping[str, tuple[float, float]]]) -> Table:
    """Mean and standard deviation over runs, such as ``10 folds``, of the model and the baselines."""
    table = Table(title=f"{runs}: mean ± standard deviation", title_justify="left")
    for name in ("", "model", "TF-IDF + linear", "majority"):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric in mean["model"]:
        cells = (
            f"{value:.3f} ± {sd:.3f}" for value, sd in (mean[name][metric] for name in ("model", "tfidf", "majority"))
        )
        table.add_row(NAMES[metric], *cells)
    return table


def figures_table(evaluation: Evaluation, model: str = "model") -> Table:
    """The model's (or ensemble's) headline figures with intervals, beside the baselines'."""
    table = Table(title=f"{evaluation.split}: {evaluation.articles:,} articles", title_justify="left")
    for name in ("", model, "95% interval", "TF-IDF + linear", "majority"):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric, value in evaluation.figures.items():
        low, high = evaluation.intervals[metric]
        others = (f"{evaluation.baselines[name][metric]:.3f}" for name in ("tfidf", "majority"))
        table.add_row(NAMES[metric], f"{value:.3f}", f"{low:.3f} – {high:.3f}", *others)
    return table


def class_table(evaluation: Evaluation, width: int = 120) -> Table:
    """Precision, recall, F1 and support per class; for single-label the confusion matrix, where it fits the width."""
    table = Table(title="per class", title_justify="left")
    single = len(evaluation.confusion) == len(evaluation.labels) and not isinstance(evaluation.confusion[0][0], list)
    few = single and sum(len(label) + 5 for label in evaluation.labels) + 60 <= width
    table.add_column("label")
    for name in ("precision", "recall", "F1", "articles", *(f"→ {label}" for label in evaluation.labels if few)):
        table.add_column(name, justify="right")
    for index, label in enumerate(evaluation.labels):
        row = evaluation.per_class[label]
        confused = [str(count) for count in evaluation.confusion[index]] if few else []
        figures = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1-score"))
        table.add_row(label, *figures, f"{row['support']:.0f}", *confused)
    return table


def evaluation_verdict(evaluation: Evaluation, model: str = "model") -> str:
    """How good the model is and on what, in a few sentences.

    Says plainly when it is not better than TF-IDF.
    """
    low, high = evaluation.intervals["f1_macro"]
    return " ".join(
        (
            f"On {_what(evaluation)} the {model} reaches a macro F1 of {evaluation.figures['f1_macro']:.3f} "
            f"(95% interval {low:.3f} to {high:.3f}{_whole(evaluation)}) and an accuracy of "
            f"{evaluation.figures['accuracy']:.3f}.",
            _against_tfidf(evaluation),
            *_warnings(evaluation),
        )
    )


def _whole(evaluation: Evaluation) -> str:
    """What was resampled whole, where that is not the single article."""
    return "" if evaluation.resampled == "article" else f", {evaluation.resampled} kept whole"


def _what(evaluation: Evaluation) -> str:
    other = evaluation.split.removeprefix("data-")
    many = "article" if evaluation.articles == 1 else "articles"
    articles = (
        f"{evaluation.articles:,} {evaluation.split} {many}"
        if other == evaluation.split
        else f"{evaluation.articles:,} {many} of {other}"
    )
    if not evaluation.sources:
        return articles
    articles += f" from {evaluation.sources:,} {'source' if evaluation.sources == 1 else 'sources'}"
    if evaluation.without_source:
        articles += f" ({evaluation.without_source:,} have none)"
    if evaluation.unseen is None:
        return articles
    if evaluation.unseen == 1 and not evaluation.without_source:
        return articles + ", none of which it saw in training,"
    if evaluation.unseen == 0 and not evaluation.without_source:
        return articles + ", all of which it saw in training,"
    return articles + f" ({evaluation.unseen:.0%} of the articles with a source: one that it did not see in training)"


def _against_tfidf(evaluation: Evaluation) -> str:
    gain, (low, high) = evaluation.gain["f1_macro"]
    interval = f"({gain:+z.3f} macro F1, 95% interval {low:+z.3f} to {high:+z.3f})"
    if better := evaluation.beats_tfidf():
        return f"That is better than TF-IDF + linear {interval}."
    if better is None:
        way = "level with" if round(gain, 3) == 0 else "above" if gain > 0 else "below"
        return f"It is {way} TF-IDF + linear, but not surely so {interval}."
    return f"It LOSES to TF-IDF + linear {interval}: use that, add articles, or train longer."


def _warnings(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.split in NOT_HELD_OUT:
        yield f"{NOT_HELD_OUT[evaluation.split]}: these figures flatter it."
    if evaluation.missing:
        yield f"No article here has the label {' or '.join(evaluation.missing)}: nothing is known about it."
    if evaluation.sources and evaluation.unseen is not None and evaluation.unseen < 0.5:
        yield (
            f"{'Most' if evaluation.unseen else 'All'} of these sources were seen in training: expect less on new ones "
            "(training with --set split.group_by=source measures that)."
        )
    if not evaluation.sources:
        yield "The articles name no source, so nothing is known about how it does on new ones."
    if evaluation.resampled != "article" and evaluation.groups < FEW_GROUPS:
        yield (
            f"The intervals rest on {evaluation.groups} groups of articles ({evaluation.resampled}): so few that they "
            "are rough, and rather too narrow."
        )
    if evaluation.articles < FEW_ARTICLES:
        yield f"With {evaluation.articles} articles, every figure is rough."


def score_lines(evaluation: Evaluation) -> Iterable[str]:
    """How far the scores can be believed, and what is still given where the model may abstain, a line each."""
    if evaluation.reliability is not None and evaluation.reliability.labels:
        yield _scores_line(evaluation.reliability)
    if evaluation.abstention is not None:
        yield from _abstention_lines(evaluation.abstention)


def _scores_line(found: Reliability) -> str:
    after = found.after
    near = min(after.bins, key=lambda part: abs(part.score - SHOWN_SCORE))
    low, high = (_thousandths(bound) for bound in after.ece_interval)
    before = f"{_thousandths(found.before.ece)} before calibration" if found.calibrated else "not calibrated"
    return (
        f"Scores: of the {near.labels:,} labels given with a score around {figure(near.score)}, {near.right:.0%} are "
        f"right; calibration error (ECE) {_thousandths(after.ece)} (95% interval {low} to {high}), {before}; "
        f"chance alone would make it {_thousandths(found.expected_ece)}."
    )


def _thousandths(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _abstention_lines(found: Outcome) -> Iterable[str]:
    low, high = found.coverage_interval
    covered = f"{found.coverage:.0%} ({low:.0%} – {high:.0%}) of the labels are still given"
    right = "" if found.precision is None else f", {_right(found.precision, found.precision_interval)} of them right"
    yield f"Abstaining for a precision of {found.min_precision:g} in each class: {covered}{right}."
    yield (
        "The thresholds are from validation articles, taken for independent: where those come from few sources, or "
        "these from others, the precision may be lower."
    )
    parts = (
        f"{name} from {part.threshold:.2f} on ({part.given:,} of {part.without:,} given"
        + ("" if part.precision is None else f", {_right(part.precision, part.interval)} right")
        + ")"
        for name, part in found.classes.items()
        if part.threshold is not None
    )
    yield f"By class: {'; '.join(parts) or 'none is given'}."
    never = [name for name, part in found.classes.items() if part.threshold is None]
    if never:
        yield (
            f"Never given: {', '.join(never)}. Validation has too few sure articles: for each, "
            f"at least {fewest_articles(found.min_precision)}, all of them right, are needed."
        )


def _right(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.0%} ({interval[0]:.0%} – {interval[1]:.0%})"


def trial_line(trial: TrialResult, metric: str) -> str:
    """One trial's score and parameters in a line."""
    score = "no score" if trial.score is None else f"{NAMES[metric]} {trial.score:.3f}"
    how = "" if trial.state == "complete" else f" ({trial.state})"
    values = ", ".join(f"{name.split('.')[-1]} {_value(value)}" for name, value in trial.parameters.items())
    return f"trial {trial.number}: validation {score}{how}, {'the settings as given: ' if trial.first else ''}{values}"


def trials_table(report: TuningReport) -> Table:
    """The best trials first; those that were cut short or diverged stand last."""
    table = Table(title=f"{len(report.trials)} trials on validation", title_justify="left")
    names = list(report.trials[0].parameters) if report.trials else []
    for name in (
        "trial",
        NAMES[report.metric],
        "epochs",
        *(name.replace("model.", "").split(".")[-1] for name in names),
    ):
        table.add_column(name, justify="left" if name == "trial" else "right")
    ranked = sorted(report.trials, key=lambda t: (t.state != "complete", 2 if t.score is None else -t.score, t.number))
    for trial in ranked[:SHOWN_TRIALS]:
        score = trial.state if trial.score is None else f"{trial.score:.3f}"
        cut = "" if trial.state == "complete" or trial.score is None else f" {trial.state}"
        values = (_value(trial.parameters[name]) for name in names)
        table.add_row(f"{trial.number}{' (as given)' if trial.first else ''}", score + cut, str(trial.epochs), *values)
    return table


def importance_table(importance: Mapping[str, float]) -> Table:
    """Which parameters the scores depend on."""
    table = Table(title="what the scores depend on (fANOVA)", title_justify="left")
    table.add_column("setting")
    table.add_column("share of the variance", justify="right")
    for name, share in importance.items():
        table.add_row(name, f"{share:.0%}")
    return table


def tuning_lines(report: TuningReport) -> Iterable[str]:
    """What a search gained, how far that can be believed, and what to do next."""
    if report.importance is None:
        yield (
            "What the scores depend on cannot be said: that takes at least four complete trials, with scores that "
            "differ."
        )
    best, metric = report.best, NAMES[report.metric]
    if best is None:
        yield "No trial is complete, so there is no best one."
        return
    few = ": so few that small differences mean nothing" if report.articles < FEW_ARTICLES else ""
    yield f"{_gained(report, best, metric)} Scores are those of {report.articles:,} validation articles{few}."
    yield (
        f"The best of {len(report.trials)} validation scores is optimistic: it was chosen because it is the highest. "
        "Measure it on test, once."
    )


def _gained(report: TuningReport, best: TrialResult, metric: str) -> str:
    if best.first:
        return f"No trial is better than the settings as given: {metric} {best.score:.3f}."
    found = f"Trial {best.number} reaches a {metric} of {best.score:.3f}"
    if report.gain is None:
        return f"{found}; the settings as given have no score to compare it with."
    return f"{found}, {report.gain:+z.3f} against the settings as given."


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
