import numpy as np
import torch

from classifier.articles.article import Article
from classifier.models.transformer.batches import collate, plan_batches, plan_epoch
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import make_tokenizer


def random_lengths(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(5, 256, size=n), rng.integers(1, 4, size=n)


def test_every_article_is_in_one_batch_within_the_budget() -> None:
    lengths, counts = random_lengths(500)
    batches = plan_batches(lengths, counts, 2048)
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    assert all(lengths[batch].max() * counts[batch].sum() <= 2048 for batch in batches)


def test_an_article_above_the_budget_is_alone() -> None:
    assert [len(b) for b in plan_batches(np.array([10, 900, 20]), np.array([1, 9, 1]), 100)] == [1, 2]


def test_an_epoch_has_every_article_once_in_steps_of_the_batch_size() -> None:
    lengths, counts = random_lengths(105)
    plan = plan_epoch(lengths, counts, batch_size=8, token_budget=1024, seed=3, epoch=0)
    sizes = sorted(sum(len(batch) for batch in step) for step in plan)
    assert sizes == [1, *[8] * 13]
    assert sorted(int(i) for step in plan for batch in step for i in batch) == list(range(105))


def test_the_plan_depends_on_seed_and_epoch_alone() -> None:
    lengths, counts = random_lengths(64)

    def flat(seed: int, epoch: int) -> list[int]:
        plan = plan_epoch(lengths, counts, batch_size=8, token_budget=1024, seed=seed, epoch=epoch)
        return [int(i) for step in plan for batch in step for i in batch]

    assert flat(1, 0) == flat(1, 0)
    assert flat(1, 0) != flat(1, 1)
    assert flat(1, 0) != flat(2, 0)


def test_little_padding_on_articles_of_mixed_length() -> None:
    lengths, counts = random_lengths(2000)
    plan = plan_epoch(lengths, counts, batch_size=16, token_budget=4096, seed=0, epoch=0)
    padded = sum(lengths[batch].max() * counts[batch].sum() for step in plan for batch in step)
    assert (lengths * counts).sum() / padded > 0.9


def test_collate_pads_and_averages() -> None:
    encoder = TextEncoder(make_tokenizer(), max_length=16, windows=3, pair=True)
    articles = [Article("1", "word1 " * 5, target="word2"), Article("2", "word3 " * 25, target="word4 word5")]
    encoded = encoder.encode(articles)
    batch = collate(encoded, [1, 0], encoder.template, 0)
    assert batch.averaging.shape == (2, 4)
    assert torch.allclose(batch.averaging.sum(dim=1), torch.ones(2))
    assert batch.averaging[1].tolist() == [0, 0, 0, 1]
    assert (batch.input_ids[batch.attention_mask == 0] == 0).all()
    assert batch.token_type_ids is not None
    assert batch.token_type_ids[3, :9].tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_collate_keeps_every_token() -> None:
    encoder = TextEncoder(make_tokenizer(), max_length=24)
    encoded = encoder.encode(make_articles(20))
    batch = collate(encoded, range(20), encoder.template, 0)
    assert batch.attention_mask.sum() == len(encoded.tokens)
