"""A tokenizer, 2-layer models of every supported family and small corpora, all made in-process."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models: more threads only wait for one another

SIGNALS = {
    "opinion": ["should", "believe", "wrong", "shame"],
    "reporting": ["council", "police", "said", "tuesday"],
    "satire": ["moon", "cheese", "wizard", "penguin"],
}
FILLER = [f"word{i}" for i in range(60)]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "mpnet", "modernbert")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    import logging

    yield
    logger = logging.getLogger("classifier")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


def make_tokenizer(*, double_sep: bool = False) -> Any:
    """A word-level fast tokenizer with BERT's special tokens, or a pair template with two separators as in RoBERTa."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = [*SPECIAL, *(word for group in SIGNALS.values() for word in group), *FILLER, "a", "b", ".", ","]
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    middle = "[SEP] [SEP]" if double_sep else "[SEP]"
    second = 0 if double_sep else 1
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A {middle} $B:{second} [SEP]:{second}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "attention_mask"] + ([] if double_sep else ["token_type_ids"]),
    )


def make_checkpoint(folder: Path, family: str = "bert", seed: int = 0) -> Path:
    """Write a tiny random encoder of a family with its tokenizer."""
    import torch
    import transformers as tf

    plain = family in ("distilbert", "roberta", "xlm-roberta", "camembert", "mpnet", "modernbert")
    tokenizer = make_tokenizer(double_sep=plain)
    common = {"vocab_size": len(tokenizer), "max_position_embeddings": 130, "pad_token_id": 0}
    configs = {
        "bert": lambda: tf.BertConfig(**SIZES, **common),
        "distilbert": lambda: tf.DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **common),
        "roberta": lambda: tf.RobertaConfig(**SIZES, **common, type_vocab_size=1),
        "xlm-roberta": lambda: tf.XLMRobertaConfig(**SIZES, **common, type_vocab_size=1),
        "camembert": lambda: tf.CamembertConfig(**SIZES, **common, type_vocab_size=1),
        "electra": lambda: tf.ElectraConfig(**SIZES, **common, embedding_size=16),
        "deberta-v2": lambda: tf.DebertaV2Config(**SIZES, **common, type_vocab_size=0, relative_attention=True),
        "mpnet": lambda: tf.MPNetConfig(**SIZES, **common),
        "modernbert": lambda: tf.ModernBertConfig(
            **SIZES,
            **common,
            global_attn_every_n_layers=2,
            local_attention=16,
            cls_token_id=2,
            sep_token_id=3,
            bos_token_id=2,
            eos_token_id=3,
        ),
    }
    torch.manual_seed(seed)
    tf.AutoModel.from_config(configs[family]()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint") / "bert")


def make_articles(n: int, seed: int = 0, *, pair: bool = False, multi_label: bool = False) -> list[Article]:
    """Articles whose label can be read from a few words, from five sources."""
    rng = random.Random(seed)
    articles = []
    for index in range(n):
        labels = tuple(sorted(rng.sample(sorted(SIGNALS), rng.randint(0, 2)))) if multi_label else (_nth(index),)
        words = [
            *rng.choices(FILLER, k=rng.randint(8, 60)),
            f"word{index % 60}",
            *(w for s in labels for w in SIGNALS[s] * 3),
        ]
        rng.shuffle(words)
        articles.append(
            Article(
                id=f"a{index}",
                text=" ".join(words),
                labels=labels,
                target=" ".join(rng.choices(FILLER, k=5)) if pair else None,
                source=f"source{index % 5}",
                date=f"2024-{index % 12 + 1:02d}-{index % 27 + 1:02d}",
                where=f"made:{index}",
            )
        )
    return articles


def write_jsonl(path: Path, articles: list[Article], *, multi_label: bool = False) -> Path:
    lines = []
    for article in articles:
        label: Any = list(article.labels) if multi_label else article.labels[0]
        record = {
            "id": article.id,
            "text": article.text,
            "label": label,
            "source": article.source,
            "date": article.date,
        }
        if article.target is not None:
            record["target"] = article.target
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def tiny(checkpoint: Path, **more: object) -> list[str]:
    """Settings under which a training takes a second or two."""
    values = {
        "model.name": str(checkpoint),
        "model.max_length": 48,
        "train.num_train_epochs": 2,
        "train.batch_size": 8,
        "train.learning_rate": 0.01,
        "train.token_budget": 512,
        "train.device": "cpu",
        "train.bf16": "false",
        "train.freeze_layers": 0,
        "train.freeze_embeddings": str("train.freeze_layers" in more).lower(),
        "train.blend": "none",
        "train.calibration": "none",
        "model.windows": 2,
        "evaluate.bootstrap_samples": 100,
        **more,
    }
    return [f"{key}={value}" for key, value in values.items()]


def _nth(index: int) -> str:
    return sorted(SIGNALS)[index % len(SIGNALS)]
