"""The front matter of a model card: YAML with ``model-index``, which the Hugging Face Hub reads.

It is that of https://github.com/huggingface/hub-docs/blob/main/modelcard.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from classifier.config import Config
from classifier.dataset.folder import is_dataset, open_dataset
from classifier.dataset.info import read_trained_on
from classifier.errors import InputError
from classifier.evaluation.result import Evaluation
from classifier.reports.run.macro_f1 import counted_as_zero
from classifier.reports.run.record import RunRecord
from classifier.reports.words import metric_name

HUB_METRICS: dict[str, tuple[str, dict[str, Any] | None]] = {  # metric -> its id on the Hub, and its arguments
    "accuracy": ("accuracy", None),
    "f1_macro": ("f1", {"average": "macro"}),
    "f1_micro": ("f1", {"average": "micro"}),
    "f1_weighted": ("f1", {"average": "weighted"}),
    "matthews_correlation": ("matthews_correlation", None),
}


def hub_metadata(record: RunRecord, config: Config) -> str:
    """The front matter, without the lines around it.

    Args:
        record: of the run.
        config: its settings.
    """
    from huggingface_hub import ModelCardData

    started = record.model is not None and record.model.started_from is not None
    base = record.model.base_model if started and record.model is not None else config.model.name
    hub = hub_dataset(config)
    data = ModelCardData(
        language=_languages(record) or None,
        library_name="classifier",
        pipeline_tag="text-classification",
        base_model=base if re.fullmatch(r"[\w.-]+/[\w.-]+", base) else None,
        datasets=[hub] if hub else None,
        tags=["news", "multi-label-classification" if record.info.multi_label else "multi-class-classification"]
        + (["stance-detection"] if record.info.pair else []),
        model_name=record.path.resolve().name,
        eval_results=[
            *_results(record.evaluation, dataset_name(record, config), hub),
            *(result for found in other_data(record) for result in _results(found, found.split.removeprefix("data-"))),
        ],
    )
    return str(data.to_yaml())


def hub_dataset(config: Config) -> str | None:
    """The dataset's id, where it came from the Hub."""
    return config.data.path if config.data.builder == "hub" else None


def dataset_name(record: RunRecord, config: Config) -> str:
    """The dataset's id on the Hub, else the name of its first file."""
    sources = record.info.sources
    return hub_dataset(config) or (str(sources[0]["name"]) if sources else "articles")


def other_data(record: RunRecord) -> list[Evaluation]:
    """The evaluations on articles that are not of the run's dataset."""
    return [found for split, found in record.others.items() if split.startswith("data-")]


def _results(found: Evaluation, name: str, hub: str | None = None) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    tested = [name for name in found.labels if name not in found.missing]
    for metric, value in found.figures.items():
        if metric in HUB_METRICS:
            kind, arguments = HUB_METRICS[metric]
            if metric == "f1_macro" and counted_as_zero(found):  # an evaluator runs over all classes, unless told
                arguments = {"average": "macro", "labels": tested}
            yield EvalResult(
                task_type="text-classification",
                task_name="text classification",
                dataset_type=hub or _slug(name),
                dataset_name=name,
                dataset_split=None if found.split.startswith("data-") else found.split,
                metric_type=kind,
                metric_name=metric_name(metric),
                metric_value=round(value, 4),
                metric_args=arguments,
            )


def _languages(record: RunRecord) -> list[str]:
    """Codes of the languages of the training articles: by their column, else as the dataset's card has them.

    Where the dataset is gone, those of an older card are kept.
    """
    from huggingface_hub import metadata_load

    run = record.run
    place = read_trained_on(run.dataset_info)
    dataset = run.path / place.path
    try:
        opened = open_dataset(dataset).in_fold(place.fold) if is_dataset(dataset) else None
        column = [str(code).lower() for code in opened.column("train", "language") if code] if opened else []
    except InputError:
        column = []
    codes = {code for code in column if re.fullmatch(r"[a-z]{2,3}", code) and column.count(code) >= len(column) / 100}
    if codes:
        return sorted(codes)
    older = next((p / "README.md" for p in (dataset, record.path) if (p / "README.md").exists()), None)
    known = (metadata_load(older) or {}).get("language") if older else None
    return [known] if isinstance(known, str) else list(known or [])


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-") or "articles"
