import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.labels.out_of_fold import OutOfFold
from classifier.evaluation.labels.ranking import CONFLICT, LABEL_ISSUE, NOT_JUDGED, find_issues

LABELS = LabelSet(("p", "q"))
EVERY = np.ones(40, dtype=bool)


def made() -> tuple[list[Article], np.ndarray]:
    """Twenty of each label, of which the models are sure; the label of a3 is wrong."""
    articles = [Article(f"a{i}", f"text {i}", ("pq"[i % 2],)) for i in range(40)]
    proba = np.array([[0.95, 0.05] if i % 2 == 0 else [0.05, 0.95] for i in range(40)])
    proba[3] = [0.99, 0.01]
    return articles, proba


def test_a_wrong_label_comes_first_with_what_it_should_be() -> None:
    articles, proba = made()
    found = find_issues(articles, LABELS, np.arange(40), OutOfFold(proba, EVERY, "made"))
    first = found.findings[0]
    assert (first.article.id, first.suggested, first.reasons) == ("a3", ("p",), (LABEL_ISSUE,))
    assert first.quality == pytest.approx(0.01) and first.suggested_score == pytest.approx(0.99)
    assert found.doubtful == [first]
    assert found.agreement == pytest.approx(39 / 40)
    assert {finding.article.id for finding in found.findings} == {article.id for article in articles}


def test_a_conflicting_duplicate_is_doubtful_whatever_the_models_say() -> None:
    articles, proba = made()
    conflicts = {"a8": ["a9"]}
    found = find_issues(articles, LABELS, np.arange(40), OutOfFold(proba, EVERY, "made"), conflicts=conflicts)
    finding = next(one for one in found.findings if one.article.id == "a8")
    assert (finding.reasons, finding.conflicts_with, finding.suggested) == ((CONFLICT,), ("a9",), ("p",))
    assert [one.article.id for one in found.doubtful] == ["a3", "a8"]  # the lower quality first
    assert (found.count(LABEL_ISSUE), found.count(CONFLICT)) == (1, 1)


def test_what_was_not_judged_is_last_and_not_doubtful() -> None:
    articles, proba = made()
    judged = EVERY.copy()
    judged[5] = False
    last = find_issues(articles, LABELS, np.arange(40), OutOfFold(proba, judged, "made")).findings[-1]
    assert (last.article.id, last.reasons, last.quality, last.doubtful) == ("a5", (NOT_JUDGED,), None, False)
    with pytest.raises(InputError, match="No article can be judged"):
        find_issues(articles, LABELS, np.arange(40), OutOfFold(proba, ~EVERY, "made"))


def test_the_joint_distribution_sums_to_one_and_there_is_none_for_several_labels() -> None:
    articles, proba = made()
    found = find_issues(articles, LABELS, np.arange(40), OutOfFold(proba, EVERY, "made"))
    assert found.joint is not None and np.sum(found.joint) == pytest.approx(1, abs=1e-3)
    several = LabelSet(("p", "q"), multi_label=True)
    assert find_issues(articles, several, np.arange(40), OutOfFold(proba, EVERY, "made")).joint is None
