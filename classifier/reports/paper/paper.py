"""What the text of a paper is made from: the files of a run, and what its models and its dataset say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.config import Config
from classifier.config_file import load_config
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.reports.paper.corpus import CorpusFacts, corpus_facts
from classifier.reports.run.record import RunRecord


@dataclass(frozen=True)
class Paper:
    """What a methods text is made from.

    Attributes:
        record: the run's files.
        config: its settings.
        models: what each model says of itself; None for one that is gone.
        heads: of how many of them a head alone was trained.
        corpus: sources and dates; None where the dataset is gone.
    """

    record: RunRecord
    config: Config
    models: tuple[ModelInfo | None, ...]
    corpus: CorpusFacts | None
    heads: int = 0

    @property
    def version(self) -> str:
        """Of this package, that made the run."""
        return str(self.record.manifest["classifier"])


def read_paper(record: RunRecord) -> Paper:
    """Read what a methods text needs beside the record of a run.

    Raises:
        InputError: a file is damaged.
    """
    config = load_config(record.run.config)
    corpus = None if record.dataset is None else corpus_facts(record.dataset, config.data.date_format)
    return Paper(record, config, tuple(_model(run.model) for run in record.runs), corpus, record.heads)


def _model(folder: Path) -> ModelInfo | None:
    return read_model_info(folder) if folder.is_dir() else None
