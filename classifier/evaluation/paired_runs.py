"""The stored predictions of two runs for the articles that both have: what `comparison` compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.articles.split_names import SPLITS
from classifier.dataset.units import join_units
from classifier.errors import InputError, counted, names, shell_word
from classifier.evaluation.predictions import PREDICTIONS, TEXT_KEY, read_predictions, stored_groups
from classifier.evaluation.result import read_evaluation
from classifier.files import read_json_as
from classifier.models.trained import FIGURES, Trained, is_trained, open_trained

DATA = "data-"  # begins the names of evaluations on other articles


@dataclass(frozen=True)
class ComparedSide:
    """What one side predicted.

    Attributes:
        path: as it was given.
        kind: ``run`` | ``seeds`` | ``folds``.
        tables: Arrow tables of predictions, one per training; one for all folds.
        resampled: what a group of articles is, as in `classifier.evaluation.groups`.
        validation: of folds, the share of all articles that chooses the best epoch.
        trained: of folds, how many articles trained each model; empty where that is not known.
        strip: what was removed from the texts (``data.strip``).
        trained_texts: how many of the articles have a text that it was trained on, as far as its evaluation knows.
    """

    path: str
    kind: str
    tables: tuple[Any, ...]
    resampled: str
    validation: float = 0.0
    trained: tuple[int, ...] = ()
    strip: tuple[str, ...] = ()
    trained_texts: int = 0

    @property
    def home(self) -> Path:
        """The folder of the run or runs."""
        path = Path(self.path).resolve()
        return path.parent.parent if self.kind == "run" and path.parent.name == "evaluation" else path

    @property
    def multi_label(self) -> bool:
        """Whether an article may have none or several labels."""
        import pyarrow as pa

        return not pa.types.is_string(self.tables[0].schema.field("label").type)

    @property
    def labels(self) -> list[str]:
        """Label names of its model."""
        return str((self.tables[0].schema.metadata or {})[b"labels"].decode("utf-8")).split("\n")


@dataclass(frozen=True)
class ComparedPair:
    """Two sides on the same articles.

    Attributes:
        sides: as they were opened.
        labels: of both models together.
        ids: of the articles, shape (n,).
        truth: ids (n,) or a 0/1 matrix (n, classes).
        predicted: of each side, one array like ``truth`` per training.
        scores: of each side, shape (n,), the mean over its trainings.
        groups: from 0, shape (n,): what either side keeps together.
        resampled: what a group is.
        folds: fold of each article, shape (n,), where both sides have the same folds.
        source: of each article, or None.
        notes: in which way the sides differ.
        crossed: where a side has crossed pairs, the groups of their targets, shape (n,); else None.
    """

    sides: tuple[ComparedSide, ComparedSide]
    labels: LabelSet
    ids: tuple[str, ...]
    truth: Ints
    predicted: tuple[tuple[Ints, ...], tuple[Ints, ...]]
    scores: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    groups: Ints
    resampled: str
    folds: Ints | None
    source: tuple[str | None, ...]
    notes: tuple[str, ...]
    crossed: Ints | None = None


@dataclass(frozen=True)
class _SplitSettings:
    validation_size: float = 0.0


@dataclass(frozen=True)
class _DataSettings:
    strip: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Settings:
    split: _SplitSettings = _SplitSettings()
    data: _DataSettings = _DataSettings()


@dataclass(frozen=True)
class _FoldSizes:
    """The part of ``folds.json`` that is needed here."""

    trained: tuple[int, ...] = ()


@dataclass(frozen=True)
class _TrainedOn:
    """The part of a run's ``dataset.json`` that is needed here."""

    settings: _Settings = _Settings()


def open_pair(a: str | Path, b: str | Path, split: str = "test") -> ComparedPair:
    """Read the predictions of two runs and keep the articles with the same id, the same true label and the same text.

    Args:
        a, b: each a run, a folder of several seeds or of all folds, or an evaluation folder.
        split: whose predictions.

    Raises:
        InputError: there are no such predictions, the sides are of different kinds, or have no article in common; or
            most of these have other texts.
    """
    sides = open_side(a, split), open_side(b, split)
    _check_kinds(sides)
    first, second = (_rows(side) for side in sides)
    common = [(row, second[key]) for key, row in first.items() if key in second]
    if not common:
        raise InputError(
            f"'{a}' and '{b}' have no article with the same id and label in common.",
            fix=_on_the_same(a, b),
        )
    common, others = _of_one_text(sides, common)
    rows = np.array(common, dtype=np.int64).T
    tables = [[table.take(at) for table in _aligned(side, at)] for side, at in zip(sides, rows, strict=True)]
    return _pair(sides, tables, (*_notes(sides, len(first), len(second), len(common) + others), *_said(others)))


