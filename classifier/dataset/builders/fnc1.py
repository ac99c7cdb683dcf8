"""The Fake News Challenge (FNC-1): stance of an article body towards a headline, in two CSV files.

Layout: ``train_stances.csv`` (Headline, Body ID, Stance) and ``train_bodies.csv`` (Body ID, articleBody); the official
test, ``competition_test_stances.csv`` and ``competition_test_bodies.csv``, is used if it lies beside them.
Source: http://www.fakenewschallenge.org (Pomerleau and Rao, 2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.readers.table import read_rows
from classifier.dataset.builders.settings import BuilderSettings, Parts
from classifier.errors import Fault, InputError, names

STANCES = ("agree", "disagree", "discuss", "unrelated")


class Settings(BuilderSettings):
    """The settings of ``[data]`` that this builder uses."""

    pair: bool | None = None

    def open(self) -> Parts:
        """The pairs of each part."""
        return read(Path(self.path or ""), pair=self.pair)


def read(folder: Path, *, pair: bool | None = None) -> dict[str, Iterator[Article | Fault]]:
    """Read the pairs: target = headline, text = body, ``body_id`` as an extra column.

    Args:
        folder: holds the files.
        pair: False makes the headline the title, so that the input is one text.

    Raises:
        InputError: a file or a column is missing; a missing body or an unknown stance is a fault of its row.
    """
    parts = {"all": _pairs(folder / "train_stances.csv", folder / "train_bodies.csv", pair)}
    test = folder / "competition_test_stances.csv"
    if test.exists():
        parts = {"train": parts["all"], "test": _pairs(test, folder / "competition_test_bodies.csv", pair)}
    return parts


def _read_bodies(path: Path) -> dict[str, str]:
    bodies = {}
    for row in read_rows(path):
        if isinstance(row, Fault):
            raise InputError(f"'{path}' has a bad row.", faults=[row])
        if not {"Body ID", "articleBody"} <= row.values.keys():
            raise InputError(f"'{path}' needs the columns 'Body ID' and 'articleBody'. It has {names(row.values)}.")
        bodies[row.values["Body ID"]] = row.values["articleBody"]
    return bodies


def _pairs(path: Path, bodies_file: Path, pair: bool | None) -> Iterator[Article | Fault]:
    bodies = _read_bodies(bodies_file)
    for number, row in enumerate(read_rows(path), start=1):
        if isinstance(row, Fault):
            yield row
            continue
        values = row.values
        if not {"Headline", "Body ID", "Stance"} <= values.keys():
            raise InputError(f"'{path}' needs the columns 'Headline', 'Body ID', 'Stance'. It has {names(values)}.")
        if values["Body ID"] not in bodies:
            what = f"there is no body with the Body ID '{values['Body ID']}'"
            yield Fault(row.where, what, "missing body", values)
        elif values["Stance"] not in STANCES:
            what = f"Stance must be one of {names(STANCES)}. Got '{values['Stance']}' instead"
            yield Fault(row.where, what, "unknown stance", values)
        else:
            yield Article(
                id=str(number),
                text=bodies[values["Body ID"]],
                labels=(values["Stance"],),
                title=values["Headline"] if pair is False else None,
                target=None if pair is False else values["Headline"],
                extra={"body_id": values["Body ID"]},
                where=row.where,
            )
