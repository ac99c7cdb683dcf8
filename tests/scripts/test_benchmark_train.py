import json
import sys
from pathlib import Path

import benchmark_runs
import benchmark_train
import benchmark_whole
import numpy as np
import plain_trainer
import pytest
from benchmark_train import VARIANTS, Point
from benchmark_whole import WHOLE

from tests.makers.articles import make_articles, write_jsonl


def here(step: str, folder: Path) -> None:
    """A step in this process: no imports to wait for."""
    if code := benchmark_runs.main([step, str(folder)]):
        sys.exit(code)


@pytest.fixture(scope="module")
def quick() -> pytest.MonkeyPatch:
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setattr(benchmark_runs, "SHAPES", ((64, 32, 64),))
    patch.setattr(benchmark_train, "first_step", lambda job, folder: 1.5)
    yield patch
    patch.undo()


def run(tmp_path: Path, checkpoint: Path, *options: str) -> dict:
    source = write_jsonl(tmp_path / "articles.jsonl", make_articles(60))
    arguments = [
        str(source),
        "--model",
        str(checkpoint),
        "--articles",
        "24",
        "--validation",
        "6",
        "--max-length",
        "80",
        "--epochs",
        "1",
        "--batch-size",
        "8",
        "--repeats",
        "1",
        "--out",
        str(tmp_path / "out.json"),
        *options,
    ]
    benchmark_train.main(arguments, here)
    return json.loads((tmp_path / "out.json").read_text())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, quick: pytest.MonkeyPatch) -> dict:
    return run(tmp_path_factory.mktemp("benchmark"), checkpoint)


def one(found: dict, variant: str) -> dict:
    (result,) = (result for result in found["runs"] if result["variant"] == variant)
    return result


def test_all_variants_read_the_same_tokens_and_only_padding_differs(found: dict) -> None:
    assert [result["variant"] for result in found["runs"]] == list(VARIANTS)
    assert found["articles"] == {"train": 24, "validation": 6, "test": 12}
    assert len({result["tokens"] for result in found["runs"]}) == 1
    assert len({result["model_flop"] for result in found["runs"]}) == 1
    assert one(found, "trainer")["given"] == 24 * 80
    tokens = one(found, "trainer")["tokens"]
    assert tokens < one(found, "trainer-best")["given"] < 24 * 80
    assert one(found, "classifier")["given"] == one(found, "unfrozen")["given"] == tokens


def test_what_is_done_counts_padding_the_head_and_frozen_layers_as_they_are(found: dict) -> None:
    model = one(found, "trainer")["model_flop"]
    assert one(found, "trainer")["done_flop"] > one(found, "trainer-best")["done_flop"] > model
    assert one(found, "unfrozen")["done_flop"] == model * 4 / 3  # an epoch, and a forward pass for the head's start
    frozen = one(found, "classifier")["done_flop"]  # of two layers' 6 passes: 3, 1 to keep outputs, 1 for the head
    assert frozen == model * 5 / 6
    assert one(found, "classifier")["settings"]["train"]["freeze_layers"] == 1


def test_ratios_and_the_time_to_the_same_score_are_those_of_the_runs(found: dict) -> None:
    seconds = {variant: one(found, variant)["seconds"] for variant in VARIANTS}
    assert found["ratios"]["trainer / classifier"] == [seconds["trainer"] / seconds["classifier"]]
    assert found["ratios"]["trainer-best / unfrozen"] == [seconds["trainer-best"] / seconds["unfrozen"]]
    assert found["same_score"]["f1_macro"] == one(found, "trainer")["curve"][-1][1]
    assert found["same_score"]["trainer"] == [seconds["trainer"]]
    for result in found["runs"]:
        points = [point[0] for point in result["curve"]]
        assert points == sorted(points)
        assert 0 < points[0] <= points[-1] == result["seconds"]
        assert result["curve"][-1][2]
        assert 0 <= result["curve"][-1][1] <= 1
        assert result["memory"] > 1e6
        assert result["peaks"]["float32"] > 0
    assert len(one(found, "classifier")["curve"]) == 3  # every step and the end of the epoch


def test_the_table_has_a_line_for_each_variant(found: dict) -> None:
    lines = benchmark_train.table(found["runs"]).splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(VARIANTS)
    assert len({line.count("|") for line in lines}) == 1
    assert " | 100% | " in lines[4]
    words = "\n".join(benchmark_train.sentences(found["runs"], found["first_step"]))
    assert "first step: 1.5 s" in words
    assert "- trainer / classifier: " in words
    assert "- unfrozen, optimizer steps alone, of the bf16 peak: " in words
    for result in found["runs"][2:]:
        assert 0 < result["steps"]["flop"] <= result["done_flop"]
        assert 0 < result["steps"]["seconds"] <= result["seconds"]


