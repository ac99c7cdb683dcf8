"""Articles that are none, and scores that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.models.article_checks import NoNumbersError, check_finite, check_texts


def test_every_part_that_is_no_text_is_named() -> None:
    good, bad = Article("1", "Rain.", title=None), Article("2", 5, title=3.5)  # type: ignore[arg-type]
    check_texts([good])
    with pytest.raises(InputError) as caught:
        check_texts([good, bad])
    assert [fault.where for fault in caught.value.faults] == ["articles[1]"] * 2


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_scores_that_are_no_numbers_come_with_the_error(wrong: float) -> None:
    proba = np.array([[0.5, 0.5], [wrong, 0.5]], dtype=np.float32)
    articles = [Article("first", "Rain."), Article("second", "Sun.")]
    check_finite(proba[:1], articles[:1])
    with pytest.raises(NoNumbersError, match=r"1 of 2 articles .*'second'") as caught:
        check_finite(proba, articles)
    assert caught.value.proba is proba and caught.value.skipped is None
