from classifier.articles.readers.json_lines import read_json_lines
from classifier.articles.readers.row import Row
from classifier.errors import Fault


def test_each_line_is_an_object_or_a_fault_with_its_place() -> None:
    found = list(read_json_lines(['{"text": "x"}\n', "\n", "[1]\n", "{broken\n", '{"text": "\\ud800"}\n'], "a.jsonl"))
    assert isinstance(found[0], Row)
    faults = [item for item in found if isinstance(item, Fault)]
    assert [(fault.where, fault.kind) for fault in faults] == [
        ("a.jsonl:3", "not a JSON object"),
        ("a.jsonl:4", "not valid JSON"),
        ("a.jsonl:5", "half a surrogate pair"),
    ]
