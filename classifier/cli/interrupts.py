"""Ctrl-C in a long job: the job stops when its current step has ended, and the user is told how to go on."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from classifier.distributed import is_main

LONGEST_STEP = 20.0  # seconds after which Ctrl-C is taken to be outside the steps of a training


@contextmanager
def interruptible(go_on: str, out: Path) -> Iterator[Callable[[], bool]]:
    """Exit code 130 and how to go on, where the user stops a training."""
    from classifier.cli import console
    from classifier.errors import InterruptedTrainingError

    try:
        with _stop_on_interrupt() as should_stop:
            yield should_stop
    except InterruptedTrainingError as stopped:
        _say(f"{stopped} Go on with: {go_on}")
        raise typer.Exit(130) from None
    except KeyboardInterrupt:
        begun = [name for name in ("config.toml", "plan.json") if (out / name).exists()]
        left = f"Go on with: {go_on}" if begun and not (out / "manifest.json").exists() else "Nothing was written."
        console.show_error(f"Interrupted. {left}")
        raise typer.Exit(130) from None


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C is remembered until the step ends; a second one, or one outside the steps, stops at once."""
    asked = False
    last_step = -math.inf

    def remember(*_: object) -> None:
        nonlocal asked
        if asked or time.monotonic() - last_step > LONGEST_STEP:
            raise KeyboardInterrupt
        asked = True
        _say("Stopping after this step; press Ctrl-C again to stop at once.")

    def should_stop() -> bool:
        nonlocal last_step
        last_step = time.monotonic()
        return asked

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield should_stop
    finally:
        signal.signal(signal.SIGINT, before)


def _say(text: str) -> None:
    if is_main():
        typer.echo(text, err=True)
