"""Articles that belong to none of a model's labels: read as new articles are, without labels."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.folding import name_key
from classifier.articles.new_articles import check_rows, open_sources, read_unlabelled
from classifier.articles.readers.row import Row
from classifier.config_file import Settings, make_config
from classifier.dataset.duplicates import text_key
from classifier.errors import Fault, InputError, names
from classifier.evaluation.out_of_scope import OutsideArticles
from classifier.jobs.source import refuse_written
from classifier.models.model_folder import ModelInfo

logger = logging.getLogger(__name__)
OPTION = "--out-of-scope"
STANDARD = ("label", "labels")  # columns that may hold labels, beside that of training


def read_outside(path: str, given: Settings, info: ModelInfo) -> OutsideArticles:
    """The articles of a file or a folder of texts.

    A warning says how many have one of the model's labels in their column of labels, and so seem to be in scope.

    Args:
        path: where they are.
        given: the settings of this call; those of labels play no part.
        info: what the model says about itself.

    Raises:
        InputError: there is no such file or column, or rows cannot be used (all are listed).
    """
    if path == "-":
        raise InputError(f"{OPTION} takes a file or a folder, not standard input.", fix="Write it to a file first.")
    data, columns = make_config({}, given).data, info.columns or {}
    named = {key: name for key, name in data.columns.named.items() if name and key != "label"}
    rows, articles, faults = list[Row](), list[Article](), list[Fault]()
    refuse_written([path])
    with open_sources([path], data.encoding, None, data.sheet) as sources:
        how: dict[str, Any] = {"trained": columns, "missing": data.missing, "date_format": info.date_format}
        for row, article in read_unlabelled(sources, named, pair=info.pair, **how):
            if isinstance(article, Article):
                rows.append(row)
                articles.append(strip_article(article, info.strip))
            else:
                faults += [article] if isinstance(article, Fault) else article
    check_rows(faults, len(articles))
    _warn_of_labels(rows, {*STANDARD, data.columns.label, columns.get("label")}, info, path)
    return OutsideArticles(Path(path).name, articles)


def _warn_of_labels(rows: Sequence[Row], columns: set[str | None], info: ModelInfo, path: str) -> None:
    """Warn of rows that have one of the model's labels."""
    keys = {name_key(name): name for name in info.labels}
    wanted = {name_key(name) for name in columns if name}
    found: Counter[str] = Counter()
    for row in rows:
        cells = [value for name, value in row.values.items() if name_key(name) in wanted and isinstance(value, str)]
        found.update({keys[name_key(cell)] for cell in cells if name_key(cell) in keys})
    if found:
        logger.warning(
            "%s of the %s articles of '%s' have a label of the model (%s): they seem to be in scope, and the figures "
            "of %s then say nothing: leave them out",
            f"{found.total():,}",
            f"{len(rows):,}",
            path,
            names([name for name, _ in found.most_common()]),
            OPTION,
        )


def warn_of_known_texts(outside: OutsideArticles, known: Sequence[Article], what: str) -> None:
    """Warn of articles whose text is among those that have a label.

    Args:
        outside: the articles.
        known: articles with labels.
        what: these are called.
    """
    texts = {text_key(article.text) for article in known}
    count = sum(text_key(article.text) in texts for article in outside.articles)
    if count:
        logger.warning(
            "%s of the %s articles of '%s' are among %s, where they have a label: they are not out of scope",
            f"{count:,}",
            f"{len(outside.articles):,}",
            outside.name,
            what,
        )
