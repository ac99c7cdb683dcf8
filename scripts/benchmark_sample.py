"""The articles and the random encoder that `benchmark_train.py` measures with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import transformers as tf
from benchmark_train import Job, Result

from classifier.articles.article import input_text
from classifier.articles.labels import count_labels
from classifier.config_file import parse_settings
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.info import Counts
from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.building.build import build
from classifier.jobs.source import resolve_source
from classifier.models.device import choose_device
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights

SIZES: dict[str, dict[str, int]] = {  # other than those of the base model, which are the defaults of transformers
    "modernbert-base": {},
    "modernbert-tiny": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48},
    "mpnet-base": {},
    "deberta-v3-base": {},
    "deberta-v3-small": {"num_hidden_layers": 6},
    "deberta-v3-xsmall": {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536},
}
DEBERTA_V3 = {  # where it differs from the first DeBERTa-v2
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 128_100,
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
}


def prepare(job: Job, folder: Path) -> Result:
    """Write the sampled dataset, and the random encoder where one is asked for; returns what is in it."""
    choose_device(job["device"])
    given = parse_settings(job["set"])
    config, dataset = resolve_source(job["source"], given)
    if (dataset.info.folds if dataset else config.split.folds) is not None:
        raise InputError("The benchmark takes one split, not folds.", fix="Leave split.folds out.")
    if dataset is None:
        model = {"model.name": job["model"], "model.max_length": job["max_length"], "model.windows": 1}
        dataset = build(job["source"], folder / "whole", settings={**given, **model}).dataset
    assert dataset is not None
    if missing := {"validation", "test"} - set(dataset.splits):
        raise InputError(
            f"'{job['source']}' has no {' and no '.join(sorted(missing))} articles.",
            fix="Leave its split to the build.",
        )
    if job["random_encoder"]:
        write_random_encoder(job["random_encoder"], job["model"], folder / "encoder")
    sizes = {"train": job["articles"], "validation": job["validation"], "test": job["test"]}
    counts = sample(dataset, folder / "sample", sizes)
    if not job.get("files"):
        return counts
    write_files(open_dataset(folder / "sample"), folder)
    return {**counts, "paths": {"weights": str(find_weights(job["model"]))}}


def write_files(dataset: DatasetFolder, folder: Path) -> None:
    """A JSONL file of each split, for `benchmark_whole.py`: id, text with its title, label, and target of pairs."""
    if dataset.info.multi_label:
        raise InputError("Whole processes are compared on one label per article.", fix="Give another source.")
    for split in dataset.splits:
        lines = []
        for article in dataset.articles(split):
            target = {"target": article.target} if dataset.info.pair else {}
            row = {"id": article.id, "text": input_text(article), "label": article.labels[0], **target}
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def sample(dataset: DatasetFolder, out: Path, sizes: Mapping[str, int]) -> Result:
    """A dataset folder with at most so many articles of each split, drawn at random; returns their numbers."""
    counts, ids = {}, []
    for split, size in sizes.items():
        rows = np.sort(np.random.default_rng(13).permutation(len(dataset.load(split)))[:size])
        dataset.load(split).select(rows).save_to_disk(str(out / split))
        labels, names = dataset.labels(split), dataset.column(split, "id")
        counts[split] = Counts(len(rows), count_labels([labels[row] for row in rows]))
        ids += [names[row] for row in rows]
    table = dataset.assigned()
    pq.write_table(table.filter(pc.is_in(table["id"], value_set=pa.array(ids))), out / "splits.parquet")
    settings = {section: dataset.info.settings[section] for section in ("data", "split")}
    write_json(out / "dataset.json", asdict(replace(dataset.info, counts=counts, settings=settings)))
    return {split: number.articles for split, number in counts.items()}


def write_random_encoder(name: str, model: str, out: Path) -> None:
    """Random weights of that size, and the tokenizer of `model` without token types."""
    known = load_tokenizer(find_weights(model))
    special = {f"{kind}_token": getattr(known, f"{kind}_token") for kind in ("pad", "unk", "cls", "sep", "mask")}
    tokenizer = tf.PreTrainedTokenizerFast(
        tokenizer_object=known.backend_tokenizer, model_input_names=["input_ids", "attention_mask"], **special
    )
    cls, sep = known.cls_token_id, known.sep_token_id
    ids = {"pad_token_id": known.pad_token_id, "cls_token_id": cls, "sep_token_id": sep}
    if SIZES[name]:  # else the table of words keeps its size too, and some of its rows are not used
        ids["vocab_size"] = len(known)
    ends = {"bos_token_id": cls, "eos_token_id": sep}
    config = {
        "modernbert": lambda: tf.ModernBertConfig(**SIZES[name], **ids, **ends),
        "mpnet": lambda: tf.MPNetConfig(**SIZES[name], **ids),
        "deberta": lambda: tf.DebertaV2Config(**{**DEBERTA_V3, **SIZES[name], **ids}),
    }[name.partition("-")[0]]()
    tf.set_seed(13)
    tf.AutoModel.from_config(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
