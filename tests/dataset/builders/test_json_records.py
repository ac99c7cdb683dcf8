import json
from pathlib import Path

import pytest

from classifier.articles.readers import json_text
from classifier.articles.readers.row import Row
from classifier.dataset.builders import label_studio
from classifier.dataset.builders.json_records import read_records
from classifier.errors import InputError
from tests.makers.formats import TEXTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"data": 1},\n{"data": tru}]', ":2 is not valid JSON: Expecting value."),
        ('[{"data": 1}\n{"data": 2}]', ":2 is not valid JSON: a comma or the closing bracket is missing."),
        ('[{"data": "cut o', ":1 is not valid JSON: Unterminated string starting at."),
        ('[{"data": 1}', ":1 is not valid JSON: a comma or the closing bracket is missing."),
        ('[{"data": 1}] [', ":1 is not valid JSON: something follows the closing bracket."),
        ("text\n", ":1 is not valid JSON: it starts with 'text'."),
    ],
)
def test_broken_json_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.json"
    path.write_text(text)
    for chunk in (json_text.CHUNK, 20, 3):
        monkeypatch.setattr(json_text, "CHUNK", chunk)
        with pytest.raises(InputError) as error:
            list(label_studio.read(path)["all"])
        assert error.value.message == f"{path}{message}"


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_records_are_read_in_chunks(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "CHUNK", chunk)
    values = [
        {"text": text, "deep": [{"n": -1.5e3, "none": None, "flag": [True, False]}], "é": '"\\u2028"'} for text in TEXTS
    ]
    path = tmp_path / "in.json"
    for indent, ascii_only in ((None, True), (2, False)):
        path.write_text(json.dumps(values, indent=indent, ensure_ascii=ascii_only), encoding="utf-8", newline="")
        rows = list(read_records(path))
        assert [row.values for row in rows if isinstance(row, Row)] == values
        assert [row.where for row in rows] == [f"{path}, row {i}" for i in (1, 2, 3, 4)]