def _of_one_text(
    sides: tuple[ComparedSide, ComparedSide], common: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], int]:
    """The pairs of rows that have the same text, and how many have not; all, where texts cannot be compared.

    Ids that are numbers of rows name other articles in another file, and labels are often the same by chance.

    Raises:
        InputError: most have not.
    """
    tables = [side.tables[0] for side in sides]
    if sides[0].strip != sides[1].strip or any(TEXT_KEY not in table.column_names for table in tables):
        return common, 0
    ours, theirs = (table[TEXT_KEY].to_pylist() for table in tables)
    same = [(a, b) for a, b in common if ours[a] == theirs[b]]
    others = len(common) - len(same)
    if others > len(same):
        raise InputError(
            f"'{sides[0].path}' and '{sides[1].path}' were evaluated on different articles: of {len(common):,} with "
            f"the same id and label, {others:,} have other texts.",
            fix=f"{_on_the_same(sides[0].path, sides[1].path)}. Ids that are row numbers name other articles in "
            "another file: give articles a column id.",
        )
    return same, others


def _on_the_same(a: str | Path, b: str | Path) -> str:
    """What to type so that two runs are compared on the same articles."""
    both = sorted(set(_evaluated(Path(a) / "evaluation")) & set(_evaluated(Path(b) / "evaluation")) - {*SPLITS})
    if both:
        return f"Both were evaluated on other articles too: --split {shell_word(both[0])}"
    return (
        "Evaluate both on the same articles, classifier evaluate RUN --data FILE, and compare these: --split data-FILE"
    )


def _evaluated(folder: Path) -> list[str]:
    """The names of the evaluations in a folder that have predictions."""
    return sorted(place.parent.name for place in folder.glob(f"*/{PREDICTIONS}"))


def _said(others: int) -> tuple[str, ...]:
    many = counted(
        others,
        "article with the same id and label has another text, and is",
        "articles with the same id and label have other texts, and are",
    )
    return (f"{many} left out.",) if others else ()


def open_side(path: str | Path, split: str) -> ComparedSide:
    """The predictions of a run, of several seeds or folds, or of an evaluation folder.

    Raises:
        InputError: there are none.
    """
    folder = Path(path)
    if (folder / PREDICTIONS).exists() and not is_trained(folder):
        strip = _strip(folder.resolve().parent.parent)
        return _side(str(path), "run", (_read(folder),), folder, strip)
    trained = open_trained(path, command="compare", takes=("run", "seeds", "folds"), whole=False)
    if trained.kind == "folds":
        return _folds(trained, split)
    if trained.kind == "run":
        trained.check_ended()
    places = [run.evaluation(split) for run in trained.runs]
    tables, strip = tuple(_read(place) for place in places), _strip(trained.runs[0].path)
    return _side(str(path), trained.kind, tables, places[0], strip)


def _side(path: str, kind: str, tables: tuple[Any, ...], evaluation: Path, strip: tuple[str, ...]) -> ComparedSide:
    found = read_evaluation(evaluation)
    trained = found.articles if found.split == "train" else found.trained_texts
    return ComparedSide(path, kind, tables, found.resampled, strip=strip, trained_texts=trained)


def _folds(trained: Trained, split: str) -> ComparedSide:
    if split != "test":
        raise InputError("A folder of all folds has predictions for its test articles only.", fix="Leave out --split.")
    table, first = _read(trained.path), trained.path / "fold-01"
    validation = _trained_on(first).settings.split.validation_size
    resampled = _resampled(first / "evaluation" / "test")
    figures = trained.path / FIGURES["folds"]
    sizes = read_json_as(figures, _FoldSizes, unknown="ignore").trained if figures.exists() else ()
    return ComparedSide(str(trained.path), "folds", (table,), resampled, validation, sizes, _strip(first))


def _trained_on(run: Path) -> _TrainedOn:
    return read_json_as(run / "dataset.json", _TrainedOn, unknown="ignore")


def _strip(run: Path) -> tuple[str, ...]:
    return _trained_on(run).settings.data.strip if (run / "dataset.json").exists() else ()


