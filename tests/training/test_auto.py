import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.config import Config
from classifier.config_file import load_config, make_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.training import auto
from classifier.training.auto import CorpusFacts, choose, with_pairs_chosen
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.settings import tiny

CHOSEN = (
    "model.max_length",
    "train.num_train_epochs",
    "model.window_choice",
    "model.windows",
    "train.freeze_layers",
    "train.batch_size",
    "train.learning_rate",
    "train.average_last",
)
AUTO = {"train.freeze_layers": "auto", "train.num_train_epochs": "auto", "model.windows": "auto"}


def corpus(articles: int = 500, length: int = 700, *, pair: bool = False, layers: int = 6) -> CorpusFacts:
    lengths = np.full(min(articles, 2000), length, dtype=np.int64)
    return CorpusFacts(lengths, articles, articles // 4, pair, layers, 384, limit=512)


@pytest.mark.parametrize(
    ("articles", "pair", "given", "pairs"),
    [
        (999, True, {}, "apart"),
        (1_000, True, {}, "together"),
        (5_000, True, {"train.preset": "probe"}, "apart"),
        (999, True, {"train.num_train_epochs": 2}, "together"),
        (999, True, {"model.pairs": "together"}, "together"),
        (999, False, {}, "auto"),
    ],
)
def test_how_pairs_would_be_read_is_known_before_a_training(
    articles: int, pair: bool, given: dict[str, Any], pairs: str, checkpoint: Path
) -> None:
    config = make_config({}, {"model.name": str(checkpoint), **given})
    assert with_pairs_chosen(config, articles, pair=pair).model.pairs == pairs


def test_layers_that_tell_more_than_the_last_one_need_no_training_of_the_encoder() -> None:
    for losses, epochs in (({"last": 0.9, "all": 0.5}, 0), ({"last": 0.5, "all": 0.9}, 4), ({}, 4)):
        found = choose(Config(), replace(corpus(500), losses=losses))
        assert found[0].train.num_train_epochs == epochs
    given = make_config({}, {"model.layers": "all"})
    assert choose(given, corpus(5_000))[0].train.num_train_epochs == 0
    assert choose(given, corpus(5_000))[1]["train.num_train_epochs"].startswith('model.layers = "all"')


@pytest.mark.parametrize(
    ("articles", "epochs"),
    [
        (99, 0),
        (100, 5),
        (199, 5),
        (200, 4),
        (4_999, 4),
        (5_000, 3),
        (19_999, 3),
        (20_000, 2),
        (500_000, 2),
    ],
)
def test_the_fewer_articles_the_more_epochs(articles: int, epochs: int) -> None:
    config, reasons = choose(Config(), corpus(articles))
    assert config.train.num_train_epochs == epochs
    said = f"{articles:,} training articles" if epochs else "fewer than 100 articles: a head on the frozen encoder"
    assert reasons["train.num_train_epochs"] == said


@pytest.mark.parametrize(
    ("pairs", "epochs"),
    [(99, 0), (199, 10), (200, 8), (1_000, 6), (4_999, 6), (5_000, 5), (12_500, 5), (20_000, 3), (200_000, 3)],
)
def test_pairs_are_read_more_often(pairs: int, epochs: int) -> None:
    config, reasons = choose(make_config({}, {"model.pairs": "together"}), corpus(pairs, pair=True))
    assert config.train.num_train_epochs == epochs
    assert not epochs or reasons["train.num_train_epochs"] == f"{pairs:,} training pairs"


def test_short_epochs_are_more() -> None:
    config = make_config({}, {"train.most_frequent_share": 0.5})
    config, reasons = choose(config, CorpusFacts(np.full(2000, 100), 20_000, 19_550, False, 6, 384, 512))
    assert config.train.num_train_epochs == 4
    assert reasons["train.num_train_epochs"] == "20,000 training articles, 900 in an epoch"


@pytest.mark.parametrize(("length", "windows"), [(1, 1), (254, 1), (255, 2), (508, 2), (509, 3), (1016, 4), (9000, 4)])
def test_most_articles_are_read_whole(length: int, windows: int) -> None:
    config, reasons = choose(Config(), corpus(length=length))
    assert config.model.windows == windows
    more = ", but more than 4 windows only if set" if length > 1016 else ""
    assert reasons["model.windows"] == f"80% of the articles have at most {length:,} tokens{more}"


def test_of_pairs_one_window_of_the_sentences_that_matter_is_read() -> None:
    config, reasons = choose(Config(), corpus(1_000, length=5_000, pair=True))
    assert (config.model.window_choice, config.model.windows) == ("sentences", 1)
    assert reasons["model.windows"] == "of the sentences most like the target"
    config, _ = choose(make_config({}, {"model.window_choice": "head"}), corpus(1_000, length=5_000, pair=True))
    assert (config.model.window_choice, config.model.windows) == ("head", 4)


def test_an_encoder_that_has_learned_to_compare_goes_on_with_that() -> None:
    known = replace(corpus(300, pair=True), compares=True)
    config, reasons = choose(Config(), known)
    assert (config.model.pairs, config.train.num_train_epochs) == ("together", 8)
    config, reasons = choose(make_config({}, {"train.preset": "probe", "model.name": "runs/fnc1"}), known)
    assert config.model.pairs == "together"
    assert reasons["model.pairs"] == "runs/fnc1 was trained to read two texts in one window"
    assert choose(make_config({}, {"model.pairs": "apart"}), known)[0].model.pairs == "apart"


def test_what_a_teacher_scored_counts_for_pairs_too() -> None:
    assert choose(Config(), replace(corpus(300, pair=True), unlabelled=699))[0].model.pairs == "apart"
    assert choose(Config(), replace(corpus(300, pair=True), unlabelled=700))[0].model.pairs == "together"


def test_only_a_model_that_read_both_in_one_window_has_learned_to_compare(tmp_path: Path, checkpoint: Path) -> None:
    assert not auto._compares(checkpoint)
    assert not auto._compares(make_model_folder(tmp_path / "single", checkpoint))
    assert not auto._compares(make_model_folder(tmp_path / "apart", checkpoint, pair=True, pairs="apart"))
    assert auto._compares(make_model_folder(tmp_path / "together", checkpoint, pair=True))


@pytest.mark.parametrize(
    ("settings", "pairs", "chosen"),
    [
        ({}, 20, "apart"),
        ({}, 999, "apart"),
        ({}, 1_000, "together"),
        ({"model.pairs": "together"}, 500, "together"),
        ({"model.pairs": "apart"}, 5_000, "apart"),
        ({"train.preset": "probe"}, 5_000, "apart"),
        ({"train.num_train_epochs": 0}, 5_000, "apart"),
        ({"train.num_train_epochs": 4}, 500, "together"),
        ({"model.layers": "all"}, 500, "together"),
        ({"model.pooling": "cls"}, 500, "together"),
    ],
)
def test_a_head_alone_reads_text_and_target_apart(settings: dict[str, Any], pairs: int, chosen: str) -> None:
    config, reasons = choose(make_config({}, settings), corpus(pairs, length=700, pair=True))
    assert config.model.pairs == chosen
    if chosen == "apart":
        read = (config.model.windows, config.model.max_length, config.model.window_choice)
        assert (config.train.num_train_epochs, *read) == (0, 3, 256, "sentences")
        assert "frozen encoder" in reasons.get("model.pairs", "the frozen encoder")
    assert "model.pairs" not in choose(Config(), corpus(pairs))[1]


def test_a_few_long_articles_add_no_window() -> None:
    lengths = np.array([200] * 81 + [5000] * 19)
    assert choose(Config(), CorpusFacts(lengths, 100, 50, False, 6, 384, 512))[0].model.windows == 1
    assert choose(Config(), CorpusFacts(lengths[::-1][:50], 100, 50, False, 6, 384, 512))[0].model.windows == 4


@pytest.mark.parametrize(
    ("articles", "windows"), [(19_531, 2), (19_532, 1), (20_000, 2), (29_296, 2), (29_297, 1), (500_000, 1)]
)
def test_a_large_corpus_gets_as_many_windows_as_it_can_afford(articles: int, windows: int) -> None:
    config, reasons = choose(Config(), corpus(articles))  # 30,000,000 tokens / (articles × epochs × 256)
    assert config.model.windows == windows
    assert reasons["model.windows"] == f"{articles:,} articles: more would take long"
    assert articles * config.train.num_train_epochs * 256 * windows <= auto.TOKENS or windows == 1


@pytest.mark.parametrize(
    ("articles", "pair", "width", "rate"),
    [
        (1_999, False, 384, 1e-4),
        (2_000, False, 384, 3e-4),
        (2_000, True, 384, 1e-4),
        (500, False, 32, 1e-4),
        (500, False, 768, 5e-5),
        (9_000, False, 768, 5e-5),
        (1_500, True, 1024, 3.8e-5),
    ],
)
def test_many_single_texts_take_larger_steps_and_wide_encoders_smaller_ones(
    articles: int, pair: bool, width: int, rate: float
) -> None:
    config, reasons = choose(Config(), replace(corpus(articles, pair=pair), width=width))
    assert config.train.learning_rate == rate
    assert f"an encoder {width} wide" in reasons["train.learning_rate"]


@pytest.mark.parametrize(
    ("articles", "pair", "share", "reason"),
    [
        (500, False, 0.5, "500 articles in an epoch: a mean is surer than a choice among epochs"),
        (1_999, True, 0.5, "1,999 pairs in an epoch: a mean is surer than a choice among epochs"),
        (2_000, False, 0.0, "2,000 articles in an epoch: the best epoch is chosen on validation"),
    ],
)
def test_weights_are_averaged_where_validation_has_few_articles(
    articles: int, pair: bool, share: float, reason: str
) -> None:
    config, reasons = choose(Config(), corpus(articles, pair=pair))
    assert (config.train.average_last, reasons["train.average_last"]) == (share, reason)
    assert "train.average_last" not in choose(make_config({}, {"train.num_train_epochs": 0}), corpus())[1]


def test_few_articles_or_a_head_learn_from_validation_too_where_that_was_cut_from_train() -> None:
    cut, given = replace(corpus(80), cut=12), corpus(80)
    config, reasons = choose(Config(), cut)
    assert config.train.refit is True
    assert reasons["train.refit"] == "12 validation articles to learn from too, as soon as they have chosen"
    config, reasons = choose(Config(), given)
    assert not config.train.refit and "train.refit" not in reasons
    assert choose(Config(), replace(corpus(999), cut=99))[0].train.refit
    assert not choose(Config(), replace(corpus(1_000), cut=100))[0].train.refit
    assert choose(make_config({}, {"train.preset": "probe"}), replace(corpus(9_000), cut=900))[0].train.refit
    taught = make_config({}, {"train.num_train_epochs": 0, "distil.teacher": "runs/teacher"})
    assert choose(taught, cut)[0].train.refit
    assert not choose(make_config({}, {"train.refit": False}), cut)[0].train.refit


@pytest.mark.parametrize(("layers", "frozen"), [(1, 0), (2, 1), (5, 2), (6, 3), (12, 6)])
def test_half_of_the_layers_are_frozen_but_none_for_pairs(layers: int, frozen: int) -> None:
    config, reasons = choose(Config(), corpus(layers=layers))
    assert config.train.freeze_layers == frozen
    assert reasons["train.freeze_layers"].startswith(f"half of {layers} layers")
    config, reasons = choose(Config(), corpus(1_000, layers=layers, pair=True))
    assert config.train.freeze_layers == 0
    assert reasons["train.freeze_layers"].startswith("pairs:")


def test_every_auto_is_replaced_with_a_reason_and_the_same_corpus_gets_the_same() -> None:
    config, reasons = choose(Config(), corpus())
    assert set(reasons) == set(CHOSEN)
    assert config.train.learning_rate == 1e-4
    assert "auto" not in (config.model.windows, config.train.freeze_layers, config.train.num_train_epochs)
    assert choose(Config(), corpus()) == (config, reasons)
    assert choose(config, corpus(5)) == (config, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("train.num_train_epochs", 1),
        ("model.windows", 9),
        ("train.freeze_layers", 1),
        ("train.learning_rate", 0.02),
        ("train.batch_size", 5),
        ("model.max_length", 100),
        ("train.average_last", 0.25),
    ],
)
def test_a_value_that_is_given_is_left_alone(setting: str, value: float) -> None:
    section, key = setting.split(".")
    config, reasons = choose(make_config({}, {setting: value}), corpus())
    assert config.model_dump()[section][key] == value
    assert set(reasons) == set(CHOSEN) - {setting}


