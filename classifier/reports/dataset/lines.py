"""A dataset as lines for the terminal: what a build did, then what speaks for and against evaluating on the dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.dataset.corrections import Corrections
from classifier.dataset.info import DatasetInfo, Giveaway
from classifier.errors import counted
from classifier.reports.dataset.facts import DatasetFacts
from classifier.reports.dataset.findings import (
    TONES,
    agreement_sentence,
    dataset_findings,
    dataset_verdict,
    groups_sentence,
    length_sentence,
    probe_basis,
    probe_sentence,
    rejected_sentence,
    shares,
    stands_for,
)
from classifier.reports.judgement import KNOWN_TARGETS, finding_line
from classifier.reports.words import figure, giveaway_words

SHOWN_GIVEAWAYS = 5


def build_lines(info: DatasetInfo, dataset_facts: DatasetFacts | None = None) -> Iterator[str]:
    """What a build did, and its findings; what a finding says is not said twice.

    Args:
        info: what ``dataset.json`` holds.
        dataset_facts: what the page shows beside it; None where a dataset was only opened, and then only what makes it
            unsafe is said.
    """
    findings = dataset_findings(info, dataset_facts)
    if dataset_facts is None:
        findings = [finding for finding in findings if finding.tone == "stop"]
    said = {finding.section for finding in findings if finding.section}
    yield from (line for section, line in _lines(info, dataset_facts) if section not in said)
    if findings or dataset_facts is not None:
        yield dataset_verdict(findings)[1]
        yield from (finding_line(finding, TONES) for finding in findings)


def _lines(info: DatasetInfo, dataset_facts: DatasetFacts | None) -> Iterator[tuple[str, str]]:
    """Lines, each with the section of the findings that would say it too; empty for none."""
    yield "", f"Split: {info.split_method}{_kept_whole(info)}. {_reached(info)}"
    if info.test_groups is not None:
        yield "groups", groups_sentence(info)
    if info.known_targets is not None and info.known_targets < KNOWN_TARGETS:  # else a finding says it
        yield "", stands_for(info)
    if info.corrections is not None:
        yield "", _corrections_line(info.corrections)
    yield "", _duplicates_line(info)
    if info.duplicates is not None and info.duplicates.conflicting:
        conflicting = f"{info.duplicates.conflicting:,} of those have different labels within a cluster"
        yield "", f"{conflicting}; see conflicts.jsonl."
    if info.probe is not None:
        yield "probe", f"{probe_sentence(info.probe, info)} {probe_basis(info.probe)}"
    yield from (("", line) for line in _giveaway_lines(info.giveaways))
    if info.rejected:
        yield "rejected", rejected_sentence(info.rejected)
    if dataset_facts is not None and length_sentence(dataset_facts.lengths):
        yield "lengths", length_sentence(dataset_facts.lengths)
    if info.agreement is not None:
        yield "", agreement_sentence(info.agreement)


def _corrections_line(done: Corrections) -> str:
    relabelled, dropped = counted(done.relabelled, "label"), counted(done.dropped, "article")
    return f"{done.file}: {relabelled} corrected, {dropped} left out, {done.confirmed:,} confirmed."


def _giveaway_lines(found: Sequence[Giveaway]) -> Iterator[str]:
    if not found:
        return
    shown = [
        f"{giveaway_words(g.kind, f'“{g.what}”', g.source)} → {g.label} "
        f"(precision {figure(g.precision)}, recall {figure(g.recall)})"
        for g in found[:SHOWN_GIVEAWAYS]
    ]
    more = [f"and {len(found) - SHOWN_GIVEAWAYS} more"] if len(found) > SHOWN_GIVEAWAYS else []
    yield f"Give-aways, which alone predict a label: {'; '.join([*shown, *more])}."
    yield "Remove them with data.strip (the page has the setting ready), or keep those that the label is truly about."


def _kept_whole(info: DatasetInfo) -> str:
    where = "fold" if info.folds else "split"
    if info.folds and info.split_method == "temporal":
        where = "split of each fold"
    return f", each {' and '.join(info.group_by)} in one {where}" if info.group_by else ""


def _reached(info: DatasetInfo) -> str:
    found = shares(info)
    if info.folds:
        sizes = [share for _, _, share, _ in found]
        return f"{info.folds} folds of {min(sizes):.1%} to {max(sizes):.1%} of the articles."
    asked = ("" if wish is None else f" (asked {wish:.0%})" for *_, wish in found)
    parts = (f"{name} {share:.1%}{wish}" for (name, _, share, _), wish in zip(found, asked, strict=True))
    return f"Shares: {', '.join(parts)}."


def _duplicates_line(info: DatasetInfo) -> str:
    found = info.duplicates
    if found is None or not (found.clustered or found.contained):
        return "Duplicates: none."
    within = f" {found.contained:,} stand within a longer text, and stay with it." if found.contained else ""
    done = f" {found.dropped:,} copies were left out." if found.dropped else ""
    return (
        f"Duplicates: {found.exact:,} articles repeat an earlier one exactly; {found.clustered:,} are in "
        f"{found.clusters:,} clusters of (nearly) equal texts, the largest of {found.largest:,}; "
        f"no cluster is divided.{within}{done}"
    )
