import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.run_folder import RunFolder
from classifier.models.trained import KINDS, PREDICTS, Trained, is_trained, open_trained

RUN = {"config.toml": "", "dataset.json": "{}", "manifest.json": '{"format_version": 1}', "model/classifier.json": "{}"}
SEEDS_PLAN = json.dumps({"dataset": "dataset", "overrides": [], "seeds": [13, 14]})
FOLDS_PLAN = json.dumps({"dataset": "dataset", "overrides": [], "seeds": []})
MEMBERS = ("seed-13/model", "seed-14/model")


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder of files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def below(name: str, files: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}/{file}": text for file, text in files.items()}


def write_seeds(folder: Path, *, ended: bool = True) -> Path:
    write(folder, {"plan.json": SEEDS_PLAN, **below("seed-13", RUN), **below("seed-14", RUN)})
    if ended:
        (folder / "seeds.json").write_text("{}")
        write_ensemble(folder, EnsembleInfo(MEMBERS))
    return folder


def write_folds(folder: Path, count: int = 2, *, ended: bool = True) -> Path:
    runs = {k: v for n in range(1, count + 1) for k, v in below(f"fold-{n:02d}", RUN).items()}
    return write(folder, {"plan.json": FOLDS_PLAN, **runs, **({"folds.json": "{}"} if ended else {})})


def test_a_run(tmp_path: Path) -> None:
    path = write(tmp_path / "run", RUN)
    found = open_trained(path)
    assert found == Trained(path, "run", (RunFolder(path),))
    assert found.models == (path / "model",)
    assert found.first_run() == RunFolder(path)
    assert found.names == ()
    assert found.evaluation("test") == path / "evaluation" / "test"
    assert open_trained(str(path)) == found


def test_several_seeds(tmp_path: Path) -> None:
    path = write_seeds(tmp_path / "seeds")
    found = open_trained(path)
    assert found.kind == "seeds"
    assert found.ensemble == EnsembleInfo(MEMBERS)
    assert found.models == tuple(path / member for member in MEMBERS)
    assert [run.path.name for run in found.runs] == ["seed-13", "seed-14"]
    assert found.names == ("seed 13", "seed 14")
    assert found.first_run().path == path / "seed-13"
    assert found.evaluation("test") == path / "evaluation" / "test"


def test_an_ensemble_whose_models_alone_were_copied(tmp_path: Path) -> None:
    write(tmp_path, {f"{member}/classifier.json": "{}" for member in MEMBERS})
    write_ensemble(tmp_path, EnsembleInfo(MEMBERS))
    assert open_trained(tmp_path, takes=PREDICTS).models == tuple(tmp_path / member for member in MEMBERS)
    with pytest.raises(InputError, match=r"seed-13' is not a run folder: it has no config\.toml"):
        open_trained(tmp_path).first_run()


def test_all_folds_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = open_trained(write_folds(tmp_path, 100))
    assert found.kind == "folds" and found.ensemble is None
    assert found.names == tuple(f"fold {number}" for number in range(1, 101))
    assert found.models[99] == tmp_path / "fold-100" / "model"
    assert found.evaluation("test") == tmp_path, "the pooled predictions"


def test_a_model_without_its_run(tmp_path: Path) -> None:
    path = write(tmp_path / "run", RUN) / "model"
    found = open_trained(path)
    assert (found.kind, found.runs, found.models) == ("model", (), (path,))
    with pytest.raises(InputError, match=r"is a model without its run\.\nFix: Give the run .*: .*run$"):
        found.first_run()


def test_what_is_about_to_be_complete(tmp_path: Path) -> None:
    run = write(tmp_path / "run", RUN)
    (run / "manifest.json").unlink()
    assert open_trained(run, whole=False).kind == "run"
    seeds = write_seeds(tmp_path / "seeds", ended=False)
    found = open_trained(seeds, whole=False)
    assert (found.ensemble, found.names) == (None, ("seed 13", "seed 14"))
    for begun in (open_trained(run, whole=False), found):
        with pytest.raises(InputError, match=r"incomplete|has not ended"):
            begun.check_ended()
    (seeds / "seeds.json").write_text("{}")
    found.check_ended()
    with pytest.raises(InputError, match="has not ended"):
        open_trained(seeds)


