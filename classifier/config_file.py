"""Settings from a TOML file, from a mapping and from ``--set``, and back.

One `InputError` lists all wrong settings with their lines.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError

from classifier.config import Config, DataConfig
from classifier.errors import Fault, InputError, counted, did_you_mean, names, shell_word
from classifier.temporary import is_temporary

Settings = Mapping[str, object]  # dotted name -> value, such as {"train.num_train_epochs": 6}
DataCheck = Callable[[DataConfig], object]

NO_SETTINGS: Settings = {}
PATH_KEYS = (
    *(("data", key) for key in ("path", "train", "validation", "test", "corrections", "unlabelled")),
    *(("split", "file"), ("distil", "teacher")),
)
OTHER_NAMES = {  # what a setting is called elsewhere -> its name here
    **dict.fromkeys(("epochs", "num_epochs", "n_epochs", "max_epochs"), "train.num_train_epochs"),
    **dict.fromkeys(("lr", "rate", "body_learning_rate"), "train.learning_rate"),
    **dict.fromkeys(("batch", "batchsize", "per_device_train_batch_size", "train_batch_size"), "train.batch_size"),
    **dict.fromkeys(("maxlen", "max_len", "max_seq_length", "max_tokens", "max_sequence_length"), "model.max_length"),
    **dict.fromkeys(("model", "model_name", "model_id", "model_name_or_path", "checkpoint", "encoder"), "model.name"),
    **dict.fromkeys(("random_state", "random_seed", "seed"), "train.seed"),
    **dict.fromkeys(("test", "test_share", "test_fraction"), "split.test_size"),
    **dict.fromkeys(("val_size", "dev_size", "validation"), "split.validation_size"),
    **dict.fromkeys(("k", "n_splits", "cv", "num_folds", "n_folds"), "split.folds"),
    **dict.fromkeys(("warmup", "warmup_steps"), "train.warmup_ratio"),
    **dict.fromkeys(("patience", "early_stopping"), "train.early_stopping_patience"),
    **dict.fromkeys(("groups", "group", "groupby"), "split.group_by"),
    **dict.fromkeys(("labels_column", "label_column", "label_col"), "data.columns.label"),
    **dict.fromkeys(("text_column", "text_col"), "data.columns.text"),
}
OLDER_DEFAULTS: Mapping[tuple[str, str], tuple[object, object]] = {  # that of older versions, and today's
    ("data", "conflicts"): ("error", None),  # what was built under "error" had no conflicts
    ("data", "languages"): (["en"], None),  # had no effect on most
    ("model", "max_length"): (256, "auto"),
    ("train", "batch_size"): (16, "auto"),
    ("train", "most_frequent_share"): (1.0, "auto"),
}
LABELS_IN = {"data.columns.label", "data.columns.labels"}  # one column, or a column for each label


def load_config(path: Path, settings: Settings = NO_SETTINGS, *, check: DataCheck | None = None) -> Config:
    """Read a TOML file; paths in it are relative to the file.

    Args:
        path: the TOML file.
        settings: dotted names with values that win over the file, such as ``{"train.learning_rate": 3e-5}``.
        check: raises `ValueError` for ``[data]`` settings that do not go together, as in `make_config`.

    Raises:
        InputError: the file cannot be read, or keys or values are wrong; all of them, with their lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        fix = "Write one: classifier init genre --out my.toml"
        raise InputError(f"There is no config file '{path}'.", fix=fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}", fix="Mend that line.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    _resolve_paths(values, path.resolve().parent)
    return make_config(values, settings, file=path, text=text, check=check)


