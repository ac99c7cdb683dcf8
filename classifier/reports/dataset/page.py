"""The dataset page: ``README.md``, a dataset card for the Hugging Face Hub, and ``report.html``, one offline file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.articles.boilerplate import strip_text
from classifier.dataset.info import DatasetInfo, Giveaway, LeakageProbe
from classifier.dataset.rejects import REJECTED
from classifier.reports.charts import SERIES, Bar, Dot, dots, histogram, is_near, stacked_bars
from classifier.reports.dataset import findings
from classifier.reports.dataset.facts import DatasetFacts, Lengths
from classifier.reports.dataset.findings import by_size, per_label, total
from classifier.reports.limits import size_words
from classifier.reports.render import render
from classifier.reports.words import figure, joined, metric_name, percent

if TYPE_CHECKING:
    from markupsafe import Markup

SHOWN_SOURCES = 15
SHOWN_LANGUAGES = 10
BEGINNING = 8  # characters of a line that are enough to strip it by its beginning
BESIDE = {
    "conflicts.jsonl": "all conflicting labels",
    "disputed.jsonl": "articles that annotators are tied about",
    REJECTED: "rows left out, with reasons",
}
SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def write_page(folder: Path, info: DatasetInfo, dataset_facts: DatasetFacts, *, name: str) -> None:
    """Write ``README.md`` and ``report.html``; the same input gives the same bytes.

    Args:
        folder: exists; where it already holds the Arrow splits, the card shows how to load them.
        info: what ``dataset.json`` holds.
        dataset_facts: lengths, sources, conflicts, examples.
        name: the dataset's, as people should see it.
    """
    facts = _facts(info, dataset_facts, name)
    facts["arrow"] = _arrow_folders(folder, info)
    facts["beside"] = {name: what for name, what in BESIDE.items() if (folder / name).exists()}
    for template, file in (("dataset_card.md.j2", "README.md"), ("dataset_report.html.j2", "report.html")):
        (folder / file).write_bytes(render(template, facts, variable=_variable))


def strip_entries(giveaway: Giveaway) -> tuple[str, ...]:
    """What to write in ``data.strip`` to take a give-away out of the articles; empty where nothing does.

    A line that is cut, or has a number that may change, is stripped by its beginning. A host may stand in web and in
    e-mail addresses.

    Example:
        >>> strip_entries(Giveaway("line", "Read more at DailyPost", "satire", 20, 1.0, 0.5))
        ('line:Read more at DailyPost',)
        >>> strip_entries(Giveaway("title", "begins with 'Opinion:'", "opinion", 20, 1.0, 0.5))
        ('text:Opinion:',)
    """
    kind, what = giveaway.kind, giveaway.what
    if kind == "header":
        return ("headers",)
    if kind == "host" and not strip_text(what, ["urls"]).strip():
        return "urls", "emails"
    if kind == "line":
        start = re.split(r"\d|…$", what)[0].strip()
        return (f"line:{start}*" if start != what and len(start) >= BEGINNING else f"line:{what}",)
    if kind == "title":
        quoted = re.search(r"'(.*\w.*)'$", what)
        return (f"text:{quoted[1].strip()}",) if quoted else ()
    return (f"text:{what}",)


def size_category(articles: int) -> str:
    """The Hub's size category.

    Example:
        >>> size_category(645), size_category(1000), size_category(2_000_000)
        ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    place = len(str(articles)) - 4
    if place < 0:
        return f"n<{SIZES[0]}"
    return f"{SIZES[place]}<n<{SIZES[place + 1]}" if place + 1 < len(SIZES) else f"n>{SIZES[-1]}"


def _facts(info: DatasetInfo, dataset_facts: DatasetFacts, name: str) -> dict[str, Any]:
    """What the templates show: the two dataclasses, sentences about them, and pictures."""
    found = findings.dataset_findings(info, dataset_facts)
    return {
        "name": name,
        "info": info,
        "dataset_facts": dataset_facts,
        "total": total(info),
        "labels": by_size(info),
        "per_label": per_label(info),
        "unit": "fold" if info.folds else "split",
        "shares": findings.shares(info),
        "findings": found,
        "tones": findings.TONES,
        "verdict": findings.dataset_verdict(found),
        "size_of_test": size_words(info.size_of_test, info.group_by) if info.size_of_test else "",
        "agreement": findings.agreement_sentence(info.agreement) if info.agreement else "",
        "contents": findings.contents(info, dataset_facts),
        "guarantee": findings.guarantee(info),
        "near": info.duplicates is not None and findings.looked_for_near(info.duplicates),
        "kept": findings.kept_together(info),
        "groups": findings.groups_sentence(info),
        **_probe_facts(info, dataset_facts),
        "strip": [(giveaway, _listed(strip_entries(giveaway))) for giveaway in info.giveaways],
        "strip_toml": _strip_toml(info.giveaways),
        "quantiles": _quantiles(dataset_facts.lengths),
        "regions": _regions(dataset_facts.lengths),
        "mark": _max_length_mark(dataset_facts.lengths),
        "most": {"sources": SHOWN_SOURCES, "languages": SHOWN_LANGUAGES},
        "one_label": _one_label(dataset_facts),
        "rejected": dict(info.rejected or dataset_facts.rejected),
        "settings": _toml(info.settings),
        "charts": _charts(info, dataset_facts),
        "series": SERIES,
        "card": _card(info, dataset_facts, name),
    }


