"""The training loop: it learns, repeats itself, resumes exactly, and its loss is that of its articles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from classifier.errors import DivergedError, InputError
from classifier.models.transformer.network import create_model, place
from classifier.training.checkpoints import BestEvaluation, load_checkpoint, save_best, save_checkpoint
from classifier.training.loop import Learner, article_losses, balanced_weights, set_seed, taught_losses
from tests.makers.training import CPU, LABELS, SETTINGS, prepare, same_weights, take


def test_it_learns(checkpoint: Path) -> None:
    learner, data, encoder = prepare(checkpoint)
    records = take(learner, data, encoder)
    assert len(records) == 24
    assert [r.step for r in records if r.epoch_ends] == [8, 16, 24]
    assert np.mean([r.loss for r in records[-4:]]) < np.mean([r.loss for r in records[:4]]) / 3
    assert sum(r.articles for r in records) == 180
    assert sum(r.tokens for r in records[:8]) == len(data.encoded.tokens)


def test_the_same_seed_gives_identical_weights_and_another_one_others(checkpoint: Path) -> None:
    runs = [prepare(checkpoint, SETTINGS.model_copy(update={"seed": seed})) for seed in (1, 1, 2)]
    learners = []
    for seed, (_, data, encoder) in zip((1, 1, 2), runs, strict=True):
        learner = prepare(checkpoint, SETTINGS.model_copy(update={"seed": seed}))[0]
        take(learner, data, encoder)
        learners.append(learner)
    assert same_weights(learners[0], learners[1])
    assert not same_weights(learners[0], learners[2])


@pytest.mark.parametrize("at", [1, 8, 13])
def test_a_resumed_training_ends_in_the_same_weights(checkpoint: Path, tmp_path: Path, at: int) -> None:
    whole, data, encoder = prepare(checkpoint)
    records = take(whole, data, encoder)
    first = prepare(checkpoint)[0]
    take(first, data, encoder, lambda record: record.step == at)
    save_best(tmp_path, first)
    save_checkpoint(tmp_path, first, BestEvaluation(at, 0.5, 1))
    set_seed(999)
    second = Learner(create_model(checkpoint, LABELS, multi_label=False, pooling="mean"), SETTINGS)
    assert load_checkpoint(tmp_path, second) == BestEvaluation(at, 0.5, 1)
    rest = take(second, data, encoder)
    assert [r.loss for r in rest] == [r.loss for r in records[at:]]
    assert same_weights(whole, second)


def test_the_loss_does_not_depend_on_how_articles_are_batched(checkpoint: Path) -> None:
    losses = []
    for budget in (64, 100_000):
        settings = SETTINGS.model_copy(update={"token_budget": budget, "num_train_epochs": 1})
        learner, data, encoder = prepare(checkpoint, settings)
        for module in learner.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        losses.append([r.loss for r in take(learner, data, encoder)])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_recomputed_layers_learn_the_same_and_keep_less(checkpoint: Path) -> None:
    records, kept = [], []
    for recomputed in (False, True):
        learner, data, encoder = prepare(checkpoint, SETTINGS.model_copy(update={"num_train_epochs": 1}))
        place(learner.model, CPU, bf16=False)  # packed, with dropout
        if recomputed:
            learner.model.recompute(CPU)
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t, sizes=sizes: sizes.append(t.numel()) or t, lambda t: t):
            records.append([r.loss for r in take(learner, data, encoder)])
        kept.append(sum(sizes))
    assert records[0] == pytest.approx(records[1], abs=1e-6)
    assert kept[1] < kept[0] / 2


def test_recomputing_is_refused_where_dropout_would_differ(checkpoint: Path) -> None:
    with pytest.raises(InputError, match="does not work on mps"):
        prepare(checkpoint)[0].model.recompute(torch.device("mps"))


def test_the_most_frequent_class_has_its_share_of_the_steps(checkpoint: Path) -> None:
    settings = SETTINGS.model_copy(update={"most_frequent_share": 0.5, "num_train_epochs": 2})
    learner, data, encoder = prepare(checkpoint, settings)
    data.y[:52] = 0
    data.y[52:] = 1
    records = take(learner, data, encoder)
    assert [(r.step, r.articles, r.epoch_ends) for r in records] == [
        (1, 8, False),
        (2, 8, True),
        (3, 8, False),
        (4, 8, True),
    ]


def test_a_diverging_training_is_an_input_error(checkpoint: Path) -> None:
    learner, data, encoder = prepare(checkpoint)
    assert learner.model.head is not None
    learner.model.head.weight.data.fill_(float("inf"))
    with pytest.raises(InputError, match="diverged"):
        take(learner, data, encoder)


def test_endless_gradients_stop_the_training_before_they_spoil_the_weights(checkpoint: Path) -> None:
    learner, data, encoder = prepare(checkpoint)
    assert learner.model.head is not None
    learner.model.head.bias.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(DivergedError, match=r"The norm of the gradient is (nan|inf) at step 1: training has diverged"):
        take(learner, data, encoder)
    assert all(torch.isfinite(weights).all() for weights in learner.model.parameters())


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    y = np.array([0, 0, 0, 0, 1, 2, 2])
    assert balanced_weights(y, 3) == pytest.approx(compute_class_weight("balanced", classes=np.arange(3), y=y))
    assert balanced_weights(y, 4)[3] == 1
    assert balanced_weights(np.array([[1, 0], [0, 0], [0, 0]]), 2) == pytest.approx([2, 3])


def test_the_loss_is_a_sum_over_articles() -> None:
    logits, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 2, 0])
    weights = torch.tensor([1.0, 2.0, 0.5])
    whole = article_losses(logits, y, weights, 0.1).sum()
    parts = (
        article_losses(logits[:2], y[:2], weights, 0.1).sum() + article_losses(logits[2:], y[2:], weights, 0.1).sum()
    )
    assert torch.allclose(whole, parts)
    many = torch.tensor([[1, 0, 1], [0, 0, 0]])
    single = torch.nn.functional.binary_cross_entropy_with_logits(logits[:2], many.float(), reduction="sum") / 3
    assert torch.allclose(article_losses(logits[:2], many, None, 0.0).sum(), single)


def test_smoothing_with_class_weights_still_prefers_the_true_class() -> None:
    weights = torch.from_numpy(balanced_weights(np.array([0] * 98 + [1] * 2), 2))
    y = torch.tensor([0] * 98 + [1] * 2)
    logits = torch.zeros(100, 2, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = article_losses(logits, y, weights, 0.1).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert logits.softmax(dim=1)[0, 0].item() == pytest.approx(0.95, abs=0.01)


def test_a_sure_teacher_counts_as_labels_do() -> None:
    logits, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 2, 0])
    weights = torch.tensor([1.0, 2.0, 0.5])
    sure = torch.nn.functional.one_hot(y, 3).float()
    taught = taught_losses(logits, sure, weights, 1.0, multi_label=False)
    assert torch.allclose(taught, article_losses(logits, y, weights, 0.0), atol=1e-4)
    many = torch.tensor([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1]])
    taught = taught_losses(logits, many.float(), weights, 1.0, multi_label=True)
    assert torch.allclose(taught, article_losses(logits, many, weights, 0.0), atol=1e-4)


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_what_is_learnt_from_a_teacher_are_its_scores(multi_label: bool, temperature: float) -> None:
    scores = torch.tensor([[0.7, 0.2, 0.1]])
    logits = torch.zeros(1, 3, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=300, tolerance_grad=1e-9)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = taught_losses(logits, scores, None, temperature, multi_label=multi_label).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    learnt = logits.sigmoid() if multi_label else logits.softmax(dim=1)
    assert torch.allclose(learnt, scores, atol=1e-3)


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 0.5])])
@pytest.mark.parametrize("multi_label", [False, True])
def test_the_loss_of_a_teacher_is_as_large_at_every_temperature(
    multi_label: bool, weights: torch.Tensor | None
) -> None:
    """The cross-entropy of both sides made softer, times the square of the temperature (Hinton et al., 2015)."""
    scores, logits = torch.tensor([[0.7, 0.2, 0.1], [0.05, 0.15, 0.8]]), torch.randn(2, 3)
    found = taught_losses(logits, scores, weights, 4.0, multi_label=multi_label)
    if multi_label:
        softer = (torch.logit(scores) / 4).sigmoid()
        each = -(
            (1 if weights is None else weights) * softer * (logits / 4).sigmoid().log()
            + (1 - softer) * (-logits / 4).sigmoid().log()
        )
        expected = 16 * each.mean(dim=1)
    else:
        softer = scores**0.25 / (scores**0.25).sum(dim=1, keepdim=True)
        expected = -16 * ((1 if weights is None else weights) * softer * (logits / 4).softmax(dim=1).log()).sum(dim=1)
    assert torch.allclose(found, expected, rtol=1e-4)


def test_smoothed_labels_are_as_far_from_sure_on_either_side() -> None:
    y = torch.tensor([[1, 0]])
    logits = torch.zeros(1, 2, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = article_losses(logits, y, None, 0.2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert logits.sigmoid()[0].tolist() == pytest.approx([0.9, 0.1], abs=1e-3)
