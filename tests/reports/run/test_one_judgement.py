"""Console, page and card say the same of a run: the same findings, in the same words and order."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from classifier.cli.app import run as cli
from classifier.cli.output import show_findings
from classifier.models.run_folder import RunFolder
from classifier.reports.run.card import write_card
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import TONES, run_findings, run_verdict
from classifier.reports.run.page import write_report
from classifier.reports.run.record import read_run_record
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.runs import gain
from tests.makers.settings import options, tiny

CALIBRATED = {"train.calibration": "auto", "split.validation_size": 0.2}
LONG = {"model.max_length": 16, "model.windows": 1}
# kind -> (how the articles are made, how many, settings, further options)
KINDS: dict[str, tuple[dict[str, Any], int, dict[str, object], Sequence[str]]] = {
    "single": ({}, 60, {}, ()),
    "multi-label": ({"multi_label": True}, 90, {"data.task": "multi_label", "train.num_train_epochs": 1}, ()),
    "pairs": ({"pair": True}, 60, {"train.num_train_epochs": 1}, ()),
    "probe": ({}, 60, {"train.preset": "probe", "train.num_train_epochs": "auto", **LONG}, ()),
    "grouped": ({}, 60, {"split.group_by": ["source"], "train.num_train_epochs": 1, **LONG}, ()),
    "calibrated": ({}, 90, {"train.num_train_epochs": 1, **CALIBRATED}, ()),
    "no validation": ({}, 60, {"split.validation_size": 0, "train.num_train_epochs": 1}, ()),
    "seeds": ({}, 60, {"train.num_train_epochs": 1}, ("--seeds", "2")),
    "folds": ({}, 60, {"split.folds": 2, "train.num_train_epochs": 1}, ("--all-folds",)),
}
SAID = {  # what tells that the run is of that kind
    "single": "A small test",
    "multi-label": "an article counts if all of its labels are right",
    "pairs": "It reads the target|not read the target|put target and text together",
    "probe": "Long articles are cut",
    "grouped": "Too few groups for an interval",
    "calibrated": "before calibration",
    "no validation": "not calibrated",
    "seeds": "The same with other seeds?",
    "folds": "the model of each article's own fold",
}
Words = tuple[str, str, list[str]]  # how good it is, the verdict, a line per finding


def squeezed(text: str) -> str:
    return " ".join(text.split())


def judged(path: Path) -> Words:
    """What the one judgement says."""
    record = read_run_record(path)
    found = run_findings(record)
    assert found
    lines = [f"{TONES[finding.tone]}: {finding.heading} {finding.text}" for finding in found]
    return how_good(record.evaluation, record.kind), run_verdict(found)[1], [squeezed(line) for line in lines]


def on_console(printed: str, words: Words) -> Words:
    """The same from what was printed, whose lines are wrapped."""
    lines = printed.splitlines()
    starts = [at for at, line in enumerate(lines) if re.match(rf"({'|'.join(TONES.values())}): ", line)]
    first = next(at for at, line in enumerate(lines) if line.startswith("On "))
    assert squeezed(" ".join(lines[first : starts[0]])).startswith(f"{words[0]} What predicts: ")
    above = squeezed(" ".join(lines[:first]))
    assert words[1] in above
    assert above.index(words[1]) <= max(above.find("┏"), 0)  # above every table
    text = squeezed(" ".join(lines[starts[0] :]))
    assert text.startswith(" ".join(words[2]))
    return words[0], words[1], words[2] if len(starts) == len(words[2]) else [lines[at] for at in starts]


def on_page(path: Path) -> Words:
    html = (path / "report.html").read_text(encoding="utf-8")
    (good,) = re.findall(r'<p class="verdict.*?<p class="lead">(.*?)</p>', html, re.DOTALL)
    (verdict,) = re.findall(r'<p class="verdict \w+">(.*?)</p>', html, re.DOTALL)
    items = re.findall(
        r'<span class="tone">(.*?)\.</span> <strong>(.*?)</strong> (.*?)(?: <a [^>]*>More</a>)?</li>', html, re.DOTALL
    )
    lines = [squeezed(unescape(f"{tone}: {heading} {text}")) for tone, heading, text in items]
    return unescape(good), unescape(verdict), lines


def in_card(path: Path) -> Words:
    from markdown_it import MarkdownIt

    card = (path / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    html = unescape(MarkdownIt("commonmark").render(card))
    (good,) = re.findall(r"<h2>How good it is</h2>\s*<p>(.*?)</p>", html, re.DOTALL)
    (verdict,) = re.findall(r"</h1>\s*<p><strong>(.*?)</strong></p>", html, re.DOTALL)
    items = re.findall(r"<li><strong>(.*?)</strong> (.*?)</li>", html, re.DOTALL)
    return good, verdict, [squeezed(f"{heading} {text}") for heading, text in items]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    trained(folder, "single", checkpoint)
    return folder / "run"


def trained(folder: Path, kind: str, checkpoint: Path) -> str:
    """Train such a run, and return what was printed."""
    made, count, settings, flags = KINDS[kind]
    articles = make_articles(count, **made)
    source = write_jsonl(folder / "a.jsonl", articles, multi_label=bool(made.get("multi_label")))
    values = options(tiny(checkpoint, **settings))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert cli(["train", str(source), "--out", str(folder / "run"), "--quiet", *flags, *values]) == 0
    return printed.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_of_any_kind_is_judged_once(kind: str, tmp_path: Path, checkpoint: Path) -> None:
    printed = trained(tmp_path, kind, checkpoint)
    words = judged(tmp_path / "run")
    assert re.search(SAID[kind], "\n".join([words[0], *words[2]]))
    assert on_console(printed, words) == words
    assert on_page(tmp_path / "run") == words
    if kind != "folds":  # each fold has a card, all together have none
        assert in_card(tmp_path / "run") == words


def worse(values: dict[str, Any]) -> None:
    values["gain"]["f1_macro"] = gain(-0.2, (-0.3, -0.1), 0.001)
    values["figures"].update(f1_micro=0.4, f1_macro=0.1, accuracy=0.4)
    values["intervals"]["f1_macro"] = [0.05, 0.2]


def good(values: dict[str, Any]) -> None:
    values.update(articles=500, sources=9, without_source=0, unseen=1.0, missing=[], groups=500, resampled="article")
    values["gain"]["f1_macro"] = gain(0.2, (0.1, 0.3), 0.001)
    for row in values["per_class"].values():
        row.update(precision=0.9, recall=0.9, support=99)


def weak_class(values: dict[str, Any]) -> None:
    values["per_class"]["satire"].update(recall=0.2, precision=0.3, support=40)
    values["per_class"]["opinion"].update(support=3)


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "good": good,
    "worse": worse,
    "weak class": weak_class,
    "few groups": lambda v: v.update(resampled="source, equal texts", groups=4),
    "not tested": lambda v: v.update(missing=["satire", "a_b *c*"]),
    "no sources": lambda v: v.update(sources=0, unseen=None),
    "some without a source": lambda v: v.update(without_source=3, unseen=0.25),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_whatever_the_figures_are_all_three_say_the_same(
    kind: str, single: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(single, tmp_path / "run"))
    before, file = judged(run), run / "evaluation" / "test" / "metrics.json"
    values = json.loads(file.read_text())
    CHANGES[kind](values)
    file.write_text(json.dumps(values))
    words = judged(run)
    assert words != before
    write_report(run)
    write_card(run, [RunFolder(run)])
    show_findings(read_run_record(run))
    assert on_console(capsys.readouterr().out, words) == words
    assert on_page(run) == in_card(run) == words


def test_another_evaluation_is_judged_on_the_console_by_the_same_rules(
    single: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = write_jsonl(tmp_path / "more.jsonl", make_articles(120, seed=9))
    out = tmp_path / "out"
    assert cli(["evaluate", str(single), "--data", str(more), "--out", str(out), "--device", "cpu", "--quiet"]) == 0
    record = read_run_record(single, evaluated=out)
    assert record.evaluation.articles == 120
    found = run_findings(record)
    words = how_good(record.evaluation), run_verdict(found)[1]
    lines = [squeezed(f"{TONES[finding.tone]}: {finding.heading} {finding.text}") for finding in found]
    assert on_console(capsys.readouterr().out, (*words, lines))[2] == lines
    assert "A small test" not in " ".join(lines)
