import builtins
from typing import Any

import pytest

from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.shares.model_formula import read_model

pytest.importorskip("formulaic")
LABELS = LabelSet(("opinion", "hard news", "it's", "a + b", "x ~ y", "O`Neil"))


@pytest.mark.parametrize(
    ("text", "outcomes", "variables"),
    [
        ("opinion ~ source + month", ("opinion",), ("source", "month")),
        ("opinion+hard news~source", ("opinion", "hard news"), ("source",)),
        ("`hard news` + 'opinion' ~ 1", ("hard news", "opinion"), ()),
        ("it's ~ `my column`*C(year)", ("it's",), ("my column", "year")),
        ("a + b ~ source", ("a + b",), ("source",)),
        ("`a + b` + opinion ~ source", ("a + b", "opinion"), ("source",)),
        ("`x ~ y` ~ log(words)", ("x ~ y",), ("words",)),
        ("Opinion ~ source", ("opinion",), ("source",)),
    ],
)
def test_labels_stand_left_and_covariates_right(
    text: str, outcomes: tuple[str, ...], variables: tuple[str, ...]
) -> None:
    found = read_model(text, LABELS)
    assert (found.outcomes, found.variables) == (outcomes, variables)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("opinion", "is not of the form LABEL ~ COVARIATES"),
        ("opinion ~ ", "is not of the form"),
        ("~ source", "is not of the form"),
        ("opinion ~ source ~ month", "is not of the form"),
        ("opinon ~ source", "there is no label 'opinon'. Did you mean 'opinion'? The labels are 'opinion', 'hard"),
        ("opinion + opinion ~ source", "names a label twice"),
        ("opinion ~ source +", "the right side cannot be read: Operator `+`"),
        ("opinion ~ my column", "the right side cannot be read: Missing operator"),
        ("opinion ~ `source", "is not of the form|cannot be read"),
        ("opinion ~ source | month", "more than one formula"),
    ],
)
def test_what_cannot_be_read_is_one_error(text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        read_model(text, LABELS)
    assert any(part in str(error.value) for part in words.split("|"))
    assert "\x1b" not in str(error.value) and "⧛" not in str(error.value)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "formulaic":
            raise ImportError
        return plain(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"formulaic(.|\n)*classifier\[prevalence\]"):
        read_model("opinion ~ source", LABELS)