def test_seconds_to_a_score() -> None:
    curve: list[Point] = [(1.0, 0.2, False), (2.0, 0.5, True), (3.0, 0.4, True)]
    assert benchmark_train.seconds_to(0.5, curve) == 2.0
    assert benchmark_train.seconds_to(0.6, curve) is None


def test_a_random_encoder_without_token_types(tmp_path: Path, checkpoint: Path, quick: pytest.MonkeyPatch) -> None:
    found = run(tmp_path, checkpoint, "--random-encoder", "modernbert-tiny")
    assert len({result["tokens"] for result in found["runs"]}) == 1
    ours = one(found, "unfrozen")
    assert ours["tokens"] == ours["given"]


def test_what_cannot_be_packed_is_counted_with_its_padding(
    tmp_path: Path, checkpoint: Path, quick: pytest.MonkeyPatch
) -> None:
    ours = one(run(tmp_path, checkpoint, "--set", "model.attention_dropout=0.1"), "unfrozen")
    assert ours["tokens"] < ours["given"] < 24 * 80
    assert ours["done_flop"] > ours["model_flop"] * ours["given"] / ours["tokens"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        (["--set", "split.folds=3"], "folds"),
        (["--epochs", "0"], "must be a whole number from 1. Got '0'"),
        (["--out", "nowhere/out.json"], "cannot be written"),
    ],
)
def test_bad_input_ends_with_2(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        benchmark_train.main(options, here)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_step_in_its_own_process_and_the_command_to_its_first_step(tmp_path: Path, checkpoint: Path) -> None:
    """The only test that starts processes: the job travels in a file, and what fails ends the benchmark."""
    source = write_jsonl(tmp_path / "articles.jsonl", make_articles(60))
    job = {
        "source": str(source),
        "set": [],
        "model": str(checkpoint),
        "random_encoder": None,
        "articles": 24,
        "validation": 6,
        "test": 20,
        "max_length": 80,
        "epochs": 1,
        "batch_size": 8,
        "device": "cpu",
        "eval_steps": 1,
        "seed": 13,
    }
    assert benchmark_train.perform("prepare", job, tmp_path, benchmark_train.launch)["train"] == 24
    assert benchmark_train.first_step(job, tmp_path) > 0


def test_a_second_repeat_has_a_seed_and_a_run_of_its_own(
    tmp_path: Path, checkpoint: Path, quick: pytest.MonkeyPatch
) -> None:
    found = run(tmp_path, checkpoint, "--repeats", "2")
    assert [result["seed"] for result in found["runs"]] == [13] * 4 + [14] * 4


@pytest.mark.slow
def test_whole_processes_write_the_same_kinds_of_results(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "articles.jsonl", make_articles(90))
    sizes = ["--articles=40", "--validation=10", "--test=12", "--windows=2", "--max-length=64", "--epochs=1"]
    arguments = [str(source), "--model", str(checkpoint), "--whole", "--repeats=1", *sizes]
    benchmark_train.main([*arguments, "--out", str(tmp_path / "out.json")], here)
    found = json.loads((tmp_path / "out.json").read_text())
    assert [run["variant"] for run in found["runs"]] == [*WHOLE]
    assert all(run["cpu_seconds"] > 1 and 0 <= run["f1_macro"] <= 1 for run in found["runs"])


def test_whole_processes_differ_in_their_settings_alone(tmp_path: Path) -> None:
    paths = {"model": "x", "weights": "y", "set": ["train.blend=none"], "seed": 13}
    job = {**paths, "max_length": 64, "windows": 2, "epochs": 3, "batch_size": 16}
    same, chosen = (benchmark_whole.command(name, job, tmp_path, tmp_path / "run") for name in WHOLE[2:])
    left_out = [word for word in same if word not in chosen]
    assert set(chosen) <= set(same) and "train.blend=none" in chosen
    assert sorted(word.partition("=")[0] for word in left_out) == [
        "model.max_length",
        "model.window_choice",
        "model.windows",
        "train.batch_size",
        "train.num_train_epochs",
        "train.refit",
    ]


def test_windows_need_whole_processes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmark_train.main(["--windows", "4"], here)
    assert "--windows needs --whole" in capsys.readouterr().err


def test_an_article_gets_the_label_of_all_its_windows() -> None:
    logits = np.log(np.array([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2]]))
    assert plain_trainer.article_labels(logits, [0, 0, 1], ["a", "b"]) == ["b", "a"]
