"""The model card: ``README.md`` of a run, with the metadata that the Hugging Face Hub reads.

Everything in it is read from the run's files, so the same files give the same card. Limits are those that were
measured. The sections follow Mitchell et al., "Model Cards for Model Reporting" (2019, arXiv:1810.03993); the metadata
is that of https://github.com/huggingface/hub-docs/blob/main/modelcard.md.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from classifier._version import DISTRIBUTION
from classifier.config import Config
from classifier.config_file import load_config, recorded_settings
from classifier.dataset.folder import is_dataset, open_dataset
from classifier.dataset.info import DatasetInfo, dataset_info
from classifier.errors import InputError
from classifier.evaluation.result import Evaluation, read_evaluation
from classifier.files import read_json, write_text
from classifier.models.ensemble import ENSEMBLE_FILE, find_ensemble
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.reports.dataset import findings
from classifier.reports.dataset.page import markdown
from classifier.reports.words import figure, joined, many, percent

WEAK = 0.5  # recall or precision of a class below which most of its articles are missed, or most of its labels wrong
FEW_ARTICLES, FEW_OF_A_CLASS = 100, 10
DROPPED = 0.05  # share of unread tokens that is worth a word
METRICS = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "matthews_correlation": "MCC",
    "fnc1_score": "FNC-1 score",
}
HUB_METRICS = {  # metric -> its id on the Hub, and its arguments
    "accuracy": ("accuracy", None),
    "f1_macro": ("f1", {"average": "macro"}),
    "f1_micro": ("f1", {"average": "micro"}),
    "f1_weighted": ("f1", {"average": "weighted"}),
    "matthews_correlation": ("matthews_correlation", None),
}


@dataclass(frozen=True)
class _Card:
    """What a card is made of; ``members`` has one run, or those of an ensemble, which share everything but the seed."""

    path: Path
    members: Sequence[RunFolder]
    manifest: Mapping[str, Any]
    seconds: float
    config: Config
    info: DatasetInfo
    model: ModelInfo
    test: Evaluation
    others: Sequence[Evaluation]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    @property
    def dataset(self) -> str:
        """The dataset's id on the Hub, else the name of its first file."""
        if self.hub_dataset:
            return self.hub_dataset
        return str(self.info.sources[0]["name"]) if self.info.sources else "articles"

    @property
    def hub_dataset(self) -> str | None:
        """The dataset's id, where it came from the Hub."""
        return self.config.data.path if self.config.data.builder == "hub" else None


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
    card = _read(path, members, manifest)
    text = _template().render(_facts(card))
    for folder in [path, *(run.model for run in members if run.path == path)]:
        write_text(folder / "README.md", text)


def _read(path: Path, members: Sequence[RunFolder], manifest: Mapping[str, Any] | None) -> _Card:
    run, found = members[0], RunFolder(path)
    manifests = [manifest] if manifest else [read_json(member.manifest) for member in members]
    others = [read_evaluation(folder.parent) for folder in sorted(path.glob("evaluation/data-*/metrics.json"))]
    return _Card(
        path,
        members,
        manifests[0],
        sum(float(one["seconds"]) for one in manifests),
        load_config(run.config),
        dataset_info(read_json(run.dataset_info)),
        read_model_info(run.model),
        read_evaluation(found.evaluation("test")),
        others,
    )


def _facts(card: _Card) -> dict[str, Any]:
    """What the template shows."""
    info, probe = card.info, card.info.probe
    settings = recorded_settings(card.config)
    settings["model"]["name"] = encoder_name(card.config)
    return {
        "metadata": _metadata(card),
        "name": card.name,
        "card": card,
        "info": info,
        "encoder": encoder_name(card.config),
        "trained": "Fine-tuned from" if card.config.train.num_train_epochs else "A head trained on the frozen",
        "purpose": _purpose(card),
        "result": _result(card.test, "ensemble" if len(card.members) > 1 else "model"),
        "figures": [(METRICS.get(m, m), value, *_beside(card.test, m)) for m, value in card.test.figures.items()],
        "limits": list(_limits(card)),
        "pair": info.pair,
        "distribution": DISTRIBUTION,
        "python_name": json.dumps(card.name, ensure_ascii=False),
        "shell_name": shlex.quote(card.name),
        "plain_transformers": card.model.pooling == "cls" and len(card.members) == 1,
        "by_size": findings.by_size(info),
        "per_label": findings.per_label(info),
        "total": findings.total(info),
        "guarantee": findings.guarantee(info),
        "probe": "" if probe is None else findings.probe_sentence(probe, info),
        "settings": tomli_w.dumps(settings).strip(),
        "cost": dict(_cost(card)),
    }


