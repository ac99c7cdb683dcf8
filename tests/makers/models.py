"""A tokenizer and 2-layer models of every supported family, made in-process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.makers.articles import FILLER, SIGNALS

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
DEBERTA_V3 = {
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_buckets": 16,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": "p2c|c2p",
    "position_biased_input": False,
}
FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "mpnet", "modernbert")


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


HEADS = {"num_key_value_heads": 1, "head_dim": 16}


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
        "deberta-v2": lambda: tf.DebertaV2Config(**SIZES, **common, **DEBERTA_V3),
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
        "gemma3_text": lambda: tf.Gemma3TextConfig(**SIZES, **common, **HEADS),
        "llama": lambda: tf.LlamaConfig(**SIZES, **common),
        "mistral": lambda: tf.MistralConfig(**SIZES, **common, **HEADS),
        "qwen3": lambda: tf.Qwen3Config(**SIZES, **common, **HEADS),
    }
    torch.manual_seed(seed)
    tf.AutoModel.from_config(configs[family]()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_model_folder(folder: Path, checkpoint: Path, **info: Any) -> Path:
    """Write what predicts, alone: an encoder with a random head for the labels a and b, without a training."""
    from classifier.models.model_folder import ModelInfo, write_model_info
    from classifier.models.transformer.network import create_model, save_model
    from classifier.models.transformer.pair_features import VECTORS
    from classifier.models.transformer.tokenizer import load_tokenizer

    folder.mkdir(parents=True)
    known = {"multi_label": False, "pair": False, "pooling": "mean", "max_length": 64, "windows": 2, "stride": 0}
    more = {"window_choice": "head", "bf16": False, "base_model": "encoder", "version": "0.1.0"}
    found = ModelInfo(**{"labels": ("a", "b"), **known, **more, **info})
    model = create_model(
        checkpoint,
        found.labels,
        multi_label=found.multi_label,
        pooling=found.pooling,
        layers=found.layers,
        parts=VECTORS if found.pairs == "apart" else 1,
    )
    save_model(model, folder)
    load_tokenizer(checkpoint).save_pretrained(folder)
    write_model_info(folder, found)
    return folder
