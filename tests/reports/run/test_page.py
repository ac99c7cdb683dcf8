"""The run's page: what a browser shows of it, and that no article can change that."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.evaluation.group_errors import ColumnErrors, GroupErrors, GroupRate
from classifier.files import write_json
from classifier.jobs import evaluate as assessment
from classifier.jobs import train as workflow
from classifier.jobs.folds import train_folds
from classifier.jobs.seeds import train_seeds
from classifier.reports.run.page import write_report
from classifier.reports.words import precise
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.pages import Reader
from tests.makers.runs import make_controls
from tests.makers.settings import tiny

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OUTSIDE = ("script", "link", "img", "iframe", "object", "use", "base", "form")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("report")
    source = write_jsonl(folder / "a.jsonl", make_articles(90))
    workflow.train(str(source), folder / "run", settings=tiny(checkpoint))
    return folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def read(path: Path) -> Reader:
    html = (path / "report.html" if path.is_dir() else path).read_text(encoding="utf-8")
    return Reader(html)


def in_browser(file: Path, *options: str) -> str:
    """The page as Chromium has it after running whatever it runs."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: install it to test the page in a browser")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", *options, "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def change_predictions(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the rows of the stored predictions."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = run / "evaluation" / "test" / "predictions.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    for row in rows:
        change(row)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def ids_of(run: Path) -> list[str]:
    import pyarrow.parquet as pq

    ids: list[str] = pq.read_table(run / "evaluation" / "test" / "predictions.parquet")["id"].to_pylist()
    return ids


def test_training_writes_the_page(trained: Path) -> None:
    reader, metrics = read(trained), json.loads((trained / "evaluation" / "test" / "metrics.json").read_text())
    for name, value in metrics["figures"].items():
        low, high = metrics["intervals"][name]
        baselines = metrics["baselines"]
        others = " ".join(precise(baselines[b][name]) for b in ("encoder", "tfidf", "majority") if b in baselines)
        row = f"{precise(value)} {precise(low)} – {precise(high)} {others}"
        assert row in reader.text, name
    for label, row in metrics["per_class"].items():
        for name in ("precision", "recall", "f1-score"):
            low, high = metrics["per_class_intervals"][label][name]
            assert f"{precise(low)} – {precise(high)}" in reader.text and precise(row[name]) in reader.text
    for section in ("figures", "classes", "confusion", "slices", "training", "errors", "data", "settings", "cost"):
        assert section in {attributes.get("id") for _, attributes in reader.elements}
    manifest = json.loads((trained / "manifest.json").read_text())
    assert f"torch {manifest['torch']}" in reader.text
    assert f"device {manifest['device']}" in reader.text and manifest["device"].startswith("cpu")
    assert "from 100 bootstrap samples" in reader.text
    assert "num_train_epochs = 2" in reader.text and str(trained.parent) not in "".join(reader.words)


def test_the_page_is_well_formed_and_needs_no_network(trained: Path) -> None:
    reader = read(trained)
    assert not reader.open
    elements = reader.elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [value for _, a in elements for key, value in a.items() if key in ("href", "src", "action", "data")]
    assert links and all(link[1:] in ids if link.startswith("#") else link.startswith("./") for link in links if link)
    assert not set(OUTSIDE) & {tag for tag, _ in elements}
    assert not re.search(r"url\(|@import", (trained / "report.html").read_text())
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in elements if tag == "th")
    policy = next(a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'") and "script" not in policy


def test_links_lead_to_what_is_there(trained: Path, run: Path, tmp_path: Path) -> None:
    def links(file: Path) -> list[str]:
        return [value for _, a in read(file).elements if (value := a.get("href") or "").startswith("./")]

    assert "./dataset/report.html" in links(trained)
    (run / "dataset" / "report.html").unlink()
    write_report(run)
    assert "./dataset/report.html" not in links(run)
    assert not links(write_report(trained, out=tmp_path / "page.html"))  # a colleague gets that file alone


def test_the_same_files_give_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "run"
    shutil.copytree(trained, copy)
    program = (
        "import sys; from pathlib import Path; from classifier.reports.run.page import write_report;"
        "write_report(Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Tokyo"}
    root = Path(__file__).parent.parent.parent.parent
    subprocess.run([sys.executable, "-c", program, str(copy)], check=True, cwd=root, env=environment)
    assert (copy / "report.html").read_bytes() == (trained / "report.html").read_bytes()


def test_worst_errors_come_with_their_articles(run: Path) -> None:
    tested = [article for article in make_articles(90) if article.id in ids_of(run)][:3]
    scores = dict(zip([article.id for article in tested], (0.7, 0.9, 0.8), strict=True))

    def change(row: dict[str, Any]) -> None:
        others = [name for name in ("opinion", "reporting", "satire") if name != row["label"]]
        row["predicted"] = others[0] if row["id"] in scores else row["label"]
        row["score"] = scores.get(row["id"], 1.0)

    change_predictions(run, change)
    write_report(run)
    shown = read(run).text
    assert "3 of 18 test articles have a wrong label." in shown
    places = [shown.index(tested[place].text[:200]) for place in (1, 2, 0)]
    assert places == sorted(places)
    assert "score .90" in shown and "score 1.00" not in shown
    assert "--explain" in shown


def test_evidence_is_marked_in_the_text(run: Path) -> None:
    text = "First sentence. Second one. Third one."
    evidence = [
        {"part": "text", "start": 0, "end": 15, "text": "First sentence.", "effect": 0.9},
        {"part": "text", "start": 16, "end": 27, "text": "Second one.", "effect": -0.2},
        {"part": "text", "start": 28, "end": 38, "text": "Third one.", "effect": 0.0},
    ]
    error = {
        "id": "a1",
        "true": ["satire"],
        "predicted": ["opinion"],
        "label": "opinion",
        "score": 0.93,
        "scores": [],
        "source": "The Daily",
        "target": None,
        "title": "A title",
        "text": text,
        "evidence": evidence,
    }
    (run / "evaluation" / "test" / "errors.json").write_text(
        json.dumps({"format_version": 1, "split": "test", "articles": 9, "wrong": 1, "errors": [error]})
    )
    html = write_report(run).read_text()
    assert '<mark class="for">First sentence.</mark> <mark class="against">Second one.</mark> Third one.' in html
    assert "given opinion , labelled satire · score .93" in Reader(html).text
    assert "--explain" not in html


FIGURES = {
    "ece": 0.031,
    "ece_interval": [0.02, 0.05],
    "classwise_ece": 0.041,
    "brier": 0.2,
    "brier_interval": [0.1, 0.3],
    "nll": 12.5,
    "nll_interval": [10.0, 13.0],
    "bins": [{"labels": 10, "score": 0.4, "right": 0.3}, {"labels": 10, "score": 0.9, "right": 0.95}],
}
CALIBRATION = {
    "schema_version": 1,
    "split": "test",
    "labels": 20,
    "calibrated": True,
    "binning": "equal mass",
    "expected_ece": 0.02,
    "before": {**FIGURES, "ece": 0.084},
    "after": FIGURES,
    "aurc": 0.12,
    "risk_coverage": [{"score": 0.9, "coverage": 0.5, "risk": 0.1}, {"score": 0.4, "coverage": 1.0, "risk": 0.25}],
}
ABSTENTION = {
    "schema_version": 1,
    "split": "test",
    "min_precision": 0.9,
    "confidence": 0.95,
    "coverage": 0.61,
    "coverage_interval": [0.5, 0.7],
    "precision": 0.93,
    "precision_interval": [0.85, 0.97],
    "classes": {
        "opinion": {"threshold": 0.71, "without": 9, "given": 6, "precision": 0.83, "interval": [0.5, 0.99]},
        "satire": {"threshold": None, "without": 4, "given": 0, "precision": None, "interval": None},
    },
    "resampled": "source",
    "validation": "source",
    "groups": 6.0,
}
RECALL = GroupRate("home", "recall", "satire", 40, 0.62, 0.88, 0.003)
SETS = {
    "schema_version": 1,
    "split": "test",
    "level": 0.9,
    "held": 0.92,
    "interval": [0.88, 0.95],
    "size": 1.25,
    "single": 0.75,
    "single_right": 0.96,
    "single_interval": None,
    "classes": {
        "opinion": {"articles": 60, "held": 0.95, "interval": [0.88, 0.98], "size": 1.2, "groups": 20, "shared": False}
    },
    "together": [],
    "resampled": "source",
    "groups": 12.0,
    "validation": "source",
}
CURVE = {
    "format_version": 1,
    "model": "tfidf",
    "metric": "f1_macro",
    "train": 60,
    "validation": 20,
    "groups": 20,
    "classes": 3,
    "points": [],
    "means": [
        {"share": 0.2, "repeats": 1, "articles": 10, "value": 0.4, "sd": 0.0, "interval": [0.3, 0.5]},
        {"share": 1.0, "repeats": 1, "articles": 60, "value": 0.7, "sd": 0.0, "interval": [0.6, 0.8]},
    ],
    "extrapolation": {
        "curve": None,
        "held_out_error": None,
        "misfit": None,
        "reason": "",
        "forecasts": [
            {
                "times": 2,
                "articles": 120,
                "value": 0.78,
                "interval": [0.7, 0.85],
                "gain": 0.08,
                "gain_interval": [0.02, 0.1],
            },
        ],
    },
}


def test_controls_of_too_few_groups_have_no_interval_and_a_page_all_the_same(run: Path) -> None:
    found = make_controls((-0.01, 0.02), None)
    removed = replace(found.model.target_removed, interval=None)
    controls = replace(found, model=replace(found.model, target_removed=removed))
    write_json(run / "evaluation" / "test" / "controls.json", asdict(controls))
    write_report(run)
    assert "target removed .795 .005 too few groups" in " ".join(read(run).text.split())


def test_each_file_beside_the_figures_has_its_block(run: Path) -> None:
    folder = run / "evaluation" / "test"
    for name in ("slices", "calibration", "abstention"):
        (folder / f"{name}.json").unlink(missing_ok=True)
    write_report(run)
    ids = {attributes.get("id") for _, attributes in read(run).elements}
    assert not {"scores", "abstention", "sets", "slices", "controls", "curve"} & ids
    for name, values in (("calibration", CALIBRATION), ("abstention", ABSTENTION), ("sets", SETS)):
        (folder / f"{name}.json").write_text(json.dumps(values))
    write_json(folder / "controls.json", asdict(make_controls((-0.01, 0.02), (-0.01, 0.02))))
    desk = ColumnErrors("desk", "group", ("home", "world"), (), 0.003, 0.2, (RECALL,))
    write_json(folder / "group_errors.json", asdict(GroupErrors("test", (desk,))))
    (run / "learning_curve.json").write_text(json.dumps(CURVE))
    write_report(run)
    reader = read(run)
    assert {"scores", "abstention", "sets", "group_errors", "controls", "curve"} <= {
        attributes.get("id") for _, attributes in reader.elements
    }
    for words in (
        "ECE .084 .031 .020 – .050",
        "negative log-likelihood 12.500 12.500",
        "Area under the curve: .120",
        "61% of the labels are still given, and 93% of them are right",
        "opinion .71 6 9 83% 50% – 99%",
        "satire never 0 4 –",
        "Here 92% of the sets hold it (95% interval 88% to 95%), with 1.25 labels in a set",
        "opinion 60 95% 88% – 98% 1.20 20",
        "By desk, error rates surely differ (p = 0.003) and what scores are worth do not surely differ (p = 0.200)",
        "home recall satire 40 .62 .88 .003",
        "These labels cannot be used: it does not read the target.",
        "120 about .78 .70 – .85",
        "Twice as many labels: about +0.080 macro F1 (+0.020 to +0.100).",
    ):
        assert words in reader.text, words
    assert not reader.open


def test_a_learning_curve_may_lie_elsewhere(run: Path, tmp_path: Path) -> None:
    (tmp_path / "learning_curve.json").write_text(json.dumps(CURVE))
    for place in (tmp_path, tmp_path / "learning_curve.json"):
        assert cli(["report", str(run), "--learning-curve", str(place), "--out", str(tmp_path / "page.html")]) == 0
        assert "Would more labels help?" in read(tmp_path / "page.html").text
    with pytest.raises(InputError, match="no file"):
        write_report(run, curve=tmp_path / "nowhere.json")


def test_a_part_of_an_unknown_version_is_refused(run: Path) -> None:
    (run / "evaluation" / "test" / "calibration.json").write_text('{"schema_version": 2}')
    with pytest.raises(InputError, match="version 2"):
        write_report(run)
    (run / "evaluation" / "test" / "calibration.json").write_text(json.dumps({**CALIBRATION, "schema_version": 2}))
    with pytest.raises(InputError, match="version 2"):
        write_report(run)


def test_what_is_gone_is_said(run: Path) -> None:
    shutil.rmtree(run / "dataset")
    (run / "metrics.jsonl").unlink()
    write_report(run)
    text = read(run).text
    assert "Only a head was trained" in text
    assert "The dataset is gone, so the text cannot be shown." in text or "No test article has a wrong label." in text
    (run / "evaluation" / "test" / "predictions.parquet").unlink()
    write_report(run)
    assert "The predictions are gone." in read(run).text


def test_evaluating_writes_the_page_again(run: Path) -> None:
    assert "train" not in other_evaluations(run)
    assessment.evaluate(run, split="train", device="cpu")
    assert {"train", "validation"} <= other_evaluations(run)


def other_evaluations(run: Path) -> set[str]:
    text = read(run).text
    return {name for name in ("train", "validation") if re.search(rf"\b{name} \d+ (\.\d|1\.0)", text)}


def test_seeds_and_folds_have_a_page(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    seeds = train_seeds(source, tmp_path / "seeds", count=2, settings=tiny(checkpoint))
    text = read(tmp_path / "seeds").text
    assert f"the ensemble reaches a macro F1 of {seeds.ensemble.figures['f1_macro']:.3f}" in text
    for seed, found in seeds.seeds.items():
        assert f"seed {seed} {found.articles} {precise(found.figures['accuracy'])}" in text
    folds = train_folds(source, tmp_path / "folds", settings={**tiny(checkpoint), "split.folds": 2})
    assert folds.pooled.groups == sum(found.groups for found in folds.folds), "groups of two folds are not the same"
    text = read(tmp_path / "folds").text
    mean, sd = folds.mean["model"]["accuracy"]
    assert f"mean ± sd {precise(mean)} ± {precise(sd)}" in text
    assert "fold 2" in text and f"On {folds.pooled.articles} out-of-fold articles" in text
    with pytest.raises(InputError, match="has not ended"):
        (tmp_path / "folds" / "folds.json").unlink()
        write_report(tmp_path / "folds")


def test_another_file_is_never_replaced(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.html").write_text("<p>mine</p>")
    assert cli(["report", str(trained), "--out", str(tmp_path / "notes.html")]) == 2
    assert (tmp_path / "notes.html").read_text() == "<p>mine</p>"
    assert cli(["report", str(trained), "--out", str(tmp_path)]) == 2
    for _ in range(2):
        assert cli(["report", str(trained), "--out", str(tmp_path / "page.html")]) == 0
    assert "Wrote" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.html", "page.html"]


def test_an_unfinished_run_has_none(run: Path, tmp_path: Path) -> None:
    (run / "manifest.json").unlink()
    for path in (run, tmp_path / "nowhere"):
        assert cli(["report", str(path)]) == 2


HOSTILE = (
    "<script>document.title='hacked'</script>",
    '"><img src=x onerror="document.title=\'hacked\'">',
    "</style></p></main>",
    "<a href=\"javascript:document.title='hacked'\">x</a>",
    "\u202eetirw\u2066 \x00\x07\x1b[31m",
    "x" * 10_000,
    "--><!-- {{ 7*7 }} {% raw %} ]]> &lt;b&gt; $x^2$",
    "\ud83d\ude00 رأي 新聞",
    "'\"` onload=alert(1) ",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A run on articles that would like to be more than text."""
    folder = tmp_path_factory.mktemp("hostile")
    articles = []
    for index, article in enumerate(make_articles(72)):
        evil = HOSTILE[index % len(HOSTILE)]
        kind = index // 9 % 3  # not what the words say, so that there are mistakes to show
        label = f"{HOSTILE[kind]}{kind}\u202e\u2067"
        shown = {
            "id": f"{index}{evil[:900]}",
            "text": f"{evil} {article.text}".replace("\x00", ""),  # which a build refuses
            "label": label,
            "title": evil,
            "source": evil,
        }
        articles.append(shown)
    source = folder / "<img src=x onerror=alert(1)>.jsonl"
    source.write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    name = "<script>document.title='hacked'<"
    workflow.train(str(source), folder / name, settings={**tiny(checkpoint), "train.num_train_epochs": 1})
    return folder / name


def test_no_article_becomes_markup(hostile: Path) -> None:
    reader = read(hostile)
    tags = {tag for tag, _ in reader.elements}
    assert not set(OUTSIDE) & tags
    assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    assert not reader.open
    assert [evil for evil in ("document.title", "7*7") if evil not in reader.text] == []
    html = (hostile / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)
    for picture in re.findall(r"<svg.*?</svg>", html, re.S):
        ET.fromstring(picture)


def test_no_article_runs_a_script_in_a_browser(hostile: Path) -> None:
    dom = in_browser(hostile / "report.html", "--window-size=360,800")
    (title,) = re.findall(r"<title>(.*?)</title>", dom, re.S)
    assert "report of a run" in title and title != "hacked"
    reader = Reader(dom)
    assert not set(OUTSIDE) & {tag for tag, _ in reader.elements}
    assert [tag for tag, _ in reader.elements].count("main") == 1
    assert "Terms" in reader.text.rpartition("document.title")[2], "what follows the articles is still there"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(hostile: Path, tmp_path: Path, width: int) -> None:
    """A page around it measures: the policy of the report itself lets no script run in it."""
    html = (hostile / "report.html").read_text(encoding="utf-8")
    html = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", html)
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    outer = f"""<iframe id="f" src="page.html" style="width:{width}px;height:800px;border:0"></iframe><script>
    onload = () => {{ const d = document.getElementById("f").contentDocument;
    const m = document.createElement("p"); m.id = "measured";
    m.textContent = d.documentElement.scrollWidth + " " + d.documentElement.clientWidth; document.body.append(m); }}
    </script>"""
    (tmp_path / "outer.html").write_text(outer)
    dom = in_browser(
        tmp_path / "outer.html", "--allow-file-access-from-files", "--hide-scrollbars", "--window-size=1400,900"
    )
    (scroll, client) = map(int, re.findall(r'id="measured">(\d+) (\d+)<', dom)[0])
    assert client == width and scroll <= client


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("evaluation/test/metrics.json", '{"split": "test"}'),
        ("evaluation/test/predictions.parquet", "junk"),
        ("evaluation/test/abstention.json", '{"x": 1}'),
        ("dataset.json", "{}"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(run: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / "report.html").read_bytes()
    (run / name).write_text(text)
    assert cli(["report", str(run)]) == 2
    error = capsys.readouterr().err
    assert str((run / name).parent) in error and "damaged" in error and "Traceback" not in error
    assert (run / "report.html").read_bytes() == before
