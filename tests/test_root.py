"""`import classifier` gives every verb and noun, and loads none of them before it is used."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import get_type_hints

import pytest

import classifier

PACKAGE = Path(classifier.__file__).parent
VERBS = (
    "build",
    "train",
    "train_seeds",
    "train_folds",
    "tune",
    "evaluate",
    "compare",
    "report",
    "audit",
    "learning_curve",
    "choose_next",
    "estimate",
    "export",
    "predict",
    "predict_files",
)
NOUNS = ("Classifier", "Article", "Config", "InputError")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_heavy_is_loaded_by_the_import() -> None:
    heavy = "{'torch', 'pandas', 'numpy', 'datasets', 'transformers', 'sklearn', 'rich', 'pydantic', 'IPython'}"
    assert run(f"import sys, classifier; dir(classifier); print({heavy} & set(sys.modules))") == "set()"


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_a_typed_function_of_its_own_name(name: str) -> None:
    verb = getattr(classifier, name)
    assert isinstance(verb, FunctionType)
    assert verb.__name__ == name
    assert "return" in get_type_hints(verb)
    assert verb.__doc__
    assert "Args:" in verb.__doc__
    assert "Example:" in verb.__doc__
    parameters = inspect.signature(verb).parameters
    assert not [one for one in parameters.values() if one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    assert "overrides" not in parameters


def test_the_table_is_complete() -> None:
    assert {*VERBS, *NOUNS} <= set(classifier.__all__)
    assert set(classifier.__all__) <= set(dir(classifier))
    for name in NOUNS:
        assert isinstance(getattr(classifier, name), type)
    for name in classifier.__all__:
        assert getattr(classifier, name) is getattr(classifier, name)
    assert classifier.__all__ == sorted(classifier.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'prediction'"):
        _ = classifier.prediction


def test_what_checkers_see_is_what_there_is() -> None:
    """The imports under TYPE_CHECKING name what the lazy table gives."""
    import ast

    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(seen) == set(classifier.__all__) - {"__version__"}
    for name, module in seen.items():
        assert getattr(import_module(str(module)), name) is getattr(classifier, name)


def test_no_submodule_stands_before_a_name_of_the_root() -> None:
    """Importing a submodule binds its name in the package; that must not hide a verb, nor the other way round."""
    code = (
        "import classifier, pkgutil, importlib\n"
        "before = {name: getattr(classifier, name) for name in classifier.__all__}\n"
        "for found in pkgutil.walk_packages(classifier.__path__, 'classifier.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
        "assert all(getattr(classifier, name) is value for name, value in before.items())\n"
        "from classifier import evaluate, evaluation, report, reports, Config, config\n"
        "assert callable(evaluate) and callable(report) and not callable(evaluation) and not callable(reports)\n"
        "assert isinstance(Config, type) and not isinstance(config, type)\n"
        "print('same')"
    )
    assert run(code).endswith("same")
