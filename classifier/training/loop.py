"""The training loop: a generator of step records. The caller evaluates, saves and logs.

The loss of an optimizer step is the sum over its articles divided by their number, however they were divided into
batches, and over how many processes. All that a resumed run needs is in `Learner.state`: weights, their mean over the
last steps, optimizer and the step; the order of the articles, the learning rate and the random numbers of each batch
are functions of the step.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812

from classifier import distributed
from classifier.arrays import Floats32, Ints
from classifier.errors import DivergedError
from classifier.models.transformer.batches import Batch, collate, plan_epoch
from classifier.models.transformer.network import ArticleNetwork
from classifier.models.transformer.prefetch import ahead_for, moved, pinned, prefetched
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.training.auto import ChosenTrain
from classifier.training.averaging import WeightAverage, averaged_from
from classifier.training.optimizer import MasterAdamW, schedule
from classifier.training.undersampling import epoch_articles, epoch_size

LEAST = 1e-6  # a teacher's score is not taken to be surer than that
Losses = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]  # logits, labels, teacher -> losses
Ready = tuple[Batch, torch.Tensor, torch.Tensor | None]  # a batch, its labels, and what a teacher says of it


@dataclass(frozen=True)
class StepRecord:
    """What one optimizer step did.

    Attributes:
        step: counted from 1.
        epoch: how many epochs are done, with the fraction.
        loss: mean over the articles of the step.
        learning_rate: that was used.
        grad_norm: before clipping.
        articles, tokens: in this step, of all processes; tokens without padding.
        seconds: that it took.
        epoch_ends: whether this was the last step of an epoch.
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    grad_norm: float
    articles: int
    tokens: int
    seconds: float
    epoch_ends: bool


@dataclass(frozen=True)
class Taught:
    """What a teacher says of some articles.

    Attributes:
        scores: its calibrated scores, of shape (articles, classes).
        labelled: how many of the articles, the first ones, have true labels.
        weight: share of the scores in the loss, beside the true labels.
        temperature: at which scores are compared.
        multi_label: whether each class has its own probability.
    """

    scores: Floats32
    labelled: int
    weight: float
    temperature: float
    multi_label: bool = False

    @property
    def softened(self) -> Floats32:
        """The scores made softer by the temperature."""
        if self.temperature == 1:
            return self.scores
        likely = np.clip(self.scores, LEAST, 1 - LEAST)
        softer = likely ** (1 / self.temperature)
        against = (1 - likely) ** (1 / self.temperature)
        all_in_all = softer + against if self.multi_label else softer.sum(axis=1, keepdims=True)
        return np.asarray(softer / all_in_all, dtype=np.float32)

    def rows(self, articles: Ints) -> torch.Tensor:
        """The scores of some articles, and in a last column 1 where an article has true labels."""
        known = (articles < self.labelled).astype(np.float32)
        return torch.from_numpy(np.column_stack([self.scores[articles], known]))


@dataclass(frozen=True)
class TrainingSet:
    """Encoded articles with their label ids.

    Attributes:
        encoded: n articles.
        y: label ids (n,), or a 0/1 matrix (n, classes).
        hidden: outputs of frozen lower layers for all tokens (`frozen_layers.lower_outputs`), where they are kept.
        taught: what a teacher says of them, where one does.
    """

    encoded: EncodedArticles
    y: Ints
    hidden: torch.Tensor | None = None
    taught: Taught | None = None

    def __len__(self) -> int:
        return len(self.encoded)


class Learner:
    """A model with its optimizer, the number of steps it has taken, and the mean of its weights over the last of them.

    Args:
        model: in float32; place it afterwards, so that no precision is lost on the way.
        settings: the ``[train]`` settings.
    """

    def __init__(self, model: ArticleNetwork, settings: ChosenTrain) -> None:
        self.model = model
        self.settings = settings
        self.step = 0
        self.optimizer = MasterAdamW(model, weight_decay=settings.weight_decay, layer_decay=settings.layer_decay)
        self.average = WeightAverage()

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs; safe to load with ``weights_only=True``."""
        adamw = self.optimizer.adamw.state_dict()
        average = self.average.state()
        return {"step": self.step, "weights": self.optimizer.weights(), "optimizer": adamw, "average": average}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on exactly where `state` was taken."""
        self.step = state["step"]
        self.optimizer.load_weights(state["weights"])
        self.optimizer.adamw.load_state_dict(state["optimizer"])
        if "average" in state:  # one of an older version has none
            self.average.load_state(state["average"], self.optimizer.flat)

    def take_average(self) -> None:
        """Give the model the mean of its weights over the last steps."""
        self.optimizer.take(self.average.mean)


