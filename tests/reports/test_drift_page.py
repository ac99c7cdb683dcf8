from pathlib import Path

from classifier.evaluation.drift import Curve, Drift, FarArticle, KindOfDrift
from classifier.reports.drift_page import write_drift_page
from tests.makers.pages import Reader

CURVE = Curve((10.0, 100.0, 1000.0), (0.1, 0.5, 1.0), (0.4, 0.9, 1.0))
LENGTH = KindOfDrift("length", 0.4, 0.2, 0, 400, 120, 500, 300, CURVE)
LANGUAGES = KindOfDrift("languages", 0.0, 0.05, 0, 0, 0, 400, 300)
FAR = FarArticle("x9", "new.csv:61", "<b>Moon</b> found to be cheese", 0.62, "de", 0.91)


def written(found: Drift, folder: Path) -> str:
    write_drift_page(found, "runs/genre", folder / "drift.html")
    return (folder / "drift.html").read_text(encoding="utf-8")


def test_a_page_has_a_row_for_each_kind_and_what_differs(tmp_path: Path) -> None:
    html = written(Drift(300, 300, (LENGTH, LANGUAGES), {"scores": "the model keeps none"}, (FAR,), ("en",)), tmp_path)
    text = Reader(html).text
    for words in (
        "Take care.",
        "length .40 .20 yes",
        "languages 0% 5% no",
        "scores: not compared, because the model keeps none.",
        "They are shorter, 120 characters against 400",
        "classifier evaluate runs/genre --data labelled.csv",
        "x9 new.csv:61 <b>Moon</b> found to be cheese 62% German .91",
    ):
        assert words in text
    assert html.count("<svg") == 2 and "<script" not in html


def test_a_page_of_articles_that_are_alike_says_so(tmp_path: Path) -> None:
    text = Reader(written(Drift(300, 300, (LANGUAGES,), {}), tmp_path)).text
    assert "No difference to the training articles was found." in text and "Take care" not in text


def test_a_page_without_any_comparison_says_why(tmp_path: Path) -> None:
    text = Reader(written(Drift(1, 1, (), {"words": "there are fewer than 20 articles"}), tmp_path)).text
    assert "1 article, labelled by" in text
    assert "Nothing could be compared." in text and "there are fewer than 20 articles" in text


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    found = Drift(300, 300, (LENGTH,), {})
    assert written(found, tmp_path) == written(found, tmp_path)
