from classifier.articles.readers.line_buffer import LineBuffer


def test_lines_that_are_looked_at_or_given_back_are_read_again_in_order() -> None:
    lines = LineBuffer(f"{number}\n" for number in range(6))
    source = iter(lines)
    assert [next(source), next(source)] == ["0\n", "1\n"]
    assert lines.ahead(2) == "4\n"
    lines.give_back(1)
    assert [next(source), next(source), lines.ahead(9)] == ["1\n", "2\n", None]
    assert lines.record == ["0\n", "1\n", "2\n"]
    lines.next_record()
    assert (lines.number, lines.record) == (3, [])
    assert list(source) == ["3\n", "4\n", "5\n"]


def test_lines_that_are_given_back_at_the_end_are_read_by_a_new_iterator() -> None:
    lines = LineBuffer(["a", "b"])
    assert list(lines) == ["a", "b"]
    lines.give_back(2)
    assert (list(lines), lines.ahead(0)) == (["a", "b"], None)


def test_nobody_waits_to_look_ahead() -> None:
    there = [True, False]
    lines = LineBuffer(["a\n", "b\n", "c\n"], lambda: there.pop(0) if there else True)
    assert lines.ahead(0) == "a\n"  # what comes next is waited for
    assert lines.ahead(2) is None
    assert lines.ready()  # the lines that were looked at are there
    assert list(lines) == ["a\n", "b\n", "c\n"]


def test_lines_that_come_end_where_the_stream_holds_no_more() -> None:
    asked: list[bool] = []

    def ready() -> bool:
        asked.append(True)
        return len(asked) < 3

    lines = LineBuffer([f"{n}\n" for n in range(9)], ready)
    assert list(lines.coming(300)) == ["0\n", "1\n"] and len(asked) == 3, "each look may take a moment"
    assert list(lines.coming(2)) == ["0\n", "1\n"] and list(lines.coming(1, after=1)) == ["1\n"]
    assert list(LineBuffer(["a"], lambda: False).coming(3)) == []
    assert list(LineBuffer(["a", "b"]).coming(3)) == ["a", "b"]
