"""The run's page: ``report.html``, one offline file that says whether its labels may be used, and shows why.

It reads what the run left on disk (`classifier.reports.run.record`) and computes no figure; the same files give the
same bytes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from classifier.config_file import load_config
from classifier.errors import InputError, shell_word
from classifier.evaluation.annotators import read_annotators
from classifier.evaluation.controls import read_controls
from classifier.evaluation.result import Evaluation
from classifier.files import whole_file
from classifier.models.run_folder import averaged_steps
from classifier.reports.charts import SERIES
from classifier.reports.dataset.findings import guarantee, probe_sentence
from classifier.reports.dataset.page import counts_chart
from classifier.reports.limits import slice_limits
from classifier.reports.render import render
from classifier.reports.run import error_excerpts as excerpts
from classifier.reports.run import svg as curves
from classifier.reports.run.annotators import annotator_finding
from classifier.reports.run.cascade import cascade_lines
from classifier.reports.run.confusion import confusion_words, confusions, heat
from classifier.reports.run.figure_findings import counted_groups, gain_words, how_good, part_gains
from classifier.reports.run.findings import TONES, run_findings, run_verdict, validation_words
from classifier.reports.run.group_errors import group_lines
from classifier.reports.run.held_out_labels import held_out_notes, held_out_rows, held_out_words
from classifier.reports.run.label_shift import adaptation_lines
from classifier.reports.run.macro_f1 import other_macro_f1
from classifier.reports.run.out_of_scope import scope_lines
from classifier.reports.run.record import RunRecord, read_run_record
from classifier.reports.run.scores import band_words, promise_words
from classifier.reports.run.sets import sets_promise
from classifier.reports.run.settings import encoder_name, settings_toml
from classifier.reports.run.target_controls import conclusions
from classifier.reports.words import METRICS, metric_name

logger = logging.getLogger(__name__)
FILE = "report.html"
MARK = b"<!-- classifier: report of a run -->"
TEMPLATE = "run_report.html.j2"
SHOWN_SLICES = 15
SHOWN_GAINS = ("f1_macro", "accuracy")


def write_report(
    path: Path, *, out: Path | None = None, manifest: Mapping[str, Any] | None = None, curve: Path | None = None
) -> Path:
    """Write the page of a run, or of a folder of several seeds or folds.

    Args:
        path: the folder.
        out: the file; ``report.html`` in the folder when None. An older report there is replaced, another file is not.
        manifest: where the run is about to be complete, what its manifest will hold.
        curve: a ``learning_curve.json``, or the folder that holds it.

    Returns:
        The file.

    Raises:
        InputError: the run is incomplete or damaged, or the file is something else.

    Example:
        >>> write_report(Path("runs/first"))
        PosixPath('runs/first/report.html')
    """
    file = path / FILE if out is None else out
    if out is not None:
        _check_replaceable(out)
    home = path if out is None else None
    page = render(TEMPLATE, facts(read_run_record(path, manifest=manifest, curve=curve), home))
    with whole_file(file) as partial:
        partial.write_bytes(page)
    return file


def refresh_report(path: Path) -> None:
    """Write the page of a run again after an evaluation; where that cannot be done, say why and go on."""
    try:
        write_report(path)
    except InputError as error:
        logger.warning("%s was not written again: %s", path / FILE, error.message)


def facts(record: RunRecord, home: Path | None) -> dict[str, Any]:
    """What the template shows; ``home`` is the folder from which links start, None for a page that goes elsewhere."""
    evaluation, config = record.evaluation, load_config(record.run.config)
    found, controls = run_findings(record), read_controls(record.folder)
    annotators = read_annotators(record.folder)
    return {
        "mark": MARK.decode(),
        "name": record.path.resolve().name,
        "record": record,
        "evaluation": evaluation,
        "info": record.info,
        "findings": found,
        "tones": TONES,
        "verdict": run_verdict(found),
        "how_good": how_good(evaluation, record.kind),
        "groups": counted_groups(evaluation),
        "gain": f"Against TF-IDF + linear: {gain_words(evaluation)}.",
        "names": METRICS,
        "single": "matthews_correlation" in evaluation.figures,
        "heat": heat(evaluation),
        "confusions": confusions(evaluation),
        "confusion_words": confusion_words(evaluation),
        **_blend_facts(evaluation),
        "other_macro_f1": other_macro_f1(record.others),
        "validation_words": validation_words(record),
        "bands": band_words(evaluation.reliability),
        "excerpts": excerpts.worst(record),
        "wrong": sum(map(excerpts.is_wrong, record.predictions)),
        "explained": record.part("errors") is not None,
        "guarantee": guarantee(record.info),
        "environment": environment_lines(record),
        "probe": probe_sentence(record.info.probe, record.info) if record.info.probe else "",
        "series": SERIES,
        "averaged": averaged_steps(record.steps),
        "best_by": metric_name(config.train.metric_for_best_model),
        "samples": f"{config.evaluate.bootstrap_samples:,}",
        "config": settings_toml(config),
        "encoder": encoder_name(config, record.model),
        "links": _links(record, home),
        **{name: record.part(name) for name in ("calibration", "abstention", "sets", "controls")},
        "abstention_promise": promise_words(evaluation.abstention) if evaluation.abstention else "",
        "sets_promise": sets_promise(evaluation.sets) if evaluation.sets else "",
        "control_sentences": conclusions(controls) if controls else [],
        "annotators": annotators,
        "annotator_finding": annotator_finding(annotators) if annotators else None,
        "slices": record.slices,
        "slice_limits": slice_limits(record.slices) if record.slices else "",
        "group_errors": record.group_errors,
        "group_lines": group_lines(record.group_errors) if record.group_errors else [],
        "shift_lines": list(adaptation_lines(record.label_shift)) if record.label_shift else [],
        "scope_lines": list(scope_lines(record.out_of_scope)) if record.out_of_scope else [],
        "cascade_lines": list(cascade_lines(record.cascade)) if record.cascade else [],
        **_held_out_facts(record),
        "most": SHOWN_SLICES,
        "curve": record.curve,
        "curve_metric": metric_name(record.curve["metric"]) if record.curve else "",
        "charts": _charts(record, config.train.metric_for_best_model),
    }


def _held_out_facts(record: RunRecord) -> dict[str, Any]:
    """What becomes of labels that are held out; no rows where that was not asked for."""
    found = record.held_out_labels
    if found is None:
        return {"held_out_rows": []}
    notes = list(held_out_notes(found))
    return {"held_out_rows": held_out_rows(found), "held_out_words": held_out_words(found), "held_out_notes": notes}


def _blend_facts(evaluation: Evaluation) -> dict[str, Any]:
    """What each part of a blend reaches, and the paired differences; empty for a model alone."""
    blended = "encoder" in evaluation.baselines
    known = blended and "encoder" in evaluation.baseline_intervals
    return {
        "blended": blended,
        "part_intervals": evaluation.baseline_intervals if known else None,
        "parts": [
            (what, metric, found[metric])
            for what, found in part_gains(evaluation)
            for metric in SHOWN_GAINS
            if metric in found
        ],
    }


def environment_lines(record: RunRecord) -> list[tuple[str, str]]:
    """What it ran on and what it took, as far as the manifest says."""
    found = record.manifest
    seconds = found.get("seconds")
    ended = str(found.get("ended", "")).replace("T", " ").replace("+00:00", " UTC")
    took = None if seconds is None else f"{seconds:,.0f} seconds" if seconds < 120 else f"{seconds / 60:,.1f} minutes"
    named = ("classifier", "python", "torch", "transformers", "device", "platform")
    facts = [("training took", took), ("ended", ended), *((name, found.get(name)) for name in named)]
    return [(name, str(value)) for name, value in facts if value]


def _charts(record: RunRecord, metric: str) -> dict[str, Any]:
    name = metric_name(metric)
    return {
        "figures": curves.baseline_chart(record.evaluation, "f1_macro", "Macro F1"),
        "classes": curves.class_chart(record.evaluation),
        "counts": counts_chart(record.info),
        "loss": curves.loss_chart(record.steps),
        "validation": curves.validation_chart(record.steps, metric, name),
        **_part_charts(record),
    }


def _part_charts(record: RunRecord) -> dict[str, Any]:
    """Pictures of files that not every run has."""
    calibration, curve = record.part("calibration"), record.curve
    return {
        "reliability": curves.reliability_chart(calibration) if calibration else None,
        "coverage": curves.coverage_chart(calibration) if calibration else None,
        "curve": curves.learning_chart(curve, metric_name(curve["metric"])) if curve else None,
    }


def _links(record: RunRecord, home: Path | None) -> dict[str, str]:
    """What stands beside the page, by its relative address; what is not there has none."""
    if home is None:
        return {}
    dataset = record.dataset.path if record.dataset else None
    files = {"card": record.path / "README.md", "dataset": dataset / FILE if dataset else None}
    return {name: _address(file, home) for name, file in files.items() if file is not None and file.is_file()}


def _address(file: Path, home: Path) -> str:
    """A relative address that cannot be taken for another kind of link."""
    return "./" + quote(os.path.relpath(file.resolve(), home.resolve()).replace(os.sep, "/"))


def _check_replaceable(file: Path) -> None:
    """Raise `InputError` unless there is no such file, or an older report."""
    if file.is_dir():
        raise InputError(f"'{file}' is a folder.", fix=f"Name a file in it: --out {shell_word(file / FILE)}")
    if file.exists():
        with file.open("rb") as stream:
            if MARK not in stream.read(200):
                raise InputError(f"'{file}' is not a report of a run.", fix="Choose another --out; it is kept.")
