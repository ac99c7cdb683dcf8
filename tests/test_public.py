"""The face of the package: one function per verb, under the verb's name."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import classifier

VERBS = [
    "audit",
    "build",
    "choose_next",
    "compare",
    "estimate",
    "evaluate",
    "export",
    "learning_curve",
    "predict_files",
    "report",
    "train",
    "train_folds",
    "train_seeds",
    "tune",
]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_the_function_of_that_name_and_explains_itself(name: str) -> None:
    verb = getattr(classifier, name)
    assert inspect.isfunction(verb)
    assert verb.__name__ == name
    assert "Args:" in (verb.__doc__ or "")
    parameters = inspect.signature(verb).parameters.values()
    assert not [one for one in parameters if one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    assert "overrides" not in inspect.signature(verb).parameters


def test_all_names_can_be_had_and_others_not() -> None:
    for name in classifier.__all__:
        assert getattr(classifier, name) is not None
    assert set(VERBS) < set(dir(classifier))
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        _ = classifier.predict


def test_the_import_alone_loads_no_torch() -> None:
    code = "import sys, classifier; sys.exit('torch' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
