"""The model card: ``README.md`` of a run.

Everything in it is read from the run's files, so the same files give the same card. What it says for and against the
model are the findings that the page and the console show too. The sections follow Mitchell et al., "Model Cards for
Model Reporting" (2019, arXiv:1810.03993).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier._version import DISTRIBUTION
from classifier.config import Config
from classifier.config_file import load_config
from classifier.errors import counted
from classifier.files import write_text
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder, read_metrics
from classifier.reports.dataset.findings import by_size, guarantee, per_label, probe_sentence, total
from classifier.reports.render import render
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import TONES, run_findings, run_verdict
from classifier.reports.run.hub_metadata import dataset_name, hub_metadata, other_data
from classifier.reports.run.macro_f1 import other_macro_f1
from classifier.reports.run.record import RunRecord, read_run_record
from classifier.reports.run.settings import encoder_name, settings_toml
from classifier.reports.words import BASELINES, joined, metric_name

TEMPLATE = "model_card.md.j2"


def write_card(path: Path, members: Sequence[RunFolder], manifest: Mapping[str, Any] | None = None) -> None:
    """Write ``README.md`` for a run, with a copy in ``model/`` for the Hub, or for an ensemble of several runs.

    Args:
        path: the folder that the card is for.
        members: the run itself, or the runs of the ensemble.
        manifest: of a run that is about to be complete; else read.

    Raises:
        InputError: a file of the run is missing or damaged.

    Example:
        >>> write_card(Path("runs/first"), [RunFolder(Path("runs/first"))])
    """
    record = read_run_record(path, manifest=manifest)
    text = render(TEMPLATE, card_facts(record, members)).decode("utf-8")
    for folder in [path, *(run.model for run in members if run.path == path)]:
        write_text(folder / "README.md", text)


def card_facts(record: RunRecord, members: Sequence[RunFolder]) -> dict[str, Any]:
    """What the template shows.

    Args:
        record: of the run, or of several seeds.
        members: the run itself, or the runs of the ensemble.

    Raises:
        InputError: the model is gone, or a file is damaged.
    """
    info, test, config = record.info, record.evaluation, load_config(record.run.config)
    model, found = read_model_info(record.run.model), run_findings(record)
    name = record.path.resolve().name
    return {
        "metadata": hub_metadata(record, config),
        "name": name,
        "info": info,
        "test": test,
        "others": other_data(record),
        "other_macro_f1": other_macro_f1({found.split: found for found in other_data(record)}),
        "dataset": dataset_name(record, config),
        "encoder": encoder_name(config, model),
        "trained": _how_trained(config, model),
        "purpose": _purpose(record, members),
        "result": how_good(test, record.kind),
        "figures": [
            (metric_name(m), value, test.intervals[m], *(test.baselines.get(name, {}).get(m) for name in BASELINES))
            for m, value in test.figures.items()
        ],
        "predictor": record.predictor,
        "blended": "encoder" in test.baselines,
        "findings": found,
        "tones": TONES,
        "verdict": run_verdict(found),
        "distribution": DISTRIBUTION,
        "python_name": json.dumps(name, ensure_ascii=False),
        "shell_name": shlex.quote(name),
        "plain_transformers": model.pooling == "cls" and len(members) == 1,
        "by_size": by_size(info),
        "per_label": per_label(info),
        "total": total(info),
        "guarantee": guarantee(info),
        "probe": "" if info.probe is None else probe_sentence(info.probe, info),
        "settings": settings_toml(config),
        "cost": dict(_cost(record, members)),
    }


def _how_trained(config: Config, model: ModelInfo) -> str:
    if config.train.num_train_epochs:
        return "Fine-tuned from"
    return "A head trained on all layers of the frozen" if model.layers == "all" else "A head trained on the frozen"


def _purpose(record: RunRecord, members: Sequence[RunFolder]) -> str:
    """What the model does, in a sentence."""
    info = record.info
    labels = f"{counted(len(info.labels), 'label')}: {joined(by_size(info))}"
    what = "reads a claim or headline and an article, and says how they relate" if info.pair else "labels articles"
    kind = "any number" if info.multi_label else "one"
    made = f"An ensemble of {len(members)} models that" if len(members) > 1 else "A model that"
    return f"{made} {what}: each article gets {kind} of {labels}."


def _cost(record: RunRecord, members: Sequence[RunFolder]) -> Iterator[tuple[str, str]]:
    """Versions, time and size."""
    for name in ("classifier", "python", "torch", "transformers"):
        yield name, str(record.manifest[name])
    yield "trained", str(record.manifest["ended"])[:10]
    sessions = record.manifest.get("sessions", 1)
    often = f", in {sessions} sessions" if sessions > len(members) else ""
    yield "seconds", f"{float(record.manifest['seconds']):,.0f}, everything included{often}"
    trained = [part for run in members for part in (run, run.refit) if part.metrics.exists()]
    lines = [line for part in trained for line in read_metrics(part)]
    steps = [line for line in lines if line["kind"] == "step"]
    yield "optimizer steps", f"{len(steps):,} over {sum(step['tokens'] for step in steps):,} tokens"
    weights = sum(file.stat().st_size for run in members for file in run.model.glob("*.safetensors"))
    yield "weights", f"{weights / 1e6:,.1f} MB"
