"""A plain prediction with `transformers`' ``pipeline("text-classification")``, as its documentation shows it.

    python scripts/plain_pipeline.py MODEL IN.jsonl OUT.jsonl [--batch-size N] [--max-length N] [--bf16] [--sort]

It is what `benchmark_predict.py` compares with. MODEL is the ``model/`` folder of a run. With mean pooling, which no
class of `transformers` for BERT has, its encoder is wrapped in one that averages the vectors of the tokens. ``--sort``:
articles sorted by length by hand, longest first, which keeps padding small. OUT may be ``-``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from safetensors.torch import load_file
from transformers.modeling_outputs import SequenceClassifierOutput


class MeanPooled(tf.PreTrainedModel):  # type: ignore[misc]
    """An encoder, the mean of its token vectors (of the last layer or of all), and a linear head in float32."""

    config_class = tf.AutoConfig
    _supports_sdpa = True

    def __init__(self, folder: Path) -> None:
        encoder = tf.AutoModel.from_pretrained(folder)
        super().__init__(encoder.config)
        self.encoder = encoder
        head = load_file(folder / "head.safetensors")
        self.head = torch.nn.Linear(head["weight"].shape[1], len(head["bias"]))
        self.head.load_state_dict(head)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **more: Any) -> Any:
        """Logits, as the classes of `transformers` give them."""
        every = self.head.in_features > self.config.hidden_size
        found = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=every, **more)
        weights = attention_mask.unsqueeze(-1).float()
        layers = found.hidden_states if every else (found.last_hidden_state,)
        vectors = [(hidden.float() * weights).sum(1) / weights.sum(1) for hidden in layers]
        return SequenceClassifierOutput(logits=self.head(torch.cat(vectors, dim=1)))


def load(folder: Path, *, bf16: bool) -> Any:
    if (folder / "head.safetensors").exists():
        model: Any = MeanPooled(folder)
        inner = model.encoder
    else:
        model = inner = tf.AutoModelForSequenceClassification.from_pretrained(folder)
    if bf16:
        inner.to(torch.bfloat16)
    return model.eval()


def labels(options: argparse.Namespace, texts: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The place of each text with its label and score, as they come."""
    tokenizer = tf.AutoTokenizer.from_pretrained(options.model)
    pipe = tf.pipeline("text-classification", model=load(options.model, bf16=options.bf16), tokenizer=tokenizer)
    order = range(len(texts))
    if options.sort:
        order = sorted(order, key=lambda place: -len(texts[place]))
    given = (texts[place] for place in order)
    found = pipe(given, batch_size=options.batch_size, truncation=True, max_length=options.max_length)
    return zip(order, found, strict=True)


def main() -> None:
    options = parse()
    rows = [json.loads(line) for line in options.source.read_text("utf-8").splitlines()]
    found = labels(options, [row["text"] for row in rows])
    if options.sort:
        found = iter(sorted(found, key=lambda pair: pair[0]))
    with sys.stdout if options.out == "-" else Path(options.out).open("w", encoding="utf-8") as file:
        for place, label in found:
            file.write(json.dumps({**rows[place], **label}, ensure_ascii=False) + "\n")
            if options.out == "-":
                file.flush()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("out")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--sort", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    tf.logging.set_verbosity(tf.logging.CRITICAL)  # it does not know a model of another class
    main()
