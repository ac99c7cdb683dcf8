import pytest

from classifier.articles.readers.dialect import Dialect, find_dialect


@pytest.mark.parametrize(
    ("header", "following", "usual", "expected"),
    [
        ("text,label", ["x,a"], ",", Dialect(",")),
        ("text;label;notes, free", ["x;a;", "y;b;c"], ",", Dialect(";")),
        ("text|label", ["x, y|a"], ",", Dialect("|")),
        ("text,label", ["x,a"], "\t", Dialect(",")),
        ("text, in full", ["x y"], "\t", Dialect("\t")),
        ("text\tlabel, or none", ["x\ta", "y\tb"], "\t", Dialect("\t")),
        ("id, text", ['1, "x, y"'], ",", Dialect(",", spaced=True)),
        ("id,text", ['1, "x, y"', '2, "y, z"'], ",", Dialect(",", spaced=True)),
        ("id,text", ["1, x"], ",", Dialect(",")),
        ("text", ["x, y"], ",", Dialect(",")),
    ],
)
def test_the_lines_below_tell_what_divides_the_header(
    header: str, following: list[str], usual: str, expected: Dialect
) -> None:
    assert find_dialect(header, following, usual) == expected