def make_config(
    values: Mapping[str, Any],
    settings: Settings = NO_SETTINGS,
    *,
    file: Path | None = None,
    text: str = "",
    check: DataCheck | None = None,
) -> Config:
    """Check a nested mapping of settings; settings by dotted name replace those of the mapping.

    Args:
        values: section -> key -> value.
        settings: dotted names -> values.
        file, text: the file of ``values`` and its text, to name the lines of wrong settings.
        check: raises `ValueError` for ``[data]`` settings that do not go together, such as
            `classifier.dataset.builders.builder_settings`; None if no articles are read by these settings.

    Raises:
        InputError: unknown keys (with a suggestion) and values out of range, all at once.

    Example:
        >>> make_config({}, {"train.learning_rate": 3e-5}).train.learning_rate
        3e-05
    """
    merged = _deep_copy(values)
    columns = merged.get("data", {}).get("columns") if isinstance(merged.get("data", {}), dict) else None
    if isinstance(columns, dict) and len(given := LABELS_IN & settings.keys()) == 1:
        for name in LABELS_IN - given:  # one way to give labels takes the place of the other
            columns.pop(name.rpartition(".")[2], None)
    for name, value in settings.items():
        _set_dotted(merged, name, value)
    try:
        return Config.model_validate(merged, context={"check_data": check})
    except ValidationError as error:
        faults = list(_faults(error, file, text, settings))
        raise InputError(f"{counted(len(faults), 'setting')} cannot be used.", faults=faults) from None


def dump_config(config: Config) -> str:
    """The settings as TOML; unset ones are left out."""
    return tomli_w.dumps(config_values(config))


def dump_given(config: Config) -> str:
    """Only the settings that were given, without defaults, as TOML with absolute paths.

    Example:
        >>> print(dump_given(make_config({"split": {"test_size": 0.3}})), end="")
        [split]
        test_size = 0.3
    """
    values = config.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    _resolve_paths(values, Path.cwd())
    return tomli_w.dumps(values)


def config_values(config: Config) -> dict[str, Any]:
    """The settings by section, without unset ones and without the paths of articles that a program has in memory."""
    values: dict[str, Any] = config.model_dump(mode="json", exclude_none=True)
    for section, key in PATH_KEYS:
        if any(map(is_temporary, _paths(values[section].get(key)))):
            del values[section][key]
    return values


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file, completed by the defaults of settings that are newer than the file."""
    defaults = Config().model_dump(mode="json", exclude_none=True)
    return {section: {**defaults[section], **settings.get(section, {})} for section in defaults}


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The dotted names of settings that differ, in the order of the sections.

    A setting that had the default of an older version and has today's is not changed: nobody set it.

    Example:
        >>> changed_settings({"data": {"conflicts": "error"}}, {"data": {"task": "multi_label"}})
        ['data.task']
        >>> changed_settings({"model": {"max_length": 256}}, {"model": {"max_length": "auto"}})
        []
    """
    return [
        f"{section}.{key}"
        for section in now
        for key in sorted({*now[section], *before.get(section, {})})
        if now[section].get(key) != (old := before.get(section, {}).get(key))
        and (old, now[section].get(key)) != OLDER_DEFAULTS.get((section, key))
    ]


def with_absolute_paths(config: Config) -> Config:
    """The same settings with absolute paths."""
    values = config.model_dump(mode="json", exclude_none=True)
    _resolve_paths(values, Path.cwd())
    return Config.model_validate(values)


def is_in_memory(config: Config) -> bool:
    """Whether the articles came from a program's memory, so that no later job can read them by these settings."""
    return any(path is not None and is_temporary(path) for path in (config.data.path, config.data.train))


def _resolve_paths(values: dict[str, Any], folder: Path) -> None:
    hub = isinstance(values.get("data"), dict) and values["data"].get("builder") == "hub"
    for section, key in PATH_KEYS:
        table = values.get(section)
        if not isinstance(table, dict):
            continue
        if isinstance(table.get(key), list):
            table[key] = [_resolved(path, folder) for path in table[key]]
        elif isinstance(table.get(key), str):
            path = Path(_resolved(table[key], folder))
            if not (hub and section == "data" and not path.exists()):
                table[key] = str(path)
    model = values.get("model")
    if isinstance(model, dict) and isinstance(model.get("name"), str) and (folder / model["name"]).is_dir():
        model["name"] = str(folder / model["name"])