def train_steps(
    learner: Learner,
    data: TrainingSet,
    encoder: TextEncoder,
    *,
    class_weights: torch.Tensor | None,
    device: torch.device,
) -> Iterator[StepRecord]:
    """Take optimizer steps until the last epoch ends, or the caller stops asking.

    Args:
        learner: where to start from; changed in place.
        data: training articles.
        encoder: made their windows.
        class_weights: of shape (classes,), on the device; None = all alike.
        device: of the model.

    Yields:
        A record after each step; between two of them the model may be evaluated and saved.

    Raises:
        DivergedError: the loss is not a finite number.
    """
    settings = learner.settings
    per_epoch = steps_per_epoch(epoch_size(data.y, settings.most_frequent_share), settings.batch_size)
    total = per_epoch * settings.num_train_epochs
    averaged = averaged_from(total, settings.average_last)
    plan: list[list[Ints]] = []
    ready: Iterator[Ready] = iter(())
    losses = _losses_of(data, class_weights, settings.label_smoothing)
    while learner.step < total:
        epoch, position = divmod(learner.step, per_epoch)
        if not plan or position == 0:
            plan = plan_epoch(
                data.encoded.window_lengths,
                data.encoded.window_counts,
                batch_size=settings.batch_size,
                token_budget=settings.token_budget,
                seed=settings.seed,
                epoch=epoch,
                articles=epoch_articles(data.y, settings.most_frequent_share, seed=settings.seed, epoch=epoch),
            )
            ready = _ready(data, encoder, plan[position:], packed=learner.model.packed, device=device)
        started = time.perf_counter()
        rate = settings.learning_rate * schedule(learner.step, total, settings.warmup_ratio)
        loss, norm = _step(learner, ready, plan[position], rate, losses, device)
        learner.step += 1
        if learner.step >= averaged:
            learner.average.add(learner.optimizer.flat)
        articles = np.concatenate(plan[position])
        yield StepRecord(
            step=learner.step,
            epoch=round(learner.step / per_epoch, 4),
            loss=loss,
            learning_rate=rate,
            grad_norm=norm,
            articles=len(articles),
            tokens=_count_tokens(data.encoded, articles),
            seconds=round(time.perf_counter() - started, 4),
            epoch_ends=position == per_epoch - 1,
        )


