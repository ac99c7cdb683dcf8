import io
import json

import pytest

from classifier.articles.readers import json_text
from classifier.articles.readers.json_text import read_json_text
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError

ROWS = [{"text": 'one "quoted"\u2028 text', "label": "a"}, {"text": "two, [with] {marks}\nand lines", "label": "b"}]


def read(text: str) -> list[Row | Fault]:
    return list(read_json_text(io.StringIO(text, newline=""), "a.json"))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        "\ufeff" + json.dumps(ROWS, indent=1, ensure_ascii=False),
        "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
        "\r\n\r\n".join(json.dumps(row) for row in ROWS) + "\r\n",
        "".join(json.dumps(row) for row in ROWS),
        ",\n".join(json.dumps(row) for row in ROWS) + ",\n",
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        json.dumps({"status": "ok", "total": 2, "articles": ROWS}),
        json.dumps({"data": ROWS}, indent=1),
        json.dumps({name: {str(n): row[name] for n, row in enumerate(ROWS)} for name in ROWS[0]}),
        json.dumps({"columns": list(ROWS[0]), "index": [0, 1], "data": [list(row.values()) for row in ROWS]}),
    ],
)
@pytest.mark.parametrize("chunk", [1 << 20, 5])
def test_every_layout_gives_the_same_rows(text: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "CHUNK", chunk)
    assert [row.values for row in read(text) if isinstance(row, Row)] == ROWS


@pytest.mark.parametrize("record", [{"text": "x", "data": [{"n": 1}]}, {"text": "x", "spans": [{"start": 1}]}])
def test_one_record_with_a_list_of_objects_is_one_record(record: dict[str, object]) -> None:
    for text in (json.dumps(record), json.dumps(record, indent=1)):
        assert [row.values for row in read(text) if isinstance(row, Row)] == [record]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{'text': 'x'}\n", "single quotes: was a Python dict written?"),
        ('["text", "label"]\n["x", "a"]\n', 'Got list instead: name its values, such as {"text": …}'),
        ('{"text": "x", "text": "y"}\n{"text": "z"}\n', "it gives the key 'text' two values"),
        ('{"text": "x"}\n{"text": "z"},\n', "a comma follows the object, column 14"),
        ('{"text": "x"}\n{"text": \'z\'}\n', "single quotes: was a Python dict written"),
        ('[{"text": "x"}, 5]', "a JSON object is needed. Got int instead"),
        ('{"text": "cut\n{"text": "z"}\n', "Unterminated string"),
        ('a title\n{"text": "x"}\n', "not valid JSON (Expecting value"),
    ],
)
def test_what_is_no_record_is_a_fault(text: str, what: str) -> None:
    assert any(what in item.what for item in read(text) if isinstance(item, Fault))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "text,label\nx,a\n",
            "a.json:1 is not valid JSON: it starts with 'text,label'",
        ),
        ('{"text": "x"}{"text": "y"}{"text": "z', "a.json:1 is not valid JSON: Unterminated string"),
        ("[{'text': 'x'}]", "a.json:1 is not valid JSON: single quotes: was a Python dict written"),
        ("[{\"text\":\n 'x'}]", "a.json:2 is not valid JSON: single quotes: was a Python dict written"),
        ('[{"text": "x", "text": "y"}]', "a.json:1 is not valid JSON: it gives the key 'text' two values"),
    ],
)
def test_what_cannot_be_read_on_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(text)


def test_a_key_that_is_given_twice_with_one_value_is_read() -> None:
    assert [row.values for row in read('{"id": 1, "id": 1}\n') if isinstance(row, Row)] == [{"id": 1}]