def _paths(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _resolved(path: Any, folder: Path) -> Any:
    return str(folder / from_home(path)) if isinstance(path, str) else path


def from_home(path: str | Path) -> Path:
    """A path with the home folder in the place of ``~``; as it is where there is no user of that name.

    Example:
        >>> from_home("~nobody-of-that-name/model")
        PosixPath('~nobody-of-that-name/model')
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _deep_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _deep_copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}


def _set_dotted(values: dict[str, Any], name: str, value: object) -> None:
    _check_name(name, setting_text(name, value))
    if value is None:
        raise InputError(f"{name} must have a value. Got None instead.", fix="Leave it out to get the default.")
    *sections, key = name.split(".")
    table = values
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise InputError(f"'{name}' is not a setting: '{section}' is a value, not a section.")
    table[key] = _deep_copy(value) if isinstance(value, Mapping) else value


def given_settings(settings: Settings | None) -> Settings:
    """The settings that a program gives to a job; none where it gives None.

    Raises:
        InputError: they are no mapping, or a mapping by section.

    Example:
        >>> given_settings({"train.seed": 1}), given_settings(None)
        ({'train.seed': 1}, {})
    """
    if settings is None:
        return NO_SETTINGS
    if not isinstance(settings, Mapping):
        raise InputError(
            f"settings must be a mapping of dotted names. Got the {type(settings).__name__} {settings!r} instead.",
            fix='For example: settings={"train.seed": 1}',
        )
    for name, value in settings.items():
        if not isinstance(name, str):
            raise InputError(
                f"A setting must have a dotted name. Got {name!r} instead.",
                fix='For example: settings={"train.seed": 1}',
            )
        if "." not in name and isinstance(value, Mapping) and value:
            inner = {f"{name}.{key}": item for key, item in value.items()}
            raise InputError(f"'{name}' is a section, not a setting.", fix=f"Give dotted names: settings={inner!r}")
    return settings


def check_effect(settings: Settings, only: Sequence[str], but: Sequence[str] = ()) -> None:
    """Raise `InputError` for the first setting that would have no effect on a command.

    Args:
        settings: dotted names -> values.
        only: the names that the command takes; one that ends in a dot takes all names that begin with it.
        but: names that it does not take although one that ends in a dot would.

    Example:
        >>> check_effect({"data.columns.text": "body"}, ("data.columns.", "data.encoding"))
    """
    for name, value in settings.items():
        section = isinstance(value, Mapping) and f"{name}." in only
        inner = {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, Mapping) else {name: value}
        for one in (one for one in inner if one in but):
            raise InputError(f"--set {setting_text(one, inner[one])} has no effect here.", fix="Leave it out.")
        if not section and not any(name == one or (one.endswith(".") and name.startswith(one)) for one in only):
            *first, last = [f"{one}…" if one.endswith(".") else one for one in only]
            taken = f"{', '.join(first)} and {last}" if first else last
            raise InputError(
                f"--set {setting_text(name, value)} has no effect here.", fix=f"This command takes {taken} only."
            )


def _check_name(name: str, text: str) -> None:
    """Raise `InputError` unless a name has a section and a key."""
    *sections, key = name.split(".")
    if not sections or not key:
        given, _, value = text.partition("=")
        meant = _meant(given.strip()) if value else None
        named = shell_word(f"{meant}={value}") if meant else "train.learning_rate=3e-5"
        raise InputError(
            f"--set takes section.key=value. Got '{text}' instead.",
            fix=f"{'Perhaps' if meant else 'For example'}: --set {named}",
        )


def parse_settings(given: Iterable[str]) -> dict[str, object]:
    """Settings as ``--set`` takes them; a value is read as TOML (a number, true, a list), a bare word is a string.

    Raises:
        InputError: one is not ``section.key=value``.

    Example:
        >>> parse_settings(["train.learning_rate=3e-5", "split.group_by=source", 'data.strip=["headers"]'])
        {'train.learning_rate': 3e-05, 'split.group_by': 'source', 'data.strip': ['headers']}
    """
    settings: dict[str, object] = {}
    for text in given:
        name, equals, raw = text.partition("=")
        name = name.strip()
        _check_name(name if equals else "", text)
        settings.pop(name, None)  # the last one wins, and comes last
        settings[name] = _toml_value(raw.strip())
    return settings


def setting_text(name: str, value: object) -> str:
    """A setting as ``--set`` takes it, so that `parse_settings` gives the same value again.

    Example:
        >>> setting_text("split.group_by", "source"), setting_text("data.label_separator", "1")
        ('split.group_by=source', 'data.label_separator="1"')
    """
    bare = isinstance(value, str) and value == value.strip() and _toml_value(value) == value
    return f"{name}={value if bare else _toml_text(value)}"


def _toml_text(value: object) -> str:
    """A value in one line of TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return repr(float(value)).replace("e-0", "e-")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_text, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_toml_text(str(key))} = {_toml_text(item)}' for key, item in value.items())}}}"
    return str(value)


