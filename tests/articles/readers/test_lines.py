import io

from classifier.articles.readers.lines import read_lines
from classifier.articles.readers.row import Row


def test_lines_are_json_or_text() -> None:
    assert [r.values for r in read_lines(io.StringIO('\n{"text": "x"}\n')) if isinstance(r, Row)] == [{"text": "x"}]
    plain = [r.values for r in read_lines(io.StringIO("first text\n\nsecond\n")) if isinstance(r, Row)]
    assert plain == [{"id": "1", "text": "first text"}, {"id": "3", "text": "second"}]