def test_what_only_steps_need_is_not_said_of_a_head_alone() -> None:
    for config in (make_config({}, {"train.num_train_epochs": 0}), make_config({}, {"train.preset": "probe"})):
        assert not {"train.freeze_layers", "train.learning_rate"} & set(choose(config, corpus())[1])


def test_epochs_that_are_given_decide_what_is_affordable() -> None:
    config = make_config({}, {"train.num_train_epochs": 20})
    assert choose(config, corpus(5_000))[0].model.windows == 1
    assert choose(Config(), corpus(5_000))[0].model.windows == 3


def test_the_probe_takes_no_steps_and_epochs_beside_it_are_refused() -> None:
    config, reasons = choose(make_config({}, {"train.preset": "probe"}), corpus(5_000))
    assert config.train.num_train_epochs == 0
    assert "probe" in reasons["train.num_train_epochs"]
    with pytest.raises(InputError) as caught:
        make_config({}, {"train.preset": "probe", "train.num_train_epochs": 3})
    assert "probe" in str(caught.value)


def fnc1(pairs: int = 34_977, share: float = 0.73) -> CorpusFacts:
    """Pairs as FNC-1 has them."""
    return replace(corpus(pairs, 400, pair=True), frequent=int(share * pairs))


def test_thousands_of_pairs_get_short_windows_short_epochs_and_larger_steps() -> None:
    config, reasons = choose(Config(), fnc1())
    model, train = config.model, config.train
    assert (model.max_length, train.most_frequent_share, train.batch_size, train.num_train_epochs) == (128, 0.5, 32, 3)
    assert reasons["train.most_frequent_share"].startswith("73% of 34,977 pairs have one label")
    assert reasons["train.num_train_epochs"] == "34,977 training pairs, 18,888 in an epoch: more would take long"
    assert auto.PAIR_TOKENS > 3 * 18_888 * 128


