"""What an estimator raises, in the words of its arguments and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from classifier.errors import Fault, InputError
from classifier.jobs.in_memory import as_python

PARAMETERS = {  # of the constructor -> the setting that each stands for
    "model_name": "model.name",
    "max_length": "model.max_length",
    "preset": "train.preset",
    "num_train_epochs": "train.num_train_epochs",
    "learning_rate": "train.learning_rate",
    "device": "train.device",
}
OTHER_PARAMETERS = {"validation_fraction": "split.validation_size", "random_state": "train.seed"}
SETTING = "--set"  # where a wrong setting stands, in the words of a command
NOT_HERE = (  # what other jobs can do about it -> what is left to say
    (", or leave them out with --skip-bad (from Python: skip_bad=True)", ""),
    (', give each a text, or keep them without a label: on_error="keep"', ", or give each a text."),
    (
        'Name the column that holds the labels: settings={"data.columns.label": "NAME"}',
        "Give classes that repeat in y.",
    ),
    ("another --out", "another path"),
    (" of texts cannot be read", " of X cannot be read"),
)
OF_MISSING = "(data.missing)"  # in what is wrong with a class that counts as no class
KEEP_WORDS = 'Where such a word is a class: settings={"data.missing": []}.'
CALL = re.compile(r"predict\((\[\w+\]|[^()]*\([^()]*\)|[^()]*)\)")  # in a message of `Classifier.predict`


class SampleError(InputError, ValueError):
    """An `InputError` of an estimator: scikit-learn and the programs around it expect a `ValueError`."""


@contextmanager
def as_value_error() -> Iterator[None]:
    """Turn an `InputError` into a `SampleError` in the words of an estimator.

    Example:
        >>> with as_value_error():
        ...     raise InputError("texts must be a list.", fix="Put it into a list: predict([text])")
        Traceback (most recent call last):
        classifier.jobs.scikit_learn.sample_error.SampleError: X must be a list.
        Fix: Put it into a list: [text]
    """
    try:
        yield
    except SampleError:
        raise
    except InputError as error:
        faults = sorted(dict.fromkeys(map(_named_fault, error.faults)), key=_in_order)
        message, fix = _named(error.message), _named(error.fix)
        of_classes = [fault.where.startswith("y[") for fault in faults]
        if any(of_classes):
            message = message.replace("X has ", "y has " if all(of_classes) else "X and y have ")
        if any(OF_MISSING in fault.what for fault in faults):
            fix += f" {KEEP_WORDS}"
        raise SampleError(message, fix=fix, faults=faults) from None


def _named_fault(fault: Fault) -> Fault:
    if fault.where != SETTING:
        where, what = _named(fault.where), _named(fault.what)
        if what.startswith("label is ") and where.startswith("X["):
            where, what = f"y{where[1:]}", what.removeprefix("label ")
        return replace(fault, where=where, what=what, id="")  # the program gave no ids
    by_setting = {setting: parameter for parameter, setting in {**PARAMETERS, **OTHER_PARAMETERS}.items()}
    name, _, rest = fault.what.partition(" ")
    seed = "train.seed" if name == "split.seed" else name  # both are the random_state
    return replace(fault, where="ArticleClassifier", what=f"{by_setting.get(seed, name)} {as_python(rest)}")


def _named(words: str) -> str:
    """A message of a job in the words of an estimator."""
    if words.startswith(("texts[", "texts must")):
        words = f"X{words.removeprefix('texts')}"
    words = CALL.sub(r"\1", as_python(words))
    for theirs, ours in NOT_HERE:
        words = words.replace(theirs, ours)
    return words


def _in_order(fault: Fault) -> list[tuple[int, str]]:
    """``X[2]`` before ``X[10]``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", fault.where)]
