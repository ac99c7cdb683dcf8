import pytest

from classifier.articles.predicted_by import ModelName, check_true_labels
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles
from classifier.errors import Fault, InputError


@pytest.mark.parametrize("name", ["first", "2024", "a (b)", "ümlaut 3", "x (3f9a2c1b7d04)"])
def test_a_written_name_is_read_again(name: str) -> None:
    written = ModelName(name, "00aa11bb22cc")
    assert ModelName.read(str(written)) == written
    assert ModelName.read(f"  {written} ") == written


@pytest.mark.parametrize(
    "cell", [None, "", 12, "first", "(00aa11bb22cc) first", "first (00AA)", "#NAME?", float("nan")]
)
def test_other_cells_name_no_model(cell: object) -> None:
    assert ModelName.read(cell) is None


@pytest.mark.parametrize("name", ["=SUM(A1)", "-1", "@x", "+x", "="])
def test_excel_computes_no_name(name: str) -> None:
    found = ModelName.read(str(ModelName(name, "00aa11bb22cc")))
    assert found is not None and found.fingerprint == "00aa11bb22cc"
    assert str(ModelName(name, "00aa11bb22cc"))[0] not in "=+-@"


WRITTEN = [
    ["text", "label", "score", "scores"],
    ["text", "label", "best_guess", "score", "scores", "error"],
    ["predicted_by", "label", "text"],
    ["original_label", "text", "label", "score", "predicted_by"],
]


@pytest.mark.parametrize("columns", WRITTEN)
def test_predictions_are_not_read_as_true_labels(columns: list[str]) -> None:
    values = dict.fromkeys(columns, "some words") | {"label": "a"}
    with pytest.raises(InputError, match="holds predictions, not true labels") as refused:
        list(read_articles([Row("p.csv:2", values)], {}, labelled=True, file="p.csv"))
    own = "original_label" if "original_label" in columns else "NAME"
    assert f"--set data.columns.label={own} (" in str(refused.value)
    [article] = read_articles([Row("p.csv:2", values)], {"label": "label"}, labelled=True, file="p.csv")
    assert not isinstance(article, Fault) and article.labels == ("a",), "named on purpose: labels that were corrected"
    assert len(list(read_articles([Row("p.csv:2", values)], {}, labelled=False, file="p.csv"))) == 1


@pytest.mark.parametrize(
    "columns", [["text", "label"], ["text", "score", "label", "scores"], ["text", "score", "scores"]]
)
def test_other_tables_are_read(columns: list[str]) -> None:
    check_true_labels(columns, "a.csv")
