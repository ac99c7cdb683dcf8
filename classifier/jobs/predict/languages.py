"""Says of new articles that they are in languages that the model does not know, before they are labelled."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Sequence

from classifier.articles.article import Article
from classifier.articles.languages import count_languages, languages_in_words, shares_in_words
from classifier.models.languages_read import SAMPLE, enough_to_say
from classifier.models.model_folder import ModelInfo
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL

logger = logging.getLogger(__name__)
EARLY = 1000  # articles, after which a long job is looked at again
MANY = 64  # articles, of which more may follow
ALL = "the articles"


class ArticleSample:
    """Some of a stream of articles, each of which is among them with the same probability (algorithm R).

    Example:
        >>> sample = ArticleSample(2)
        >>> for name in "abcde":
        ...     sample.add(Article(name, "Text."))
        >>> len(sample.articles), sample.seen
        (2, 5)
    """

    def __init__(self, most: int = SAMPLE) -> None:
        self.most, self.seen = most, 0
        self.articles: list[Article] = []
        self._random = random.Random(0)

    def add(self, article: Article) -> None:
        """The next article of the stream."""
        self.seen += 1
        if len(self.articles) < self.most:
            self.articles.append(article)
        elif (place := self._random.randrange(self.seen)) < self.most:
            self.articles[place] = article


class LanguageWatch:
    """Looks at the articles of a job as they are read, and warns once of languages that the model does not know.

    Nobody shall wait hours for the warning: the first articles are looked at at once, more of them a little later, and
    a sample of all at the end.

    Args:
        info: of the model.
    """

    def __init__(self, info: ModelInfo) -> None:
        self.info, self.sample = info, ArticleSample()
        self.looks = [1, EARLY]
        self.warned = False

    def add(self, articles: Iterable[Article]) -> None:
        """The next articles."""
        for article in articles:
            self.sample.add(article)
        if self.looks and self.sample.seen >= self.looks[0]:
            del self.looks[0]
            self._look(f"the first {self.sample.seen:,} articles" if self.sample.seen >= MANY else ALL)

    def end(self) -> None:
        """There are no more articles."""
        self._look(ALL)

    def _look(self, which: str) -> None:
        if not self.warned:
            self.warned = warn_of_new_languages(self.info, self.sample.articles, which)


def warn_of_new_languages(info: ModelInfo, articles: Sequence[Article], which: str = ALL) -> bool:
    """Warn where articles are in languages that the training articles lacked, or that the encoder does not read.

    Args:
        info: of the model; one of an older version does not tell its languages, and nothing is said.
        articles: the new ones, or a sample of them.
        which: what they are, in words.

    Returns:
        Whether it was warned.
    """
    if not info.languages or not articles:
        return False
    known = [code for code, read in info.languages.items() if read]
    found = count_languages(articles)
    new = [code for code in found.counts if code not in known]
    if not enough_to_say(found, new):
        return False
    knows = f"the model knows {languages_in_words(known)} alone" if known else "its encoder does not read them"
    logger.warning(
        "%.0f%% of %s are in languages that the model does not know: %s; %s. They are labelled all the same, "
        "but these labels are guesses: leave such articles out, or train on labelled ones in their language, with an "
        "encoder that reads it, such as --set model.name=%s",
        *(100 * found.share(new), which, shares_in_words(found, new), knows, MULTILINGUAL_MODEL),
    )
    return True
