"""The model card: what the Hub reads of it, what it says of the measurements, and that its lines work."""

import contextlib
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.checksums import CHECKSUMS
from classifier.cli.app import run as cli
from classifier.evaluation.result import read_evaluation
from classifier.jobs.evaluate import evaluate
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder
from classifier.reports.run.card import write_card
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.runs import gain
from tests.makers.settings import tiny

CALIBRATION = {"temperatures": [1.3], "offsets": [0.0, 0.0, 0.0], "multi_label": False}
EVIL = "<script>alert(1)</script> | `x` [a](http://b)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("card")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    train(str(source), folder / "first", settings=tiny(checkpoint, **{"train.num_train_epochs": 6}))
    return folder / "first"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy whose files are taken as they are, so that a test may change them."""
    copy = Path(shutil.copytree(made, tmp_path / "first"))
    changed(copy / "manifest.json", lambda manifest: manifest.pop("files"))
    for file in copy.rglob(CHECKSUMS):
        file.unlink()
    return copy


def text_of(run: Path) -> str:
    return (run / "README.md").read_text(encoding="utf-8")


def rewritten(run: Path) -> str:
    write_card(run, [RunFolder(run)])
    return text_of(run)


def changed(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads(file.read_text())
    change(values)
    file.write_text(json.dumps(values))


def rendered(card: str) -> str:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").render(card.split("---\n", 2)[2])


def test_the_metadata_is_what_the_hub_reads(run: Path) -> None:
    from huggingface_hub import ModelCard, metadata_load
    from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

    changed(run / "evaluation" / "test" / "metrics.json", lambda v: v["figures"].update(f1_macro=0.81236, accuracy=0.7))
    rewritten(run)
    raw = metadata_load(run / "README.md")
    assert raw is not None
    assert (raw["library_name"], raw["pipeline_tag"]) == ("classifier", "text-classification")
    assert "base_model" not in raw  # a folder of this machine is none that the Hub knows
    found = read_evaluation(run / "evaluation" / "test").figures
    name, results = model_index_to_eval_results(raw["model-index"])
    assert name == "first"
    values = {(result.metric_type, str(result.metric_args)): result.metric_value for result in results}
    assert values == {
        ("accuracy", "None"): round(found["accuracy"], 4),
        ("f1", "{'average': 'macro'}"): 0.8124,
        ("f1", "{'average': 'micro'}"): round(found["f1_micro"], 4),
        ("f1", "{'average': 'weighted'}"): round(found["f1_weighted"], 4),
        ("matthews_correlation", "None"): round(found["matthews_correlation"], 4),
    }
    assert {(result.task_type, result.dataset_name, result.dataset_split) for result in results} == {
        ("text-classification", "articles.jsonl", "test")
    }
    assert eval_results_to_model_index(name, results) == raw["model-index"]
    card = ModelCard(text_of(run))
    assert card.data.eval_results == results
    assert ModelCard(str(card)).data.to_dict() == card.data.to_dict()


def test_base_model_datasets_and_language_where_they_are_known(run: Path) -> None:
    from huggingface_hub import metadata_load

    config = (run / "config.toml").read_text()
    config = re.sub(r'(?m)^name = ".*"', 'name = "owner/encoder"', config)
    config = re.sub(r'(?m)^(builder|path) = ".*"', "", config)
    (run / "config.toml").write_text(config.replace("[data]", '[data]\nbuilder = "hub"\npath = "owner/articles"', 1))
    page = run / "dataset" / "README.md"
    page.write_text(page.read_text().replace("---\n", "---\nlanguage:\n- en\n- de\n", 1))
    rewritten(run)
    raw = metadata_load(run / "README.md")
    assert raw is not None
    assert (raw["base_model"], raw["datasets"], raw["language"]) == ("owner/encoder", ["owner/articles"], ["en", "de"])
    assert raw["model-index"][0]["results"][0]["dataset"]["type"] == "owner/articles"
    shutil.rmtree(run / "dataset")
    rewritten(run)
    assert (metadata_load(run / "README.md") or {})["language"] == ["en", "de"]


def test_a_training_writes_it_and_the_model_has_a_copy(made: Path, checkpoint: Path) -> None:
    card = text_of(made)
    assert (made / "model" / "README.md").read_text(encoding="utf-8") == card
    assert card.index("A model that labels articles") < card.index("## How good it is")
    for section in ("Intended use and limits", "How to use it", "Training data", "Settings, environment and cost"):
        assert f"## {section}" in card
    found = read_evaluation(made / "evaluation" / "test")
    assert f"| macro F1 | {found.figures['f1_macro']:.2f}".replace("0.", ".") in card
    for label, row in found.per_class.items():
        assert re.search(rf"\| {label} \|.*\| {row['support']:.0f} \|", card)
    assert f"| python | {json.loads((made / 'manifest.json').read_text())['python']} |" in card
    assert str(made.parent) not in card and str(checkpoint.parent) not in card  # no path of this machine


def test_the_same_files_give_the_same_card(run: Path) -> None:
    assert rewritten(run) == rewritten(run) == text_of(run)


def test_its_lines_work(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = text_of(run)
    (python,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    (shell,) = re.findall(r"```sh\n(.*?)```", card, re.DOTALL)
    monkeypatch.chdir(run.parent)
    values: dict[str, Any] = {}
    exec(python, values)
    assert len(values["labels"]) == len(values["scores"]) == 1
    Path("new.csv").write_text("text\nthe council said so on tuesday\n")
    assert cli(shlex.split(shell)[1:]) == 0
    assert Path("labels.csv").exists()


def test_evaluate_refreshes_it(run: Path, tmp_path: Path) -> None:
    before = text_of(run)
    more = write_jsonl(tmp_path / "more.jsonl", make_articles(40, seed=9))
    evaluate(run, data=str(more), out=tmp_path / "elsewhere", device="cpu")
    assert text_of(run) == before
    evaluate(run, data=str(more), device="cpu")
    assert "| more.jsonl | 40 |" in text_of(run)
    assert text_of(run).count("name: more.jsonl") == 1
    assert (run / "model" / "README.md").read_text(encoding="utf-8") == text_of(run)
    assert Classifier.load(run / "model", device="cpu").classes_.tolist() == ["opinion", "reporting", "satire"]


LIMITS: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    (
        "recall",
        lambda v: v["per_class"]["satire"].update(recall=0.2, support=20),
        "It finds fewer than half of the articles that are satire (20% of 20; 95% interval",
    ),
    (
        "precision",
        lambda v: v["per_class"]["opinion"].update(precision=0.4),
        "Fewer than half of the articles that it calls opinion (40%; 95% interval",
    ),
    (
        "few",
        lambda v: v["per_class"]["satire"].update(support=3),
        "Fewer than 10 articles, so nothing is sure about satire (3), and",
    ),
    ("missing", lambda v: v.update(missing=["satire"]), "No article here has the label satire"),
    ("small", lambda v: v.update(articles=31), "With 31 articles, every figure is rough"),
    ("seen", lambda v: v.update(unseen=0.25), "75% of the articles are of sources that it saw in training"),
    ("no sources", lambda v: v.update(sources=0, unseen=None), "The articles name no source"),
    (
        "level",
        lambda v: v["gain"].update(f1_macro=gain(0.01, (-0.1, 0.1), 0.8)),
        "Take care: Not surely better than TF-IDF.",
    ),
    (
        "worse",
        lambda v: v["gain"].update(f1_macro=gain(-0.2, (-0.3, -0.1), 0.001)),
        "Against: Surely worse than TF-IDF.",
    ),
]


def without_limits(values: dict[str, Any]) -> None:
    values.update(articles=500, sources=9, without_source=0, unseen=1.0, missing=[])
    values["gain"]["f1_macro"] = gain(0.2, (0.1, 0.3), 0.001)
    for row in values["per_class"].values():
        row.update(precision=0.9, recall=0.9, support=99)


@pytest.mark.parametrize(("change", "sentence"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS])
def test_limits_are_those_measured(run: Path, change: Callable[[dict[str, Any]], None], sentence: str) -> None:
    file = run / "evaluation" / "test" / "metrics.json"
    changed(file, without_limits)
    card = " ".join(rewritten(run).split())
    assert sentence not in card
    assert "from 9 sources, none of which it saw in training," in card
    assert "For: Better than TF-IDF." in card
    changed(file, change)
    assert sentence in " ".join(rewritten(run).split())


def test_unread_tokens_and_the_leakage_probe_are_limits(run: Path) -> None:
    info = run / "model" / "classifier.json"
    assert 0 <= json.loads(info.read_text())["dropped"] < 0.5  # as measured in training
    changed(info, lambda v: v.update(dropped=0.31))
    probe = {
        "metric": "f1_macro",
        "chosen": 0.69,
        "chosen_interval": [0.6, 0.75],
        "random": 0.86,
        "random_sd": 0.01,
        "random_splits": 5,
        "train": 90,
        "test": 30,
        "sampled": False,
    }
    changed(run / "dataset.json", lambda v: v.update(probe=probe))
    card = rewritten(run)
    assert "t does not read 31% of the training articles' tokens" in card
    assert (
        "- **For: A harder split than a random one.** A random split would have claimed .86 macro F1; "
        "this split gives .69." in card
    )


def test_what_scores_mean(run: Path) -> None:
    file = run / "evaluation" / "test" / "calibration.json"
    changed(file, lambda v: (v["after"].update(ece=0.031, ece_interval=[0.012, 0.049]), v.update(expected_ece=0.021)))
    changed(file, lambda v: v["before"].update(ece=0.084))
    for calibrated, said in ((True, ".084 before calibration"), (False, "not calibrated")):
        changed(file, lambda v, value=calibrated: v.update(calibrated=value))  # type: ignore[misc]
        card = rewritten(run)
        assert (
            f"calibration error (ECE) .031, {said}; of scores without a fault, chance alone would make it .021" in card
        )
        assert "would make it .021. Without what chance adds: 95% interval .012 to .049." in card
    file.unlink()
    changed(run / "model" / "classifier.json", lambda v: v.update(calibration=None))
    assert "but are not calibrated: 0.9 does not mean" in rewritten(run)
    changed(run / "model" / "classifier.json", lambda v: v.update(calibration=CALIBRATION))
    assert "calibrated" not in rewritten(run).partition("## How to use it")[0]


def test_whether_it_can_abstain(run: Path) -> None:
    assert "It can abstain" not in rewritten(run)
    kept = {"min_precision": 0.9, "thresholds": [0.5, None, 0.7], "confidence": 0.95}
    changed(run / "model" / "classifier.json", lambda v: v.update(abstention=kept))
    assert "It can abstain" in rewritten(run)


def test_a_probe_is_not_said_to_be_fine_tuned(run: Path) -> None:
    config = run / "config.toml"
    assert "Fine-tuned from" in rewritten(run)
    config.write_text(re.sub(r"num_train_epochs = \d+", "num_train_epochs = 0", config.read_text()))
    assert "A head trained on the frozen" in rewritten(run)
    changed(run / "model" / "classifier.json", lambda v: v.update(layers="all"))
    assert "A head trained on all layers of the frozen" in rewritten(run)


def test_names_of_others_are_shown_and_do_no_harm(run: Path) -> None:
    def rename(values: dict[str, Any]) -> None:
        values["per_class"] = {EVIL: values["per_class"].pop("satire"), **values["per_class"]}
        values["per_class"][EVIL].update(recall=0.1, support=12)

    changed(run / "evaluation" / "test" / "metrics.json", rename)
    changed(run / "dataset.json", lambda v: v["sources"][0].update(name=f"{EVIL}\n# heading"))
    html = rendered(rewritten(run))
    assert "<script" not in html and "<a href" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; | `x` [a](http://b)") == 3
    rows = [row for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if "script" in row]
    assert [row.count("<td") for row in rows] == [5]
    from huggingface_hub import metadata_load

    raw = metadata_load(run / "README.md")
    assert raw is not None
    assert raw["model-index"][0]["results"][0]["dataset"]["name"] == f"{EVIL}\n# heading"


def test_pairs_and_multi_label_say_what_they_take(tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(60, pair=True)
    train(
        str(write_jsonl(tmp_path / "a.jsonl", articles)),
        tmp_path / "pairs",
        settings=tiny(checkpoint, **{"train.num_train_epochs": 1}),
    )
    card = text_of(tmp_path / "pairs")
    assert "`text` and `target`" in card and "stance-detection" in card
    (python,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    values: dict[str, Any] = {}
    with contextlib.chdir(tmp_path):
        exec(python, values)
    assert len(values["labels"]) == 1


def test_an_ensemble_has_a_card(tmp_path: Path, checkpoint: Path) -> None:
    from huggingface_hub import metadata_load

    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    train_seeds(str(source), tmp_path / "two", count=2, settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    card = text_of(tmp_path / "two")
    assert "An ensemble of 2 models that labels articles" in card
    found = read_evaluation(tmp_path / "two" / "evaluation" / "test").figures
    raw = metadata_load(tmp_path / "two" / "README.md")
    assert raw is not None
    assert raw["model-index"][0]["results"][0]["metrics"][0]["value"] == round(found["accuracy"], 4)
    assert text_of(tmp_path / "two" / "seed-13").startswith("---")
    evaluate(tmp_path / "two", device="cpu")
    assert text_of(tmp_path / "two") == card.replace("looked at 3 times", "looked at 4 times")
