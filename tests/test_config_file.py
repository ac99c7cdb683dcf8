from pathlib import Path
from typing import Any

import pytest

from classifier.config_file import (
    OTHER_NAMES,
    changed_settings,
    check_effect,
    dump_config,
    given_settings,
    load_config,
    make_config,
    parse_settings,
    setting_text,
)
from classifier.errors import InputError


def test_the_written_settings_are_read_back(tmp_path: Path) -> None:
    given = ["model.windows=all", "train.learning_rate=2e-5", 'split.group_by=["source"]', "split.folds=4"]
    config = make_config({}, parse_settings([*given, "data.near_duplicates=false", "data.strip=headers"]))
    (tmp_path / "c.toml").write_text(dump_config(config))
    assert load_config(tmp_path / "c.toml") == config
    assert config.train.learning_rate == 2e-5
    assert config.split.group_by == ("source",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["train.seed=1"], r"Got the list \['train.seed=1'\] instead.\nFix: For example: settings={\"train.seed\": 1}"),
        ("train.seed=1", r"Got the str 'train.seed=1' instead.\nFix: For example: settings={\"train.seed\": 1}"),
        ({1: 2}, "Got 1 instead"),
        ({"train": {"seed": 1}}, "'train' is a section, .*\nFix: Give dotted names: settings={'train.seed': 1}"),
    ],
)
def test_a_program_gives_settings_by_dotted_name(given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        given_settings(given)
    assert given_settings({"data.columns": {"text": "body"}}) == {"data.columns": {"text": "body"}}


def test_a_setting_without_effect_is_refused() -> None:
    only = ("data.columns.", "data.encoding", "data.label_separator")
    check_effect({"data.columns.text": "a", "data.columns": {"label": "b"}, "data.encoding": "cp1252"}, only)
    for name in ("train.seed", "data.encodings", "data.columns"):
        with pytest.raises(InputError) as found:
            check_effect({"data.encoding": "cp1252", name: 1}, only)
        assert str(found.value) == (
            f"--set {name}=1 has no effect here.\n"
            "Fix: This command takes data.columns.…, data.encoding and data.label_separator only."
        )


def test_a_setting_that_a_command_does_not_take_is_refused_in_either_form() -> None:
    for given in ({"data.columns.split": "part"}, {"data.columns": {"text": "a", "split": "part"}}):
        with pytest.raises(InputError, match=r"--set data\.columns\.split=part has no effect here"):
            check_effect(given, ("data.columns.",), but=["data.columns.split"])


def test_one_way_to_give_labels_takes_the_place_of_the_other() -> None:
    several, one = {"labels": ["a", "b"], "text": "body"}, {"label": "genre"}
    found = make_config({"data": {"columns": several}}, {"data.columns.label": "genre"}).data.columns
    assert (found.label, found.labels, found.text) == ("genre", (), "body")
    found = make_config({"data": {"columns": one}}, {"data.columns.labels": ["a", "b"]}).data.columns
    assert (found.label, found.labels) == (None, ("a", "b"))
    with pytest.raises(InputError, match="give either label"):
        make_config({}, {"data.columns.label": "genre", "data.columns.labels": ["a", "b"]})


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ({"conflicts": "error"}, {}, []),
        ({}, {"conflicts": "error"}, ["data.conflicts"]),
        ({"conflicts": "keep"}, {}, ["data.conflicts"]),
        ({"conflicts": "error", "task": "single_label"}, {"task": "multi_label"}, ["data.task"]),
    ],
)
def test_settings_that_differ_are_named_but_not_an_older_default_that_made_no_difference(
    before: dict[str, str], now: dict[str, str], changed: list[str]
) -> None:
    assert changed_settings({"data": before}, {"data": now}) == changed


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "c.toml").write_text('[data]\npath = "a.csv"\n[model]\nname = "model"\n')
    config = load_config(tmp_path / "c.toml")
    assert config.data.path == str(tmp_path / "a.csv")
    assert config.model.name == str(tmp_path / "model")