def _probe_facts(info: DatasetInfo, dataset_facts: DatasetFacts) -> dict[str, str]:
    if info.probe is None:
        return {"probe": "", "probe_meaning": "", "metric": "", "chosen_words": ""}
    return {
        "probe": findings.probe_sentence(info.probe, info),
        "chosen_words": findings.chosen_words(info.probe),
        "probe_meaning": findings.probe_meaning(info.probe, info, dataset_facts),
        "metric": metric_name(info.probe.metric),
    }


def _variable(name: str) -> str:
    """A Python name for a folder."""
    return re.sub(r"\W|^(?=\d)", "_", name)


def _card(info: DatasetInfo, dataset_facts: DatasetFacts, name: str) -> str:
    """The card's front matter. Fields: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md."""
    from huggingface_hub import DatasetCardData

    data = DatasetCardData(
        language=_languages(dataset_facts) or None,
        task_categories=["text-classification"],
        task_ids=["multi-label-classification" if info.multi_label else "multi-class-classification"]
        + (["multi-input-text-classification"] if info.pair else []),
        pretty_name=name,
        size_categories=[size_category(total(info))],
        tags=["news"],
    )
    return data.to_yaml()


def _languages(dataset_facts: DatasetFacts) -> list[str]:
    """Codes of the languages guessed for at least 1% of the articles."""
    counts = {code: sum(labels.values()) for code, labels in (dataset_facts.languages or {}).items()}
    known = [code for code in counts if re.fullmatch(r"[a-z]{2,3}", code) and code not in ("und", "zxx", "mul", "mis")]
    return sorted(code for code in known if counts[code] >= 0.01 * sum(counts.values()))


def _arrow_folders(folder: Path, info: DatasetInfo) -> list[str]:
    """Subfolders that `datasets.load_from_disk` reads, in the order of the counts."""
    found = [path.parent.name for path in folder.glob("*/state.json")]
    order = list(info.counts)
    known = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return known or ([] if info.folds else order)


def _listed(entries: Sequence[str]) -> str:
    return ", ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)


def _strip_toml(giveaways: Sequence[Giveaway]) -> str:
    entries = list(dict.fromkeys(entry for giveaway in giveaways for entry in strip_entries(giveaway)))
    return _toml({"data": {"strip": entries}}) if entries else ""


def _toml(settings: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(_without_none(settings)).strip()


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in values.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, Mapping) else value for key, value in known.items()}


def _quantiles(lengths: Lengths) -> list[tuple[str, int, int, int, int]]:
    """Per label: articles measured, 10th percentile, median, 90th percentile; the longest label first."""
    rows = []
    for label, values in lengths.by_label.items():
        if values:
            low, median, high = (round(float(q)) for q in np.quantile(values, (0.1, 0.5, 0.9)))
            rows.append((label, len(values), low, median, high))
    return sorted(rows, key=lambda row: -row[3])


