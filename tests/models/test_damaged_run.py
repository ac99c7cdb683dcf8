"""A run that was damaged or tampered with is refused, or gives the same results: never others in silence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifier.checksums import CHECKSUMS
from classifier.jobs.evaluate import evaluate
from classifier.jobs.predict.files import predict_files
from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.damage import Damage, bad, counts, damages, done, sampled, tamperings, try_out
from tests.makers.settings import tiny

READ = ("model/", "baseline/", "config.toml", "dataset.json", "manifest.json")  # by predict or evaluate
HASHES_ALONE = (  # what nothing but its SHA-256 tells from another file that is as good
    "tokenizer",  # other words, or another way to cut them
    "bit ",  # of a weight
    "config.json: attention_probs_dropout_prob",  # packed or padded: the last digits alone
    "config.json: hidden_act",
    "config.json: layer_norm_eps",
    "config.json: num_attention_heads",
    "config.json: pad_token_id",
    "config.json: dtype",
    "classifier.json: labels",
    "classifier.json: calibration",
    "classifier.json: bf16",
    "classifier.json: blend",
    "classifier.json: label_by",
    "classifier.json: max_length",
    "classifier.json: windows",
    "classifier.json: stride",
    "classifier.json: window_choice",
    "classifier.json: strip",
    "tfidf.json: features",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    source = write_jsonl(folder / "a.jsonl", make_articles(60))
    settings = tiny(checkpoint, **{"train.blend": 0.3, "train.calibration": "auto"})
    train(str(source), folder / "run", settings=settings)
    return folder / "run"


@pytest.fixture
def copied(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "run")


def user(run: Path, source: Path) -> Callable[[], object]:
    """Predicts and evaluates with a run; gives what came out."""
    out, folder = run.parent / "out.jsonl", run.parent / "evaluated"

    def use() -> object:
        predict_files(run, str(source), out, overwrite=True)
        shutil.rmtree(folder, ignore_errors=True)
        evaluate(run, out=folder)
        figures = [(folder / name).read_bytes() for name in ("metrics.json", "calibration.json")]
        return out.read_bytes(), figures, pq.read_table(folder / "predictions.parquet")

    return use


def read_by_commands(found: list[Damage]) -> list[Damage]:
    return [damage for damage in found if damage.file.startswith(READ)]


def check(copied: Path, run: Path, found: list[Damage]) -> None:
    tried = try_out(copied, found, user(copied, run.parent / "a.jsonl"))
    assert not bad(tried), counts(tried)
    assert "there is no fix" not in {one.message for one in tried}
    print(counts(tried))


def test_a_sample_of_damages_and_tamperings(copied: Path, run: Path) -> None:
    hurt = sampled(read_by_commands(damages(copied)), 40)
    changed = sampled(read_by_commands(tamperings(copied, most_places=6)), 30)
    check(copied, run, [*hurt, *changed])


@pytest.mark.slow
def test_all_damages_and_tamperings(copied: Path, run: Path) -> None:
    check(copied, run, [*read_by_commands(damages(copied)), *read_by_commands(tamperings(copied, most_places=20))])


@pytest.mark.slow
def test_without_checksums_what_is_unlikely_is_refused_all_the_same(copied: Path, run: Path) -> None:
    for file in copied.rglob(CHECKSUMS):
        file.unlink()
    found = [*read_by_commands(damages(copied)), *read_by_commands(tamperings(copied, most_places=20))]
    kept = [damage for damage in found if not any(known in str(damage) for known in HASHES_ALONE)]
    check(copied, run, kept)


def test_the_copy_of_a_model_folder_stays_valid(copied: Path, tmp_path: Path, run: Path) -> None:
    alone = Path(shutil.move(copied / "model", tmp_path / "alone"))
    (alone / "README.md").write_text("my own card", encoding="utf-8")
    assert predict_files(alone, str(run.parent / "a.jsonl"), tmp_path / "out.jsonl") == 60


def test_thresholds_that_evaluate_stores_belong_to_the_model(copied: Path, run: Path, tmp_path: Path) -> None:
    evaluate(copied, min_precision=0.5)
    predict_files(copied, str(run.parent / "a.jsonl"), tmp_path / "out.jsonl", abstain=True)


def test_a_damage_is_undone(copied: Path) -> None:
    before = {file: file.read_bytes() for file in copied.rglob("*") if file.is_file()}
    for damage in sampled([*damages(copied), *tamperings(copied, most_places=2)], 60):
        with done(copied, damage):
            pass
    assert {file: file.read_bytes() for file in copied.rglob("*") if file.is_file()} == before
