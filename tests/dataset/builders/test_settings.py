"""What each builder takes of ``[data]``."""

from pathlib import Path
from typing import Any, get_args

import pytest

from classifier.config import DataConfig
from classifier.config_file import load_config, make_config
from classifier.dataset.builders import BUILDERS, READING, builder_settings, open_parts
from classifier.errors import InputError
from classifier.jobs.source import resolve_source
from tests.makers.sources import csv_file, data_settings

OTHER: dict[str, Any] = {  # a value of each setting that is not the default
    "path": "x",
    "train": "x",
    "validation": "x",
    "test": "x",
    "task": "multi_label",
    "pair": False,
    "label_separator": ";",
    "date_format": "%d/%m/%Y",
    "encoding": "cp1252",
    "sheet": "A",
    "annotators": ("anna",),
    "missing": ("unknown",),
    "subset": "en",
    "languages": ("fr",),
    "test_languages": ("fr",),
    "columns": {"text": "body"},
}
COLUMNS = {"path", "languages", "task", "pair", "missing", "date_format", "columns"}
PARTS = {"path", "languages", "train", "validation", "test"}
TAKEN = {
    "table": {*PARTS, *COLUMNS, "label_separator", "encoding", "sheet", "annotators"},
    "folder": {*PARTS, "encoding"},
    "hub": {*COLUMNS, "label_separator", "subset"},
    "disk": {*COLUMNS, "label_separator"},
    "fasttext": {*PARTS, "task", "missing", "encoding"},
    "label_studio": COLUMNS,
    "prodigy": COLUMNS,
    "argilla": COLUMNS,
    "fnc1": {"path", "languages", "pair"},
    "semeval2023": {"path", "languages", "test_languages"},
}


def test_settings_without_a_source_are_refused() -> None:
    with pytest.raises(InputError, match="The settings name no articles"):
        open_parts(data_settings())


def test_every_builder_has_settings_that_stand_in_data_with_the_same_defaults() -> None:
    assert tuple(BUILDERS) == get_args(DataConfig.model_fields["builder"].annotation)
    assert set(OTHER) == READING
    for name, model in BUILDERS.items():
        assert set(model.model_fields) == TAKEN[name]
        for key, field in model.model_fields.items():
            assert (name, key, field.default) == (name, key, DataConfig.model_fields[key].default)


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_setting_is_taken_or_refused(builder: str) -> None:
    for key, value in OTHER.items():
        needed = {"task": "multi_label"} if key == "label_separator" else {}
        needed |= {"train": "x"} if key in ("validation", "test") else {} if key == "train" else {"path": "x"}
        data = DataConfig.model_validate({"builder": builder, **needed, key: value})
        if key in TAKEN[builder]:
            assert getattr(builder_settings(data), key) == getattr(data, key)
            continue
        with pytest.raises(ValueError) as error:
            builder_settings(data)
        path = f"builder {builder} takes path, not train, validation and test"
        unused = f"builder {builder} does not use {key}: leave that out"
        assert str(error.value) == (path if key in PARTS else unused) or (
            key == "label_separator" and "does not use task, label_separator" in str(error.value)
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[data]\nbuilder = "fnc1"\npath = "x"\nencoding = "cp1252"', "builder fnc1 does not use encoding"),
        ('[split]\n[data]\nbuilder = "fasttext"\nannotators = ["a"]', "builder fasttext does not use annotators"),
        (
            '[data]\nbuilder = "prodigy"\npath = "x"\ncolumns.labels = ["a"]',
            "builder prodigy does not use columns.labels",
        ),
        ('[data]\npath = "x"\nannotators = ["a"]\ncolumns.labels = ["b"]', "annotators and columns.labels do not go"),
        ('[data]\nbuilder = "hub"\ntrain = "x"', "builder hub takes path, not train"),
        ('[data]\nbuilder = "disk"\ntrain = "x"', "builder disk takes path, not train"),
    ],
)
def test_a_setting_without_effect_is_refused_with_its_place_when_the_source_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text + "\n[train]\nseed = -1\n")
    with pytest.raises(InputError) as error:
        resolve_source(str(file))
    line = text.splitlines().index("[data]") + 1
    assert f"{file}:{line}: [data] {message}" in str(error.value)
    assert len(error.value.faults) == 2  # with what is wrong elsewhere
    file.write_text(text)
    with pytest.raises(InputError, match=f"{message}"):
        open_parts(load_config(file).data)


def test_set_is_named_as_the_place(tmp_path: Path) -> None:
    source = csv_file(tmp_path / "a.csv", "text,label", "some text,a")
    with pytest.raises(InputError) as error:
        resolve_source(source, {"data.subset": "en"})
    assert [str(fault) for fault in error.value.faults] == [
        "--set: [data] builder table does not use subset: leave that out."
    ]
    assert make_config({}, {"data.subset": "en"}).data.subset == "en"  # no articles are read by these settings
