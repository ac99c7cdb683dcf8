import numpy as np

from classifier.stats.label_shift.two_sample import two_sample_p
from tests.makers.label_shift import BASE, NEW, made


def p(validation: tuple[int, np.ndarray], corpus: tuple[int, np.ndarray], seed: int) -> float:
    held, proba = made(*validation, seed)[0].astype(float), made(*corpus, 100 + seed)[0]
    blocks = np.arange(len(held)), np.arange(len(proba))
    return two_sample_p(held, proba, blocks, np.random.default_rng(seed))


def test_the_same_shares_are_found_to_differ_as_seldom_as_promised_and_others_surely() -> None:
    alike = [p((200, BASE), (60, BASE), seed) for seed in range(40)]
    assert sum(value < 0.05 for value in alike) <= 5
    assert 0.3 < np.mean(alike) < 0.7
    assert all(p((200, BASE), (60, NEW), seed) < 0.05 for seed in range(5))
