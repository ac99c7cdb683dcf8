from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.models.transformer import windows as windows_module
from classifier.models.transformer.packaged import packaged_weights
from classifier.models.transformer.windows import (
    TextEncoder,
    _sentence_starts,
    _tokenised,
    choose_spans,
    pieces,
    special_tokens,
)
from tests.makers.articles import FILLER, make_articles
from tests.makers.models import make_tokenizer


def words(n: int, start: int = 0) -> str:
    return " ".join(FILLER[(start + i) % len(FILLER)] for i in range(n))


def window(encoded: Any, index: int) -> list[int]:
    return encoded.tokens[encoded.window_starts[index] : encoded.window_starts[index + 1]].tolist()


@pytest.mark.parametrize("double_sep", [False, True])
@pytest.mark.parametrize("pair", [False, True])
def test_one_window_equals_the_tokenizer(double_sep: bool, pair: bool) -> None:
    tokenizer = make_tokenizer(double_sep=double_sep)
    encoder = TextEncoder(tokenizer, max_length=24, windows=1, pair=pair)
    for n in (3, 40):
        article = Article("1", words(n), target=words(4, 30) if pair else None)
        theirs = (
            tokenizer(article.target, article.text, truncation="only_second", max_length=24)
            if pair
            else tokenizer(article.text, truncation=True, max_length=24)
        )
        assert window(encoder.encode([article]), 0) == theirs["input_ids"]


def test_it_equals_a_real_tokenizer_too() -> None:
    transformers = pytest.importorskip("transformers")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(packaged_weights())
    except InputError:
        pytest.skip("the packaged weights are not installed")
    text = "The mayor’s café — reopened on Tuesday; 1,200 people (and 3 dogs) came.\n\n«Magnifique!» " * 20
    encoded = TextEncoder(tokenizer, max_length=64, windows=1).encode([Article("1", text)])
    assert window(encoded, 0) == tokenizer(text, truncation=True, max_length=64)["input_ids"]


@pytest.mark.parametrize("most", [120, 200])
@pytest.mark.parametrize("kind", ["word pieces", "bytes", "bytes and a space", "unigrams", "unigrams of spaces alone"])
def test_a_text_in_pieces_has_the_tokens_of_the_whole(kind: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "The mayor’s café — reopened  on\nTuesday;\n\n 1,200 people\n(and\n3\tdogs)\ncame. «Magnifique!»\t" * 20
    backend = BACKENDS[kind](text)
    (whole,) = _tokenised(backend, [text], by_sentence=True)
    monkeypatch.setattr(windows_module, "PIECE", most)
    found = list(_tokenised(backend, [text, "short", text], by_sentence=True))
    assert all(np.array_equal(one.ids, whole.ids) for one in found[::2])
    assert all(np.array_equal(one.sentences, whole.sentences) for one in found[::2])
    (alone,) = _tokenised(backend, [text], by_sentence=False)
    assert np.array_equal(alone.ids, whole.ids) and alone.sentences is None


def test_a_text_without_white_space_is_cut_all_the_same() -> None:
    assert list(pieces("abcdefgh", 3)) == [(0, "abc"), (3, "def"), (6, "gh")]
    assert "".join(piece for _, piece in pieces("a  bc d" * 50, 6)) == "a  bc d" * 50


def word_pieces(text: str) -> Any:
    backend = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    backend.normalizer, backend.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    backend.train_from_iterator([text], trainers.WordPieceTrainer(vocab_size=80, special_tokens=["[UNK]"]))
    return backend


def byte_pairs(text: str, *, space: bool = False) -> Any:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=space)
    backend.train_from_iterator([text], trainers.BpeTrainer(vocab_size=300))
    return backend


def unigrams(text: str, *, spaces_alone: bool = False) -> Any:
    backend = Tokenizer(models.Unigram())
    before = [] if spaces_alone else [pre_tokenizers.WhitespaceSplit()]
    backend.pre_tokenizer = pre_tokenizers.Sequence([*before, pre_tokenizers.Metaspace()])
    trainer = trainers.UnigramTrainer(vocab_size=80, unk_token="<unk>", special_tokens=["<unk>"])
    backend.train_from_iterator([text], trainer)
    return backend


BACKENDS = {
    "word pieces": word_pieces,
    "bytes": byte_pairs,
    "bytes and a space": partial(byte_pairs, space=True),
    "unigrams": unigrams,
    "unigrams of spaces alone": partial(unigrams, spaces_alone=True),
}


def test_the_target_is_in_every_window_and_never_truncated_away() -> None:
    tokenizer = make_tokenizer()
    encoder = TextEncoder(tokenizer, max_length=20, windows="all", pair=True)
    target = tokenizer(words(5, 30), add_special_tokens=False)["input_ids"]
    encoded = encoder.encode([Article("1", words(50), target=words(5, 30))])
    assert encoded.window_counts[0] > 3
    for index in range(encoded.window_counts[0]):
        assert window(encoded, index)[1:6] == target
    long_target = encoder.encode([Article("1", words(50), target=words(100))])
    assert len(window(long_target, 0)) <= 20
    assert long_target.tokens_kept[0] > 0


