import builtins
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from classifier.errors import InputError
from classifier.stats.prevalence import adjusted_count, error_rates, import_ppi, prediction_powered

needs_ppi = pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")


def rates_of(matrix: list[list[int]], sources: tuple[str, ...] = (), **more: Any) -> Any:
    counts = np.array(matrix)
    truth = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    guess = np.concatenate([np.repeat(np.arange(len(counts)), row) for row in counts])
    return error_rates(truth, guess, len(counts), sources, **more)


def test_two_labels_by_hand() -> None:
    """Rogan and Gladen's formula: (naive + specificity - 1) / (sensitivity + specificity - 1)."""
    rates = rates_of([[90, 10], [30, 70]])
    found = adjusted_count(rates, np.array([760, 240]))
    assert found.share[1] == pytest.approx((0.24 + 0.9 - 1) / (0.7 + 0.9 - 1))
    assert found.low[1] < found.share[1] < found.high[1]
    assert found.low[0] == pytest.approx(1 - found.high[1])


def test_three_labels_by_hand() -> None:
    matrix = [[80, 10, 10], [5, 90, 5], [20, 20, 60]]
    shares = np.array([0.5, 0.3, 0.2])
    observed = (shares @ np.array(matrix) / 100 * 10_000).round().astype(int)
    assert adjusted_count(rates_of(matrix), observed).share == pytest.approx(shares, abs=1e-4)


def test_shares_stay_within_their_limits() -> None:
    found = adjusted_count(rates_of([[80, 10, 10], [10, 80, 10], [10, 10, 80]]), np.array([960, 20, 20]))
    assert found.share == pytest.approx([1, 0, 0], abs=1e-6)
    assert (found.low >= 0).all() and (found.high <= 1).all()
    assert (found.low <= found.share).all() and (found.share <= found.high).all()


def test_shares_at_their_limits_are_moved_inside_by_as_much_as_is_not_known() -> None:
    """Least squares would give exactly 0 and 1. Nothing changes where the limits are far."""
    for scale, least, most in ((1, 0.005, 0.05), (100, 0.0002, 0.005)):
        rates = rates_of([[80 * scale, 20 * scale], [20 * scale, 80 * scale]])
        share = adjusted_count(rates, np.array([800 * scale, 200 * scale])).share
        assert least < share[1] < most
        assert adjusted_count(rates, np.array([500 * scale, 500 * scale])).share == pytest.approx([0.5, 0.5])


def test_an_error_matrix_that_could_be_singular_is_said_to_be() -> None:
    """Its determinant: .04 with a standard error of .07, .2 with one of .07, and .04 with one of .007."""
    assert not rates_of([[52, 48], [48, 52]]).solvable
    assert rates_of([[60, 40], [40, 60]]).solvable
    assert rates_of([[5200, 4800], [4800, 5200]]).solvable
    assert rates_of([[20, 80], [80, 20]]).solvable  # labels swapped
    assert rates_of([[52, 48], [48, 52]]).condition == pytest.approx(25)
    assert rates_of([[90, 5, 5], [10, 50, 40], [10, 45, 45]]).confused == (1, 2)


def test_what_label_shift_cannot_explain_is_impossible() -> None:
    """10% of either label go astray, so that a corpus with 1% predicted is not one of these two labels."""
    assert adjusted_count(rates_of([[900, 100], [100, 900]]), np.array([9900, 100])).impossible.all()
    assert not adjusted_count(rates_of([[900, 100], [100, 900]]), np.array([9000, 1000])).impossible.any()


def test_the_interval_contains_both_samples() -> None:
    """Neither a huge corpus nor huge held-out data take the other one's share of the width away."""

    def width(held_out: int, corpus: int) -> float:
        found = adjusted_count(
            rates_of([[8 * held_out, 2 * held_out], [2 * held_out, 8 * held_out]]), np.array([corpus, corpus])
        )
        return float(found.high[1] - found.low[1])

    by_corpus, by_rates = width(100_000, 200), width(10, 1_000_000)
    assert by_corpus == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 400) / 0.6, rel=0.1)
    assert by_rates == pytest.approx(2 * 1.96 * np.sqrt(2 * 0.25 * 0.16 / 100) / 0.6, rel=0.15)
    assert width(10, 200) > 1.1 * max(by_corpus, by_rates)


def test_no_error_among_few_articles_is_not_no_error() -> None:
    found = adjusted_count(rates_of([[20, 0], [0, 20]]), np.array([900, 100]))
    assert found.high[1] - found.low[1] > 0.06


