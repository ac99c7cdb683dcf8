import random
import time

import pytest

from classifier.articles.sentences import LONGEST, sentence_spans, trimmed


def split(text: str) -> list[str]:
    return [text[slice(*trimmed(text, span))] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ('"Stop!" he said. "Why?" "No." She left.', ['"Stop!" he said.', '"Why?"', '"No."', "She left."]),
        ("Mr. Hob met Dr. Quill at St. Ann's. It rained.", ["Mr. Hob met Dr. Quill at St. Ann's.", "It rained."]),
        ("J. R. Smith voted. He lost.", ["J. R. Smith voted.", "He lost."]),
        ("It fell by 3.5 per cent. Shares rose.", ["It fell by 3.5 per cent.", "Shares rose."]),
        ("Am 22. November kam er. Er ging.", ["Am 22. November kam er.", "Er ging."]),
        ("Was it no. 5? No. It was No. 6.", ["Was it no. 5?", "No.", "It was No. 6."]),
        ("She was 12. The boy was 9. Both won.", ["She was 12.", "The boy was 9.", "Both won."]),
        ("See example.com. then e.g. this one.", ["See example.com. then e.g. this one."]),
        ("A headline\n\nThe first\nsentence. Next", ["A headline", "The first\nsentence.", "Next"]),
        ("A headline\r\n\r\nThe text", ["A headline", "The text"]),
        ("Points:\n- one\n- two\n2) three", ["Points:", "- one", "- two", "2) three"]),
        ("今日は雨。明日は晴れ！「本当？」はい", ["今日は雨。", "明日は晴れ！", "「本当？」", "はい"]),
        ("यह एक है। यह दो है।", ["यह एक है।", "यह दो है।"]),
        ("هل هذا صحيح؟ نعم. انتهى", ["هل هذا صحيح؟", "نعم.", "انتهى"]),
        ("(It was late.) They left.", ["(It was late.)", "They left."]),
        ("Über uns. Ärger droht. él", ["Über uns.", "Ärger droht. él"]),
        ("... And so on. ...", ["...", "And so on.", "..."]),
        ("", []),
        (" \n\t ", []),
        ("word", ["word"]),
    ],
)
def test_sentences(text: str, wanted: list[str]) -> None:
    assert split(text) == wanted


@pytest.mark.parametrize("seed", range(100))
def test_the_spans_always_rebuild_the_text(seed: int) -> None:
    rng = random.Random(seed)
    signs = [
        "word",
        "Mr",
        "A",
        ".",
        ". ",
        "! ",
        "?",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "  ",
        "”",
        '"',
        "。",
        "12",
        "(",
        "- ",
        "é",
    ]
    text = "".join(rng.choices(signs, k=rng.choice([1, 5, 40, 2000])))
    spans = sentence_spans(text)
    assert "".join(text[start:end] for start, end in spans) == (text if text.strip() else "")
    assert all(text[start:end].strip() for start, end in spans)
    assert all(text[slice(*trimmed(text, span))] == text[slice(*span)].strip() for span in spans)


@pytest.mark.parametrize("text", ["word " * 900, "x" * 5000, "clause, " * 400, "line\n" * 700])
def test_a_text_without_full_stops_is_cut_all_the_same(text: str) -> None:
    spans = sentence_spans(text)
    assert len(spans) > 5
    assert max(end - start for start, end in spans) <= LONGEST + 1
    assert "".join(text[start:end] for start, end in spans) == text


def test_a_comma_is_preferred_to_a_space() -> None:
    text = ("word " * 30).strip() + ", " + "word " * 120
    assert split(text)[0].endswith(",")


def test_a_text_of_many_sentences_takes_no_longer_for_each() -> None:
    began = time.process_time()
    assert len(sentence_spans("A long text. " * 20_000)) == 20_000
    assert time.process_time() - began < 20  # 0.1; over 100 where each full stop looks back to the beginning