def test_a_hub_id_is_not_a_path(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[data]\nbuilder = "hub"\npath = "owner/name"\n')
    assert load_config(tmp_path / "c.toml").data.path == "owner/name"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("[train]\nlearning_rate = 3", "c.toml:2: train.learning_rate must be less than 1. Got 3 instead."),
        (
            "[train]\n\nlearnin_rate = 3",
            "c.toml:3: unknown setting 'train.learnin_rate'. Did you mean 'learning_rate'?",
        ),
        ('[data]\ntrain = "a"\npath = "b"', "give either path"),
        ('[split]\nmethod = "grouped"', "needs group_by"),
        ("[split]\ntest_size = 0.9", "must be less than 1"),
        ("[model]\nstride = 200", "at most max_length / 2"),
        ("[model]\nwindows = 0", "model.windows must be greater than or equal to 1. Got 0 instead. Or:"),
        ("[data.columns]\ntxt = 'b'", "data.columns.txt'. Did you mean 'text'?"),
        ('[data]\ntask = "multi_label"\n[train]\nmetric_for_best_model = "matthews_correlation"', "multi_label"),
        ("[nothing]\na = 1", "unknown setting 'nothing'"),
        ('[split]\nmethod = "crossed"\nfolds = 3', "folds need the method stratified, grouped or temporal"),
        (
            '[split]\nmethod = "temporal"\nfolds = 3\ntest_from = 2024-06-01\nvalidation_from = 2024-05-01',
            "validation_from does not go with folds",
        ),
        ('[split]\nfile = "splits.parquet"\nfolds = 3', "folds need the method stratified, grouped or temporal"),
        ('[split]\nmethod = "crossed"\nfolds = 3', "folds need the method stratified, grouped or temporal"),
        ('[split]\ncrossed_by = "topic"', 'crossed_by needs method = "crossed"'),
        ("[split]\nembargo = 7", 'embargo needs method = "temporal"'),
        ('[split]\nmethod = "temporal"\nembargo = "7d"', "must be a whole number of days, such as 7. Got '7d'"),
        ('[split]\nmethod = "temporal"\nembargo = 0', "must be a whole number of days, such as 7. Got 0"),
        ("[split]\nfolds = 1", "split.folds must be greater than or equal to 2. Got 1 instead."),
        ("[split]\ntest_from = 2024-05-31", 'need method = "temporal"'),
        ('[split]\nmethod = "temporal"\nvalidation_from = 2024-05-31', "needs test_from beside it"),
        (
            '[split]\nmethod = "temporal"\nvalidation_from = 2024-06-01\ntest_from = 2024-06-01',
            "must be before test_from",
        ),
        ('[split]\nmethod = "temporal"\ntest_from = "June"', "a date such as 2024-05-31"),
        ('[data]\nduplicates = "remove"', "c.toml:2: data.duplicates must be 'keep', 'drop' or 'drop_near'."),
        ("[data]\nnear_duplicates = 0.2", "must be greater than or equal to 0.3"),
    ],
)
def test_a_wrong_setting_names_its_place_and_limit(tmp_path: Path, text: str, fragment: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(InputError) as error:
        load_config(tmp_path / "c.toml")
    assert fragment in str(error.value)


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(InputError) as error:
        make_config({}, {"train.seed": -1, "model.pooling": "max", "train.batch_size": 0})
    assert len(error.value.faults) == 3


@pytest.mark.parametrize("override", ["learning_rate=1", "train.seed", "=3"])
def test_an_override_needs_section_key_and_value(override: str) -> None:
    with pytest.raises(InputError, match=r"section\.key=value"):
        make_config({}, parse_settings([override]))


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("windows=2", "Perhaps: --set model.windows=2"),
        ("label=my genre", "Perhaps: --set 'data.columns.label=my genre'"),
        ("epochs=3", "Perhaps: --set train.num_train_epochs=3"),
        ("nothing=3", "For example: --set train.learning_rate=3e-5"),
        ("windows", "For example: --set train.learning_rate=3e-5"),
    ],
)
def test_a_key_without_its_section_is_told_it(given: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        parse_settings([given])
    assert error.value.fix == fix


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("train.epochs", "train.num_train_epochs"),
        ("train.lr", "train.learning_rate"),
        ("train.maxlen", "model.max_length"),
        ("train.model", "model.name"),
        ("split.random_state", "train.seed"),
        ("data.n_splits", "split.folds"),
        ("train.windows", "model.windows"),
        ("data.columns.annotators", "data.annotators"),
        ("data.label", "data.columns.label"),
    ],
)
def test_the_name_that_a_setting_has_elsewhere_leads_to_ours(given: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"1 setting cannot(?s:.)*unknown setting '{given}'. Did you mean '{meant}'?"):
        make_config({}, {given: 3})


def test_every_other_name_leads_to_a_setting() -> None:
    known = make_config({}, {}).model_dump()
    for meant in OTHER_NAMES.values():
        values = known
        for part in meant.split("."):
            values = values[part]


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


@pytest.mark.parametrize("name", ["data.languages", "data.test_languages"])
def test_an_empty_list_where_some_value_is_needed_is_said_in_words(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} must have at least 1 value\. Got \[\] instead; leave it out"):
        make_config({}, {name: []})