def _metadata(card: _Card) -> str:
    """The front matter: YAML with ``model-index``."""
    from huggingface_hub import ModelCardData

    base = card.config.model.name
    data = ModelCardData(
        language=_languages(card) or None,
        library_name="classifier",
        pipeline_tag="text-classification",
        base_model=base if re.fullmatch(r"[\w.-]+/[\w.-]+", base) else None,
        datasets=[card.hub_dataset] if card.hub_dataset else None,
        tags=["news", "multi-label-classification" if card.info.multi_label else "multi-class-classification"]
        + (["stance-detection"] if card.info.pair else []),
        model_name=card.name,
        eval_results=[result for found in (card.test, *card.others) for result in _results(card, found)],
    )
    return str(data.to_yaml())


def _results(card: _Card, found: Evaluation) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    own = found is card.test
    name = card.dataset if own else found.split.removeprefix("data-")
    for metric, value in found.figures.items():
        if metric in HUB_METRICS:
            kind, arguments = HUB_METRICS[metric]
            yield EvalResult(
                task_type="text-classification",
                task_name="text classification",
                dataset_type=name if own and card.hub_dataset else _slug(name),
                dataset_name=name,
                dataset_split=found.split if own else None,
                metric_type=kind,
                metric_name=METRICS[metric],
                metric_value=round(value, 4),
                metric_args=arguments,
            )


def _languages(card: _Card) -> list[str]:
    """Codes of the languages of the training articles: by their column, else as the dataset's card has them.

    Where the dataset is gone, those of an older card are kept.
    """
    from huggingface_hub import metadata_load

    run = card.members[0]
    dataset = run.path / read_json(run.dataset_info)["path"]
    try:
        opened = open_dataset(dataset).in_fold(read_json(run.dataset_info).get("fold")) if is_dataset(dataset) else None
        column = [str(code).lower() for code in opened.column("train", "language") if code] if opened else []
    except InputError:
        column = []
    codes = {code for code in column if re.fullmatch(r"[a-z]{2,3}", code) and column.count(code) >= len(column) / 100}
    if codes:
        return sorted(codes)
    older = next((p / "README.md" for p in (dataset, card.path) if (p / "README.md").exists()), None)
    known = (metadata_load(older) or {}).get("language") if older else None
    return [known] if isinstance(known, str) else list(known or [])


def encoder_name(config: Config) -> str:
    """The encoder's name; of one in a folder of this machine only the folder's name."""
    return Path(config.model.name).name if Path(config.model.name).is_absolute() else config.model.name


def _purpose(card: _Card) -> str:
    """What the model does, in a sentence."""
    info = card.info
    labels = f"{many(len(info.labels), 'label')}: {joined(findings.by_size(info))}"
    what = "reads a claim or headline and an article, and says how they relate" if info.pair else "labels articles"
    kind = "any number" if info.multi_label else "one"
    made = f"An ensemble of {len(card.members)} models that" if len(card.members) > 1 else "A model that"
    return f"{made} {what}: each article gets {kind} of {labels}."


def _result(found: Evaluation, model: str) -> str:
    """How good, on what, and beside what, in two sentences."""
    low, high = found.intervals["f1_macro"]
    gain, (least, most) = found.gain["f1_macro"]
    better = {True: "surely better than", False: "surely worse than", None: "not surely different from"}
    return (
        f"On {many(found.articles, f'{found.split} article')}{_sources(found)} the {model} reaches a macro F1 of "
        f"{figure(found.figures['f1_macro'])} (95% interval {figure(low)} to {figure(high)}{_over(found)}). That is "
        f"{better[found.beats_tfidf()]} TF-IDF + linear, which has {figure(found.baselines['tfidf']['f1_macro'])} "
        f"(difference {gain:+z.3f}, 95% interval {least:+z.3f} to {most:+z.3f})."
    )


def _over(found: Evaluation) -> str:
    """What the interval was taken over, where that is not single articles."""
    return "" if found.resampled == "article" else f", over {found.groups:,} groups ({found.resampled})"


def _sources(found: Evaluation) -> str:
    if not found.sources:
        return ""
    sources = f" from {many(found.sources, 'source')}"
    if found.unseen is None:
        return sources
    sure = {0.0: ", all of which it saw in training,", 1.0: ", none of which it saw in training,"}
    known = sure.get(found.unseen)
    if known and not found.without_source:
        return f"{sources}{known}"
    return f"{sources} ({percent(found.unseen)} of the articles with a source: one not seen in training)"


