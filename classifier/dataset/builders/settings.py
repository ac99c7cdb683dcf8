"""The settings of ``[data]`` that each builder uses: a model per builder, with one field per setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from classifier.articles.article import Article
from classifier.config import Columns, TaskName
from classifier.errors import Fault

Parts = Mapping[str, Iterator[Article | Fault]]


class BuilderSettings(BaseModel):
    """A builder's settings; each field has the name, the meaning and the default of the setting in ``[data]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    languages: tuple[str, ...] | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The files or folders of the settings, by part: ``all``, or ``train``, ``validation`` and ``test``."""
        named = {"all": self.path, **{part: getattr(self, part, None) for part in ("train", "validation", "test")}}
        return {part: Path(name) for part, name in named.items() if name is not None}

    def open(self) -> Parts:
        """The articles of each part, and faults for bad rows; each stream can be read once."""
        raise NotImplementedError


class PartSettings(BuilderSettings):
    """Settings of a builder that also takes train, validation and test as separate sources."""

    train: str | None = None
    validation: str | None = None
    test: str | None = None


class TableSettings(BuilderSettings):
    """Settings of a builder whose source has columns, one of them for labels."""

    task: TaskName = "single_label"
    pair: bool | None = None
    missing: tuple[str, ...] | None = None
    date_format: str | None = None
    columns: Columns = Columns()

    @property
    def multi_label(self) -> bool:
        """Whether an article may have none or several labels."""
        return self.task == "multi_label"

    @property
    def named(self) -> dict[str, str | None]:
        """Standard name -> the source's name for it, or None."""
        return self.columns.named
