import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import classifier
from classifier.errors import DivergedError, Fault, InputError, counted, did_you_mean, names, shell_word, together


def test_a_message_is_what_is_wrong_where_and_the_fix_in_this_order() -> None:
    faults = [Fault("a.csv:2", "the text is empty"), Fault("a.csv:9", "the label is empty")]
    assert str(InputError("2 rows cannot be used.", fix="Mend them.", faults=faults)).splitlines() == [
        "2 rows cannot be used.",
        "  a.csv:2: the text is empty",
        "  a.csv:9: the label is empty",
        "Fix: Mend them.",
    ]
    assert str(InputError("No.")) == "No."


def test_twenty_faults_are_shown_and_all_are_counted_by_kind() -> None:
    faults = [Fault(f"a.csv:{i}", f"the label 'x{i}' is unknown", "unknown label") for i in range(30)]
    faults += [Fault(f"a.csv:{i}", "the text is empty") for i in range(3)]
    lines = str(InputError("33 rows cannot be used.", faults=faults)).splitlines()
    assert sum(line.startswith("  a.csv:") for line in lines) == 20
    assert lines[-1] == "  … 33 faults in all: 30 × unknown label, 3 × the text is empty"
    assert len(InputError("", faults=faults).faults) == 33


def test_the_first_faults_of_every_kind_are_shown() -> None:
    faults = [Fault(f"a.csv:{n}", "the text is empty") for n in range(500)] + [Fault("a.csv:9", "the label is empty")]
    lines = str(InputError("501 rows cannot be used.", faults=faults)).splitlines()
    assert lines[20:] == [
        "  a.csv:9: the label is empty",
        "  … 501 faults in all: 500 × the text is empty, 1 × the label is empty",
    ]
    assert lines[19] == "  a.csv:18: the text is empty"


@pytest.mark.parametrize(
    ("where", "name", "shown"),
    [
        ("a.csv:7", "p5", "a.csv:7 (id 'p5'): wrong"),
        ("a.csv:7", "", "a.csv:7: wrong"),
        ("a.txt:7", "7", "a.txt:7: wrong"),
        ("texts/news/a.txt", "news/a", "texts/news/a.txt: wrong"),
        ("data/a1.csv:7", "a", "data/a1.csv:7 (id 'a'): wrong"),  # of the file's name, not of the row's
    ],
)
def test_a_fault_names_the_article_where_its_place_does_not(where: str, name: str, shown: str) -> None:
    assert str(Fault(where, "wrong", id=name)) == shown


def test_several_errors_are_one_with_all_that_each_says() -> None:
    parts = [InputError("2 rows.", fix="Mend.", faults=[Fault("a:1", "x")]), InputError("3 labels."), InputError("4.")]
    assert together("'a'", parts[:1]) is parts[0]
    inner = together("the rest", parts[1:])
    found = together("'a'", [parts[0], inner])
    assert str(found) == "'a' has faults of 3 kinds:\n- 2 rows.\n- 3 labels.\n- 4.\n  a:1: x\nFix: Mend."


def test_faults_are_equal_whatever_row_they_came_from() -> None:
    assert Fault("a:1", "wrong", record={"a": 1}) == Fault("a:1", "wrong", record={"a": 2}) != Fault("a:2", "wrong")


@pytest.mark.parametrize(
    ("word", "suggestion"), [("lable", " Did you mean 'label'?"), ("text", " Did you mean 'text'?"), ("zzz", "")]
)
def test_only_a_near_word_is_suggested(word: str, suggestion: str) -> None:
    assert did_you_mean(word, ["label", "text", "source"]) == suggestion


def test_names_are_quoted() -> None:
    assert names(["a", 2]) == "'a', '2'"


def test_a_diverged_training_is_bad_input() -> None:
    with pytest.raises(InputError, match="Fix: lower it"):
        raise DivergedError("The loss is nan.", fix="lower it")


def test_a_count_agrees_with_its_noun() -> None:
    assert [counted(1, "class", "classes"), counted(0, "class", "classes"), counted(1200, "article")] == [
        "1 class",
        "0 classes",
        "1,200 articles",
    ]


@pytest.mark.parametrize(
    ("system", "word", "typed"),
    [
        ("posix", "my runs/first", "'my runs/first'"),
        ("posix", "data.columns.label=NAME", "data.columns.label=NAME"),
        ("nt", r"C:\my runs\first", r'"C:\my runs\first"'),
        ("nt", r"C:\runs\first", r"C:\runs\first"),
        ("nt", 'data.missing=["usual"]', r"data.missing=[\"usual\"]"),
    ],
)
def test_a_word_of_a_command_is_quoted_as_the_shell_of_the_system_takes_it(
    system: str, word: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "name", system)
    found = shell_word(word)
    monkeypatch.undo()
    assert found == typed


PLACE = re.compile(r"(?:\bclassifier (?:train|predict|evaluate|build)|--(?:out|corrections|extend)) $")


def _paths_in_commands(file: Path) -> Iterator[tuple[int, ast.expr]]:
    """The values that an f-string has for a path of a command, with their lines."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for before, part in zip(node.values, node.values[1:], strict=False):
                begun = isinstance(before, ast.Constant) and PLACE.search(str(before.value))
                if begun and isinstance(part, ast.FormattedValue):
                    yield part.lineno, part.value


def test_commands_in_messages_can_be_typed_whatever_a_path_is_called() -> None:
    root = Path(classifier.__file__).parent
    found = [(file, line, value) for file in root.rglob("*.py") for line, value in _paths_in_commands(file)]
    assert len(found) > 10
    bare = [
        f"{file.relative_to(root)}:{line}"
        for file, line, value in found
        if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "shell_word")
    ]
    assert not bare
