"""The runs of `benchmark_train.py`, each in a process of its own: `python scripts/benchmark_runs.py STEP FOLDER`.

STEP is ``prepare`` or a variant. FOLDER holds ``job.json``, and gets ``STEP.json``: what was measured.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
import transformers as tf
from benchmark_sample import prepare
from benchmark_train import Job, Point, Result, settings_of

from classifier.articles.article import input_text
from classifier.articles.boilerplate import strip_article
from classifier.config_file import parse_settings
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.source import resolve_source
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder, read_metrics
from classifier.models.transformer.batches import plan_epoch
from classifier.models.transformer.network import layers_of
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles
from classifier.models.weights import find_weights
from classifier.stats.metrics import headline
from classifier.stats.thresholds import decide
from classifier.training.auto import ChosenConfig, choose_settings, text_encoder
from classifier.training.fit import fit
from classifier.training.head_articles import articles_read
from classifier.training.loop import steps_per_epoch
from classifier.training.watch import Watch

SHAPES = ((4096, 384, 1536), (2048, 2048, 2048))  # rows, inner, columns of the matrix products
OF_VALIDATION = ("cutting the articles of validation into tokens", "reading validation with the frozen layers")
Widths = Counter[int]  # width in tokens -> windows of that width


def clock(job: Job) -> Callable[[], float]:
    """What measures seconds: those of the processor, of all threads together, where others work on the machine too."""
    return time.process_time if job.get("processor") else time.perf_counter


def measure(variant: str, job: Job, folder: Path) -> Result:
    """One training, and the peaks of the machine after it."""
    train = train_with_trainer if variant.startswith("trainer") else train_with_classifier
    result = train(variant, job, folder)
    result["peaks"] = {kind: matrix_peak(kind, job["device"], clock(job)) for kind in ("bfloat16", "float32")}
    return result


def train_with_trainer(variant: str, job: Job, folder: Path) -> Result:
    """`transformers.Trainer`: its defaults, or bf16 with grouped and dynamically padded batches."""
    best = variant == "trainer-best"
    data, weights = open_dataset(folder / "sample"), find_weights(job["model"])
    label_set = data.info.label_set
    now = clock(job)
    started = now()
    tokenizer = load_tokenizer(weights)
    train = tokenised(data, "train", tokenizer, job["max_length"], padding=not best)
    task = "multi_label_classification" if data.info.multi_label else "single_label_classification"
    tf.set_seed(job["seed"])
    model = tf.AutoModelForSequenceClassification.from_pretrained(
        weights, num_labels=len(label_set.names), problem_type=task, dtype=torch.float32
    )
    given: Widths = Counter()
    collate = tf.DataCollatorWithPadding(tokenizer) if best else tf.default_data_collator

    def counting(features: list[Any]) -> Any:
        batch = collate(features)
        given[batch["input_ids"].shape[1]] += len(features)
        return batch

    faster = {"bf16": True, "train_sampling_strategy": "group_by_length"} if best else {}
    arguments = tf.TrainingArguments(
        output_dir=str(folder / "trainer"),
        num_train_epochs=job["epochs"],
        seed=job["seed"],
        save_strategy="no",
        per_device_train_batch_size=job["batch_size"],
        use_cpu=job["device"] == "cpu",
        disable_tqdm=True,
        **faster,
    )
    curve: list[Point] = []
    spent = {"left_out": 0.0}

    class Validation(tf.TrainerCallback):  # type: ignore[misc]
        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            synchronise(job["device"])
            begun = now()
            spent["seconds"] = begun - started - spent["left_out"]
            if "validation" not in held_out:
                held_out["validation"] = tokenised(data, "validation", tokenizer, job["max_length"], padding=False)
            score = macro_f1(model, tokenizer, held_out["validation"], label_set, bf16=best)
            curve.append((spent["seconds"], score, True))
            spent["left_out"] += now() - begun

    held_out: dict[str, Any] = {}
    tf.Trainer(model, arguments, counting, train, callbacks=[Validation()]).train()
    memory = peak_memory(job["device"])
    useful = Counter({n: count * job["epochs"] for n, count in Counter(map(sum, train["attention_mask"])).items()})
    weights_of, hidden = layers(model)
    flop = 3 * forward(weights_of, hidden, useful), 3 * forward(weights_of, hidden, given)
    return outcome(spent["seconds"], curve, useful, given, flop, memory)


def tokenised(data: DatasetFolder, split: str, tokenizer: Any, max_length: int, *, padding: bool) -> Any:
    """A split as the Trainer takes it: ids, masks and labels."""
    strip = tuple(data.info.settings["data"].get("strip", ()))
    articles = list(data.articles(split))
    texts = [input_text(strip_article(article, strip)) for article in articles]
    inputs = ([article.target for article in articles], texts) if data.info.pair else (texts,)
    batch = tokenizer(*inputs, truncation=True, max_length=max_length, padding="max_length" if padding else False)
    y = data.info.label_set.encode(data.labels(split))
    return datasets.Dataset.from_dict({**batch, "labels": y.astype("float32") if y.ndim == 2 else y})


def macro_f1(model: Any, tokenizer: Any, data: Any, label_set: Any, *, bf16: bool) -> float:
    """Validation macro F1 of a `transformers` model, in batches of 32 by length."""
    order = np.argsort([-len(ids) for ids in data["input_ids"]])
    rows = []
    model.eval()
    with torch.inference_mode(), torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(order), 32):
            inputs = data.remove_columns("labels").select(order[start : start + 32]).to_dict()
            rows.append(model(**tokenizer.pad(inputs, return_tensors="pt").to(model.device)).logits.float().cpu())
    model.train()
    logits = torch.cat(rows)[np.argsort(order)]
    proba = (logits.sigmoid() if label_set.multi_label else logits).numpy()
    y = np.array(data["labels"], dtype=np.int64)
    return headline(y, decide(proba, label_set.multi_label), label_set.names)["f1_macro"]


class StopWatch:
    """Progress that notes when the work is done, and how much of it was validation."""

    def __init__(self, device: str, per_epoch: int, now: Callable[[], float]) -> None:
        self.device, self.per_epoch, self.now, self.started = device, per_epoch, now, now()
        self.left_out, self.seconds, self.memory = 0.0, 0.0, 0
        self.seen: Counter[str] = Counter()
        self.curve: list[Point] = []

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Any]:
        """A piece of the work; reading validation is no part of the training."""
        begun = self.now()
        yield _Task(self, name)
        if name in OF_VALIDATION:
            self.left_out += self.now() - begun

    def evaluated(self, step: int, score: float) -> None:
        """Validation has ended: what passed since the step is left out."""
        self.curve.append((self.seconds, score, step % self.per_epoch == 0))
        self.left_out = self.now() - self.started - self.seconds


class _Task:
    def __init__(self, watch: StopWatch, name: str) -> None:
        self.watch, self.name = watch, name

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.watch.seen[self.name] += articles
        if self.name == "training":
            synchronise(self.watch.device)
            self.watch.seconds = self.watch.now() - self.watch.started - self.watch.left_out
            self.watch.memory = peak_memory(self.watch.device)

    def note(self, text: str) -> None:
        pass


def train_with_classifier(variant: str, job: Job, folder: Path) -> Result:
    """`classifier`, as its command does it from the built dataset to the last step, without the TF-IDF baseline."""
    config, data = resolve_source(str(folder / "sample"), parse_settings(settings_of(variant, job)))
    assert data is not None
    run = RunFolder(folder / f"{variant}-{job['seed']}")
    run.path.mkdir()
    watch = StopWatch(job["device"], steps_per_epoch(data.counts()["train"].articles, job["batch_size"]), clock(job))
    chosen = choose_settings(config, data)
    fit(run, chosen, data, Watch(progress=watch, on_evaluation=watch.evaluated))
    model = Classifier.load(run.model, device=job["device"]).model
    encoded = text_encoder(chosen, data.info.pair, load_tokenizer(find_weights(job["model"]))).encode(
        data.articles("train")
    )
    once = Counter(encoded.window_lengths.tolist())
    useful = Counter({width: number * job["epochs"] for width, number in once.items()})
    given = useful if model.packed else padded_widths(encoded, chosen)
    matrices, hidden = layers(model.encoder)
    frozen = chosen.train.freeze_layers
    kept = watch.seen["reading with the frozen layers"] > 0
    read = articles_read(len(encoded), job["epochs"] * len(encoded), job["seed"])
    reused = frozen if kept else 0  # as `probe.start_head` does
    started = encoded.take(read) if model.head is not None else None
    done = (
        3 * forward(matrices[frozen:], hidden, given)
        + forward(matrices[:frozen], hidden, once if kept else given)
        + (forward(matrices[reused:], hidden, Counter(started.window_lengths.tolist())) if started else 0)
    )
    result = outcome(
        watch.seconds, watch.curve, useful, given, (3 * forward(matrices, hidden, useful), done), watch.memory
    )
    in_steps = 3 * forward(matrices[frozen:], hidden, given) + forward(matrices[reused:frozen], hidden, given)
    seconds = sum(record["seconds"] for record in read_metrics(run) if record["kind"] == "step")
    result = {**result, "steps": {"flop": in_steps, "seconds": seconds}}
    return {**result, "settings": chosen.model_dump(mode="json", include={"model", "train"})}


def padded_widths(encoded: EncodedArticles, config: ChosenConfig) -> Widths:
    """The windows of all epochs with their padding; one window per article."""
    settings, lengths = config.train, encoded.window_lengths
    given: Widths = Counter()
    for epoch in range(settings.num_train_epochs):
        plan = plan_epoch(
            lengths,
            encoded.window_counts,
            batch_size=settings.batch_size,
            token_budget=settings.token_budget,
            seed=settings.seed,
            epoch=epoch,
        )
        for batch in (batch for step in plan for batch in step):
            given[int(lengths[batch].max())] += len(batch)
    return given


def outcome(
    seconds: float,
    curve: list[Point],
    useful: Widths,
    given: Widths,
    flop: tuple[float, float],
    memory: int,
) -> Result:
    """What is kept of a run."""
    tokens, in_all = (sum(width * number for width, number in widths.items()) for widths in (useful, given))
    return {
        "seconds": seconds,
        "curve": curve,
        "tokens": tokens,
        "given": in_all,
        "model_flop": flop[0],
        "done_flop": flop[1],
        "memory": memory,
    }


def layers(model: Any) -> tuple[list[int], int]:
    """Weights in the matrices of each layer of the encoder, and its hidden size."""
    matrices = [sum(p.numel() for p in layer.parameters() if p.ndim == 2) for layer in layers_of(model)]
    return matrices, int(model.config.hidden_size)


def forward(matrices: Iterable[int], hidden: int, widths: Widths) -> int:
    """Floating-point operations of a forward pass of some layers.

    Args:
        matrices: weights in the matrices of each layer.
        hidden: size of a token's vector.
        widths: of the windows.

    Example:
        >>> forward([1000], 10, Counter({4: 2}))  # 8 tokens × 2 × 1000, and 2 windows × 4 × 10 × 4²
        17280
    """
    tokens = sum(width * number for width, number in widths.items())
    squares = sum(width**2 * number for width, number in widths.items())
    return sum(2 * weights * tokens + 4 * hidden * squares for weights in matrices)


def matrix_peak(kind: str, device: str, now: Callable[[], float] = time.perf_counter) -> float:
    """Floating-point operations per second of the faster of `SHAPES`, best of 15."""
    best = 0.0
    for rows, inner, columns in SHAPES:
        dtype = getattr(torch, kind)
        left = torch.randn(rows, inner).to(device, dtype)
        right = torch.randn(inner, columns).to(device, dtype)
        for _ in range(15):
            synchronise(device)
            begun = now()
            left @ right
            synchronise(device)
            best = max(best, 2 * rows * inner * columns / (now() - begun))
    return best


def peak_memory(device: str) -> int:
    """Most bytes that this process has had in memory so far; on a GPU, in that of the GPU."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def synchronise(device: str) -> None:
    """Wait until the GPU has done what it was told."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def main(arguments: list[str] | None = None) -> int:
    step, folder = (sys.argv[1:] if arguments is None else arguments)[:2]
    job = json.loads((Path(folder) / "job.json").read_text(encoding="utf-8"))
    datasets.disable_progress_bars()
    tf.logging.set_verbosity_error()
    tf.logging.disable_progress_bar()
    try:
        result = prepare(job, Path(folder)) if step == "prepare" else measure(step, job, Path(folder))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_json(Path(folder) / f"{step}.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
