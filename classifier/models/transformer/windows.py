"""The only place that turns an article, or a (target, article) pair, into token windows.

An article is tokenised once, without special tokens, and cut into windows of at most ``max_length`` tokens, special
tokens included. Windows of an article that fits are of equal length (300 tokens in two windows are 150 + 150, not
254 + 46), so that a batch of whole articles needs little padding. In a pair the target is repeated in every window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints32
from classifier.articles.article import Article, input_text
from classifier.articles.boilerplate import strip_article
from classifier.articles.sentences import sentence_spans
from classifier.errors import InputError
from classifier.models.transformer.relevance import relevant_tokens

CHUNK = 256  # articles tokenised per call
MOST_KNOWN = 10_000  # texts whose tokens are kept while a corpus is encoded
PIECE = 1 << 20  # characters that are tokenised at once: what a tokenizer says of them takes 150 bytes for each

DIVIDED_AT = (re.compile(r"\w (?=\w)"), re.compile(r"\S\s"))  # in a text that is read backwards; the best first


@dataclass(frozen=True)
class SpecialTokens:
    """A tokenizer's special tokens around one text, or around a pair.

    Attributes:
        prefix, middle, suffix: ids before the first text, between the two, and after the last.
        types: token types of the first and the second segment, or None when the tokenizer has none.
    """

    prefix: Ints32
    middle: Ints32
    suffix: Ints32
    types: tuple[int, int] | None

    @property
    def length(self) -> int:
        """How many special tokens there are."""
        return len(self.prefix) + len(self.middle) + len(self.suffix)


@dataclass(frozen=True)
class TokenizedText:
    """Token ids of a text, without special tokens, and where its sentences start among them (where that is asked)."""

    ids: Ints32
    sentences: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True)
class EncodedArticles:
    """Token windows of many articles, in flat arrays.

    Attributes:
        tokens: int32, all windows one after the other, special tokens included.
        window_starts: int64 of shape (windows + 1,), where each window starts in ``tokens``.
        article_starts: int64 of shape (articles + 1,), where each article starts in the list of windows.
        first_lengths: int32 of shape (windows,), tokens in the first segment (target side); 0 for single texts.
        tokens_total: int64 of shape (articles,), tokens that each text has.
        tokens_kept: int64 of shape (articles,), how many of them stand in at least one window.
    """

    tokens: Ints32
    window_starts: npt.NDArray[np.int64]
    article_starts: npt.NDArray[np.int64]
    first_lengths: npt.NDArray[np.int32]
    tokens_total: npt.NDArray[np.int64]
    tokens_kept: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.article_starts) - 1

    @cached_property
    def window_counts(self) -> npt.NDArray[np.int64]:
        """Windows per article, shape (articles,)."""
        return np.diff(self.article_starts)

    @cached_property
    def window_lengths(self) -> npt.NDArray[np.int64]:
        """Length of the longest window of each article, shape (articles,)."""
        return np.maximum.reduceat(np.diff(self.window_starts), self.article_starts[:-1])

    def take(self, articles: npt.NDArray[np.int64]) -> EncodedArticles:
        """The windows of some articles, in the order of their indices."""
        windows = np.concatenate([np.arange(self.article_starts[a], self.article_starts[a + 1]) for a in articles])
        lengths = self.window_starts[windows + 1] - self.window_starts[windows]
        return EncodedArticles(
            tokens=self.tokens[self.tokens_of(articles)],
            window_starts=_starts(lengths.tolist()),
            article_starts=_starts(self.window_counts[articles].tolist()),
            first_lengths=self.first_lengths[windows],
            tokens_total=self.tokens_total[articles],
            tokens_kept=self.tokens_kept[articles],
        )

    def by_window(self) -> EncodedArticles:
        """Each window as an article of its own."""
        lengths = np.diff(self.window_starts)
        starts = np.arange(len(self.window_starts), dtype=np.int64)
        return replace(self, article_starts=starts, tokens_total=lengths, tokens_kept=lengths)

    def tokens_of(self, articles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where in `tokens` those of some articles stand, in the order of their indices."""
        starts = self.window_starts[self.article_starts]
        return np.concatenate([np.arange(starts[a], starts[a + 1]) for a in articles])

    @property
    def share_dropped(self) -> float:
        """Share of all tokens that stand in no window, from 0 to 1."""
        return 1 - float(self.tokens_kept.sum()) / max(1, int(self.tokens_total.sum()))

    @property
    def share_cut(self) -> float:
        """Share of articles that are not read to the end."""
        return float((self.tokens_kept < self.tokens_total).mean())


