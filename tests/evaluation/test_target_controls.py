import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.cli.app import run as cli
from classifier.evaluation.controls import CONTROLS_FILE, read_controls
from classifier.evaluation.groups import Grouping
from classifier.evaluation.target_controls import (
    IN_TRAINING,
    Extent,
    PredictedPairs,
    run_controls,
    shuffle_targets,
    without_target,
    without_text,
)
from classifier.jobs.evaluate import evaluate
from classifier.jobs.train import train
from classifier.models.transformer.windows import TextEncoder
from classifier.reports.run.target_controls import conclusions, reads_target
from classifier.stats.metrics import headline
from tests.makers.articles import FILLER, SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_tokenizer
from tests.makers.settings import tiny

NAMES = sorted(SIGNALS)


def by_text(index: int, rng: random.Random) -> Article:
    """The label stands in the text; the target says nothing."""
    label = NAMES[index % 3]
    text = [*rng.choices(FILLER[:30], k=12), *SIGNALS[label] * 3]
    return Article(f"a{index}", " ".join(text), (label,), target=" ".join(rng.sample(FILLER[30:], k=3)))


def by_target(index: int, rng: random.Random) -> Article:
    """The label stands in the target; the text says nothing."""
    label = NAMES[index % 3]
    target = [*SIGNALS[label] * 2, rng.choice(FILLER), rng.choice(FILLER)]
    return Article(f"a{index}", " ".join(rng.choices(FILLER, k=16)), (label,), target=" ".join(target))


def by_both(index: int, rng: random.Random) -> Article:
    """Related if the words of the target stand in the text; neither says anything alone."""
    target, others = (rng.sample(FILLER, k=4) for _ in range(2))
    text = [*rng.choices(FILLER, k=8), *(target if index % 2 else others) * 3]
    return Article(f"a{index}", " ".join(text), ("related" if index % 2 else "unrelated",), target=" ".join(target))


def trained(folder: Path, checkpoint: Path, make: Callable[[int, random.Random], Article], **more: object) -> Path:
    rng = random.Random(0)
    source = write_jsonl(folder / "pairs.jsonl", [make(index, rng) for index in range(210)])
    settings = {"data.near_duplicates": False, "split.test_size": 0.3, **more}
    train(str(source), folder / "run", settings=tiny(checkpoint, **settings), anyway=True)
    return folder / "run"


@pytest.fixture(scope="module")
def text_run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return trained(tmp_path_factory.mktemp("text"), checkpoint, by_text, **{"train.num_train_epochs": 4})


def test_a_label_of_the_text_and_one_of_the_target_give_opposite_answers(
    text_run: Path, tmp_path: Path, checkpoint: Path
) -> None:
    target_run = trained(tmp_path, checkpoint, by_target, **{"train.num_train_epochs": 4})
    of_text, of_target = (read_controls(run / "evaluation" / "test") for run in (text_run, target_run))
    assert of_text and of_target
    for reading in (of_text.model, of_text.tfidf, of_target.model, of_target.tfidf):
        assert reading.score > 0.9
    assert reads_target(of_text) == "no"
    assert "DOES NOT READ THE TARGET" in conclusions(of_text)[0]
    assert of_text.model.target_removed.fall < 0.1
    assert of_text.model.text_removed.fall > 0.4
    assert reads_target(of_target) == "alone"
    assert "hardly how it goes with the text" in conclusions(of_target)[0]
    assert of_target.model.target_removed.fall > 0.4
    assert of_target.tfidf.target_removed.fall > 0.4
    assert of_target.model.target_shuffled and of_target.model.target_shuffled.fall < 0.1  # of the same label
    assert of_target.model.text_removed.fall < 0.1
    assert any("does not need the text" in line for line in conclusions(of_target))
    assert not any("does not need the text" in line for line in conclusions(of_text))
    assert of_text.trained and of_text.trained["text"] > 0.9 > 0.6 > of_text.trained["target"]
    assert of_target.trained and of_target.trained["target"] > 0.9 > 0.6 > of_target.trained["text"]