def _beside(found: Evaluation, metric: str) -> tuple[float, float, float, float]:
    return (*found.intervals[metric], found.baselines["tfidf"][metric], found.baselines["majority"][metric])


def _limits(card: _Card) -> Iterator[str]:
    """What the measurements say against relying on it."""
    found = card.test
    if found.beats_tfidf() is False:
        yield "It is worse than TF-IDF + linear on these articles: there is no reason to use it instead."
    elif found.beats_tfidf() is None:
        yield "It is not surely better than TF-IDF + linear, which is faster and easier to explain."
    yield from _weak_classes(found)
    if found.missing:
        yield f"No test article has the label {joined(found.missing, 'or')}: nothing is known about it."
    yield from _source_limits(found)
    if found.articles < FEW_ARTICLES:
        yield f"It was tested on {many(found.articles, 'article')} only: every figure here is rough."
    if card.model.dropped is not None and card.model.dropped >= DROPPED:
        yield f"It does not read {percent(card.model.dropped)} of the training articles' tokens: long articles are cut."
    probe = card.info.probe
    if probe is not None and probe.random > probe.chosen_interval[1]:
        yield f"{findings.probe_sentence(probe, card.info)} Figures of random splits do not compare with those here."
    yield from _score_limits(card)


def _weak_classes(found: Evaluation) -> Iterator[str]:
    for label, row in found.per_class.items():
        support = int(row["support"])
        if not support:
            continue
        if row["recall"] < WEAK:
            yield f"“{label}”: it finds {percent(row['recall'])} of {many(support, 'article')}; most are missed."
        if row["precision"] < WEAK:
            yield f"“{label}”: where it gives this label, it is right in {percent(row['precision'])} of the cases."

    few = [label for label, row in found.per_class.items() if 0 < row["support"] < FEW_OF_A_CLASS]
    if few:
        yield f"Fewer than {FEW_OF_A_CLASS} test articles: {joined(few)}. Their figures say little."


def _source_limits(found: Evaluation) -> Iterator[str]:
    if not found.sources:
        yield "The test articles name no source: nothing is known about articles of new sources."
    elif found.unseen is not None and found.unseen < 0.5:
        seen = "All" if found.unseen == 0 else percent(1 - found.unseen)
        yield f"{seen} of the test articles are of sources seen in training: expect less on new ones."


def _score_limits(card: _Card) -> Iterator[str]:
    """What its scores mean, as far as that was measured."""
    found = card.test.reliability
    if found is not None and found.labels:
        low, high = found.after.ece_interval
        yield (
            f"Its scores are {'' if found.calibrated else 'not '}calibrated and miss the share of right labels by "
            f"{figure(found.after.ece)} on average (ECE; 95% interval {figure(low)} to {figure(high)}; chance alone "
            f"would make it {figure(found.expected_ece)})."
        )
    elif card.model.calibration is None:
        yield "Its scores rank articles, but are not calibrated: 0.9 does not mean that nine in ten are right."
    if _can_abstain(card):
        yield "It can abstain: prediction then gives no label where the score is too low for the precision asked for."


def _can_abstain(card: _Card) -> bool:
    if len(card.members) == 1:
        return card.model.abstention is not None
    ensemble = find_ensemble(card.path) if (card.path / ENSEMBLE_FILE).exists() else None
    return ensemble is not None and ensemble.abstention is not None


def _cost(card: _Card) -> Iterator[tuple[str, str]]:
    """Versions, time and size."""
    for name in ("classifier", "python", "torch", "transformers"):
        yield name, str(card.manifest[name])
    yield "trained", str(card.manifest["ended"])[:10]
    yield "seconds", f"{card.seconds:,.0f}, everything included"
    records = [json.loads(line) for run in card.members for line in _lines(run.metrics)]
    steps = [record for record in records if record["kind"] == "step"]
    yield "optimizer steps", f"{len(steps):,} over {sum(step['tokens'] for step in steps):,} tokens"
    weights = sum(file.stat().st_size for run in card.members for file in run.model.glob("*.safetensors"))
    yield "weights", f"{weights / 1e6:,.1f} MB"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-") or "articles"


def _template() -> Any:
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("classifier.reports"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(figure=figure, percent=percent, many=many, md=markdown)
    return templates.get_template("model_card.md.j2")