def test_windows_together_are_the_text_and_of_equal_length() -> None:
    tokenizer = make_tokenizer()
    for n in (1, 17, 18, 19, 37, 200):
        encoded = TextEncoder(tokenizer, max_length=20, windows="all").encode([Article("1", words(n))])
        content = [token for i in range(encoded.window_counts[0]) for token in window(encoded, i)[1:-1]]
        assert content == tokenizer(words(n), add_special_tokens=False)["input_ids"]
        lengths = np.diff(encoded.window_starts)
        assert lengths.max() - lengths.min() <= 1
        assert encoded.share_dropped == 0


def test_the_share_of_dropped_tokens() -> None:
    encoder = TextEncoder(make_tokenizer(), max_length=22, windows=2)
    encoded = encoder.encode([Article("1", words(100)), Article("2", words(20))])
    assert encoded.tokens_kept.tolist() == [40, 20]
    assert encoded.share_dropped == pytest.approx(60 / 120)
    assert encoded.share_cut == 0.5
    overlapping = TextEncoder(make_tokenizer(), max_length=22, windows=2, stride=5).encode([Article("1", words(100))])
    assert overlapping.tokens_kept.tolist() == [35]


@pytest.mark.parametrize(
    ("choice", "windows", "expected"),
    [
        ("head", 2, [(0, 10), (10, 20)]),
        ("head_tail", 2, [(0, 10), (90, 100)]),
        ("head_tail", 3, [(0, 10), (10, 20), (90, 100)]),
        ("spread", 3, [(0, 10), (40, 50), (90, 100)]),
        ("spread", 1, [(0, 10)]),
    ],
)
def test_window_choice(choice: str, windows: int, expected: list[tuple[int, int]]) -> None:
    assert choose_spans(100, 10, windows, 0, choice) == expected


def test_relevant_windows_share_most_with_the_target() -> None:
    text = np.arange(100, dtype=np.int32)
    target = np.array([73, 75, 5], dtype=np.int32)
    assert choose_spans(100, 10, 1, 0, "relevant", text, target) == [(70, 80)]
    assert choose_spans(100, 10, 2, 0, "relevant", text, target) == [(0, 10), (70, 80)]


def by_sentences(**settings: Any) -> TextEncoder:
    return TextEncoder(make_tokenizer(), window_choice="sentences", pair=True, **settings)


def test_of_a_long_article_the_sentences_most_like_the_target_are_read() -> None:
    filler = f"{words(6, 20).capitalize()}. " * 20
    text = f"{words(5).capitalize()}. {filler}{words(5, 40).capitalize()}. {filler}"
    encoder = by_sentences(max_length=32, windows=1)
    encoded = encoder.encode([Article("1", text, ("a",), target=words(3, 41))])
    read = encoder.tokenizer.decode(encoded.tokens[encoded.first_lengths[0] :])
    assert read.startswith(words(5))
    assert words(5, 40) in read
    assert encoded.tokens_kept[0] == len(encoded.tokens) - encoded.first_lengths[0] - 1 < encoded.tokens_total[0]


@pytest.mark.parametrize(("windows", "stride"), [(1, 0), (2, 0), (3, 4), ("all", 0)])
def test_windows_of_sentences_are_as_many_and_as_long_as_others(windows: Any, stride: int) -> None:
    articles = [replace(a, target="a claim", text=a.text * 20) for a in make_articles(5)]
    articles += [replace(a, target="a claim") for a in (*make_articles(2), replace(make_articles(1)[0], text="  "))]
    usual = TextEncoder(make_tokenizer(), 32, windows, stride, "head", pair=True).encode(articles)
    encoded = by_sentences(max_length=32, windows=windows, stride=stride).encode(articles)
    assert encoded.tokens_total.tolist() == usual.tokens_total.tolist()
    assert (encoded.window_counts <= usual.window_counts).all()
    assert encoded.window_lengths.max() <= 32
    assert encoded.tokens_kept[:5].tolist() == usual.tokens_kept[:5].tolist()
    for index in (5, 6, 7):  # what fits is read whole
        assert encoded.take(np.array([index])).tokens.tolist() == usual.take(np.array([index])).tokens.tolist()


def test_a_text_without_sentences_fills_its_window() -> None:
    encoder = by_sentences(max_length=32, windows=1)
    encoded = encoder.encode([Article("1", words(200), ("a",), title="Some title", target="a claim")])
    assert encoded.window_lengths.tolist() == [32]


def apart(**settings: Any) -> TextEncoder:
    return TextEncoder(make_tokenizer(), pair=True, apart=True, **settings)


def decoded(encoder: TextEncoder, articles: list[Article]) -> list[str]:
    encoded = encoder.encode(articles)
    windows = np.split(encoded.tokens, encoded.window_starts[1:-1])
    return [encoder.tokenizer.decode(window, skip_special_tokens=True) for window in windows]


