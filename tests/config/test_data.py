import pytest
from pydantic import ValidationError

from classifier.config import Columns, Config
from classifier.config_file import make_config, parse_settings


@pytest.mark.parametrize(("value", "threshold"), [("false", False), ("true", 0.8), ("0.5", 0.5), ("1", 1.0)])
def test_near_duplicates_are_a_similarity_or_off_and_true_is_the_default(value: str, threshold: object) -> None:
    assert make_config({}, parse_settings([f"data.near_duplicates={value}"])).data.near_duplicates == threshold
    assert make_config({}).data.near_duplicates == 0.8


def test_a_date_format_names_the_year() -> None:
    assert Config.model_validate({"data": {"date_format": "%d/%m/%y"}}).data.date_format == "%d/%m/%y"
    for wrong in ("dd/mm/yyyy", "%d/%m", 3):
        with pytest.raises(ValidationError, match="must name the year as %Y or %y"):
            Config.model_validate({"data": {"date_format": wrong}})


def test_labels_are_in_one_column_or_in_one_for_each() -> None:
    columns = Columns(labels=("a", "b"), text="body")
    assert "labels" not in columns.named
    assert columns.named["text"] == "body"
    with pytest.raises(ValidationError, match="give either label"):
        Columns(label="a", labels=("b",))
