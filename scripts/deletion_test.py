"""Do the sentences that are given as evidence carry the label? A deletion test of several ways to find them.

    python scripts/deletion_test.py RUN [--articles 100] [--skip-gradients]

For test articles of a run, each method ranks the sentences, and the best k are taken out of the text, or left alone in
it. Comprehensiveness is how far the probability of the label falls without them (higher is better), sufficiency how far
it falls with them alone (lower is better); means over the articles (ERASER: DeYoung et al., 2020, arXiv:1911.03429).
The label is the one that the model gives to the whole article. Leaving one out has the best comprehensiveness at k = 1
by definition.

Integrated gradients (Sundararajan et al., 2017, arXiv:1703.01365) are Captum's, from padding to the word embeddings in
16 steps, summed over the tokens of a sentence; to them is added what TF-IDF's score loses without the sentence.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import as_command
import numpy as np
from rich.console import Console
from rich.table import Table

from classifier.articles.article import Article, input_text
from classifier.dataset.folder import run_dataset
from classifier.models.classifier import Classifier
from classifier.models.evidence import (
    Piece,
    explain,
    log_odds,
    only,
    pieces_of,
    score_labels,
    without,
    without_repeated_title,
)
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.windows import TokenizedText

TOPS = (1, 3)
DRAWS = 5  # of the random order
STEPS = 16  # of integrated gradients
Ranking = list[list[Piece]]  # for each article its pieces, the best first
Effects = list[np.ndarray]


def ranked(pieces: Sequence[Sequence[Piece]], effects: Sequence[Any]) -> Ranking:
    """Pieces in the order of their effects, the highest first."""
    return [[p[i] for i in np.argsort(-np.asarray(e), kind="stable")] for p, e in zip(pieces, effects, strict=True)]


def in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces as they stand in the article, title first."""
    return sorted(pieces, key=lambda piece: (piece.part == "text", piece.span))


def deleted(model: Classifier, articles: list[Article], labels: list[int], ranking: Ranking) -> dict[str, np.ndarray]:
    """Comprehensiveness and sufficiency of each article for each k, in probability."""
    variants = list(articles)
    for k in TOPS:
        variants += [without(a, in_order(best[:k])) for a, best in zip(articles, ranking, strict=True)]
        variants += [only(a, in_order(best[:k])) for a, best in zip(articles, ranking, strict=True)]
    proba = model.predict_articles(variants)[np.arange(len(variants)), labels * (1 + 2 * len(TOPS))]
    whole, *rest = proba.reshape(-1, len(articles))
    return {
        f"{name} @{k}": whole - rest[2 * at + offset]
        for offset, name in enumerate(("comprehensiveness", "sufficiency"))
        for at, k in enumerate(TOPS)
    }


def one_by_one(model: Classifier, articles: list[Article], labels: list[int], pieces: list[list[Piece]]) -> Any:
    """What leaving out each sentence costs, and what each gains alone, in log-odds."""
    variants, ids = [], []
    for article, label, found in zip(articles, labels, pieces, strict=True):
        added = (
            [article, only(article, [])] + [without(article, [p]) for p in found] + [only(article, [p]) for p in found]
        )
        variants, ids = variants + added, ids + [label] * len(added)
    scores = log_odds(model.predict_articles(variants), ids, model.info.multi_label)
    left_out, alone, start = [], [], 0
    for found in pieces:
        n = len(found)
        whole, nothing = scores[start : start + 2]
        left_out.append(whole - scores[start + 2 : start + 2 + n])
        alone.append(scores[start + 2 + n : start + 2 + 2 * n] - nothing)
        start += 2 + 2 * n
    return left_out, alone


def gradients(model: Classifier, articles: list[Article], labels: list[int], pieces: list[list[Piece]]) -> Effects:
    """Integrated gradients summed per sentence, with TF-IDF's share."""
    model.model.packed = False
    model.model.encoder.set_attn_implementation("sdpa")
    return [_gradients(model, *job) for job in zip(articles, labels, pieces, strict=True)]


def with_transformers(model: Classifier, folder: Path) -> Classifier:
    """The classifier with encoder and tokenizer of `transformers`: what predicts on a CPU knows no gradients."""
    from classifier.models.transformer.network import load_model, place
    from classifier.models.transformer.tokenizer import load_tokenizer

    network = load_model(folder, model.info.pooling, len(model.classes_), layers=model.info.layers).eval()
    place(network, model.device, bf16=False)
    return replace(model, model=network, encoder=replace(model.encoder, tokenizer=load_tokenizer(folder)))


