"""The builders on the real corpora, where they lie beside the checkout (../shared/data); skipped elsewhere."""

from pathlib import Path

import pytest

from classifier.builders import prepare, read_parts
from classifier.config import load_config

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled corpora are not at ../shared/data")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("semeval2023", {"train": 388, "validation": 43, "test": 83}),
        ("hyperpartisan", {"train": 451, "validation": 65, "test": 129}),
        ("20newsgroups", {"train": 10_185, "validation": 1_129, "test": 7_532}),
    ],
)
def test_the_config_builds_disjoint_splits(name: str, counts: dict[str, int]) -> None:
    config = load_config(ROOT / "configs" / f"{name}.toml")
    articles, _, assignment = prepare(read_parts(config.data), config.data, config.split)
    found = {split: len(assignment.select(articles, split)) for split in counts}
    assert found["test"] == pytest.approx(counts["test"], abs=2)
    assert sum(found.values()) == pytest.approx(sum(counts.values()), abs=4)


def test_fnc1_bodies_are_in_one_split_each() -> None:
    config = load_config(ROOT / "configs" / "fnc1.toml")
    articles, labels, assignment = prepare(read_parts(config.data), config.data, config.split)
    assert len(articles) > 49_900
    assert len(labels) == 4
    homes: dict[str, set[str]] = {}
    for article in articles:
        homes.setdefault(article.text, set()).add(assignment.split[article.id])
    assert all(len(splits) == 1 for splits in homes.values())
