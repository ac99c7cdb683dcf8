"""Commands that only read files, and those that refuse what they are given, load no library that trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.jobs.predict.chunks import SIZES
from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.light_process import LightProcess
from tests.makers.settings import tiny

HEAVY = ("torch", "transformers", "sklearn", "safetensors")
SLOW = ("torch", "transformers", "sklearn", "datasets", "scipy", "pandas", "pyarrow", "matplotlib")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return trained(tmp_path_factory.mktemp("light"), checkpoint)


@pytest.fixture(scope="module")
def blended(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return trained(tmp_path_factory.mktemp("blended"), checkpoint, **{"train.blend": 0.5})


def trained(folder: Path, checkpoint: Path, **more: object) -> Path:
    for name, pair in (("single", False), ("pairs", True)):
        source = write_jsonl(folder / f"{name}.jsonl", make_articles(60, pair=pair))
        train(str(source), folder / name, settings=tiny(checkpoint, **{"train.num_train_epochs": 1, **more}))
    return folder


@pytest.mark.parametrize("name", ["single", "pairs"])
@pytest.mark.parametrize(
    ("command", "heavy"),
    [("compare {run} {run}", (*HEAVY, "datasets", "matplotlib")), ("report {run}", HEAVY)],
    ids=["compare", "report"],
)
def test_compare_and_report_load_no_model_library(
    command: str, heavy: tuple[str, ...], name: str, runs: Path, light: LightProcess
) -> None:
    """The report draws, and reads the articles of the worst errors, so it needs two libraries more."""
    found = light.run(command.format(run=runs / name).split(), heavy)
    assert (found.code, found.loaded) == (0, set()), found.said


TO_PREDICT_WITH = ("torch", "numpy", "scipy", "safetensors", "tokenizers")
NOT_TO_PREDICT = (
    *("transformers", "sklearn", "datasets", "pandas", "pyarrow", "matplotlib", "huggingface_hub", "jinja2"),
    *("scipy.stats", "scipy.optimize", "torch._dynamo", "sympy"),
)


@pytest.mark.parametrize(("name", "articles"), [("single", 3), ("pairs", 3), ("single", SIZES[0] + 1)])
def test_predicting_json_lines_loads_what_computes_and_nothing_else(
    name: str, articles: int, blended: Path, light: LightProcess, tmp_path: Path
) -> None:
    """More than one chunk is kept in parts meanwhile, which are Parquet."""
    source = write_jsonl(tmp_path / "new.jsonl", make_articles(articles, pair=name == "pairs"))
    command = f"predict {blended / name} {source} --out {tmp_path / 'labelled.jsonl'}"
    found = light.run(command.split(), (*TO_PREDICT_WITH, *NOT_TO_PREDICT))
    wanted = {*TO_PREDICT_WITH, *(["pyarrow"] if articles > SIZES[0] else [])}
    assert (found.code, found.loaded) == (0, wanted), found.said


COMMANDS = ("train", "train --seeds 2", "train --set split.folds=2 --all-folds", "build", "audit", "tune")
SOURCES = [
    (f"{command} {source} --out OUT", said)
    for command in (*COMMANDS, "learning-curve", "next --pool pool.csv")
    for source, said in (("missing.csv", "no file 'missing.csv'"), ("OTHER", "no column 'label'"))
]
SETTINGS = [
    (f"train OTHER --out OUT --set {setting}", said)
    for setting, said in (
        ("data.sheets=2", "unknown setting"),
        ("train.batch_size=many", "train.batch_size"),
        ("train.device=abacus", "abacus"),
    )
]
MODELS = [
    (f"{command} OTHER --out OUT --set model.name=owner/nothing", "The model 'owner/nothing' is not in the cache")
    for command in (*COMMANDS, "learning-curve", "next --pool pool.csv")
    if command != "build"
]


@pytest.mark.parametrize(("command", "said"), SOURCES + SETTINGS + MODELS)
def test_what_cannot_be_used_is_said_before_a_slow_library_is_loaded(
    command: str, said: str, refusing: LightProcess, tmp_path: Path
) -> None:
    other, out = tmp_path / "other.csv", tmp_path / ("out.csv" if command.startswith("next") else "out")
    other.write_text("text,verdict\nThe council voted.,reporting\n")
    found = refusing.run(command.replace("OTHER", str(other)).replace("OUT", str(out)).split(), SLOW)
    assert (found.code, found.loaded) == (2, set()), found.said
    assert said in found.said
    assert not out.exists()


@pytest.mark.parametrize(
    ("source", "said"), [("missing.csv", "missing.csv"), ("{other}", "no column")], ids=["file", "column"]
)
@pytest.mark.parametrize("command", ["predict {run} SOURCE --out {out}", "evaluate {run} --data SOURCE --out {out}"])
def test_articles_are_looked_at_before_the_model_is_loaded(
    command: str, source: str, said: str, runs: Path, refusing: LightProcess, tmp_path: Path
) -> None:
    other, out = tmp_path / "other.csv", tmp_path / "out.csv"
    other.write_text("place,date\nHull,2020-01-02\n")
    asked = command.replace("SOURCE", source).format(run=runs / "single", other=other, out=out)
    found = refusing.run(asked.split(), SLOW)
    assert (found.code, found.loaded) == (2, set()), found.said
    assert said in found.said
    assert not out.exists()


@pytest.mark.parametrize(
    "command",
    [
        "predict {run} missing.csv --out {run}/labels.csv",
        "evaluate {run}",
        "estimate {run} missing.csv",
        "compare {run} {run}",
        "report {run}",
        "export {run} --to prodigy --out {run}/tasks",
    ],
)
def test_a_run_that_is_not_there_is_said_before_a_slow_library_is_loaded(
    command: str, refusing: LightProcess, tmp_path: Path
) -> None:
    found = refusing.run(command.format(run=tmp_path / "nowhere").split(), SLOW)
    assert (found.code, found.loaded) == (2, set()), found.said
    assert "nowhere" in found.said