def set_seed(seed: int) -> None:
    """Seed every generator of random numbers that training draws from."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def steps_per_epoch(articles: int, batch_size: int) -> int:
    """Optimizer steps in an epoch; the last one may have fewer articles."""
    return math.ceil(articles / batch_size)


def balanced_weights(y: Ints, classes: int) -> npt.NDArray[np.float32]:
    """Class weights as scikit-learn's ``class_weight="balanced"``: n / (classes × count), 1 for an absent class.

    For multi-label: the weight of a positive, negatives / positives, at most 100. Shape (classes,).
    """
    if y.ndim == 2:
        positives = y.sum(axis=0)
        return np.asarray(np.clip((len(y) - positives) / np.maximum(1, positives), 0.01, 100), dtype=np.float32)
    counts = np.bincount(y, minlength=classes)
    return np.asarray(np.where(counts > 0, len(y) / ((counts > 0).sum() * np.maximum(1, counts)), 1), dtype=np.float32)


def article_losses(
    logits: torch.Tensor, y: torch.Tensor, class_weights: torch.Tensor | None, label_smoothing: float
) -> torch.Tensor:
    """Loss of each article: cross-entropy, or the mean binary cross-entropy over classes for multi-label.

    Args:
        logits: (articles, classes), float32.
        y: ids (articles,), or a 0/1 matrix (articles, classes).
        class_weights: (classes,) or None.
        label_smoothing: share of the target that is spread evenly over all classes (Szegedy et al., 2016). The weight
            is that of the article's own class, so that smoothing does not draw every article towards a rare one.
    """
    if y.ndim == 1:
        losses = F.cross_entropy(logits, y, label_smoothing=label_smoothing, reduction="none")
        return losses if class_weights is None else losses * class_weights[y]
    target = y.float() * (1 - label_smoothing) + label_smoothing / 2
    losses = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    if class_weights is not None:
        losses = torch.where(y == 1, losses * class_weights, losses)
    return losses.mean(dim=1)


def taught_losses(
    logits: torch.Tensor,
    scores: torch.Tensor,
    class_weights: torch.Tensor | None,
    temperature: float,
    *,
    multi_label: bool,
) -> torch.Tensor:
    """Cross-entropy of each article to a teacher's scores.

    Both sides are made softer by the temperature, and the loss is multiplied by its square, which keeps the gradients
    as large (Hinton, Vinyals and Dean, 2015, "Distilling the Knowledge in a Neural Network", arXiv:1503.02531).

    Args:
        logits: (articles, classes), float32.
        scores: probabilities of the same shape; for multi-label those of each class by itself.
        class_weights: (classes,) or None; as for true labels, what is said of a class counts as much as the class.
        temperature: above 0; 1 leaves both as they are.
        multi_label: whether each class has its own probability.
    """
    likely = scores.clamp(LEAST, 1 - LEAST)
    if multi_label:
        softer = (torch.logit(likely) / temperature).sigmoid()
        losses = F.binary_cross_entropy_with_logits(
            logits / temperature, softer, pos_weight=class_weights, reduction="none"
        ).mean(dim=1)
    else:
        softer = (likely.log() / temperature).softmax(dim=1)
        weighted = softer if class_weights is None else softer * class_weights
        losses = -(weighted * F.log_softmax(logits / temperature, dim=1)).sum(dim=1)
    return losses * temperature**2


def _losses_of(data: TrainingSet, class_weights: torch.Tensor | None, label_smoothing: float) -> Losses:
    """The loss of each article of a batch: by its true labels, by what a teacher says of it, or by both."""
    taught = data.taught

    def losses(logits: torch.Tensor, y: torch.Tensor, said: torch.Tensor | None) -> torch.Tensor:
        if taught is None or said is None:
            return article_losses(logits, y, class_weights, label_smoothing)
        scores, labelled = said[:, :-1], said[:, -1]
        by_teacher = taught_losses(logits, scores, class_weights, taught.temperature, multi_label=y.ndim == 2)
        by_labels = article_losses(logits, y, class_weights, label_smoothing)
        return taught.weight * by_teacher + (1 - taught.weight) * labelled * by_labels

    return losses


def _ready(
    data: TrainingSet, encoder: TextEncoder, steps: list[list[Ints]], *, packed: bool, device: torch.device
) -> Iterator[Ready]:
    """The batches of this process with their labels, step by step."""
    pad = encoder.tokenizer.pad_token_id or 0

    def make(articles: Ints) -> Ready:
        batch = collate(data.encoded, articles, encoder.template, pad, packed=packed, hidden=data.hidden)
        said = None if data.taught is None else pinned(data.taught.rows(articles), device)
        return batch.pinned_for(device), pinned(torch.from_numpy(data.y[articles]), device), said

    mine = (step[index] for step in steps for index in _my_batches(step))
    return prefetched(make, mine, ahead_for(device))


def _my_batches(batches: list[Ints]) -> list[int]:
    return distributed.my_share([len(batch) for batch in batches])


def _step(
    learner: Learner,
    ready: Iterator[Ready],
    batches: list[Ints],
    rate: float,
    losses: Losses,
    device: torch.device,
) -> tuple[float, float]:
    """One optimizer step over its batches; returns the mean loss and the norm of the gradient."""
    model, settings, optimizer = learner.model.train(), learner.settings, learner.optimizer
    articles = sum(len(batch) for batch in batches)
    total = torch.zeros((), device=device)
    for index in _my_batches(batches):
        _seed_draws(_batch_seed(settings.seed, learner.step, index), device)
        batch, y, said = next(ready)
        logits = model(batch.to(device))
        loss = losses(logits, moved(y, device), None if said is None else moved(said, device)).sum() / articles
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.collect()
        total += loss.detach()
    distributed.sum_over_processes([total, *(flat.grad for flat in optimizer.flat if flat.grad is not None)])
    norm = optimizer.clip(settings.max_grad_norm)
    mean, gradient = total.item(), norm.item()
    check_finite("loss", mean, learner.step + 1)
    check_finite("norm of the gradient", gradient, learner.step + 1)  # one that is not would spoil every weight
    optimizer.step(rate)
    return mean, gradient


def _seed_draws(seed: int, device: torch.device) -> None:
    """Seed what dropout draws from; where there is no GPU `torch.manual_seed` also writes down three stack traces."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def _batch_seed(seed: int, step: int, batch: int) -> int:
    """The seed of a batch's random numbers: the same after a resume, and in any number of processes."""
    return int(np.random.SeedSequence([seed, step, batch]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _count_tokens(encoded: EncodedArticles, articles: Ints) -> int:
    starts = encoded.window_starts[encoded.article_starts]
    return int((starts[articles + 1] - starts[articles]).sum())


def check_finite(what: str, value: float, step: int) -> None:
    """Raise `DivergedError` unless a figure of a step is a finite number."""
    if not math.isfinite(value):
        raise DivergedError(
            f"The {what} is {value} at step {step}: training has diverged.",
            fix="Lower the learning rate, for example --set train.learning_rate=3e-5",
        )