def test_articles_of_one_source_count_less_than_articles_of_many() -> None:
    """Sources that are classified all right or all wrong: as many independent observations as sources."""
    truth = np.tile([0, 1], 100)
    sources = [f"s{i // 20}" for i in range(200)]
    guess = np.where(np.arange(200) // 20 % 5 == 0, 1 - truth, truth)
    corpus = np.array([700, 300])  # at one half the two kinds of errors would cancel out
    clustered = adjusted_count(error_rates(truth, guess, 2, sources), corpus)
    alone = adjusted_count(error_rates(truth, guess, 2, [f"s{i}" for i in range(200)]), corpus)
    assert clustered.high[1] - clustered.low[1] > 1.5 * (alone.high[1] - alone.low[1])


def test_sources_that_happen_to_be_alike_do_not_make_the_errors_certain() -> None:
    """Two of eight wrong in each of ten sources: drawing whole sources again would never give another share."""
    truth = np.repeat([0, 1], [400, 80])
    sources = [f"s{i // 4}" for i in range(400)] + [f"t{i // 8}" for i in range(80)]
    guess = truth.copy()
    guess[400:] = np.arange(80) % 8 >= 2
    found = adjusted_count(error_rates(truth, guess, 2, sources), np.array([6000, 4000]))
    alone = adjusted_count(error_rates(truth, guess, 2), np.array([6000, 4000]))
    assert found.high[1] - found.low[1] >= alone.high[1] - alone.low[1] - 1e-9 > 0.1


def test_a_label_without_held_out_articles_cannot_be_corrected() -> None:
    with pytest.raises(InputError, match="no held-out article"):
        error_rates(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)


def test_the_same_seed_gives_the_same_interval() -> None:
    one, two, other = (adjusted_count(rates_of([[30, 10], [5, 35]], seed=s), np.array([70, 30])) for s in (1, 1, 2))
    assert (one.low == two.low).all() and (one.low != other.low).any()


@needs_ppi
def test_prediction_powered_by_hand() -> None:
    """Without power tuning the estimate is the predicted share plus the mean error; tuning keeps it near."""
    truth = np.array([1] * 30 + [0] * 70)
    guess = np.array([1] * 25 + [0] * 5 + [1] * 10 + [0] * 60)
    found = prediction_powered(truth, guess, 400, 1000)
    assert found.share[0] == pytest.approx(0.4 - 0.05, abs=0.03)
    labelled_alone = 2 * 1.96 * np.sqrt(0.3 * 0.7 / 100)
    assert 0.05 < found.high[0] - found.low[0] < labelled_alone


@needs_ppi
def test_prediction_powered_has_width_where_no_error_was_seen() -> None:
    nothing = np.zeros(100, dtype=np.int64)
    found = prediction_powered(nothing, nothing, 0, 1900)
    assert found.share[0] == 0
    assert 0.02 < found.high[0] < 0.05  # about 3 / 100, the rule of three


def test_the_library_leaves_warnings_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ppi-python does when it is imported."""
    (tmp_path / "ppi_py.py").write_text("import warnings\nwarnings.simplefilter('ignore')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "ppi_py", None)
    del sys.modules["ppi_py"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Path(import_ppi().__file__).parent == tmp_path
        with pytest.raises(UserWarning):
            warnings.warn("still here", stacklevel=1)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "ppi_py":
            raise ImportError
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"ppi-python(.|\n)*classifier\[prevalence\]"):
        import_ppi()


@pytest.mark.parametrize("mix", [(0.7, 0.2, 0.1), (0.9, 0.08, 0.02)])
def test_adjusted_count_covers_under_label_shift(mix: tuple[float, ...]) -> None:
    """No less than 99.9% of such simulations would, if 95% were right; counted predictions hardly ever do."""
    rng = np.random.default_rng(0)
    mean = np.array([[0.85, 0.10, 0.05], [0.10, 0.80, 0.10], [0.15, 0.15, 0.70]])
    held, errors, worlds = np.zeros(3), np.zeros(3), 200
    for world in range(worlds):
        matrix = [rng.multinomial(100, row).tolist() for row in mean]
        found = adjusted_count(rates_of(matrix, draws=400, seed=world), rng.multinomial(2000, np.array(mix) @ mean))
        held += (found.low <= mix) & (mix <= found.high)
        errors += found.share - mix
    low, high = binom.ppf([0.0005, 0.9995], worlds, 0.95) / worlds
    assert (held / worlds >= low - 0.01).all()
    assert held.mean() / worlds <= high + 0.02
    assert np.abs(errors / worlds).max() < 0.02 < np.abs(mix @ mean - mix).max()


def test_sources_that_differ_are_covered() -> None:
    """Ten sources, each with error rates of its own: by articles alone the interval would be too short."""
    rng = np.random.default_rng(0)
    mean = np.array([[0.8, 0.2], [0.25, 0.75]])
    shares = np.array([0.8, 0.2])
    names = [f"s{i // 40}" for i in range(400)]
    covered = {True: 0, False: 0}
    for repeat in range(150):
        of = np.stack([rng.dirichlet(8 * row, size=10) for row in mean], axis=1)  # (sources, true, predicted)
        truth = rng.integers(2, size=400)
        guess = (rng.random(400) > of[np.arange(400) // 40, truth, 0]).astype(int)
        corpus = rng.multinomial(2000, shares @ mean)
        for by_source in covered:
            rates = error_rates(truth, guess, 2, names if by_source else (), draws=400, seed=repeat)
            found = adjusted_count(rates, corpus)
            covered[by_source] += int(found.low[1] <= shares[1] <= found.high[1])
    assert covered[True] / 150 >= 0.89
    assert covered[False] / 150 < 0.89
