"""The simulation behind the figures of docs/measured.md on which articles to label next."""

import json
from pathlib import Path

import numpy as np
import pytest
import simulate_next
from simulate_next import METHODS, paired, sample, saved, simulate


def data(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, held_out = rng.integers(4, size=300), rng.integers(4, size=100)
    vectors = (np.eye(4, 6)[np.concatenate([y, held_out])] + rng.normal(size=(400, 6))).astype(np.float32)
    return {"pool": vectors[:300], "held_out": vectors[300:], "y": y, "y_held_out": held_out}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_buys_as_many_labels_and_no_article_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_next, "FIRST", 20)
    monkeypatch.setattr(simulate_next, "STEP", 10)
    monkeypatch.setattr(simulate_next, "LAST", 40)
    bought: list[int] = []
    real = simulate_next.fit_probe
    monkeypatch.setattr(simulate_next, "fit_probe", lambda x, *a, **k: (bought.append(len(x)), real(x, *a, **k))[1])
    scores = simulate(METHODS[name], data(), seed=0)
    assert bought == [20, 30, 40]
    assert len(scores) == 3


def test_the_parts_share_no_article(tmp_path: Path) -> None:
    for name in ("train", "test"):
        lines = [json.dumps({"id": f"{name}-{i}", "text": f"{name} {i}", "label": "a"}) for i in range(7000)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    files = (tmp_path / "train.jsonl", tmp_path / "test.jsonl")
    parts = [{a.id for a in articles} for part in ("measure", "choose") for articles in sample(*files, part)]
    assert [len(part) for part in parts] == [3000, 1500, 2000, 1000]
    assert len(set.union(*parts)) == 7500
    assert all(name.startswith("test") for name in parts[1])
    assert not any(name.startswith("test") for part in (parts[0], *parts[2:]) for name in part)


def test_labels_saved_and_intervals() -> None:
    assert saved([0.5, 0.65, 0.7], [0.5, 0.6, 0.7], [100, 200, 300], 200) == "+50"
    assert saved([0.5, 0.55, 0.7], [0.5, 0.6, 0.7], [100, 200, 300], 200) == "-50"
    assert saved([0.5, 0.65, 0.8], [0.5, 0.6, 0.7], [100, 200, 300], 300) == "> 0"
    assert paired(np.array([0.01, 0.02, 0.03])) == "+0.020 ± 0.025"