@dataclass(frozen=True)
class TextEncoder:
    """How articles become windows; the same object serves training, evaluation and prediction.

    Attributes:
        tokenizer: a fast tokenizer of `transformers`, or a `LightTokenizer`.
        max_length: most tokens in a window, special tokens and target included.
        windows: most windows per article, or ``all``.
        stride: tokens that neighbouring windows share (as in `transformers`).
        window_choice: ``head`` (the first ones) | ``head_tail`` (first half from the start, second from the end) |
            ``spread`` (evenly over the article, both ends included) | ``relevant`` (those that share most tokens
            with the target; needs pairs) | ``sentences`` (of the sentences most like the target, as in
            `classifier.models.transformer.relevance`; needs pairs).
        pair: whether articles have targets. A target longer than half of ``max_length`` is cut there,
            or at ``max_length`` where it is read apart.
        strip: boilerplate to remove first, as in `classifier.articles.boilerplate`.
        apart: whether a text and its target are read each by itself: the target is the first window of an article, and
            each sentence of what is read of the text one more (`classifier.models.transformer.pair_features`).
    """

    tokenizer: Any
    max_length: int = 256
    windows: int | Literal["all"] = 2
    stride: int = 0
    window_choice: str = "head"
    pair: bool = False
    strip: tuple[str, ...] = ()
    apart: bool = False

    def __post_init__(self) -> None:
        if self.window_choice in ("relevant", "sentences") and not self.pair:
            raise InputError(
                f'model.window_choice = "{self.window_choice}" needs a target column.',
                fix="Choose head, head_tail or spread.",
            )
        if self.apart and not self.pair:
            raise InputError('model.pairs = "apart" needs a target column.', fix="Leave model.pairs out.")
        limit = self.tokenizer.model_max_length
        if self.max_length > limit:
            raise InputError(
                f"model.max_length must be at most {limit}, the model's own limit. Got {self.max_length} instead."
            )
        room = self.max_length - self.template.length
        if self.stride >= (room // 2 if self.pair else room):
            raise InputError(
                f"model.stride must leave room for new text. Got {self.stride} for windows of {room} tokens."
            )

    @cached_property
    def template(self) -> SpecialTokens:
        """The special tokens, read off the tokenizer by encoding a sample."""
        return special_tokens(self.tokenizer, pair=self.pair and not self.apart)

    def encode(self, articles: Iterable[Article], advance: Callable[[int, int], None] | None = None) -> EncodedArticles:
        """Tokenise articles and cut them into windows.

        Args:
            articles: read once, in chunks.
            advance: called with (articles, tokens) after each chunk.

        Returns:
            One entry per article, in order; an article has at least one window.
        """
        windows: list[Ints32] = []
        firsts: list[int] = []
        counts: list[int] = []
        totals: list[int] = []
        kept: list[int] = []
        known: dict[str, TokenizedText] = {}
        for chunk in _chunks(articles, CHUNK):
            texts = self._tokenise([input_text(strip_article(article, self.strip)) for article in chunk], known)
            targets: Sequence[TokenizedText | None] = [None] * len(chunk)
            if self.pair:
                targets = self._tokenise([article.target or "" for article in chunk], known)
            for text, target in zip(texts, targets, strict=True):
                spans, first, built = self._windows(text, target.ids if target else None)
                windows += built
                firsts += [first] * len(built)
                counts.append(len(built))
                totals.append(len(text.ids))
                kept.append(_covered(spans))
            if advance:
                advance(len(chunk), sum(totals[-len(chunk) :]))
        return EncodedArticles(
            tokens=np.concatenate(windows) if windows else np.zeros(0, np.int32),
            window_starts=_starts([len(window) for window in windows]),
            article_starts=_starts(counts),
            first_lengths=np.array(firsts, dtype=np.int32),
            tokens_total=np.array(totals, dtype=np.int64),
            tokens_kept=np.array(kept, dtype=np.int64),
        )

    def _tokenise(self, texts: list[str], known: dict[str, TokenizedText]) -> list[TokenizedText]:
        """Tokens of each text; one that recurs (a body in many pairs) is tokenised once."""
        if len(known) > MOST_KNOWN:
            known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            by_sentence = self.apart or self.window_choice == "sentences"
            found = _tokenised(_whole_texts(self.tokenizer), new, by_sentence=by_sentence)
            known.update(zip(new, found, strict=True))
        return [known[text] for text in texts]

    def _windows(self, text: TokenizedText, target: Ints32 | None) -> tuple[list[tuple[int, int]], int, list[Ints32]]:
        """Spans of what is read of the text, the length of the first segment, and the finished windows."""
        template, head = self.template, self.template.prefix
        if target is not None and not self.apart:
            head = np.concatenate([head, target[: self.max_length // 2 - template.length], template.middle])
        room = self.max_length - len(head) - len(template.suffix)
        stride = min(self.stride, room - 1)
        read = self._read(text, target, room, stride)
        spans = choose_spans(len(read.ids), room, self.windows, stride, self.window_choice, read.ids, target)
        if target is None or not self.apart:
            first = 0 if target is None else len(head)
            return spans, first, [np.concatenate([head, read.ids[a:b], template.suffix]) for a, b in spans]
        parts = [target[:room], *(read.ids[a:b] for a, b in _sentences(spans, read.sentences, room))]
        return spans, 0, [np.concatenate([head, part, template.suffix]) for part in parts]

    def _read(self, text: TokenizedText, target: Ints32 | None, room: int, stride: int) -> TokenizedText:
        """What is read of a text: all of it, or the sentences most like the target."""
        if self.window_choice != "sentences" or self.windows == "all" or target is None or text.sentences is None:
            return text
        most = self.windows * (room - stride) + stride
        if len(text.ids) <= most:
            return text
        kept = relevant_tokens(text.ids, text.sentences, target, most)
        sentence = np.searchsorted(text.sentences, kept, side="right")
        return TokenizedText(text.ids[kept], np.flatnonzero(np.diff(sentence, prepend=0)).astype(np.int64))


def _sentences(
    spans: Sequence[tuple[int, int]], sentences: npt.NDArray[np.int64] | None, room: int
) -> Iterator[tuple[int, int]]:
    """What spans cover, each token once, cut where sentences start; a sentence that has no room is cut further."""
    whole: list[list[int]] = []
    for start, end in spans:
        if whole and start <= whole[-1][1]:
            whole[-1][1] = end
        else:
            whole.append([start, end])
    for start, end in whole:
        within = [] if sentences is None else sentences[(sentences > start) & (sentences < end)].tolist()
        for first, last in pairwise([start, *within, end]):
            for at in range(first, max(last, first + 1), room):
                yield at, min(last, at + room)


def _tokenised(backend: Any, texts: Sequence[str], *, by_sentence: bool) -> Iterator[TokenizedText]:
    """Tokens of each text, with the starts of its sentences where that is asked; a long text is taken in pieces."""
    encode = backend.encode_batch if by_sentence else backend.encode_batch_fast  # without offsets
    short = iter(encode([text for text in texts if len(text) <= PIECE], add_special_tokens=False))
    for text in texts:
        parts = [(0, next(short))] if len(text) <= PIECE else _encoded_pieces(encode, text)
        ids, ends = [np.empty(0, np.int32)], [np.empty(0, np.int64)]
        for start, found in parts:
            ids.append(np.array(found.ids, np.int32))
            if by_sentence:
                ends.append(np.array([start + end for _, end in found.offsets], np.int64))
        yield TokenizedText(np.concatenate(ids), _sentence_starts(text, np.concatenate(ends)) if by_sentence else None)


def _encoded_pieces(encode: Callable[..., list[Any]], text: str) -> Iterator[tuple[int, Any]]:
    for start, piece in pieces(text, PIECE):
        yield start, encode([piece], add_special_tokens=False)[0]


def pieces(text: str, most: int) -> Iterator[tuple[int, str]]:
    """A text in pieces, each with its place; they begin with the space before a word, where there is one.

    Tokenizers see words one by one, so the tokens of the pieces are those of the text. Some put a space before what
    begins with none, and not all of them take other white space for one.

    Example:
        >>> list(pieces("one two three four", 12))
        [(0, 'one two'), (7, ' three four')]
    """
    start = 0
    while len(text) - start > most:
        backwards = text[start + most - 1 : start + most // 2 : -1]
        space = next(filter(None, (place.search(backwards) for place in DIVIDED_AT)), None)
        end = start + most - (0 if space is None else space.end())
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _sentence_starts(text: str, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The first token of each sentence, from where tokens end; sentences without a token are left out."""
    firsts = [start for start, _ in sentence_spans(text)]
    sentence = np.searchsorted(firsts, ends, side="left")
    sentence = np.maximum.accumulate(np.maximum(sentence, 1))  # some tokenizers give white space an empty span
    return np.flatnonzero(np.diff(sentence, prepend=0)).astype(np.int64)


def choose_spans(
    length: int,
    room: int,
    windows: int | Literal["all"],
    stride: int,
    choice: str,
    text: Ints32 | None = None,
    target: Ints32 | None = None,
) -> list[tuple[int, int]]:
    """Cut a text of ``length`` tokens into windows of at most ``room``.

    Args:
        length: tokens of the text.
        room: most tokens of it in one window.
        windows: most windows, or ``all``.
        stride: tokens that neighbouring windows share at least.
        choice: which windows to take when not all are allowed, as in `TextEncoder`.
        text, target: the tokens, for ``relevant``.

    Returns:
        (start, end) of each window, in the order of the text; at least one.

    Example:
        >>> choose_spans(300, 200, 2, 0, "head")
        [(0, 150), (150, 300)]
        >>> choose_spans(1000, 200, 2, 0, "head_tail")
        [(0, 200), (800, 1000)]
    """
    needed = max(1, -(-(length - stride) // (room - stride)))
    if windows == "all" or needed <= windows:
        edges = [round(index * (length - stride) / needed) for index in range(needed + 1)]
        return [(start, end + stride) for start, end in pairwise(edges)] if needed > 1 else [(0, length)]
    starts = np.minimum(np.arange(needed) * (room - stride), length - room)
    chosen = _choose(starts, room, windows, choice, text, target)
    return [(int(starts[index]), int(starts[index]) + room) for index in chosen]


def special_tokens(tokenizer: Any, *, pair: bool) -> SpecialTokens:
    """Read a tokenizer's special tokens off an encoded sample.

    Raises:
        InputError: the tokenizer is not a fast one.
    """
    if not tokenizer.is_fast:
        raise InputError("This model has no fast tokenizer.", fix="Choose a model with a tokenizer.json.")
    sample = _whole_texts(tokenizer).encode("a", "a" if pair else None)
    ids, sequence = np.array(sample.ids, dtype=np.int32), sample.sequence_ids
    text_at = [index for index, part in enumerate(sequence) if part == (1 if pair else 0)]
    first_at = [index for index, part in enumerate(sequence) if part == 0]
    types = sample.type_ids if "token_type_ids" in tokenizer.model_input_names else None
    return SpecialTokens(
        prefix=ids[: first_at[0]],
        middle=ids[first_at[-1] + 1 : text_at[0]] if pair else ids[:0],
        suffix=ids[text_at[-1] + 1 :],
        types=(types[0], types[text_at[0]]) if types else None,
    )


def _whole_texts(tokenizer: Any) -> Any:
    """The ``tokenizers.Tokenizer`` of a tokenizer, neither cutting nor padding: its owner may have left it so."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return backend


def _choose(
    starts: npt.NDArray[np.int64],
    room: int,
    windows: int,
    choice: str,
    text: Ints32 | None,
    target: Ints32 | None,
) -> Sequence[int]:
    total = len(starts)
    if choice == "head":
        return range(windows)
    if choice == "head_tail":
        tail = windows // 2
        return [*range(windows - tail), *range(total - tail, total)]
    if choice == "spread":
        return sorted({round(index * (total - 1) / (windows - 1)) for index in range(windows)}) if windows > 1 else [0]
    if text is None or target is None:
        raise InputError('model.window_choice = "relevant" needs a target for every article.')
    wanted = np.unique(target)
    shared = [np.isin(wanted, text[start : start + room]).sum() for start in starts]
    return sorted(np.argsort([-count for count in shared], kind="stable")[:windows].tolist())


def _covered(spans: Sequence[tuple[int, int]]) -> int:
    """How many tokens stand in at least one of the spans, which are in order."""
    covered, end = 0, 0
    for start, stop in spans:
        covered += max(0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _starts(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _chunks(articles: Iterable[Article], size: int) -> Iterator[list[Article]]:
    iterator = iter(articles)
    while chunk := list(islice(iterator, size)):
        yield chunk
