"""Which engine labels: this process, or the workers of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from classifier.errors import InputError, did_you_mean
from classifier.jobs.predict.cluster.session import check_ray
from classifier.jobs.predict.engine import Engine
from classifier.models.classifier import Classifier
from classifier.models.trained import Trained

EngineName = Literal["local", "ray"]


def check_engine(name: str, *, address: str | None = None, workers: int | None = None) -> None:
    """Raise what is wrong with what is asked for, before anything is read.

    Raises:
        InputError: there is no such engine, its package is missing, or what is asked for goes with another one.

    Example:
        >>> check_engine("local", workers=2)
        Traceback (most recent call last):
        classifier.errors.InputError: --workers is for the workers of a Ray cluster.
        Fix: Add --engine ray, or leave it out.
    """
    if name not in get_args(EngineName):
        hint = did_you_mean(name, get_args(EngineName))
        raise InputError(f"--engine is local or ray. Got '{name}' instead.{hint}", fix="Choose one of these.")
    if name == "ray":
        if workers is not None and workers < 1:
            raise InputError(f"--workers must be 1 or more. Got {workers} instead.", fix="For example --workers 2")
        check_ray()
        return
    for option, given in (("--address", address), ("--workers", workers)):
        if given is not None:
            raise InputError(f"{option} is for the workers of a Ray cluster.", fix="Add --engine ray, or leave it out.")


def chosen_engine(
    name: str,
    trained: Trained,
    load: Callable[[Path], Classifier],
    *,
    explain: bool = False,
    device: str = "auto",
    address: str | None = None,
    workers: int | None = None,
) -> Engine | None:
    """What scores the chunks; None = this process does. Arguments as in `classifier.jobs.predict.cluster.engine`."""
    if name == "local":
        return None
    from classifier.jobs.predict.cluster.engine import Cluster

    return Cluster(trained, load, explain, device, address, workers)
