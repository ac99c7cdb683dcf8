"""What was read, in words: the first line of a command, so that nobody trains on something else than they meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.folding import visible
from classifier.articles.pairs import STANCE
from classifier.articles.readers.standard_input import NAME
from classifier.articles.reading import Reading
from classifier.errors import counted
from classifier.reports.words import joined
from classifier.temporary import is_temporary

MOST_FILES = 3  # that are named
MOST_LABELS = 8
SHOWN = 40  # characters of a name
BESIDE = {"source": "sources", "author": "authors", "date": "dates"}  # columns that the line names beside the text's


def task_words(
    count: int,
    labels: Mapping[str, int] | None,
    files: Iterable[str],
    found: Reading,
    *,
    pair: bool,
    multi_label: bool = False,
    titles: bool = False,
) -> str:
    """What was read: how many articles of what, the task, the files, and what other columns were taken for.

    Args:
        count: how many articles.
        labels: label -> articles; None where they are not labelled.
        files: where they are from.
        found: which column holds what.
        pair: whether a target belongs to each text.
        multi_label: whether an article may have several labels.
        titles: whether articles have titles.

    Example:
        >>> columns = {"text": "text", "label": "genre", "title": "Headline", "source": "site"}
        >>> found = Reading({"my.xlsx": columns}, {"my.xlsx": "Sheet1"})
        >>> print(task_words(600, {"news": 400, "opinion": 200}, ["my.xlsx"], found, pair=False, titles=True))
        600 articles with titles ('Headline'): genre or topic (one label of 2: news, opinion), from 'Sheet1' of \
my.xlsx; sources in 'site'.
    """
    if pair:
        what = counted(count, "pair of an article and a claim", "pairs of an article and a claim") + _named(
            found, "target"
        )
    else:
        what = counted(count, "article")
    if titles:
        what += f"{', with titles' if pair else ' with titles'}{_named(found, 'title')}"
    task = "" if labels is None else f": {_task(labels, pair=pair, multi_label=multi_label)}"
    taken = [f"{what} in '{found.column(key)}'" for key, what in BESIDE.items() if found.column(key)]
    beside = f"; {', '.join(taken)}" if taken else ""
    return f"{what}{task}{_origin(list(files), found)}{beside}{_utf8(found)}."


def task_of(articles: Iterable[Article], files: Iterable[str], found: Reading, *, pair: bool, multi_label: bool) -> str:
    """`task_words` of labelled articles that are at hand.

    Example:
        >>> articles = [Article("1", "Rain.", ("news",)), Article("2", "Sun.", ("satire",))]
        >>> task_of(articles, ["a.csv"], Reading(), pair=False, multi_label=False)
        '2 articles: genre or topic (one label of 2: news, satire), from a.csv.'
    """
    labels: dict[str, int] = {}
    count, titles = 0, False
    for article in articles:
        count += 1
        titles = titles or article.title is not None
        for name in article.labels:
            labels[name] = labels.get(name, 0) + 1
    return task_words(count, labels, files, found, pair=pair, multi_label=multi_label, titles=titles)


def _task(labels: Mapping[str, int], *, pair: bool, multi_label: bool) -> str:
    most_first = sorted(labels, key=lambda name: (-labels[name], name))
    listed = ", ".join(visible(name)[:SHOWN] for name in most_first[:MOST_LABELS])
    more = f" and {len(labels) - MOST_LABELS:,} more" if len(labels) > MOST_LABELS else ""
    how = "any number of labels" if multi_label else "one label"
    return f"{STANCE if pair else 'genre or topic'} ({how} of {len(labels):,}: {listed}{more})"


def _named(found: Reading, key: str) -> str:
    """The column of the files, in brackets, where it is not called as one would think."""
    column = found.column(key)
    return "" if column is None or column == key else f" ('{column}')"


def _origin(files: Iterable[str], found: Reading) -> str:
    """Where articles are from: the sheet, and the names of the files."""
    named = [_file_name(file, found.sheets.get(file)) for file in dict.fromkeys(files)]
    more = [f"{len(named) - MOST_FILES:,} more files"] if len(named) > MOST_FILES else []
    return f", from {joined([*named[:MOST_FILES], *more])}" if named else ""


def _utf8(found: Reading) -> str:
    """Which files are UTF-8 although another encoding was named."""
    if not found.utf8:
        return ""
    named = [_file_name(file, None) for file in found.utf8]
    which = f"{len(named):,} files, such as {named[0]}," if len(named) > MOST_FILES else joined(named)
    return f"; {which} {'is' if len(named) == 1 else 'are'} UTF-8, whatever --encoding says"


def _file_name(file: str, sheet: str | None) -> str:
    path = Path(file)
    if file in ("-", NAME):
        return "standard input"
    name = f"the {path.name}" if is_temporary(path) else file if file.startswith("hub:") else path.name
    return name if sheet is None else f"'{sheet}' of {name}"
