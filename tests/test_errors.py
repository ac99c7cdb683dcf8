import pytest

from classifier.errors import DivergedError, Fault, InputError, did_you_mean, names


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
