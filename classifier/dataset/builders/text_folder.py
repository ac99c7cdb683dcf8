"""Folders of text files: one subfolder per label, one .txt file per article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.readers.below import is_archive
from classifier.articles.readers.text_folder import read_text_folder
from classifier.articles.rows import read_articles
from classifier.dataset.builders.settings import Parts, PartSettings
from classifier.errors import Fault, InputError


class Settings(PartSettings):
    """The settings of ``[data]`` that this builder uses."""

    encoding: str = "utf-8"

    def open(self) -> Parts:
        """The articles of each folder."""
        return read(self.files, encoding=self.encoding)


def read(folders: Mapping[str, Path], *, encoding: str = "utf-8") -> dict[str, Iterator[Article | Fault]]:
    """Read one folder, or .zip, per part; the first subfolder is the label, the path below the folder the id.

    Raises:
        InputError: a folder is missing or holds no labelled text files.
    """
    parts = {}
    for part, folder in folders.items():
        if not folder.is_dir() and not is_archive(folder):
            raise InputError(f"There is no folder '{folder}'.", fix="Give a folder with one subfolder per label.")
        rows = read_text_folder(folder, encoding, labelled=True)
        parts[part] = read_articles(rows, {}, labelled=True, missing=(), file=str(folder))
    return parts