def _mixes(by_label: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Turn label -> {source: articles} into source -> {label: articles}."""
    found: dict[str, dict[str, int]] = {}
    for label, counts in by_label.items():
        for source, count in counts.items():
            if count:
                found.setdefault(source, {})[label] = count
    return found


def _one_label(dataset_facts: DatasetFacts) -> dict[str, int]:
    """Sources with one label only, and those of them with one article only, among all that were looked at."""
    mixes = _mixes(dataset_facts.sources).values()
    single = [sum(labels.values()) for labels in mixes if len(labels) == 1]
    return {
        "sources": len(single),
        "lone": single.count(1),
        "articles": sum(single),
        "of": len(mixes),
        "all": sum(sum(labels.values()) for labels in mixes),
    }


def _charts(info: DatasetInfo, dataset_facts: DatasetFacts) -> dict[str, Markup | None]:
    charts = {
        "counts": counts_chart(info),
        "probe": _probe_chart(info.probe) if info.probe else None,
        "sources": _mix_chart(info, _mixes(dataset_facts.sources), SHOWN_SOURCES),
        "languages": _mix_chart(info, dataset_facts.languages or {}, SHOWN_LANGUAGES),
    }
    if _quantiles(dataset_facts.lengths):
        charts |= {
            "lengths": _lengths_chart(dataset_facts.lengths),
            "label_lengths": _label_lengths_chart(dataset_facts.lengths),
        }
    return charts


def counts_chart(info: DatasetInfo) -> Markup:
    """Stacked bars of articles per label; each split (or fold) has its colour, in the order of `SERIES`."""
    splits, sizes = list(info.counts.values()), per_label(info)
    colours = [("s1", "fold")[i % 2] if info.folds else (*SERIES, "other")[min(i, 7)] for i in range(len(splits))]
    bars = [
        Bar(
            label,
            f"{sizes[label]:,} ({percent(sizes[label] / max(total(info), 1))})",
            tuple(c.labels.get(label, 0) for c in splits),
        )
        for label in by_size(info)
    ]
    unit = "fold" if info.folds else "split"
    return stacked_bars(bars, colours, f"Bars: articles per label and {unit}. The table below has the figures.")


def _probe_chart(probe: LeakageProbe) -> Markup:
    bounds = probe.chosen_interval
    low, high = bounds or (probe.chosen, probe.chosen)
    shown = figure(probe.chosen) if bounds is None else f"{figure(probe.chosen)} ({figure(low)} to {figure(high)})"
    start, end = max(probe.random - probe.random_sd, 0), min(probe.random + probe.random_sd, 1)
    plus_minus = f"{figure(probe.random)} ± {figure(probe.random_sd)}"
    rows = [
        Dot("A random split", plus_minus, probe.random, start, end),
        Dot("This split", shown, probe.chosen, low, high),
    ]
    alt = f"Two figures with their intervals on an axis from 0 to 1. {figure(probe.random)} and {figure(probe.chosen)}."
    return dots(rows, 1.0, alt, colours=("other", "s1"))


def _regions(lengths: Lengths) -> list[tuple[str, str]]:
    """What the colours of the histogram mean: (words, colour); empty where the unit is words."""
    if lengths.unit != "tokens":
        return []
    first, later, beyond = ("in the first window", "s1"), ("in later windows", "s2"), ("beyond: not read", "s6")
    if lengths.windows == "all":
        return [first, later]
    return [first, beyond] if lengths.windows == 1 else [first, later, beyond]


def _lengths_chart(lengths: Lengths) -> Markup:
    marks = [(lengths.max_length, f"1 window: {lengths.max_length:,}")] if lengths.unit == "tokens" else []
    if marks and isinstance(lengths.windows, int) and lengths.windows > 1:
        reach = lengths.max_length * lengths.windows
        marks.append((reach, f"{lengths.windows} windows: {reach:,}"))
    values = [value for label in lengths.by_label.values() for value in label]
    colours = [colour for _, colour in _regions(lengths)] or ["s1"]
    alt = f"Histogram of the articles’ lengths in {lengths.unit}, with lines where the model’s windows end."
    return histogram(values, marks, colours, alt)


def _label_lengths_chart(lengths: Lengths) -> Markup:
    rows = [
        Dot(label, f"{median:,} ({low:,} to {high:,})", median, low, high)
        for label, _, low, median, high in _quantiles(lengths)
    ]
    mark, end = _max_length_mark(lengths), max(1, *(row.high for row in rows))
    alt = f"Median length per label in {lengths.unit}, with the range of the middle 80%."
    return dots(rows, 1.05 * max(end, mark or 0), alt, colours=("s1",), mark=mark)


def _max_length_mark(lengths: Lengths) -> int | None:
    """``max_length``, where the unit is tokens and the labels' lengths come near it."""
    longest = max((row[-1] for row in _quantiles(lengths)), default=0)
    return lengths.max_length if lengths.unit == "tokens" and is_near(lengths.max_length, longest) else None


def _mix_chart(info: DatasetInfo, mixes: Mapping[str, Mapping[str, int]], most: int) -> Markup | None:
    """Stacked bars of the largest sources or languages by label, the words saying which label prevails."""
    sizes = {name: sum(labels.values()) for name, labels in mixes.items()}
    named = by_size(info)[: len(SERIES)]
    bars = []
    for name in sorted((name for name in sizes if sizes[name]), key=lambda name: (-sizes[name], name))[:most]:
        parts = [mixes[name].get(label, 0) for label in named]
        bars.append(Bar(name, f"{sizes[name]:,} · {_prevailing(mixes[name])}", (*parts, sizes[name] - sum(parts))))
    shown = joined([bar.name for bar in bars])
    alt = f"Bars: the articles of {shown} by label. At the right, how many, and the label that most have."
    return stacked_bars(bars, (*SERIES[: len(named)], "other"), alt) if bars else None


def _prevailing(labels: Mapping[str, int]) -> str:
    label, count = max(labels.items(), key=lambda item: item[1])
    return f"only {label}" if count == sum(labels.values()) else f"{percent(count / sum(labels.values()))} {label}"
