"""Write what the documentation takes from the code: `make docs`, or `python scripts/make_docs.py [--check]`.

`docs/settings.md` comes from `classifier/config/`. In `docs/architecture.md` and `README.md` the parts between two
comments come from the docstrings of the rooms and modules; the rest is written by hand and stays as it is.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from annotated_types import BaseMetadata  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402

from classifier.config import Config  # noqa: E402

PACKAGE = ROOT / "classifier"
BEGIN, END = "<!-- {}: written by `make docs` -->", "<!-- end of {} -->"
TIERS = {
    "everyday": "What most people set, and what an article collection of your own asks for.",
    "when needed": "What a message, a page or an unusual corpus asks for.",
    "expert": "Leave these alone unless you measure what they change.",
}
SETTINGS_HEAD = """# Settings

<!-- Written by `make docs` from classifier/config/: change the descriptions there. -->

Every setting has a default, so you need none of them but the articles. Give one on the command line, in a TOML file, or
from Python:

    classifier train my.csv --out runs/first --set train.num_train_epochs=6
    classifier init genre --out my.toml          # the main settings explained; also topic, multi-label, stance
    classifier train my.toml --out runs/first

```python
classifier.train("my.csv", out="runs/first", settings={"train.num_train_epochs": 6})
```

`--set` comes after the file and wins; several may be given. A value is read as TOML: `--set train.num_train_epochs=6`,
`--set model.windows=all`, `--set 'split.group_by=["source","author"]'`. Paths in a file are relative to that file.
classifier refuses an unknown or impossible setting and names the line it stands in. Where the default is `"auto"`, it
chooses from your corpus, gives the reason in the log, and `RUN/config.toml` keeps the choice.
"""


def settings_page() -> str:
    """`docs/settings.md`: every setting in its tier, with its default, its values and what it does."""
    parts = [SETTINGS_HEAD]
    found = list(_settings(Config, ()))
    for tier, meaning in TIERS.items():
        parts.append(f"\n## {tier.capitalize()}\n\n{meaning}\n")
        sections: dict[str, list[str]] = {}
        for path, field in found:
            if _tier(field) == tier:
                sections.setdefault(".".join(path[:-1]), []).append(_row(path[-1], field))
        for section, rows in sections.items():
            head = f"\n### [{section}]\n\n| setting | default | values | what it does |\n|---|---|---|---|\n"
            parts.append(head + "".join(rows))
    return "".join(parts)


def rooms_table() -> str:
    """The rooms, from the top down, each with the first line of its docstring: the map in the README."""
    lines = [f"    {f'{room}/':<13}{_purpose(PACKAGE / room / '__init__.py')}\n" for room in _rooms()]
    modules = [path for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    ground = ", ".join(path.stem for path in sorted([*modules, *_ground_folders()]))
    return "\n    classifier/\n" + "".join(lines) + f"    ground       What all rest on: {ground}.\n\n"


def modules_tables() -> str:
    """Every room with its modules, from their docstrings, for the page on the architecture."""
    parts = []
    for room in _rooms():
        parts.append(f"\n### {room}/\n\n{_purpose(PACKAGE / room / '__init__.py')}\n")
        parts.append(_modules(PACKAGE / room))
        for folder in sorted(path.parent for path in (PACKAGE / room).glob("*/__init__.py")):
            parts.append(f"\n**{room}/{folder.name}/**: {_purpose(folder / '__init__.py')}\n")
            parts.append(_modules(folder))
    beside = "Files beside the rooms, and the folder of the settings; they import only one another."
    parts.append(f"\n### The ground floor\n\n{beside}\n")
    parts.append(_modules(PACKAGE))
    for folder in _ground_folders():
        parts.append(f"\n**{folder.name}/**: {_purpose(folder / '__init__.py')}\n{_modules(folder)}")
    return "".join([*parts, "\n"])


def pages() -> dict[Path, str]:
    """Every file with generated text, as it should be."""
    architecture, readme = ROOT / "docs" / "architecture.md", ROOT / "README.md"
    return {
        ROOT / "docs" / "settings.md": settings_page(),
        architecture: _with_part(architecture, "modules", modules_tables()),
        readme: _with_part(readme, "rooms", rooms_table()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is out of date")
    check = parser.parse_args().check
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        print(f"{'out of date' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


def _settings(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, (*path, name))
        else:
            yield (*path, name), field


def _tier(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra["tier"]) if isinstance(extra, Mapping) else ""


def _row(name: str, field: FieldInfo) -> str:
    values = " or ".join(dict.fromkeys(_values(field.annotation, _limits(field.metadata))))
    cells = (f"`{name}`", _default(field.default), values, field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _default(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(_toml(item) for item in value)}]`"
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value}"


def _values(annotation: Any, limits: str) -> Iterator[str]:
    """What a setting may be: the names of a choice, or a kind with its limits."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        yield from _values(inner, _limits(metadata) or limits)
    elif origin is Literal:
        yield ", ".join(f"`{_toml(value)}`" for value in get_args(annotation))
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _values(option, limits)
    elif origin is tuple:
        choices = next(_values(get_args(annotation)[0], ""))
        yield "names" if choices == "text" else f"any of {choices}"
    elif annotation is not type(None):
        kinds = {int: "whole number", float: "number", bool: "`true`, `false`", str: "text"}
        yield " ".join(word for word in (kinds[annotation], limits) if word)


def _limits(metadata: list[Any]) -> str:
    words = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    found = [
        word.format(f"{getattr(item, name):,}")
        for part in metadata
        for item in (part.metadata if isinstance(part, FieldInfo) else [part])
        if isinstance(item, BaseMetadata)
        for name, word in words.items()
        if hasattr(item, name)
    ]
    return " ".join(found)


def _rooms() -> list[str]:
    """The rooms in the order of the import contract, from the top down; its last line is the ground floor."""
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = [name.strip().removeprefix("classifier.") for layer in layers[:-1] for name in re.split("[|:]", layer)]
    return [name for name in named if (PACKAGE / name / "__init__.py").exists()]


def _ground_folders() -> list[Path]:
    rooms = _rooms()
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py") if path.parent.name not in rooms)


def _modules(folder: Path) -> str:
    files = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    rows = [f"| `{path.stem}` | {_purpose(path)} |\n" for path in files]
    return "\n| module | what it is for |\n|---|---|\n" + "".join(rows) if rows else ""


def _purpose(path: Path) -> str:
    """The first paragraph of a module's docstring, in one line."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].replace("``", "`").replace("|", "\\|").splitlines()[:1])


def _with_part(path: Path, name: str, text: str) -> str:
    """The page with its generated part replaced."""
    page = path.read_text("utf-8")
    begin, end = BEGIN.format(name), END.format(name)
    before, opened, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed:
        raise SystemExit(f"{path}: there is no part between '{begin}' and '{end}'")
    return f"{before}{begin}\n{text}{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
