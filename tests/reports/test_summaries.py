"""Every result of a verb shows itself, printed and in a notebook: a sentence and a small table."""

import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import classifier
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.dataset.folder import DatasetFolder
from classifier.evaluation.comparison import Comparison, Difference
from classifier.evaluation.labels.ranking import Audit, RankedArticle
from classifier.evaluation.learning_curve import CurveMean, LearningCurve
from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.share_correction import LabelShare
from classifier.jobs.building.build import BuildReport
from classifier.jobs.folds import FoldsReport
from classifier.jobs.next.next import NextReport
from classifier.jobs.seeds import SeedsReport
from classifier.jobs.train import TrainReport
from classifier.jobs.tune.shown import TuningReport
from classifier.jobs.tune.study import TrialResult
from classifier.models.run_folder import RunFolder
from classifier.reports.summaries import dataset_summary
from classifier.stats.extrapolation import Extrapolation
from classifier.summary import WIDTH
from tests.makers.pages import make_facts, make_info
from tests.makers.runs import make_evaluation

EVIL = "<script>alert('x')</script>"
EVALUATION = make_evaluation()
MEAN = {name: dict.fromkeys(EVALUATION.figures, (0.7, 0.02)) for name in ("model", "tfidf", "majority")}
HERE = Path("here")
DATASET = DatasetFolder(HERE, make_info())
ONE = Difference("f1_macro", 0.7, 0.6, None, None, 0.1, (0.05, 0.15), 0.001)
SHARE = LabelShare((EVIL,), "opinion", 0.3, 0.25, 0.2, 0.3, "adjusted count", 100, 0, "")
RANKED = RankedArticle(Article(EVIL, "Text.", ("opinion",)), ("satire",), 0.1, 0.9, ("label_issue",))
TRIALS = (
    TrialResult(0, "complete", 0.7, 3, {"train.learning_rate": 1e-4}, 1.0, True),
    TrialResult(1, "complete", 0.75, 3, {"train.learning_rate": 3e-4}, 1.0, False),
    TrialResult(2, "diverged", None, 1, {"train.learning_rate": 1e-2}, 1.0, False),
)
NO_CURVE = Extrapolation(None, None, None, (), "there are too few points")

RESULTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "train": (
        TrainReport(RunFolder(HERE), DATASET, None, EVALUATION, 1.0),
        ("On 200 test articles", "macro F1", "0.790", "TF-IDF + linear", "report.html"),
    ),
    "build": (BuildReport(DATASET, make_info(), None), ("up to date", "press_release", "1,407")),
    "evaluate": (EVALUATION, ("On 200 test articles", "0.790", "0.740 – 0.840")),
    "compare": (
        Comparison(EVIL, "b", "test", "f1_macro", "t", 90, 90, 90.0, "article", (1, 1), (ONE,), (), (), None, 3, ()),
        ("is better than b by 0.100 macro F1", "+0.100"),
    ),
    "seeds": (SeedsReport(HERE, DATASET, {13: EVALUATION}, MEAN, EVALUATION, 1.0), ("the ensemble", "0.700 ± 0.020")),
    "folds": (FoldsReport(HERE, DATASET, (EVALUATION,), MEAN, EVALUATION, 1.0), ("mean of 1 folds", "0.700 ± 0.020")),
    "curve": (
        LearningCurve(
            HERE, "tfidf", "f1_macro", 90, 20, 20, 3, (), (CurveMean(1.0, 1, 90, 0.7, 0.0, (0.6, 0.8)),), NO_CURVE, 1.0
        ),
        ("The macro F1 is 0.700 with 90 training articles.", "0.600 – 0.800", "too few points"),
    ),
    "tune": (
        TuningReport(HERE, "f1_macro", 43, TRIALS, None, "classifier train here", 1.0),
        ("Trial 1 reaches a macro F1 of 0.750", "+0.050", "0 (as given)", "diverged", "classifier train here"),
    ),
    "next": (NextReport(HERE, 5, 100, 3, 2, 95, 60, False), ("Chose 5 of 100", "no random sample")),
    "estimate": (PrevalenceReport(("source",), (SHARE,), ("It holds.",), (EVIL,)), ("corrected", "0.250", "It holds.")),
    "audit": (
        Audit(LabelSet(("opinion", "satire")), "TF-IDF", (RANKED,), (0.1, 0.05, 0.2), 0.8, None),
        ("About 10.0% of the labels", "label_issue", "TF-IDF"),
    ),
}


def test_shares_of_each_method_stand_in_a_table_of_their_own() -> None:
    powered = replace(SHARE, group=(), articles=900, labelled=60, method="prediction-powered")
    naive = replace(SHARE, corrected=None, low=None, high=None, method="not corrected", note="why")
    html = PrevalenceReport(("source",), (SHARE, powered, naive), (), ())._repr_html_()
    assert html is not None and html.count("<table>") == 3
    for words in (
        "prediction-powered inference",
        "adjusted count",
        "not corrected: predictions counted",
        "do not compare",
    ):
        assert words in html, words


class Checker(HTMLParser):
    """Whether all elements are closed in their order, and the cells of each row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[int] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_a_sentence_and_a_table(name: str) -> None:
    result, said = RESULTS[name]
    html = result._repr_html_()
    page = Checker(html)
    assert page.open == []
    assert len(set(page.rows)) == 1  # as many cells in each row as there are columns
    for words in said:
        assert words in "".join(page.words)
    assert "<script" not in html


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_printed_as_the_notebook_shows_it(name: str) -> None:
    result, said = RESULTS[name]
    text = str(result)
    assert type(result).__name__ not in text  # no dump of fields
    assert all(words in text for words in said), text
    assert len(max((line for line in text.splitlines() if "  " in line), key=len)) <= WIDTH[0]


def test_the_verdict_of_a_model_stands_first() -> None:
    html = EVALUATION._repr_html_() or ""
    assert html.startswith("<div><p><b>These labels can be used for articles like those tested: accuracy 0.810 against")
    assert "the model reaches a macro F1 of 0.790" in html


def test_a_dataset_that_was_built_says_whether_it_is_safe() -> None:
    html = dataset_summary(make_info(), make_facts()).html()
    assert "Safe to evaluate on" in html or "Not safe to evaluate on" in html
    folds = {f"fold-{number}": counts for number, counts in enumerate([*make_info().counts.values()] * 3)}
    assert "per fold" in dataset_summary(replace(make_info(), counts=folds), None).html()


def test_every_verb_that_returns_a_result_is_shown_here() -> None:
    silent = {"export", "predict_files", "report", "show_page", "show_progress"}  # a sentence, a count, a path, nothing
    silent |= {"predict"}  # a table of the same kind as was given
    verbs = {name for name in classifier.__all__ if name[0].islower()} - silent
    named = {"train_seeds": "seeds", "train_folds": "folds", "learning_curve": "curve", "choose_next": "next"}
    assert {named.get(name, name) for name in verbs} == set(RESULTS)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, classifier.jobs; print({'torch', 'numpy', 'jinja2', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
