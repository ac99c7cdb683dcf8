import pytest

from classifier.articles.columns import find_columns
from classifier.errors import InputError


def test_a_named_column_wins_and_a_missing_one_is_an_error() -> None:
    present = ["body", "text", "genre"]
    assert (
        find_columns(present, {"text": "body", "label": "genre"}, pair=None, labelled=True, file="f")["text"] == "body"
    )
    with pytest.raises(InputError, match="Did you mean 'genre'"):
        find_columns(present, {"label": "genres"}, pair=None, labelled=True, file="f")
    with pytest.raises(InputError, match=r"Fix: Name your own: --set data\.columns\.text=NAME$"):
        find_columns(present, {"text": "bdoy", "label": "genre"}, pair=None, labelled=True, file="f")
    with pytest.raises(InputError, match=r"no column 'target' .nor text_pair"):
        find_columns(present, {"label": "genre"}, pair=True, labelled=True, file="f")
