from typing import Any

import pytest

from classifier.articles.written_lists import written_value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("['a']", ["a"]),
        ("['a', 'b']", ["a", "b"]),
        ('["a", "it\'s"]', ["a", "it's"]),
        ("['a' 'b']", ["a", "b"]),
        ("['a'\n 'b']", ["a", "b"]),
        ("('a', 'b')", ["a", "b"]),
        ("('a',)", ["a"]),
        ("{'a'}", ["a"]),
        ("[]", []),
        ("[0, 1]", [0, 1]),
        ("['a', None]", ["a", None]),
        ('["a", null]', ["a", None]),
        ('{"a": true}', {"a": True}),
        ("{'a': 1.0}", {"a": 1.0}),
        (" ['a'] ", ["a"]),
        ('["a, b", "c"]', ["a, b", "c"]),
        ("a", "a"),
        ("", ""),
        ("(a)", "(a)"),
        ("[a]", "[a]"),
        ("a [b]", "a [b]"),
        ("[a", "[a"),
    ],
)
def test_lists_and_objects_are_read_and_names_stay(cell: str, value: Any) -> None:
    assert written_value(cell) == value


@pytest.mark.parametrize(
    "cell", ["[a, b]", "['a', b]", "['a' 'b', 1]", '{"a": }', "{a, b}", "['a'" + "]]", "[__import__('os')]"]
)
def test_what_only_looks_like_a_list_is_refused(cell: str) -> None:
    with pytest.raises(ValueError):
        written_value(cell)