@pytest.mark.parametrize(
    ("files", "said", "fix"),
    [
        ({}, "There is no run folder '@/x'.", "Train one: classifier train my.csv --out RUN"),
        ({"": "text"}, "'@/x' is a file, not a run folder.", "Give the --out of a training."),
        ({"/notes": ""}, "'@/x' holds no model: there is no classifier.json in it.", "Give a run folder"),
        ({"/a/config.toml": ""}, "'@/x' holds no model", "Name one of the runs in it: @/x/a"),
        ({"/dataset.json": "{}"}, "'@/x' is a dataset, and holds no model.", "classifier train @/x --out RUN"),
        ({"/manifest.json": "{}"}, "'@/x' is not a run folder: it has no config.toml.", "Copy the run again"),
        ({"/config.toml": ""}, "The run '@/x' is incomplete", "classifier train --resume --out @/x"),
        (
            {"/config.toml": "", "/manifest.json": '{"format_version": 99}'},
            "'@/x/manifest.json' has format version 99; this version of classifier reads 1.",
            "Install the version of classifier that wrote it",
        ),
        ({"/config.toml": "", "/manifest.json": "{"}, "'@/x/manifest.json' is damaged", ""),
        (
            {"/plan.json": SEEDS_PLAN},
            "The training with 2 seeds in '@/x' has not ended.",
            "Go on with it: classifier train --seeds 2 --resume --out @/x",
        ),
        (
            {"/plan.json": FOLDS_PLAN},
            "The cross-validation in '@/x' has not ended.",
            "Go on with it: classifier train --all-folds --resume --out @/x",
        ),
        ({"/plan.json": "["}, "'@/x/plan.json' is damaged", ""),
        ({"/plan.json": '{"seeds": "many"}'}, "'@/x/plan.json' is damaged", ""),
        ({"/plan.json": '{"kind": "learning curve"}'}, "'@/x' is a learning curve", "classifier train"),
        ({"/plan.json": '{"space": {}}'}, "'@/x' is a study of classifier tune", "train @/x/best.toml"),
        (
            {"/config.toml": "", "/classifier.json": "{}"},
            "'@/x' holds several things at once: a run (config.toml) and a model (classifier.json).",
            "Give each a folder of its own",
        ),
        (
            {"/config.toml": "", "/ensemble.json": "{}"},
            "'@/x' holds several things at once: a run (config.toml) and several runs (ensemble.json).",
            "Give each a folder of its own",
        ),
        ({"/ensemble.json": "{}"}, "'@/x/ensemble.json' has format version None", ""),
        (
            {
                "/ensemble.json": '{"members": ["a/model", "b/model"], "format_version": 1}',
                "/a/model/classifier.json": "",
            },
            "The ensemble '@/x' lacks 1 of its 2 models: there is no classifier.json in '@/x/b/model'.",
            "Copy the whole folder again",
        ),
    ],
)
def test_what_is_nothing_trained_is_said_with_the_fix(
    files: dict[str, str], said: str, fix: str, tmp_path: Path
) -> None:
    write(tmp_path, {f"x{name}": text for name, text in files.items()})
    with pytest.raises(InputError) as error:
        open_trained(tmp_path / "x")
    assert said in error.value.message.replace(str(tmp_path), "@")
    assert fix in error.value.fix.replace(str(tmp_path), "@")


def test_the_evaluation_of_a_run_leads_to_the_run(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", {**RUN, "evaluation/test/metrics.json": "{}"}) / "evaluation" / "test"
    with pytest.raises(InputError, match=r"is the evaluation of a run, and holds no model\.\nFix: .*/run$"):
        open_trained(folder)


def test_a_command_says_what_it_takes(tmp_path: Path) -> None:
    made: dict[Any, Path] = {
        "run": write(tmp_path / "run", RUN),
        "seeds": write_seeds(tmp_path / "seeds"),
        "folds": write_folds(tmp_path / "folds"),
        "model": tmp_path / "run" / "model",
    }
    for kind, path in made.items():
        assert open_trained(path, takes=[kind]).kind == kind
        with pytest.raises(InputError, match=r"^guess takes a .* and '.*' (is|holds) .*\.\nFix: "):
            open_trained(path, command="guess", takes=[other for other in KINDS if other != kind])
    with pytest.raises(InputError, match=r"^evaluate takes a run or a folder of several seeds, and '.*' holds one run"):
        open_trained(made["folds"], command="evaluate", takes=("run", "seeds"))
    with pytest.raises(InputError, match=r"^This takes a run, and '.*folds' holds one run per fold\.\nFix: .*fold-01"):
        open_trained(made["folds"], takes=("run",))


def test_a_kind_that_is_not_taken_is_said_before_that_it_has_not_ended(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds one run per fold"):
        open_trained(write_folds(tmp_path, ended=False), takes=PREDICTS)


def test_what_looks_trained(tmp_path: Path) -> None:
    for name in ("config.toml", "classifier.json", "ensemble.json", "plan.json"):
        assert is_trained(write(tmp_path / name.partition(".")[0], {name: ""}))
    assert not is_trained(write(tmp_path / "dataset", {"dataset.json": ""}))
    assert not is_trained(tmp_path / "nowhere")


def test_torch_is_not_needed(tmp_path: Path) -> None:
    path = write_seeds(tmp_path / "seeds")
    code = (
        "import sys; from classifier.models.trained import open_trained; "
        f"assert open_trained({str(path)!r}).kind == 'seeds'; "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("given", [None, float("nan"), ["runs/first"], {"run": "runs/first"}])
def test_what_is_no_path_is_no_run(given: Any) -> None:
    with pytest.raises(InputError, match=rf"A run is named by its folder\. Got a {type(given).__name__} instead"):
        open_trained(given)
    with pytest.raises(InputError, match="A run is named by its folder"):
        Classifier.load(given)
