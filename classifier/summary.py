"""Results in words and tables, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from classifier.dataset_folder import DatasetInfo
from classifier.evaluation import Evaluation

NAMES = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "matthews_correlation": "MCC",
    "fnc1_score": "FNC-1 score",
}


def dataset_table(info: DatasetInfo) -> Table:
    """Articles per label and split, with each label's share of its split."""
    splits = list(info.counts)
    table = Table(title="articles", title_justify="left")
    table.add_column("label")
    for split in splits:
        table.add_column(split, justify="right")
    for label in info.labels:
        counts = [(info.counts[split].labels.get(label, 0), info.counts[split].articles) for split in splits]
        table.add_row(label, *(f"{count:,} ({count / total:.0%})" for count, total in counts))
    table.add_section()
    table.add_row("all", *(f"{info.counts[split].articles:,}" for split in splits))
    return table


def figures_table(evaluation: Evaluation) -> Table:
    """The model's headline figures with intervals, beside the baselines'."""
    table = Table(title=f"{evaluation.split}: {evaluation.articles:,} articles", title_justify="left")
    for name in ("", "model", "95% interval", "TF-IDF + linear", "majority"):
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


def verdict(evaluation: Evaluation) -> str:
    """How good the model is and on what, in a few sentences.

    Says plainly when it is not better than TF-IDF.
    """
    low, high = evaluation.intervals["f1_macro"]
    return " ".join(
        (
            f"On {_what(evaluation)} the model reaches a macro F1 of {evaluation.figures['f1_macro']:.3f} "
            f"(95% interval {low:.3f} to {high:.3f}) and an accuracy of {evaluation.figures['accuracy']:.3f}.",
            _against_tfidf(evaluation),
            *_warnings(evaluation),
        )
    )


def _what(evaluation: Evaluation) -> str:
    articles = f"{evaluation.articles:,} {evaluation.split} articles"
    if not evaluation.sources:
        return articles
    articles += f" from {evaluation.sources:,} sources"
    if evaluation.without_source:
        articles += f" ({evaluation.without_source:,} have none)"
    if evaluation.unseen is None:
        return articles
    if evaluation.unseen == 1 and not evaluation.without_source:
        return articles + ", none of which it saw in training,"
    return articles + f" ({evaluation.unseen:.0%} of the articles with a source: one that it did not see in training)"


def _against_tfidf(evaluation: Evaluation) -> str:
    gain, (low, high) = evaluation.gain["f1_macro"]
    interval = f"({gain:+.3f} macro F1, 95% interval {low:+.3f} to {high:+.3f})"
    better = evaluation.beats_tfidf()
    if better:
        return f"That is better than TF-IDF + linear {interval}."
    if better is None:
        way = "above" if gain > 0 else "below" if gain < 0 else "level with"
        return f"It is {way} TF-IDF + linear, but not surely so {interval}."
    return f"It LOSES to TF-IDF + linear {interval}: use that, add articles, or train longer."


def _warnings(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.missing:
        yield f"No article here has the label {' or '.join(evaluation.missing)}: nothing is known about it."
    if evaluation.sources and evaluation.unseen is not None and evaluation.unseen < 0.5:
        yield (
            "Most of these sources were seen in training: expect less on new ones "
            "(training with --set split.group_by=source measures that)."
        )
    if not evaluation.sources:
        yield "The articles name no source, so nothing is known about how it does on new ones."
    if evaluation.articles < 100:
        yield f"With {evaluation.articles} articles, every figure is rough."