@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        (fnc1(4_999), (256, 1.0, 16)),
        (fnc1(6_250), (256, 1.0, 16)),  # 6,250 × 5 epochs × 256 tokens: 8,000,000
        (fnc1(6_251), (128, 0.5, 32)),
        (fnc1(7_000, 0.5), (128, 1.0, 32)),
        (replace(fnc1(), pair=False), (256, 1.0, 16)),
        (replace(fnc1(), frequent=0), (128, 1.0, 32)),  # several labels an article
        (replace(fnc1(), limit=64), (64, 0.5, 32)),
        (replace(corpus(), limit=128), (128, 1.0, 16)),
    ],
)
def test_small_corpora_and_single_texts_are_read_as_ever(facts: CorpusFacts, chosen: tuple[int, float, int]) -> None:
    config, reasons = choose(Config(), facts)
    assert (config.model.max_length, config.train.most_frequent_share, config.train.batch_size) == chosen
    assert ("train.most_frequent_share" in reasons) == (chosen[1] < 1)


def test_what_is_set_decides_what_a_training_costs() -> None:
    for settings in ({"train.num_train_epochs": 1}, {"train.preset": "probe"}, {"model.layers": "all"}):
        config, _ = choose(make_config({}, settings), fnc1(20_000))
        assert (config.model.max_length, config.train.most_frequent_share, config.train.batch_size) == (256, 1.0, 16)
    assert choose(make_config({}, {"train.num_train_epochs": 9}), fnc1(4_000))[0].model.max_length == 128


