"""What a third voice would add to the model and TF-IDF. A Markdown line is printed for each run and voice.

    python scripts/third_voice.py RUN... [--voice words --voice pieces --voice encoder]

A voice is a logistic regression on one vector for each article, of the whole article if not said otherwise:

- `words`: the mean of the encoder's table of word pieces, frequent ones counting less (Arora et al., 2017, "A simple
  but tough-to-beat baseline for sentence embeddings"; frequencies from the order of the vocabulary, by Zipf's law);
- `pieces`: the same with what the whole encoder says of each piece by itself, in 256 dimensions (as model2vec does);
- `encoder`: the mean vector of the encoder as it was before fine-tuning, of the windows that the model reads.

The three weights are fitted on validation like those of two (`classifier.stats.blending`). Macro F1 on test is compared
with that of the run as `classifier compare` does it. What the network says is worked out from the stored scores, so
that it need not run. RUN is a run with a blend, or a folder of seeds or folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import as_command
import numpy as np
import typer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article, input_text
from classifier.articles.boilerplate import strip_article
from classifier.config import Config
from classifier.config_file import load_config
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import InputError
from classifier.evaluation.comparison import Difference, compare_pair
from classifier.evaluation.paired_runs import open_pair
from classifier.evaluation.predictions import read_predictions
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import Baselines, load_baselines
from classifier.models.trained import open_trained
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights
from classifier.models.word_vectors import load_word_vectors, table_name
from classifier.stats.blending import OF_SCALE, OF_TUNED, SPREAD, fit_scale, fit_weights, losses
from classifier.stats.metrics import counts, headline_figures
from classifier.training.auto import text_encoder
from classifier.training.folds import folds_of

STATIC = (1.0, 10.0, 100.0)
VOICES = {"words": STATIC, "pieces": STATIC, "encoder": (0.3, 1.0, 3.0)}  # with the penalties C to choose from
OF_THIRD = 0.4  # the third weight's prior, as a part of its weight alone
RARE = 1e-3  # a piece as frequent as that counts half
DIMENSIONS, AT_ONCE = 256, 2048
LEAST = 1e-30
Vectors = Callable[[Sequence[Article]], Floats32]
HEADER = ("run", "voice", "test articles", "by itself", "with it", "without", "difference, 95% interval")


@dataclass(frozen=True)
class Trained:
    """One training: its folder, its dataset, and what is stored of its model."""

    run: RunFolder
    config: Config
    dataset: DatasetFolder
    info: ModelInfo
    tfidf: Baselines

    def articles(self, split: str) -> tuple[list[Article], Ints]:
        """The articles of a split, and their label ids."""
        found = list(self.dataset.articles(split))
        return found, self.dataset.info.label_set.encode(article.labels for article in found)

    def two_voices(self, split: str, articles: Sequence[Article]) -> tuple[Floats32, Floats32]:
        """What the network says, up to a constant for each article, and what TF-IDF says."""
        assert self.info.blend is not None and self.info.calibration is not None
        table = read_predictions(self.run.evaluation(split))
        rows = {name: row for row, name in enumerate(table["id"].to_pylist())}
        scores = np.array(table["scores"].to_pylist(), dtype=np.float32)[[rows[article.id] for article in articles]]
        blended = np.log(np.maximum(self.info.calibration.undone(scores).astype(np.float64), LEAST))
        tfidf = self.tfidf.scores(articles, len(self.info.labels))
        logits = (blended - self.info.blend[1] * tfidf) / self.info.blend[0]
        return np.asarray(logits - logits.mean(axis=1, keepdims=True), dtype=np.float32), tfidf


def main(
    runs: Annotated[list[Path], typer.Argument(help="runs with a blend, folds or seeds")],
    voice: Annotated[list[str] | None, typer.Option(help="words | pieces | encoder; else all of them")] = None,
) -> None:
    """What a third voice would add to the model and TF-IDF."""
    lines = [HEADER, ("---", "---", *["--:"] * (len(HEADER) - 2))]
    lines += [line(path, name) for path in runs for name in voice or VOICES]
    typer.echo("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


def line(path: Path, voice: str) -> tuple[str, ...]:
    """The cells of one folder and one voice."""
    if voice not in VOICES:
        raise InputError(f"There is no voice '{voice}'.", fix=f"Choose from {', '.join(VOICES)}.")
    trained = open_trained(path, command="third_voice", takes=("run", "seeds", "folds"))
    pair, vectors = open_pair(path, path), once(partial(vectors_of, voice))
    found = [third_voice(opened(run), voice, vectors) for run in trained.runs]
    judged, alone = ([{**part[side]} for part in found] for side in (0, 1))
    if trained.kind == "folds":
        judged, alone = ([{name: y for part in parts for name, y in part.items()}] for parts in (judged, alone))
    ours, itself = (tuple(np.array([part[name] for name in pair.ids]) for part in parts) for parts in (judged, alone))
    gain = compare_pair(replace(pair, predicted=(ours, pair.predicted[1]))).main
    return (
        path.name,
        voice,
        f"{len(pair.ids):,}",
        short(macro_f1(pair, itself)),
        short(gain.a),
        short(gain.b),
        of(gain),
    )


def opened(run: RunFolder) -> Trained:
    """A training that a third voice can be heard in.

    Raises:
        InputError: it has no blend or no calibration, learned from validation too, or is of pairs or several labels.
    """
    info, dataset = read_model_info(run.model), run_dataset(run.path)
    tfidf = load_baselines(run.baseline)
    if info.blend is None or info.calibration is None or info.refit or info.pair or info.multi_label:
        raise InputError(
            f"A third voice is measured in runs with a blend and calibrated scores: '{run.path}' is none.",
            fix="Train articles with one label each, with the usual train.blend, train.calibration and train.refit.",
        )
    if "validation" not in dataset.splits or tfidf.scale is None:
        raise InputError(f"'{run.path}' has no validation, or so much that TF-IDF was not scored out of fold.")
    return Trained(run, load_config(run.config), dataset, info, tfidf)


def third_voice(
    trained: Trained, voice: str, vectors: Callable[[Trained, Sequence[Article]], Floats32]
) -> tuple[dict[str, int], dict[str, int]]:
    """Label ids of the test articles by their ids: with the third voice, and by it alone."""
    (articles, y), (validation, truth), (tested, _) = map(trained.articles, ("train", "validation", "test"))
    own, fold = vectors(trained, articles), folds_of(articles, trained.dataset)
    if fold is None:
        raise InputError(f"The training articles of '{trained.run.path}' all belong together.")
    classes = len(trained.info.labels)
    scores = {penalty: out_of_fold(own, y, fold, penalty, classes) for penalty in VOICES[voice]}
    worth = {penalty: fit_scale(found, y, balanced=True) for penalty, found in scores.items()}
    best = min(scores, key=lambda penalty: loss(worth[penalty] * scores[penalty].astype(np.float64), y))
    speak = regression(own, y, best, classes)
    parts, third = trained.two_voices("validation", validation), speak(vectors(trained, validation))
    middle = (OF_TUNED, OF_SCALE * (trained.tfidf.scale or 1.0), OF_THIRD * worth[best])
    weights = fit_weights((*parts, third), truth, middle, (SPREAD,) * 3, balanced=True)
    heard = speak(vectors(trained, tested))
    blended = sum(w * part for w, part in zip(weights, (*trained.two_voices("test", tested), heard), strict=True))
    names = [article.id for article in tested]
    return (
        dict(zip(names, np.asarray(blended).argmax(axis=1).tolist(), strict=True)),
        dict(zip(names, heard.argmax(axis=1).tolist(), strict=True)),
    )


def regression(vectors: Floats32, y: Ints, penalty: float, classes: int) -> Callable[[Floats32], Floats32]:
    """Logits of a logistic regression, for every class; a class without articles is not chosen."""
    fitted = LogisticRegression(C=penalty, class_weight="balanced", max_iter=2000).fit(vectors, y)

    def logits(others: Floats32) -> Floats32:
        found = fitted.decision_function(others)
        found = np.stack([-found / 2, found / 2], axis=1) if found.ndim == 1 else found
        all_classes = np.full((len(others), classes), -10, dtype=np.float32)
        all_classes[:, fitted.classes_] = found
        return all_classes

    return logits


def out_of_fold(vectors: Floats32, y: Ints, fold: Ints, penalty: float, classes: int) -> Floats32:
    """What regressions say of the articles that they did not learn from."""
    scores = np.zeros((len(y), classes), dtype=np.float32)
    for part in np.unique(fold):
        held = fold == part
        scores[held] = regression(vectors[~held], y[~held], penalty, classes)(vectors[held])
    return scores


def loss(logits: Any, y: Ints) -> float:
    """Mean negative log-likelihood, every class counting the same."""
    weights = 1 / np.bincount(y)[y]
    return float((losses(logits, y) * weights).sum() / weights.sum())


def once(vectors: Callable[[Trained], Vectors]) -> Callable[[Trained, Sequence[Article]], Floats32]:
    """Vectors of articles, each worked out once however many folds it is in."""
    known: dict[str, Any] = {}
    made: list[Vectors] = []

    def of_articles(trained: Trained, articles: Sequence[Article]) -> Floats32:
        if not made:
            made.append(vectors(trained))
        new = [article for article in articles if article.id not in known]
        if new:
            known.update(zip([article.id for article in new], made[0](new), strict=True))
        return np.stack([known[article.id] for article in articles])

    return of_articles


def vectors_of(voice: str, trained: Trained) -> Vectors:
    """How a voice turns articles into vectors."""
    weights = find_weights(trained.config.model.name)
    if voice == "encoder":
        return partial(frozen_means, trained, weights)
    name = table_name(weights)
    if name is None:
        raise InputError(f"The encoder '{trained.config.model.name}' has no table of word pieces.")
    words = load_word_vectors(weights, name)
    table = words.table - words.table.mean(axis=0) if voice == "words" else in_few_dimensions(pieces(trained, weights))
    share = (1 / np.arange(1, len(table) + 1)) / (1 / np.arange(1, len(table) + 1)).sum()
    table = table * (RARE / (RARE + share))[:, None]

    def means(articles: Sequence[Article]) -> Floats32:
        texts = [input_text(strip_article(article, trained.info.strip)) for article in articles]
        read = words.tokenizer.encode_batch(texts, add_special_tokens=False)
        found = np.stack([table[one.ids].mean(axis=0) if one.ids else np.zeros(table.shape[1]) for one in read])
        return np.asarray(found / np.maximum(1e-9, np.linalg.norm(found, axis=1, keepdims=True)), dtype=np.float32)

    return means


def in_few_dimensions(table: Floats32) -> Floats32:
    """Its principal components."""
    return np.asarray(PCA(min(DIMENSIONS, table.shape[1]), random_state=0).fit_transform(table), dtype=np.float32)


def pieces(trained: Trained, weights: Path) -> Floats32:
    """What an encoder says of each piece of its vocabulary by itself: the mean over it and the tokens around it."""
    import torch
    from transformers import AutoModel

    template = text_encoder(trained.config, False, load_tokenizer(weights)).template
    around = torch.tensor([*template.prefix.tolist(), 0, *template.suffix.tolist()])
    encoder, found = AutoModel.from_pretrained(weights).eval(), []
    rows = encoder.config.vocab_size
    with torch.inference_mode():
        for start in range(0, rows, AT_ONCE):
            ids = around.repeat(min(AT_ONCE, rows - start), 1)
            ids[:, len(template.prefix)] = torch.arange(start, start + len(ids))
            found.append(encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(dim=1))
    return np.asarray(torch.cat(found).numpy(), dtype=np.float32)


def frozen_means(trained: Trained, weights: Path, articles: Sequence[Article]) -> Floats32:
    """Mean vectors under the encoder before fine-tuning."""
    from classifier.models.device import choose_device, use_bf16
    from classifier.models.transformer.forward import mean_vectors
    from classifier.models.transformer.network import create_model, place

    device = choose_device(trained.config.train.device)
    model = create_model(weights, trained.info.labels, multi_label=False, pooling="mean")
    place(model, device, bf16=use_bf16(trained.config.train.bf16, device))
    encoder = text_encoder(trained.config, False, load_tokenizer(weights))
    return mean_vectors(model, encoder.encode(articles), encoder, device=device)


def macro_f1(pair: Any, predicted: Sequence[Ints]) -> float:
    """Mean over trainings, and over folds where there are some."""
    parts = [np.arange(len(pair.ids))] if pair.folds is None else [pair.folds == k for k in np.unique(pair.folds)]
    names = pair.labels.names
    sums = [counts(pair.truth[rows], one[rows], names).sum(axis=0) for one in predicted for rows in parts]
    return float(np.mean([headline_figures(found, names, multi_label=False)["f1_macro"] for found in sums]))


def of(gain: Difference) -> str:
    """A difference with its interval."""
    bounds = "" if gain.interval is None else f" ({' to '.join(map(signed, gain.interval))})"
    return f"{signed(gain.difference)}{bounds}"


def short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def signed(value: float) -> str:
    return ("−" if value < 0 else "+") + short(abs(value))


if __name__ == "__main__":
    as_command.run(main)