def _toml_value(raw: str) -> Any:
    """The value as TOML reads it (numbers, booleans, lists); a bare word is a string."""
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _faults(error: ValidationError, file: Path | None, text: str, settings: Settings) -> Iterable[Fault]:
    messages: dict[tuple[str, ...], list[str]] = {}
    for item in error.errors():
        location = tuple(str(part) for part in item["loc"])
        path = location[: 3 if location[:2] == ("data", "columns") else 2]
        messages.setdefault(path, []).append(_describe(path, dict(item)))
    for path, described in messages.items():
        name = ".".join(path)
        overridden = any(f"{given}.".startswith(f"{name}.") for given in settings)
        where = "--set" if overridden else _line_of(path, file, text)
        yield Fault(where, " Or: ".join(dict.fromkeys(described)))


def _describe(path: tuple[str, ...], item: Mapping[str, Any]) -> str:
    name = ".".join(path)
    if item["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        meant = _meant(path[-1])
        hint = f" Did you mean '{meant}'?" if meant else did_you_mean(path[-1], known)
        return f"unknown setting '{name}'.{hint} Known here: {names(known)}."
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("should be ")
    if item["type"] == "value_error":
        return f"[{name}] {message}." if name else f"{message}."
    if item["type"] == "too_short":
        least = counted(item["ctx"]["min_length"], "value")
        return f"{name} must have at least {least}. Got {item['input']!r} instead; leave it out for the default."
    return f"{name} must be {message}. Got {item['input']!r} instead."


def _meant(key: str) -> str | None:
    """The whole name of the setting that a key may mean: other tools call it so, or it stands in another section."""
    key = key.lower().replace("-", "_")
    return OTHER_NAMES.get(key) or next((name for name in _all_names() if name.rpartition(".")[2] == key), None)


def _all_names(*section: str) -> Iterator[str]:
    for key in _known_keys(section):
        yield ".".join((*section, key))
        yield from _all_names(*section, key)


def _known_keys(path: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for part in path:
        annotation = model.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _line_of(path: tuple[str, ...], file: Path | None, text: str) -> str:
    """``file:line`` of a key, or the file alone if the line cannot be found."""
    if file is None:
        return "settings"
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = tuple(part.strip() for part in stripped.strip("[]").split("#")[0].strip("] ").split("."))
        here = (*section, *(part.strip() for part in stripped.partition("=")[0].split(".")))
        if here == path or section == path:
            return f"{file}:{number}"
    return str(file)


def without_paths(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Settings by section, without those that are paths.

    Example:
        >>> without_paths({"data": {"path": "a.csv", "task": "single_label"}})
        {'data': {'task': 'single_label'}}
    """
    return {
        section: {key: value for key, value in values.items() if (section, key) not in PATH_KEYS}
        for section, values in settings.items()
    }


def recorded_settings(config: Config) -> dict[str, Any]:
    """All settings without paths, as ``dataset.json`` holds them."""
    settings = without_paths(config.model_dump(mode="json", exclude_none=True))
    if not config.has_teacher:
        del settings["distil"]
    return settings