def _gradients(model: Classifier, article: Article, label: int, pieces: list[Piece]) -> np.ndarray:
    import torch
    from captum.attr import IntegratedGradients

    network, encoder, text = model.model, model.encoder, input_text(article)
    encoded = encoder.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    owner = [_piece_at(article, text, pieces, start) for start, _ in encoded["offset_mapping"]]
    spans, _, windows = encoder._windows(TokenizedText(np.array(encoded["input_ids"], dtype=np.int32)), None)
    table = network.encoder.get_input_embeddings()
    weight_model, weight_tfidf = model.info.blend or (1.0, 0.0)
    effects = np.zeros(len(pieces))

    def score(embedded: Any) -> Any:
        every = network.layers == "all"
        found = network.encoder(inputs_embeds=embedded.to(table.weight.dtype), output_hidden_states=every)
        layers = found.hidden_states if every else (found.last_hidden_state,)
        logits = network.head(torch.cat([hidden.float().mean(dim=1) for hidden in layers], dim=1))
        others = torch.cat([logits[:, :label], logits[:, label + 1 :]], dim=1)
        return logits[:, label] - others.logsumexp(dim=1)

    for (start, end), window in zip(spans, windows, strict=True):
        ids = torch.tensor(window.astype(np.int64))[None]
        empty = ids.clone()
        first = len(encoder.template.prefix)
        empty[:, first : first + end - start] = encoder.tokenizer.pad_token_id
        with torch.no_grad():
            inputs, baselines = table(ids).float(), table(empty).float()
        found = IntegratedGradients(score).attribute(inputs, baselines, n_steps=STEPS, internal_batch_size=STEPS)
        shares = found.sum(dim=2)[0, first : first + end - start].detach().numpy() / len(spans)
        np.add.at(effects, owner[start:end], weight_model * shares)
    if model.tfidf is not None:
        texts = [article, *(without(article, [piece]) for piece in pieces)]
        scores = model.tfidf.scores(texts, len(model.classes_))
        others = np.delete(scores, label, axis=1)
        margin = scores[:, label] - np.log(np.exp(others).sum(axis=1))
        effects += weight_tfidf * (margin[0] - margin[1:])
    return effects


def _piece_at(article: Article, text: str, pieces: list[Piece], at: int) -> int:
    """The index of the piece in which a character of the model's input stands."""
    shift = len(text) - len(article.text)
    for index, piece in enumerate(pieces):
        start, end = piece.span if piece.part == "title" else (piece.span[0] + shift, piece.span[1] + shift)
        if at < shift if piece.part == "title" else start <= at < end:
            return index
    return len(pieces) - 1


def measure(model: Classifier, articles: list[Article], *, with_gradients: bool) -> Table:
    """One row per method."""
    articles = [without_repeated_title(article) for article in articles]
    pieces = [pieces_of(article) for article in articles]
    labels = score_labels(model, model.predict_articles(articles)).tolist()
    rng = random.Random(0)
    started = time.perf_counter()
    left_out, alone = one_by_one(model, articles, labels, pieces)
    seconds_each = (time.perf_counter() - started) / len(articles)
    both = [(a + b) / 2 for a, b in zip(left_out, alone, strict=True)]
    started = time.perf_counter()
    ours = [[s.effect for s in found] for found in explain(model, articles, labels)]
    seconds_ours = (time.perf_counter() - started) / len(articles)
    rankings: dict[str, tuple[list[Ranking], float]] = {
        "random sentences": ([[rng.sample(p, len(p)) for p in pieces] for _ in range(DRAWS)], 0.0),
        "the first sentences": ([pieces], 0.0),
        "alone": ([ranked(pieces, alone)], float("nan")),
        "left out": ([ranked(pieces, left_out)], float("nan")),
        "left out and alone, not scaled": ([ranked(pieces, both)], seconds_each),
        "classifier.models.evidence": ([ranked(pieces, ours)], seconds_ours),
    }
    if with_gradients:
        started = time.perf_counter()
        found = gradients(with_transformers(model, RunFolder(arguments.run).model), articles, labels, pieces)
        seconds = (time.perf_counter() - started) / len(articles)
        rankings["integrated gradients"] = ([ranked(pieces, found)], seconds)
    return table_of(model, articles, labels, rankings)


def table_of(model: Classifier, articles: list[Article], labels: list[int], rankings: Any) -> Table:
    """Means over the articles, with the half-width of the 95% interval."""
    table = Table(
        title=f"{len(articles)} articles, {np.mean([len(pieces_of(a)) for a in articles]):.0f} sentences each"
    )
    table.add_column("method")
    names = [f"{name} @{k}" for name in ("comprehensiveness", "sufficiency") for k in TOPS]
    for name in (*names, "seconds/article"):
        table.add_column(name, justify="right")
    for method, (draws, seconds) in rankings.items():
        found = [deleted(model, articles, labels, ranking) for ranking in draws]
        means = {name: np.mean([draw[name] for draw in found], axis=0) for name in names}
        cells = [f"{values.mean():.3f} ± {1.96 * values.std() / len(values) ** 0.5:.3f}" for values in means.values()]
        table.add_row(method, *cells, "" if seconds != seconds else f"{seconds:.2f}")
    return table


def main() -> None:
    model = Classifier.load(arguments.run, device="cpu")
    dataset = run_dataset(arguments.run)
    articles = [
        replace(article, target=None) if not model.info.pair else article for article in dataset.articles("test")
    ]
    chosen = random.Random(0).sample(articles, min(arguments.articles, len(articles)))
    Console(width=160).print(measure(model, chosen, with_gradients=not (arguments.skip_gradients or model.info.pair)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--articles", type=int, default=100, help="test articles at most, a sample")
    parser.add_argument("--skip-gradients", action="store_true", help="leave out integrated gradients")
    arguments = parser.parse_args()
    as_command.call(main)
