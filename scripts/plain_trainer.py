"""A plain training with `transformers.Trainer`, as its documentation shows it.

    python scripts/plain_trainer.py FOLDER OUT --model M [--best] [--epochs N] [--max-length N] [--windows N] …

It is what `benchmark_train.py --whole` compares with. FOLDER holds ``train.jsonl``, ``validation.jsonl`` and
``test.jsonl``: text, label and, for pairs, target. The script fine-tunes, looks at validation after each epoch,
predicts the test articles, and writes their labels and a classification report to OUT. With several windows each one
is an example, and an article has the mean of its windows' scores. ``--best``: bf16, windows grouped by length and
padded to the longest of a batch; without it the defaults: fp32, padded to the full length.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import transformers as tf
from sklearn.metrics import classification_report, f1_score


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True)
    data = read(options)
    labels = sorted(set(data["train"]["label"]))
    tokenizer = tf.AutoTokenizer.from_pretrained(options.model)
    cut = partial(windows, tokenizer=tokenizer, labels=labels, options=options)
    encoded = data.map(cut, batched=True, with_indices=True, remove_columns=data["train"].column_names)
    tf.set_seed(options.seed)
    model = tf.AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=len(labels))
    trainer = tf.Trainer(
        model=model,
        args=arguments(options),
        train_dataset=encoded["train"].remove_columns("article"),
        eval_dataset=encoded["validation"].remove_columns("article"),
        data_collator=tf.DataCollatorWithPadding(tokenizer) if options.best else tf.default_data_collator,
        compute_metrics=figures,
    )
    trainer.train()
    logits = trainer.predict(encoded["test"].remove_columns("article")).predictions
    trainer.save_model(str(options.out / "model"))
    predicted = article_labels(logits, encoded["test"]["article"], labels)
    write(options.out, list(data["test"]["label"]), predicted)


def read(options: argparse.Namespace) -> Any:
    splits = {name: str(options.folder / f"{name}.jsonl") for name in ("train", "validation", "test")}
    return datasets.load_dataset("json", data_files=splits, cache_dir=str(options.out / "cache"))


def windows(
    rows: dict[str, list[Any]], indices: list[int], tokenizer: Any, labels: list[str], options: argparse.Namespace
) -> dict[str, list[Any]]:
    """Each article's first windows as examples."""
    pair = "target" in rows
    inputs = (rows["target"], rows["text"]) if pair else (rows["text"],)
    batch = tokenizer(
        *inputs,
        truncation="only_second" if pair else True,
        max_length=options.max_length,
        padding=False if options.best else "max_length",
        return_overflowing_tokens=True,
    )
    of = batch.pop("overflow_to_sample_mapping")
    place = [row - start for row, start in enumerate(np.searchsorted(of, of))]
    kept = [example for example, nth in enumerate(place) if nth < options.windows]
    found = {name: [values[example] for example in kept] for name, values in batch.items()}
    found["article"] = [indices[of[example]] for example in kept]
    found["labels"] = [labels.index(rows["label"][of[example]]) for example in kept]
    return found


def arguments(options: argparse.Namespace) -> tf.TrainingArguments:
    best = {"bf16": True, "bf16_full_eval": True, "train_sampling_strategy": "group_by_length"} if options.best else {}
    return tf.TrainingArguments(
        output_dir=str(options.out / "trainer"),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.batch_size,
        eval_strategy="epoch",
        save_strategy="no",
        seed=options.seed,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        **best,
    )


def figures(prediction: Any) -> dict[str, float]:
    return {"f1_macro": f1_score(prediction.label_ids, prediction.predictions.argmax(-1), average="macro")}


def article_labels(logits: np.ndarray[Any, Any], articles: list[int], labels: list[str]) -> list[str]:
    """The label with the highest mean score over an article's windows."""
    proba = np.exp(logits - logits.max(1, keepdims=True))
    proba /= proba.sum(1, keepdims=True)
    total = np.zeros((max(articles) + 1, len(labels)))
    np.add.at(total, articles, proba)
    return [labels[column] for column in total.argmax(1)]


def write(out: Path, true: list[str], predicted: list[str]) -> None:
    (out / "report.txt").write_text(classification_report(true, predicted, zero_division=0), "utf-8")
    (out / "labels.json").write_text(json.dumps(predicted), "utf-8")
    (out / "figures.json").write_text(json.dumps({"f1_macro": f1_score(true, predicted, average="macro")}), "utf-8")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--model", required=True)
    for name, default in (("epochs", 3), ("max-length", 256), ("windows", 1), ("batch-size", 16), ("seed", 13)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