@pytest.mark.parametrize("choice", ["head", "sentences"])
def test_apart_the_target_is_a_window_and_each_sentence_another(choice: str) -> None:
    first, second, claim = words(5), words(4, 10), words(3, 30)
    article = Article("1", f"{first.capitalize()}. {second.capitalize()}.", target=claim)
    encoder = apart(max_length=64, window_choice=choice)
    assert [window.replace(" .", "") for window in decoded(encoder, [article])] == [claim, first, second]
    encoded = encoder.encode([article, article])
    assert encoded.article_starts.tolist() == [0, 3, 6]
    assert not encoded.first_lengths.any()  # each window is a single text
    assert encoder.template.types == special_tokens(make_tokenizer(), pair=False).types


@pytest.mark.parametrize(("windows", "stride"), [(1, 0), (3, 4), ("all", 0), ("all", 7)])
@pytest.mark.parametrize("choice", ["head", "spread", "sentences"])
def test_apart_as_much_is_read_as_in_windows_of_a_single_text_and_each_token_once(
    choice: str, windows: Any, stride: int
) -> None:
    articles = [replace(a, target=words(2, 80), text=a.text * 9) for a in make_articles(4)]
    encoder = apart(max_length=32, windows=windows, stride=stride, window_choice=choice)
    encoded = encoder.encode(articles)
    if choice != "sentences":
        single = TextEncoder(make_tokenizer(), 32, windows, stride, choice).encode(articles)
        assert encoded.tokens_kept.tolist() == single.tokens_kept.tolist()
    special = encoder.template.length
    for index in range(len(articles)):
        own = encoded.take(np.array([index]))
        lengths = np.diff(own.window_starts) - special
        assert own.window_lengths[0] <= 32
        assert lengths[1:].sum() == own.tokens_kept[0]
    assert (encoded.tokens_kept == encoded.tokens_total).all() == (windows == "all")


def test_apart_a_sentence_that_has_no_room_is_cut_and_a_text_without_tokens_is_a_window() -> None:
    long, empty = Article("1", words(40), target="a claim"), Article("2", "  ", target="a claim")
    encoder = apart(max_length=18, windows="all")
    assert np.diff(encoder.encode([long]).window_starts)[1:].max() == 18
    encoded = encoder.encode([empty])
    assert encoded.window_counts.tolist() == [2]
    assert np.diff(encoded.window_starts)[1] == encoder.template.length


def test_a_first_token_without_a_place_begins_no_sentence() -> None:
    ends = np.array([0, 3, 4, 0, 8, 9])
    assert _sentence_starts("One. Two.", ends).tolist() == [0, 4]


def test_stride_overlaps() -> None:
    spans = choose_spans(100, 10, "all", 4, "head")
    assert all(first[1] - second[0] >= 4 for first, second in pairwise(spans))
    assert spans[0][0] == 0
    assert spans[-1][1] == 100


def test_token_types_of_pairs() -> None:
    assert special_tokens(make_tokenizer(), pair=True).types == (0, 1)
    assert special_tokens(make_tokenizer(double_sep=True), pair=True).types is None


def test_limits_are_named() -> None:
    with pytest.raises(InputError, match="needs a target"):
        TextEncoder(make_tokenizer(), window_choice="relevant")
    with pytest.raises(InputError, match='"sentences" needs a target'):
        TextEncoder(make_tokenizer(), window_choice="sentences")
    with pytest.raises(InputError, match=r'model\.pairs = "apart" needs a target'):
        TextEncoder(make_tokenizer(), apart=True)
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 128
    with pytest.raises(InputError, match="at most 128"):
        TextEncoder(tokenizer, max_length=256)


def test_progress_counts_every_article(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    encoded = TextEncoder(make_tokenizer(), max_length=32).encode(make_articles(300), lambda a, t: seen.append((a, t)))
    assert sum(a for a, _ in seen) == 300
    assert sum(t for _, t in seen) == encoded.tokens_total.sum()


@pytest.mark.parametrize("most", [0, 10_000])
def test_a_text_that_recurs_is_tokenised_once_and_comes_out_the_same(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_module, "MOST_KNOWN", most)
    monkeypatch.setattr(windows_module, "CHUNK", 2)
    texts: list[str] = []

    class Counting:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        @property
        def backend_tokenizer(self) -> Any:
            return Counting(self.inner.backend_tokenizer)

        def encode_batch_fast(self, given: list[str], **options: Any) -> Any:
            texts.extend(given)
            return self.inner.encode_batch_fast(given, **options)

    articles = [Article(str(i), words(9, i % 2), target=words(3, i)) for i in range(8)]
    found = TextEncoder(Counting(make_tokenizer()), max_length=20, windows=1, pair=True).encode(articles)
    plain = [TextEncoder(make_tokenizer(), max_length=20, windows=1, pair=True).encode([a]) for a in articles]
    assert [window(found, i) for i in range(8)] == [window(one, 0) for one in plain]
    assert texts.count(words(9)) == (1 if most else 4)