def test_windows_that_are_given_have_their_usual_length() -> None:
    assert choose(make_config({}, {"model.window_choice": "relevant"}), fnc1())[0].model.max_length == 256


def test_a_run_says_why_keeps_what_was_chosen_and_resumes_with_it(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", logger="classifier")
    monkeypatch.setattr(auto, "EPOCHS", ((200, 2),))
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(150)))
    with pytest.raises(InterruptedTrainingError):
        given = tiny(checkpoint, **AUTO, **{"model.layers": "last"})
        train(source, tmp_path / "run", settings=given, should_stop=lambda: True)
    text = (tmp_path / "run" / "config.toml").read_text()
    config = load_config(tmp_path / "run" / "config.toml")
    assert (config.train.num_train_epochs, config.train.freeze_layers, config.model.windows) == (2, 1, 2)
    assert (config.train.learning_rate, config.train.preset) == (0.01, "auto")
    for line in (
        "chosen: train.num_train_epochs = 2 (105 training articles)",
        "chosen: train.freeze_layers = 1 (half of 2",
        "chosen: model.windows = 2 (80% of the articles have at most",
    ):
        assert caplog.text.count(line) == 1
    assert "chosen: train.learning_rate" not in caplog.text
    caplog.clear()
    monkeypatch.setattr(auto, "EPOCHS", ((200, 7),))
    train(None, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "config.toml").read_text() == text
    assert "chosen:" not in caplog.text
    steps = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert max(record["epoch"] for record in steps) == 2
    assert Classifier.load(tmp_path / "run", device="cpu").info.windows == 2


def _probe(**more: object) -> Callable[[Path], dict[str, object]]:
    return lambda checkpoint: tiny(checkpoint, **{**AUTO, **more})


@pytest.mark.parametrize(
    ("articles", "settings"),
    [(150, _probe(**{"train.preset": "probe"})), (40, _probe()), (40, _probe(**{"train.blend": "auto"}))],
    ids=["probe", "40 articles", "40 articles blended"],
)
def test_no_epochs_train_a_head_that_predicts(
    checkpoint: Path, tmp_path: Path, articles: int, settings: Callable[[Path], dict[str, object]]
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(articles)))
    report = train(source, tmp_path / "run", settings=settings(checkpoint))
    assert load_config(report.run.config).train.num_train_epochs == 0
    assert report.run.metrics.read_text() == ""
    assert report.test.figures["f1_macro"] > 0.6
    assert not report.run.checkpoints.exists()
    new = make_articles(30, seed=4)
    predicted = Classifier.load(report.run.model, device="cpu").predict([article.text for article in new])
    assert sum(label == article.labels[0] for label, article in zip(predicted, new, strict=True)) > 20
