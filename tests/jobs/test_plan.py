"""How jobs begin, what they leave in plan.json, and what is refused when they go on."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.plan import (
    CURVE,
    FOLDS,
    SEEDS,
    STUDY,
    JobKind,
    begin,
    check_resumable,
    kind_of_plan,
    open_source,
    reopen,
    what_must_stay,
)
from classifier.jobs.request import Request
from classifier.jobs.several_runs import read_run_plan, write_run_plan
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

SEVERAL = JobKind(SEEDS, "start", "go on", ended="ensemble.json", several="Seeds")
STUDIED = JobKind(STUDY, "start", "go on", validation="It needs validation", encoder=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "a.jsonl", make_articles(40))


def begin_several(request: Request, **more: object) -> None:
    source = open_source(SEVERAL, request)
    begin(SEVERAL, request, source, partial(write_run_plan, request=request, source=source, **more))  # type: ignore[arg-type]


def begin_study(request: Request) -> None:
    source = open_source(STUDIED, request)

    def write(folder: Path, dataset: DatasetFolder) -> None:
        write_json(folder / "plan.json", {**what_must_stay(request, source, dataset), "space": {}})

    begin(STUDIED, request, source, write)


def test_the_kind_of_a_plan_is_seen_from_what_it_holds() -> None:
    assert kind_of_plan({"kind": "learning curve", "dataset": "d"}) == CURVE
    assert kind_of_plan({"space": {}, "settings": {}}) == STUDY
    assert kind_of_plan({"dataset": "d", "overrides": [], "seeds": [1, 2]}) == SEEDS
    assert kind_of_plan({"dataset": "d", "overrides": []}) == FOLDS  # of a version without seeds
    assert kind_of_plan({}) == ""


def test_a_plan_keeps_its_form(tmp_path: Path, source: Path, checkpoint: Path) -> None:
    begin_several(Request(str(source), tmp_path / "one", tiny(checkpoint)), seeds=(13, 14))
    assert (tmp_path / "one" / "plan.json").read_text() == (
        '{\n  "dataset": "dataset",\n  "overrides": [],\n  "seeds": [\n    13,\n    14\n  ],\n  "fold": null\n}\n'
    )
    dataset = tmp_path / "one" / "dataset"
    settings = {"model.name": str(checkpoint), "train.learning_rate": 3e-5, "train.report_to": ["wandb"]}
    request = Request(str(dataset), tmp_path / "two", {**settings, "train.bf16": False}, seed=5, fold=None)
    begin_several(replace(request, given={k: v for k, v in request.given.items() if k != "train.report_to"}))
    values = json.loads((tmp_path / "two" / "plan.json").read_text())
    assert values["dataset"] == str(dataset)
    assert values["overrides"] == [
        f"model.name={checkpoint}",
        "train.learning_rate=3e-5",
        "train.bf16=false",
        "train.seed=5",
    ]
    plan = read_run_plan(tmp_path / "two")
    assert plan.settings == {**{k: v for k, v in settings.items() if k != "train.report_to"}, "train.bf16": False} | {
        "train.seed": 5
    }


def test_both_dataset_and_plan_are_written_or_neither(tmp_path: Path, source: Path) -> None:
    with pytest.raises(InputError, match="owner/nothing"):
        begin_several(Request(str(source), tmp_path / "out", {"model.name": "owner/nothing"}))
    with pytest.raises(InputError, match="It needs validation, and never on test"):
        begin_study(Request(str(source), tmp_path / "out", {"split.validation_size": 0}))
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_what_has_not_ended_is_not_begun_again(tmp_path: Path, source: Path, checkpoint: Path) -> None:
    request = Request(str(source), tmp_path / "out", tiny(checkpoint))
    begin_several(request, seeds=(1, 2))
    with pytest.raises(InputError, match="holds a training with several seeds that has not ended"):
        begin_several(request, seeds=(1, 2))
    begin_several(replace(request, overwrite=True), seeds=(3, 4))
    assert read_run_plan(tmp_path / "out").seeds == (3, 4)
    going_on = Request(None, tmp_path / "out", resume=True)
    check_resumable(SEVERAL, going_on)
    for more in ({"source": "a.csv"}, {"given": {"train.seed": 1}}, {"seed": 3}, {"fold": 1}):
        with pytest.raises(InputError, match="goes on with the source and settings that it began with"):
            check_resumable(SEVERAL, replace(going_on, **more))  # type: ignore[arg-type]
    with pytest.raises(
        InputError, match=r"There is no study to resume in .*: it holds a training with several"
    ) as told:
        check_resumable(STUDIED, going_on)
    assert told.value.fix.startswith("Go on with that: classifier train --seeds N --resume --out")
    with pytest.raises(InputError, match=r"There is no study to resume in .*nothing'\.") as told:
        check_resumable(STUDIED, replace(going_on, out=tmp_path / "nothing"))
    assert told.value.fix == "Start it without --resume."
    with pytest.raises(InputError, match="A training needs a source"):
        open_source(SEVERAL, going_on)


@pytest.mark.parametrize("needed", ["dataset", "model.name", "distil.teacher", "data.unlabelled"])
def test_a_folder_that_holds_what_is_needed_is_not_replaced(
    needed: str, tmp_path: Path, source: Path, checkpoint: Path
) -> None:
    out = tmp_path / "out"
    request = Request(str(source), out, tiny(checkpoint))
    begin_several(request, seeds=(1, 2))
    (out / "seed-1").mkdir()
    paths = {"model.name": out, "distil.teacher": out / "seed-1"}
    given = {name: str(path) for name, path in paths.items() if name == needed}
    if needed == "data.unlabelled":
        given = {needed: [str(out / "seed-1")]}  # type: ignore[dict-item]
    begun = str(out / "dataset") if needed == "dataset" else str(source)
    again = replace(request, source=begun, given={**request.given, **given}, overwrite=True)
    kind = replace(SEVERAL, taught=True)
    with pytest.raises(InputError, match=r"cannot be replaced: .* is in it, and would be lost"):
        open_source(kind, again)
    open_source(kind, replace(again, out=tmp_path / "other"))
    assert read_run_plan(out).seeds == (1, 2)


def test_a_study_goes_on_only_with_what_it_began_with(tmp_path: Path, source: Path) -> None:
    request = Request(str(source), tmp_path / "out", {"model.name": "owner/nothing"})
    begin_study(request)
    dataset, plan = reopen(STUDIED, request, open_source(STUDIED, request))
    assert (dataset.path, plan["dataset"]) == (tmp_path / "out" / "dataset", "dataset")

    def refusal(kind: JobKind = STUDIED, **changes: object) -> str:
        other = replace(request, **changes)  # type: ignore[arg-type]
        with pytest.raises(InputError) as error:
            reopen(kind, other, open_source(kind, other))
        return error.value.message

    assert "was begun with no --skip-bad" in refusal(skip_bad=True)
    assert "with another source" in refusal(source=str(tmp_path / "out" / "dataset"), given={})
    assert "with other settings (model.windows, train.seed)" in refusal(
        given={**request.given, "model.windows": 3}, seed=3
    )
    assert "with --model None" in refusal(kind=replace(STUDIED, same={"model": "probe"}))
    assert "holds something else" in refusal(kind=replace(STUDIED, name=CURVE))
    write_jsonl(source, make_articles(44))
    assert "with other articles: the source has changed" in refusal()
