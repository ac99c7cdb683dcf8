import tomllib
from pathlib import Path

from classifier.config import Config
from classifier.config_file import load_config

ROOT = Path(__file__).parents[2]


def test_every_template_and_config_is_valid() -> None:
    files = [*(ROOT / "configs").glob("*.toml"), *(ROOT / "classifier" / "cli" / "starters").glob("*.toml")]
    assert len(files) >= 9
    for file in files:
        assert isinstance(load_config(file), Config)


EXAMPLES = (  # what a template shows instead of a default
    "conflicts",
    "corrections",
    "date_format",
    "task",
    "missing",
    "report_to",
    "sheet",
    "path",
    "train",
    "validation",
    "test",
    "pair",
    "label_separator",
    "strip",
    "annotators",
    "method",
    "group_by",
    "folds",
    "test_from",
    "window_choice",
    "early_stopping_patience",
    "budget",
)


def test_the_templates_show_the_true_defaults() -> None:
    default = Config().model_dump(mode="json")
    scalars = {key for section in ("data", "split", "model", "train") for key in default[section]} - set(EXAMPLES)
    for file in (ROOT / "classifier" / "cli" / "starters").glob("*.toml"):
        lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
        shown = [line for line in lines if line.startswith(("[", *(f"{key} = " for key in scalars)))]
        values = tomllib.loads("\n".join(shown))
        assert {"data", "split", "model", "train"} <= values.keys()
        assert sum(map(len, values.values())) > 10
        for section in ("data", "split", "model", "train"):
            for key in values[section].keys() & scalars - {"columns"}:
                assert (key, values[section][key]) == (key, default[section][key])


def test_what_has_a_teacher() -> None:
    known: list[tuple[dict[str, object], bool, bool]] = [
        ({}, False, False),
        ({"distil": {"teacher": "runs/first"}}, True, False),
        ({"data": {"unlabelled": ["archive"]}}, True, True),
        ({"data": {"unlabelled": ["archive"]}, "distil": {"teacher": "runs/first"}}, True, False),
    ]
    for values, has, itself in known:
        config = Config.model_validate(values)
        assert (config.has_teacher, config.teaches_itself) == (has, itself), values
