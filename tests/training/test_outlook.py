"""What a training reads, how long that takes, and that measuring it changes nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.training import outlook
from classifier.training.auto import ChosenConfig, choose_settings, text_encoder
from classifier.training.outlook import Amount, Pace, Sizes, about_seconds, amount_of, measure, outlook_of, sizes_of
from classifier.training.vector_memory import VectorMemory
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

SIZES = Sizes(400, validation=60, test=140, frequent=100, pair=False)
AMOUNT = Amount(SIZES, per_epoch=400, epochs=3, frozen=0.5, samples=1000)
PACE = Pace(step=1.0, forward=0.01, cut=0.0, fit_words=0.0, read_words=0.0)


def built(tmp_path: Path, settings: dict[str, object]) -> DatasetFolder:
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    dataset = build(str(path), tmp_path / "mine", settings=settings).dataset
    assert dataset is not None
    return dataset


def chosen_for(dataset: DatasetFolder, settings: dict[str, object]) -> ChosenConfig:
    return choose_settings(make_config({}, settings), dataset)


def test_twice_the_epochs_take_twice_the_steps_and_the_rest_stays() -> None:
    three, six = outlook_of(AMOUNT, PACE), outlook_of(replace(AMOUNT, epochs=6), PACE)
    assert six.steps == 2 * three.steps == 2 * (3 * 400 + 3 * 30 * 0.01)
    assert (six.after, three.seconds) == (three.after, three.before + three.steps + three.after)


def test_a_head_alone_reads_each_article_once_and_takes_no_step() -> None:
    alone = replace(AMOUNT, epochs=0)
    assert outlook_of(alone, PACE).steps == 0
    assert (alone.read_before, alone.read_after) == (400, 60 + 140)
    assert replace(AMOUNT, sizes=replace(SIZES, train=50_000), epochs=0).read_before == 2_000


def test_a_run_that_teaches_itself_reads_all_articles_once_more_before() -> None:
    sizes = replace(SIZES, unlabelled=1_000)
    taught = replace(AMOUNT, sizes=sizes, per_epoch=1_400)
    assert replace(taught, own_teacher=True).read_before - taught.read_before == 400 + (400 + 60) + 1_000
    words = replace(PACE, fit_words=0.01)
    assert outlook_of(taught, words).before - outlook_of(taught, PACE).before == pytest.approx(0.01 * (400 + 1_400))


def test_frozen_layers_are_read_once_and_pairs_are_read_again_for_the_controls() -> None:
    whole = replace(AMOUNT, frozen=0.0)
    assert (whole.read_before, whole.read_between) == (240, 60)  # the head reads a fifth of what the steps do
    assert (AMOUNT.read_before, AMOUNT.read_between) == (120 + (400 + 60) / 2, 30)
    pairs = replace(AMOUNT, sizes=replace(SIZES, pair=True))
    assert pairs.read_after - AMOUNT.read_after == 5 * 140


def test_short_epochs_are_counted_as_short(tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(checkpoint, **{"train.most_frequent_share": 0.5})
    config = chosen_for(built(tmp_path, settings), settings)
    skewed = Sizes(1_000, validation=0, test=0, frequent=900, pair=False)
    assert amount_of(config, skewed, layers=2).per_epoch == 200
    assert amount_of(config, replace(skewed, frequent=0), layers=2).per_epoch == 1_000


@pytest.mark.parametrize("epochs", [0, 2])
def test_it_is_measured_on_the_model_itself_and_nothing_is_written(
    epochs: int, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny(checkpoint, **{"train.num_train_epochs": epochs})
    dataset = built(tmp_path, settings)
    config, run = chosen_for(dataset, settings), RunFolder(tmp_path / "run")
    assert about_seconds(run, config, dataset) is None  # over before it is measured
    monkeypatch.setattr(outlook, "FEWEST_TOKENS", 0)
    seconds = about_seconds(run, config, dataset)
    assert seconds is not None
    assert outlook.AROUND < seconds < 600
    assert not run.path.exists()


@pytest.mark.parametrize("epochs", [0, 1])
def test_what_the_encoder_has_read_for_a_head_is_not_read_again_and_so_not_measured(
    epochs: int, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny(checkpoint, **{"train.num_train_epochs": epochs, "model.windows": 1})
    dataset = built(tmp_path, settings)
    config, run = chosen_for(dataset, settings), RunFolder(tmp_path / "run")
    train = dataset.counts()["train"].articles
    monkeypatch.setattr(outlook, "FEWEST_TOKENS", train * config.model.max_length)
    encoder = text_encoder(config, False, load_tokenizer(checkpoint))
    others, own = make_articles(30, seed=5), list(dataset.articles("train"))
    for articles, measured in (([], True), (others, True), (own, epochs > 0)):
        memory = VectorMemory()
        monkeypatch.setattr(outlook, "READ", memory)
        if articles:
            memory.read("tiny", encoder.encode(articles), lambda rows: np.zeros((len(rows), 1), np.float32))
        assert (about_seconds(run, config, dataset) is not None) == measured


def test_other_settings_are_as_fast_as_the_tokens_and_layers_that_they_take(tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(checkpoint, **{"model.max_length": 32, "model.windows": 2})
    dataset = built(tmp_path, settings)
    config = chosen_for(dataset, settings)
    found = replace(measure(RunFolder(tmp_path / "run"), config, dataset), pace=PACE)
    assert found.sizes == sizes_of(dataset) and found.layers == 2
    found = replace(found, lengths=found.lengths * 0 + 1_000)

    def pace(**more: object) -> Pace:
        return found.pace_of(chosen_for(dataset, {**settings, **more}))

    assert pace() == PACE
    assert pace(**{"model.windows": 1}).step == 0.5
    assert pace(**{"model.max_length": 64}).forward == 0.02
    half = pace(**{"train.freeze_layers": 1, "train.freeze_embeddings": True})
    assert (half.step, half.forward) == (0.5, 0.01)


def test_a_refit_is_a_second_training_on_more_articles_that_comes_after_the_steps() -> None:
    sizes = Sizes(400, validation=100, test=140, frequent=100, pair=False)
    once = Amount(sizes, per_epoch=400, epochs=6, frozen=0.5, samples=1000)
    pace = Pace(step=1.0, forward=0.01, cut=0.001, fit_words=0.01, read_words=0.005)
    plain, refit = (outlook_of(amount, pace) for amount in (once, replace(once, refit=True)))
    assert (refit.before, refit.steps) == (plain.before, plain.steps)
    assert refit.after - plain.after == pytest.approx(1.25 * plain.steps, rel=0.02)


@pytest.mark.parametrize(("epochs", "read"), [(0, 2000), (3, 0.5 * 5000)])
def test_articles_that_a_teacher_scored_are_cut_and_read_too(epochs: int, read: float) -> None:
    pace = Pace(step=0.0, forward=0.02, cut=0.001, fit_words=0.0, read_words=0.0)
    alone, taught = (
        outlook_of(Amount(Sizes(400, 60, 140, 100, False, pool), 400 + pool, epochs, 0.5, 0), pace)
        for pool in (0, 5000)
    )
    head = 0.02 * 0.5 * (400 - 240) if epochs else 0.0  # which reads a fifth of all passes, up to every article
    assert taught.before - alone.before == pytest.approx(0.001 * 5000 + 0.02 * read + head, abs=0.02)
