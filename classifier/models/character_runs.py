"""TF-IDF of runs of characters within words, counted word by word.

scikit-learn's ``analyzer="char_wb"`` takes every run of every word of every text through a Python loop. A run stays
within its word, so it is enough to count the runs of each distinct word once, and the words of each text: the product
of these two sparse matrices is what scikit-learn counts, several times sooner the longer the corpus is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer


class CharacterRuns(TfidfVectorizer):  # type: ignore[misc]
    """``TfidfVectorizer(analyzer="char_wb")`` with the same result in less time; everything else is inherited.

    Example:
        >>> runs = CharacterRuns(analyzer="char_wb", ngram_range=(2, 3)).fit(["an ant", "ant"])
        >>> runs.get_feature_names_out().tolist()
        [' a', ' an', 'an', 'an ', 'ant', 'n ', 'nt', 'nt ', 't ']
    """

    def _count_vocab(self, raw_documents: Iterable[str], fixed_vocab: bool) -> tuple[dict[str, int], Any]:
        """Runs -> columns, and how often each text has each run, shape (texts, runs).

        Should scikit-learn cease to call this, its own way gives the same counts, more slowly.
        """
        texts, prepare = list(raw_documents), self.build_preprocessor()
        words = CountVectorizer(analyzer=lambda text: prepare(text).split(), dtype=self.dtype)
        runs = CountVectorizer(
            analyzer=self.analyzer,
            ngram_range=self.ngram_range,
            lowercase=False,
            dtype=self.dtype,
            vocabulary=self.vocabulary_ if fixed_vocab else None,
        )
        try:
            of_texts = words.fit_transform(texts)
        except ValueError:  # no text has a word
            found: tuple[dict[str, int], Any] = super()._count_vocab(texts, fixed_vocab)
            return found
        of_words = runs.fit_transform(words.get_feature_names_out())
        counts = (of_texts @ of_words).tocsr()
        counts.sort_indices()
        return dict(runs.vocabulary_), counts
