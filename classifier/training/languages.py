"""The languages of the articles of a training: which of them the encoder does not read, and which the model learns."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.articles.article import input_text
from classifier.articles.languages import count_languages
from classifier.dataset.folder import DatasetFolder
from classifier.models.languages_read import (
    MOST_UNREAD,
    SAMPLE,
    languages_told,
    unread_languages,
    warn_of_languages,
)
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL
from classifier.models.transformer.unread import count_unread

logger = logging.getLogger(__name__)
LEARNT = 0.01  # share of the training articles from which on a model knows their language
LOOKED_AT = 200  # training articles, to see whether the encoder has words for them


def warn_before_training(name: str, folder: Path, tokenizer: Any, dataset: DatasetFolder) -> None:
    """Warn of articles that the encoder does not read, before any time is spent on them.

    Args:
        name: of the encoder.
        folder: from `find_weights`.
        tokenizer: of the encoder.
        dataset: the articles.
    """
    named = (replace(article, where=f"the article '{article.id}'") for article in dataset.sample("train", SAMPLE))
    found = count_languages(named)  # the place is one in the dataset, which is being made
    if not warn_of_languages(name, folder, tokenizer, found, built=True) and tokenizer.is_fast:
        _warn_of_unread(name, tokenizer, dataset)


def _warn_of_unread(name: str, tokenizer: Any, dataset: DatasetFolder) -> None:
    """Warn where the encoder has no words for most of the training texts, whatever their language."""
    found = count_unread(tokenizer, map(input_text, dataset.sample("train", LOOKED_AT)))
    if found.share >= MOST_UNREAD:
        logger.warning(
            "the encoder '%s' has no words for these texts: %.0f%% of their letters (most of them %s) are unknown to "
            "it or known only one by one%s. Give one that reads their language, such as --set model.name=%s",
            name,
            100 * found.share,
            found.script,
            "" if found.script == "Latin" else ", as to an encoder that reads English alone",
            MULTILINGUAL_MODEL,
        )


def languages_learnt(name: str, folder: Path, tokenizer: Any, dataset: DatasetFolder) -> dict[str, bool]:
    """The languages of the training articles, each with whether the encoder reads it.

    Args:
        name, folder, tokenizer, dataset: as in `warn_before_training`.
    """
    found = count_languages(dataset.sample("train", SAMPLE))
    unread = unread_languages(tokenizer, found, languages_told(name, folder))
    return {code: code not in unread for code in sorted(found.counts) if found.share([code]) >= LEARNT}
