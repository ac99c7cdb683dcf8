"""The builders on the real corpora, where they lie beside the checkout (../shared/data); skipped elsewhere."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from classifier.articles.split_names import SPLITS
from classifier.config_file import load_config, parse_settings
from classifier.dataset.assign import assign, index_columns
from classifier.dataset.builders import open_parts
from classifier.dataset.consistency import ConsistentCorpus, make_consistent
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.dataset.splits import Assignment
from classifier.dataset.units import spanning
from classifier.errors import Fault
from classifier.progress import SilentTask

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled corpora are not at ../shared/data")


@contextmanager
def built(name: str, *overrides: str) -> Iterator[tuple[ConsistentCorpus, Assignment]]:
    """A corpus as its config reads, settles and splits it."""
    config = load_config(ROOT / "configs" / f"{name}.toml", parse_settings(overrides))
    data, faults = config.data, list[Fault]()
    parts = open_parts(data)
    preparation = Preparation(index_columns(config.split, parts), data.strip)
    with TemporaryDirectory() as folder:
        corpus = distinct_ids(read_corpus(parts, Path(folder), preparation, faults.append, SilentTask(), workers=1))
        settled = make_consistent(
            corpus,
            first_of_ids(corpus, faults.append),
            multi_label=False,
            merge_labels=data.merge_labels,
            conflicts=data.conflicts,
            duplicates=data.duplicates,
            near=data.near_duplicates or None,
            contained=data.contained or None,
        )
        assert faults == []
        yield settled, assign(settled, config.split)[1]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("semeval2023", {"train": 388, "validation": 43, "test": 83}),
        ("hyperpartisan", {"train": 451, "validation": 65, "test": 129}),
        ("20newsgroups", {"train": 10_108, "validation": 1_124, "test": 7_532}),
    ],
)
def test_the_config_builds_disjoint_splits(name: str, counts: dict[str, int]) -> None:
    with built(name) as (settled, assignment):
        found = Counter(SPLITS[code] for code in assignment.split if code >= 0)
        assert found["test"] == pytest.approx(counts["test"], abs=2)
        assert found.total() == pytest.approx(sum(counts.values()), abs=4)
        assert spanning(assignment.split, settled.cluster) == 0
        ids = settled.corpus.index.ids
        assert len(set(ids)) == len(ids)


def test_fnc1_bodies_are_in_one_split_each() -> None:
    with built("fnc1") as (settled, assignment):
        assert settled.kept.sum() > 49_900
        assert len(settled.labels) == 4
        bodies = np.unique(settled.corpus.index.text, return_inverse=True)[1]
        assert bodies.max() + 1 < 1_700
        assert spanning(assignment.split, bodies) == 0
        assert spanning(assignment.split, settled.cluster) == 0
        assert Counter(assignment.split.tolist())[2] == pytest.approx(10_000, rel=0.03)


def test_hyperpartisan_in_ten_folds_keeps_every_site_in_one_fold() -> None:
    with built("hyperpartisan", "split.folds=10") as (settled, assignment):
        assert assignment.folds is not None
        test = assignment.folds == SPLITS.index("test")
        assert (test.sum(axis=1) == 1).all()
        assert test.sum(axis=0) == pytest.approx(64.5, abs=8)
        sites: dict[str, set[int]] = {}
        for source, fold in zip(settled.corpus.index.columns["source"], test.argmax(axis=1), strict=True):
            sites.setdefault(source, set()).add(int(fold))
        assert len(sites) > 100
        assert all(len(folds) == 1 for folds in sites.values())
