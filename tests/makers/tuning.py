"""Sources and settings of a quick search."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

QUICK = {"split.validation_size": 0.2}


def settings_of(checkpoint: Path, *free: str, **more: object) -> dict[str, object]:
    """Settings for a quick study: all are fixed but those named."""
    fixed = {"train.label_smoothing": 0.0, "train.class_weight": "none", "model.windows": 1, **QUICK, **more}
    return {name: value for name, value in tiny(checkpoint, **fixed).items() if name not in free}


def source(folder: Path, n: int = 60) -> str:
    return str(write_jsonl(folder / "a.jsonl", make_articles(n)))


def config_file(folder: Path, **more: object) -> str:
    """A config whose learning rate is searched."""
    path = folder / "my.toml"
    values = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    path.write_text(f'[data]\npath = "a.jsonl"\n[train]\nlearning_rate = 0.05\n{values}')
    source(folder)
    return str(path)


def stop_after(steps: int) -> Callable[[], bool]:
    asked = count()
    return lambda: next(asked) >= steps


FREE = ("train.learning_rate", "train.batch_size")
