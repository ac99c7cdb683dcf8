"""SemEval-2023 task 3, subtask 1: news genre (opinion, reporting, satire) in several languages.

Layout: ``LANG/{train,dev}-articles-subtask-1/articleID.txt`` (the first line is the title) and
``LANG/{train,dev}-labels-subtask-1.txt`` (ID, tab, label). The official dev set becomes ``test``, since the labels of
the official test are not public. Source: Piskorski et al., 2023, https://aclanthology.org/2023.semeval-1.317
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.readers.opened import open_text, read_text
from classifier.dataset.builders.settings import BuilderSettings, Parts
from classifier.errors import Fault, InputError, names

logger = logging.getLogger(__name__)
ISO = {"ge": "de", "po": "pl", "gr": "el", "sp": "es"}  # folder -> the code of its language, where they differ


class Settings(BuilderSettings):
    """The settings of ``[data]`` that this builder uses."""

    test_languages: tuple[str, ...] | None = None

    def open(self) -> Parts:
        """The articles of train and dev."""
        return read(Path(self.path or ""), self.languages or ("en",), self.test_languages)


def read(
    folder: Path, languages: Sequence[str], test_languages: Sequence[str] | None = None
) -> dict[str, Iterator[Article | Fault]]:
    """Read train and dev of the given languages.

    Args:
        folder: holds one folder per language.
        languages: of the training articles, such as ``["en", "fr"]``; codes of ISO 639, or names of folders.
        test_languages: of the dev articles; the same ones when None.

    Raises:
        InputError: a language is missing; a missing article or label is a fault of its row.
    """
    present = sorted(path.name for path in folder.glob("*") if (path / "train-labels-subtask-1.txt").exists())
    languages, test_languages = (_folders(codes, present) for codes in (languages, test_languages or languages))
    missing = sorted({*languages, *test_languages} - set(present))
    if missing:
        raise InputError(
            f"'{folder}' has no language {names(missing)}.",
            fix=f"It has {names(present) or 'no LANG/train-labels-subtask-1.txt at all'}; set data.languages.",
        )
    if unread := sorted(set(present) - {*languages, *test_languages}):
        logger.info("only %s is read; '%s' has %s too (data.languages)", names(languages), folder, names(unread))
    return {
        "train": _articles(folder, languages, "train"),
        "test": _articles(folder, test_languages, "dev"),
    }


def _folders(languages: Sequence[str], present: Sequence[str]) -> list[str]:
    """The folders of languages, which may be named by their codes."""
    named = {ISO.get(name, name): name for name in present}
    return list(dict.fromkeys(code if code in present else named.get(code, code) for code in languages))


def _articles(folder: Path, languages: Sequence[str], part: str) -> Iterator[Article | Fault]:
    for language in languages:
        labels = folder / language / f"{part}-labels-subtask-1.txt"
        with open_text(labels) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _article(
                        line, f"{labels}:{number}", folder / language / f"{part}-articles-subtask-1", language
                    )


def _article(line: str, where: str, articles: Path, language: str) -> Article | Fault:
    identifier, tab, label = line.strip().partition("\t")
    path = articles / f"article{identifier}.txt"
    if not tab or not label.strip():
        return Fault(where, "an id, a tab and a label are needed", "no label", line.strip())
    if not path.exists():
        return Fault(where, f"there is no file {path}", "missing article", line.strip())
    title, _, body = read_text(path).strip().partition("\n")
    return Article(
        id=f"{language}-{identifier}",
        text=body.strip() or title.strip(),
        labels=(label.strip(),),
        title=title.strip() if body.strip() else None,
        language=ISO.get(language, language),
        where=str(path),
    )
