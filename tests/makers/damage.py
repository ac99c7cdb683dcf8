"""Damage to the files of a folder, and tampering with the values of its JSON files: drawn by a seed, undone again.

`damages` and `tamperings` list what can be done to a folder. `try_out` does each in place, uses the folder, puts it
back, and says what came of it: it was refused, it did no harm, it changed the result in silence, or it raised
something else than an `InputError`.
"""

from __future__ import annotations

import copy
import json
import math
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from classifier.errors import InputError

Outcome = Literal["refused", "harmless", "changed", "traceback"]
SILENT_OR_UGLY: tuple[Outcome, ...] = ("changed", "traceback")
NEAR_TYPES: dict[type, list[Any]] = {
    bool: ["false", 0, 1],
    int: ["1", 1.5, True],
    float: ["0.5", True],
    str: [0, ["a"]],
    list: ["text", {"0": 1}],
    dict: ["text", [1]],
    type(None): [0, "text", False],
}


@dataclass(frozen=True)
class Damage:
    """One change to one file of a folder.

    Attributes:
        file: its name, relative to the folder.
        what: what is done, for people.
        do: does it, given the file.
    """

    file: str
    what: str
    do: Callable[[Path], None]

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(frozen=True)
class Tried:
    """A damage, what came of it, and the message of what was raised."""

    damage: Damage
    outcome: Outcome
    message: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}: {self.damage} {self.message}"


def files_of(folder: Path, without: Iterable[str] = ()) -> list[str]:
    """All files of a folder, relative to it, sorted; without those whose name or path is given."""
    left = set(without)
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return sorted(path.as_posix() for path in found if not {path.name, path.as_posix()} & left)


def damages(folder: Path, *, seed: int = 13, flips: int = 3, without: Iterable[str] = ()) -> list[Damage]:
    """Every file deleted, cut, emptied, with flipped bits, replaced by other JSON, and with a folder in its place."""
    rng = random.Random(seed)
    found = []
    for file in files_of(folder, without):
        size = (folder / file).stat().st_size
        kinds: dict[str, Callable[[Path], None]] = {
            "deleted": Path.unlink,
            "a folder in its place": _folder_instead,
            "empty": partial(_write, content=b""),
            "[] in its place": partial(_write, content=b"[]"),
            "{} in its place": partial(_write, content=b"{}"),
            "not UTF-8": partial(_write, content=b"\xff\xfe\x00\x01"),
            "cut in half": partial(_cut, left=size // 2),
            "without its last byte": partial(_cut, left=max(0, size - 1)),
        }
        for number in range(flips if size else 0):  # one of them near the beginning, where headers are
            place = rng.randrange(min(size, 64)) if number == 0 else rng.randrange(size)
            bit = rng.randrange(8)
            kinds[f"bit {bit} of byte {place} flipped"] = partial(_flip, place=place, bit=bit)
        found += [Damage(file, what, do) for what, do in kinds.items()]
    return found


def tamperings(
    folder: Path, *, seed: int = 13, most_places: int | None = None, without: Iterable[str] = ()
) -> list[Damage]:
    """Every value of every JSON file of another type, null, negative, NaN, swapped, doubled or taken away.

    Args:
        folder: whose files are tampered with.
        seed: of the sample.
        most_places: how many values of each file are tampered with at most; None = all.
        without: names of files that are left alone.
    """
    rng = random.Random(seed)
    found = []
    for file in files_of(folder, without):
        if not file.endswith(".json"):
            continue
        values = json.loads((folder / file).read_text(encoding="utf-8"))
        places = list(_places(values))
        if most_places is not None and len(places) > most_places:
            places = rng.sample(places, most_places)
        for place in places:
            name = ".".join(map(str, place))
            for what, change in _changes(values, place):
                found.append(Damage(file, f"{name} {what}", partial(_tamper, place=place, change=change)))
    return found


def sampled(damages: list[Damage], count: int, *, seed: int = 13) -> list[Damage]:
    """Some of them, spread over the files."""
    shuffled = random.Random(seed).sample(damages, len(damages))
    rank: Counter[str] = Counter()
    order = []
    for damage in shuffled:
        order.append((rank[damage.file], damage))
        rank[damage.file] += 1
    return [damage for _, damage in sorted(order, key=lambda pair: pair[0])[:count]]


def try_out(folder: Path, damages: Iterable[Damage], use: Callable[[], object]) -> list[Tried]:
    """Do each damage to a folder that is used after it, and put the folder back.

    Args:
        folder: changed in place, and left as it was.
        damages: of its files.
        use: reads the folder; what it returns, compared by ``==``, is the result.
    """
    whole = use()
    return [_try(folder, damage, use, whole) for damage in damages]


def _try(folder: Path, damage: Damage, use: Callable[[], object], whole: object) -> Tried:
    with done(folder, damage):
        try:
            found = use()
        except InputError as error:
            return Tried(damage, "refused", str(error) if error.fix else "there is no fix")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # whatever a user would see as a traceback; a panic of Rust is no Exception
            return Tried(damage, "traceback", f"{type(error).__name__}: {error}"[:300])
    return Tried(damage, "harmless" if found == whole else "changed")


@contextmanager
def done(folder: Path, damage: Damage) -> Iterator[Path]:
    """The folder with a damage done to it, and as it was afterwards."""
    file = folder / damage.file
    content = file.read_bytes()
    damage.do(file)
    try:
        yield folder
    finally:
        if file.is_dir():
            shutil.rmtree(file)
        file.write_bytes(content)


def counts(tried: Iterable[Tried]) -> dict[Outcome, int]:
    """How often each outcome came."""
    found = Counter(one.outcome for one in tried)
    return {outcome: found[outcome] for outcome in ("refused", "harmless", "changed", "traceback")}


def bad(tried: Iterable[Tried]) -> list[str]:
    """What changed a result in silence, or raised something else than an `InputError`."""
    return [str(one) for one in tried if one.outcome in SILENT_OR_UGLY]


def _folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _write(file: Path, *, content: bytes) -> None:
    file.write_bytes(content)


def _cut(file: Path, *, left: int) -> None:
    file.write_bytes(file.read_bytes()[:left])


def _flip(file: Path, *, place: int, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << bit
    file.write_bytes(content)


def _places(values: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within values."""
    pairs = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in pairs:
        yield (*at, key)
        yield from _places(value, (*at, key))


def _changes(values: Any, place: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[Any, Any], None]]]:
    value = values
    for key in place:
        value = value[key]
    others = [*NEAR_TYPES[type(value)], None, -1, math.nan, math.inf]
    if isinstance(value, bool):
        others.append(not value)
    elif isinstance(value, (int, float)):
        others += [2 * value + 1, -value - 1]
    elif isinstance(value, str):
        others += [2 * value, value + " ", ""]
    elif isinstance(value, list):
        others += [value[::-1], value + value, value[:-1], []]
    elif isinstance(value, dict):
        others += [dict(zip(value, reversed(list(value.values())), strict=True)), {}]
    for other in others:
        if json.dumps(other) != json.dumps(value):
            yield f"= {json.dumps(other)[:60]}", partial(_put, value=other)
    yield "taken away", _take_away
    if isinstance(value, dict) and value:
        yield "with one more key", partial(_put, value={**value, "strange": 1})


def _put(home: Any, key: Any, *, value: Any) -> None:
    home[key] = copy.deepcopy(value)


def _take_away(home: Any, key: Any) -> None:
    del home[key]


def _tamper(file: Path, *, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> None:
    values = json.loads(file.read_text(encoding="utf-8"))
    home = values
    for key in place[:-1]:
        home = home[key]
    change(home, place[-1])
    file.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