def test_what_only_both_together_tell_falls_when_targets_are_shuffled(tmp_path: Path, checkpoint: Path) -> None:
    run = trained(tmp_path, checkpoint, by_both, **{"train.num_train_epochs": 1, "train.blend": 1.0})
    found = read_controls(run / "evaluation" / "test")
    assert found and found.model.target_shuffled
    assert found.model.score > 0.9
    assert reads_target(found) == "yes"
    assert found.model.target_shuffled.fall > 0.4
    assert found.model.target_shuffled.interval[0] > 0.2
    assert found.model.recall["related"] > 0.9 > 0.2 > found.model.target_shuffled.recall["related"]
    assert found.model.target_shuffled.recall["unrelated"] > 0.9  # another's target is unrelated as well
    assert found.trained and found.trained["both"] > 0.9 > 0.7 > max(found.trained["text"], found.trained["target"])


def test_an_evaluation_keeps_the_controls_of_its_split_and_makes_them_anew_on_demand(
    text_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = text_run / "evaluation" / "test"
    before = (folder / CONTROLS_FILE).read_bytes()
    assert json.loads(before)["format_version"] == 1
    evaluate(text_run, device="cpu")
    assert (folder / CONTROLS_FILE).read_bytes() == before
    assert cli(["evaluate", str(text_run), "--controls", "--device", "cpu", "--out", str(tmp_path / "out")]) == 0
    trained, anew = (read_controls(path) for path in (folder, tmp_path / "out"))
    assert trained is not None and anew is not None and (trained.shuffles, anew.shuffles) == (1, 3)
    assert anew.model.target_removed == trained.model.target_removed
    assert anew.tfidf.text_removed == trained.tfidf.text_removed
    assert "DOES NOT READ THE TARGET" in capsys.readouterr().out
    evaluate(text_run, device="cpu", out=tmp_path / "out")  # elsewhere they may be of other articles
    assert not (tmp_path / "out" / CONTROLS_FILE).exists()
    assert not (text_run / "evaluation" / "validation" / CONTROLS_FILE).exists()
    assert cli(["evaluate", str(text_run), "--controls", "--json", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out)["controls"]["articles"] == json.loads(before)["articles"]


def test_a_model_of_single_texts_is_refused(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    assert not (tmp_path / "run" / "evaluation" / "test" / CONTROLS_FILE).exists()
    before = (tmp_path / "run" / "evaluation" / "test" / "metrics.json").stat().st_mtime_ns
    assert cli(["evaluate", str(tmp_path / "run"), "--controls", "--device", "cpu"]) == 2
    assert "Leave out --controls" in capsys.readouterr().err
    assert (tmp_path / "run" / "evaluation" / "test" / "metrics.json").stat().st_mtime_ns == before


def test_a_sample_is_taken_and_said_so(text_run: Path) -> None:
    from classifier.dataset.folder import run_dataset
    from classifier.models.classifier import Classifier
    from classifier.models.run_folder import RunFolder
    from classifier.models.tfidf import load_baselines

    run = RunFolder(text_run)
    model, articles = Classifier.load(text_run, device="cpu"), list(run_dataset(run.path).articles("test"))
    predicted = model.decide(model.predict_articles(articles))
    pairs, baselines = PredictedPairs("test", articles, predicted), load_baselines(run.baseline)
    found = run_controls(pairs, model, baselines, None, extent=Extent(20, 3))
    assert (found.articles, found.of) == (20, len(articles))
    assert found.trained is None
    assert f"On 20 of {len(articles)} test pairs" in conclusions(found)[1]
    whole = run_controls(pairs, model, baselines, None)
    one_group = replace(pairs, grouping=Grouping(np.zeros(len(articles), dtype=np.int64), "source"))
    together = run_controls(one_group, model, baselines, None)
    assert together.model.text_removed.interval is None and whole.model.text_removed.interval is not None


def test_what_stands_in_several_controls_is_predicted_once(text_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.dataset.folder import run_dataset
    from classifier.models.classifier import Classifier
    from classifier.models.run_folder import RunFolder
    from classifier.models.tfidf import load_baselines

    run = RunFolder(text_run)
    model, few = Classifier.load(text_run, device="cpu"), list(run_dataset(run.path).articles("test"))[:6]
    articles = [replace(article, id=f"{article.id}-{k}") for article in few for k in range(3)]
    pairs = PredictedPairs("test", articles, model.decide(model.predict_articles(articles)))
    altered = [[alter(article) for article in articles] for alter in (without_target, without_text)]
    expected = [model.decide(model.predict_articles(variant)) for variant in altered]
    read: list[int] = []
    predict = Classifier.predict_articles

    def counting(self: Classifier, articles: Iterable[Article], *more: Any) -> Any:
        given = list(articles)
        read.append(len(given))
        return predict(self, given, *more)

    monkeypatch.setattr(Classifier, "predict_articles", counting)
    found = run_controls(pairs, model, load_baselines(run.baseline), None, extent=IN_TRAINING)
    assert found.shuffles == 1
    assert len(read) == 1 and read[0] <= 6 + 6 + 18
    y = model.label_set.encode(article.labels for article in articles)
    for control, labels in zip((found.model.target_removed, found.model.text_removed), expected, strict=True):
        assert control.score == pytest.approx(headline(y, labels, model.label_set.names)["f1_macro"])
    assert "a mean of" not in conclusions(found)[1]
    assert "a mean of 2" in conclusions(replace(found, shuffles=2))[1]


@pytest.mark.parametrize("double_sep", [False, True])
def test_an_empty_target_leaves_the_template_and_gives_its_room_to_the_text(double_sep: bool) -> None:
    tokenizer = make_tokenizer(double_sep=double_sep)
    encoder = TextEncoder(tokenizer, max_length=16, windows=1, pair=True)
    for article in (Article("1", "word1 word2", target="word3"), Article("1", "word1 " * 40, target="word3")):
        encoded = encoder.encode([without_target(article), without_text(article)])
        no_target, no_text = (encoded.tokens[slice(*encoded.window_starts[i : i + 2])].tolist() for i in (0, 1))
        theirs = tokenizer("", article.text, truncation="only_second", max_length=16)["input_ids"]
        assert no_target == theirs
        part, word = encoder.template, tokenizer.convert_tokens_to_ids("word3")
        assert no_text == [*part.prefix, word, *part.middle, *part.suffix]


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_targets_are_those_of_others_with_the_same_label(seed: int) -> None:
    rng = random.Random(seed)
    articles = [
        Article(f"a{i}", "text", (rng.choice("xyz"),), target=f"claim {rng.randrange(rng.choice([3, 40]))}")
        for i in range(90)
    ]
    shuffled = shuffle_targets(articles, np.random.default_rng(seed))
    assert shuffled
    again = shuffle_targets(articles, np.random.default_rng(seed))
    assert shuffled == again != shuffle_targets(articles, np.random.default_rng(seed + 1))
    for label in "xyz":
        before, after = (Counter(a.target for a in some if a.labels == (label,)) for some in (articles, shuffled))
        if max(before.values()) <= sum(before.values()) / 2:
            assert before == after
        assert set(after) <= set(before)
    assert all(a.target != b.target for a, b in zip(articles, shuffled, strict=True))
    assert [replace(a, target=None) for a in articles] == [replace(a, target=None) for a in shuffled]


def test_targets_that_are_mostly_or_all_the_same() -> None:
    rng = np.random.default_rng(0)
    mostly = [Article(str(i), "text", ("x",), target="one" if i else "Two") for i in range(9)]
    shuffled = shuffle_targets(mostly, rng)
    assert shuffled and [article.target for article in shuffled] == ["one"] + ["Two"] * 8
    lone = [Article("0", "text", ("x",), target="one"), Article("1", "text", ("y",), target="two")]
    swapped = shuffle_targets(lone, rng)
    assert swapped and [article.target for article in swapped] == ["two", "one"]
    assert (
        shuffle_targets([Article(str(i), "t", ("x",), target=t) for i, t in enumerate(["One  x", "one x"])], rng)
        is None
    )
