"""Both figures of macro F1 are said wherever they differ, with the reason."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.evaluation.result import Evaluation, evaluate
from classifier.reports.run.figure_findings import figure_findings, how_good
from classifier.reports.run.macro_f1 import counted_as_zero, macro_f1_words, members_that_lack, other_macro_f1
from classifier.reports.summaries import evaluation_summary

LABELS = ("letter", "opinion", "satire")
TRUTH = [1, 1, 2, 2, 1, 2, 1, 2]


def evaluated(predicted: list[int], split: str = "test", *, multi_label: bool = False) -> Evaluation:
    labels = LabelSet(LABELS, multi_label=multi_label)
    articles = [Article(id=str(row), text="t", labels=(LABELS[label],)) for row, label in enumerate(TRUTH)]
    given = np.eye(3, dtype=np.int64)[predicted] if multi_label else np.array(predicted)
    none = given * 0 + (0 if multi_label else 1)
    return evaluate(split, articles, labels, given, others={"tfidf": given, "majority": none}, samples=50)


@pytest.mark.parametrize(
    ("predicted", "multi_label", "split", "words"),
    [
        (TRUTH, False, "test", ""),
        ([1, 1, 2, 2, 1, 2, 2, 2], False, "test", ""),  # nobody gives 'letter'
        (
            [0, 1, 2, 2, 1, 2, 1, 2],
            False,
            "test",
            "over the 2 classes that test has; counting 'letter', which it lacks and the model gives, as 0, "
            "scikit-learn's macro F1 is 0.619",
        ),
        (
            [0, 1, 2, 2, 1, 2, 1, 2],
            False,
            "data-more.csv",
            "classes that these articles have; counting 'letter', which they",
        ),
        (
            [1, 1, 2, 2, 1, 2, 2, 2],
            True,
            "test",
            "counting 'letter', which it lacks, as 0, scikit-learn's macro F1 is 0.582",
        ),
    ],
)
def test_both_figures_where_they_differ(predicted: list[int], multi_label: bool, split: str, words: str) -> None:
    found = evaluated(predicted, split, multi_label=multi_label)
    said = macro_f1_words(found)
    assert bool(said) is bool(words) and words in said
    assert counted_as_zero(found) == (("letter",) if words else ())
    one = np.eye(3, dtype=int)
    truth, given = (one[TRUTH], one[predicted]) if multi_label else (TRUTH, predicted)
    theirs = f"{f1_score(truth, given, average='macro', zero_division=0):.3f}"
    untested = [one.text for one in figure_findings(found, None) if one.title == "Labels that were not tested"]
    assert untested == ["No article here has the label letter: nothing is known about it. Macro F1 leaves it out."]
    for text in (said, how_good(found), evaluation_summary(found).text()):
        assert (theirs in text and "scikit-learn" in text) if words else "scikit-learn" not in text


def test_other_evaluations_and_folds() -> None:
    one = evaluated([0, 1, 2, 2, 1, 2, 1, 2])
    assert [line.partition(":")[0] for line in other_macro_f1({"a.csv": one, "b.csv": replace(one, missing=())})] == [
        "a.csv"
    ]
    assert members_that_lack([one, replace(one, missing=())]) == 1
    assert other_macro_f1({}) == []
