"""What TF-IDF reads of articles: how often each term stands in each of them, counted once, and the weights of terms.

The features are words, two words in a row, and (up to 30 million characters) runs of 2 to 4 characters within words,
which reflect style and survive misspelling. For pairs they are the words of the text, those of the target, and the
cosine of the two (after Riedel et al., 2017, "A simple but tough-to-beat baseline for the Fake News Challenge stance
detection task", arXiv:1707.03264). They are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``, number for
number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article, input_text
from classifier.models.term_counts import TermCounts, TermKind, count_terms

MOST_FEATURES = 200_000  # of each kind
MOST_CHARACTERS = 30_000_000  # of all texts together, beyond which runs of characters would take minutes
WORDS, WORD_PAIRS, RUNS = TermKind("word", (1, 1)), TermKind("word", (1, 2)), TermKind("char_wb", (2, 4))
SHORT_RUNS = TermKind("char_wb", (1, 3))  # where no word is left, as in scripts that are written without spaces


@dataclass(frozen=True)
class CountedArticles:
    """Articles as TF-IDF reads them: how often each term stands in each of their texts, counted once.

    Attributes:
        texts: the distinct texts, and for pairs the distinct targets.
        text: the place in ``texts`` of each article's text, shape (articles,).
        target: that of its target; None where articles have none.
        counts: of the texts, by kind of terms.
    """

    texts: tuple[str, ...]
    text: Ints
    target: Ints | None
    counts: Mapping[TermKind, TermCounts]

    def __len__(self) -> int:
        return len(self.text)

    @property
    def pair(self) -> bool:
        """Whether articles have targets."""
        return self.target is not None

    def of(self, articles: Ints) -> CountedArticles:
        """Some of the articles, with what was counted of them."""
        text, target = self.text[articles], None if self.target is None else self.target[articles]
        used, place = np.unique(text if target is None else np.concatenate([text, target]), return_inverse=True)
        counts = {kind: counted.of(used) for kind, counted in self.counts.items()}
        texts = tuple(self.texts[row] for row in used.tolist())
        return CountedArticles(texts, place[: len(text)], None if target is None else place[len(text) :], counts)


def count_articles(
    articles: Sequence[Article], *, pair: bool, words_alone: bool = False, kinds: Sequence[TermKind] | None = None
) -> CountedArticles:
    """Count the terms of articles, from which TF-IDF can be fitted and worked out as often as wanted.

    Args:
        articles: their labels play no part.
        pair: whether articles have targets.
        words_alone: leave out two words in a row and characters (always so for pairs); several times faster.
        kinds: of terms, instead of those.

    Example:
        >>> counted = count_articles([Article("1", "rain, rain"), Article("2", "sun")], pair=False, words_alone=True)
        >>> counted.counts[WORDS].terms.names, counted.of(np.array([0])).counts[WORDS].matrix.toarray().tolist()
        (['rain', 'sun'], [[2.0, 0.0]])
    """
    own = [input_text(article) for article in articles]
    targets = [article.target or "" for article in articles] if pair else []
    places = {text: place for place, text in enumerate(dict.fromkeys([*own, *targets]))}
    texts = tuple(places)
    if kinds is None:
        kinds = [WORDS] if pair or words_alone else [WORD_PAIRS]
        if not pair and not words_alone and sum(map(len, texts)) <= MOST_CHARACTERS:
            kinds.append(RUNS)
    text, target = (np.array([places[one] for one in part], dtype=np.int64) for part in (own, targets))
    return CountedArticles(texts, text, target if pair else None, {kind: count_terms(texts, kind) for kind in kinds})


@dataclass(frozen=True)
class WeightedTerms:
    """The terms of one kind that TF-IDF knows.

    Attributes:
        kind: of terms.
        columns: term -> column.
        idf: their weights, shape (terms,).
    """

    kind: TermKind
    columns: Mapping[str, int]
    idf: Floats32

    def vectors(self, counted: TermCounts) -> Any:
        """TF-IDF of texts, sparse rows of length 1, from how often each has any term."""
        from scipy.sparse import csr_matrix

        column = np.fromiter(map(self.columns.get, counted.terms.names, repeat(-1)), np.int64, len(counted.terms))
        known = np.flatnonzero(column >= 0)
        own = counted.matrix[:, known]
        shape = (own.shape[0], len(self.columns))
        matrix = csr_matrix((own.data, column[known][own.indices], own.indptr), shape=shape)
        matrix.sort_indices()
        return weighed(matrix, self.idf)


def weighed(counts: Any, idf: Floats32) -> Any:
    """TF-IDF of counts, rows of length 1: (1 + log of a count) × the weight of its term, as in scikit-learn."""
    found = counts.copy()
    np.log(found.data, out=found.data)
    found.data += 1
    found.data *= idf[found.indices]
    row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
    lengths = np.sqrt(np.bincount(row, found.data * found.data, found.shape[0]))  # sums in float64, in their order
    lengths[lengths == 0] = 1
    found.data = (found.data / lengths[row]).astype(np.float32)
    return found


@dataclass(frozen=True)
class Vectorizer:
    """TF-IDF of the terms of some articles, as `fit_vectorizer` learnt it."""

    kinds: tuple[WeightedTerms, ...]

    def count(self, articles: Sequence[Article], pair: bool) -> CountedArticles:
        """Count what is needed of articles."""
        return count_articles(articles, pair=pair, kinds=[one.kind for one in self.kinds])

    def features(self, counted: CountedArticles) -> Any:
        """Sparse rows of TF-IDF, one an article; for pairs those of the text, those of the target, and their cosine."""
        parts = [one.vectors(_of_kind(counted, one.kind)) for one in self.kinds]
        return _of_articles(parts, counted)


def fit_vectorizer(articles: CountedArticles) -> tuple[Vectorizer, Any]:
    """TF-IDF that knows the terms of these articles, and their features, as `Vectorizer.features` gives them."""
    fewest = 2 if len(articles) > 50 else 1  # articles that a term must stand in
    for kinds in ([*articles.counts], [SHORT_RUNS]):
        found = [_fit_terms(kind, _of_kind(articles, kind), fewest) for kind in kinds]
        if all(terms.columns for terms, _ in found):
            break
        fewest = 1
    features = _of_articles([vectors for _, vectors in found], articles)
    return Vectorizer(tuple(terms for terms, _ in found)), features


def _fit_terms(kind: TermKind, counted: TermCounts, fewest: int) -> tuple[WeightedTerms, Any]:
    """The terms that stand in enough texts (of very many the most frequent), and the TF-IDF of the texts."""
    held = np.bincount(counted.matrix.indices, minlength=len(counted.terms))
    kept = np.flatnonzero(held >= fewest)
    if len(kept) > MOST_FEATURES:
        often = np.asarray(counted.matrix.sum(axis=0)).ravel()[kept]
        kept = np.sort(kept[(-often).argsort()[:MOST_FEATURES]])
    idf = np.log((counted.matrix.shape[0] + 1) / (held[kept].astype(np.float32) + 1)) + 1
    columns = {name: column for column, name in enumerate(counted.terms.named(kept))}
    return WeightedTerms(kind, columns, idf), weighed(counted.matrix[:, kept], idf)


def _of_kind(articles: CountedArticles, kind: TermKind) -> TermCounts:
    return articles.counts[kind] if kind in articles.counts else count_terms(articles.texts, kind)


def _of_articles(parts: Sequence[Any], articles: CountedArticles) -> Any:
    """Features of articles from the vectors of their texts."""
    from scipy.sparse import csr_matrix, hstack

    vectors = hstack(parts, format="csr") if len(parts) > 1 else parts[0]
    text = vectors[articles.text]
    if articles.target is None:
        return text
    target = vectors[articles.target]
    cosine = csr_matrix(text.multiply(target).sum(axis=1), dtype=np.float32)
    return hstack([text, target, cosine], format="csr")
