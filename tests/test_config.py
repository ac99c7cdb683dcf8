import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from classifier.config import Columns, Config
from classifier.config_file import load_config, make_config, parse_settings, setting_text
from classifier.errors import InputError


def test_one_name_needs_no_list() -> None:
    assert make_config({}, {"split.group_by": "source"}).split.group_by == ("source",)


def test_a_cut_date_is_a_toml_date_or_a_string() -> None:
    for day in ("2024-05-31", '"2024-05-31"', "2024-05-31T10:00:00"):
        split = make_config({}, parse_settings(["split.method=temporal", f"split.test_from={day}"])).split
        assert split.test_from == "2024-05-31"


@pytest.mark.parametrize(("value", "threshold"), [("false", False), ("true", 0.8), ("0.5", 0.5), ("1", 1.0)])
def test_near_duplicates_are_a_similarity_or_off_and_true_is_the_default(value: str, threshold: object) -> None:
    assert make_config({}, parse_settings([f"data.near_duplicates={value}"])).data.near_duplicates == threshold
    assert make_config({}).data.near_duplicates == 0.8


def test_every_template_and_config_is_valid() -> None:
    root = Path(__file__).parent.parent
    files = [*(root / "configs").glob("*.toml"), *(root / "classifier" / "cli" / "starters").glob("*.toml")]
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
    for file in (Path(__file__).parent.parent / "classifier" / "cli" / "starters").glob("*.toml"):
        lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
        shown = [line for line in lines if line.startswith(("[", *(f"{key} = " for key in scalars)))]
        values = tomllib.loads("\n".join(shown))
        assert {"data", "split", "model", "train"} <= values.keys()
        assert sum(map(len, values.values())) > 10
        for section in ("data", "split", "model", "train"):
            for key in values[section].keys() & scalars - {"columns"}:
                assert (key, values[section][key]) == (key, default[section][key])


@pytest.mark.parametrize(
    "given",
    [
        "train.learnin_rate=3e-5",
        "train.learning_rate=often",
        "train.batch_size=0",
        "model.windows=some",
        "data.columns.txt=body",
        "nothing.a=1",
        "learning_rate=0.1",
        "train.seed.x=1",
    ],
)
def test_a_wrong_setting_of_a_mapping_is_refused_as_that_of_the_command_line(given: str) -> None:
    name, _, value = given.partition("=")
    plain = {"3e-5": 3e-5, "0": 0, "1": 1, "0.1": 0.1}.get(value, value)
    said = []
    for settings in ({name: plain}, lambda: parse_settings([given])):
        with pytest.raises(InputError) as error:
            make_config({"train": {"seed": 1}}, settings() if callable(settings) else settings)
        said.append(str(error.value))
    assert said[0] == said[1]
    assert "--set" in said[0] or "is not a setting" in said[0]


def test_a_mapping_is_refused_at_the_name_that_is_wrong() -> None:
    with pytest.raises(InputError) as error:
        make_config({}, {"train.seed": "three", "model.pooling": "max"})
    assert [fault.where for fault in error.value.faults] == ["--set", "--set"]
    assert "train.seed must be a valid integer" in str(error.value)
    with pytest.raises(InputError, match=r"train\.eval_steps must have a value"):
        make_config({}, {"train.eval_steps": None})


@pytest.mark.parametrize(
    "value",
    ["body", "a b", " x", "1", "true", 'with "quotes"', "", 1, 2.0, 3e-5, True, [1, "a"], ["x, y"], {"text": "a b"}],
)
def test_a_setting_as_text_is_read_back(value: object) -> None:
    assert parse_settings([setting_text("a.b", value)]) == {"a.b": value}


def test_settings_are_written_as_people_type_them() -> None:
    typed = ["train.device=cpu", "train.learning_rate=3e-5", "train.bf16=false", 'data.strip=["headers"]']
    assert [setting_text(*setting) for setting in parse_settings(typed).items()] == typed


def test_the_last_of_two_settings_wins() -> None:
    assert list(parse_settings(["train.seed=1", "model.windows=2", "train.seed=3"]).items()) == [
        ("model.windows", 2),
        ("train.seed", 3),
    ]


def test_a_date_format_names_the_year() -> None:
    assert Config.model_validate({"data": {"date_format": "%d/%m/%y"}}).data.date_format == "%d/%m/%y"
    for wrong in ("dd/mm/yyyy", "%d/%m", 3):
        with pytest.raises(ValidationError, match="must name the year as %Y or %y"):
            Config.model_validate({"data": {"date_format": wrong}})


def test_a_device_is_one_of_a_few_names() -> None:
    for name in ("auto", "cpu", "mps", "cuda", "cuda:1"):
        assert make_config({}, {"train.device": name}).train.device == name
    for wrong in ("quantum", "cuda:", "gpu", 3):
        with pytest.raises(InputError) as error:
            make_config({}, {"train.device": wrong})
        assert "must be auto, cpu, mps, cuda, or one GPU such as cuda:1" in str(error.value)


def test_labels_are_in_one_column_or_in_one_for_each() -> None:
    columns = Columns(labels=("a", "b"), text="body")
    assert "labels" not in columns.named
    assert columns.named["text"] == "body"
    with pytest.raises(ValidationError, match="give either label"):
        Columns(label="a", labels=("b",))


def test_a_teacher_and_a_second_training_exclude_each_other() -> None:
    """What a teacher says of validation may come from its labels."""
    with pytest.raises(ValidationError, match=r"train\.refit and distil\.teacher exclude each other"):
        Config.model_validate({"train": {"refit": True}, "distil": {"teacher": "runs/teacher"}})
    assert Config.model_validate({"train": {"refit": True}}).train.refit