def _read(folder: Path) -> Any:
    import pyarrow as pa

    if not (folder / PREDICTIONS).exists():
        how = (
            f"--data {shell_word(folder.name.removeprefix(DATA))}" if folder.name.startswith(DATA) else "--split SPLIT"
        )
        there = _evaluated(folder.parent)
        run = folder.parent.parent if folder.parent.name == "evaluation" else "RUN"
        raise InputError(
            f"There are no predictions in '{folder}'{f', but of {names(there)}' if there else ''}.",
            fix=f"Let the training end (--resume), or make them: classifier evaluate {shell_word(run)} {how}",
        )
    table = read_predictions(folder)
    if "group" not in table.column_names:
        table = table.append_column("group", pa.array(range(len(table)), pa.int64()))
    return table


def _resampled(evaluation: Path) -> str:
    return read_evaluation(evaluation).resampled


def _check_kinds(sides: tuple[ComparedSide, ComparedSide]) -> None:
    a, b = sides
    if "folds" in (a.kind, b.kind) and a.kind != b.kind:
        raise InputError(
            f"A folder of all folds can be compared only with another one: '{a.path}' and '{b.path}' differ in kind.",
            fix="Give two folders of --all-folds, or one fold of each.",
        )
    if a.multi_label != b.multi_label:
        raise InputError(
            "One of the two gives one label per article, the other several.", fix="Compare runs of the same task."
        )


def _rows(side: ComparedSide) -> dict[tuple[str, Any], int]:
    """(id, true label) -> row in the first table."""
    table = side.tables[0]
    labels = [value if isinstance(value, str) else tuple(sorted(value)) for value in table["label"].to_pylist()]
    return {key: row for row, key in enumerate(zip(table["id"].to_pylist(), labels, strict=True))}


def _aligned(side: ComparedSide, rows: Ints) -> list[Any]:
    """The tables of a side, their articles in the order of the first.

    Raises:
        InputError: its trainings were evaluated on different articles.
    """
    ids = side.tables[0]["id"].to_pylist()
    aligned = [side.tables[0]]
    for table in side.tables[1:]:
        place = {name: row for row, name in enumerate(table["id"].to_pylist())}
        missing = [ids[row] for row in rows if ids[row] not in place]
        if missing:
            raise InputError(
                f"The seeds in '{side.path}' were evaluated on different articles: '{missing[0]}' is not in all.",
                fix="Evaluate each of them on the same split again.",
            )
        aligned.append(table.take([place.get(name, 0) for name in ids]))
    return aligned


def _pair(
    sides: tuple[ComparedSide, ComparedSide], tables: Sequence[Sequence[Any]], notes: tuple[str, ...]
) -> ComparedPair:
    names = tuple(dict.fromkeys([*sides[0].labels, *sides[1].labels]))
    labels = LabelSet(names, sides[0].multi_label)
    one, other = tables[0][0], tables[1][0]
    stored = [stored_groups(table) for table in (one, other)]
    targets = [crossed for _, crossed in stored if crossed is not None]
    folds = [table["fold"].to_numpy() if "fold" in table.column_names else None for table in (one, other)]
    same = folds[0] is not None and folds[1] is not None and bool((folds[0] == folds[1]).all())
    if sides[0].kind == "folds" and not same:
        notes = (*notes, "The folds are not the same, so only the pooled predictions are compared, given these models.")
    a, b = (tuple(_encode(labels, table["predicted"]) for table in side) for side in tables)
    scores = [np.stack([table["score"].to_numpy() for table in side]).mean(axis=0, dtype=np.float64) for side in tables]
    return ComparedPair(
        sides=sides,
        labels=labels,
        ids=tuple(one["id"].to_pylist()),
        truth=_encode(labels, one["label"]),
        predicted=(a, b),
        scores=(scores[0], scores[1]),
        groups=join_units(len(one), [groups for groups, _ in stored]),
        crossed=join_units(len(one), targets) if targets else None,
        resampled=", ".join(dict.fromkeys(side.resampled for side in sides)),
        folds=folds[0] if same else None,
        source=tuple(one["source"].to_pylist()),
        notes=notes,
    )


def _encode(labels: LabelSet, column: Any) -> Ints:
    return labels.encode((value,) if isinstance(value, str) else tuple(value) for value in column.to_pylist())


def _notes(sides: tuple[ComparedSide, ComparedSide], first: int, second: int, common: int) -> tuple[str, ...]:
    notes = []
    if not first == second == common:
        notes.append(f"A has {first:,} articles, B {second:,}; the {common:,} with the same id and label are compared.")
    if set(sides[0].labels) != set(sides[1].labels):
        alone = [sorted(set(x.labels) - set(y.labels)) for x, y in (sides, sides[::-1])]
        parts = [f"only {name} knows {', '.join(found)}" for name, found in zip("AB", alone, strict=True) if found]
        notes.append(f"The labels differ: {'; '.join(parts)}.")
    return tuple(notes)
