"""Exports of annotation tools: the question that holds the labels, what is wrong with a file."""

from pathlib import Path

import pytest

from classifier.dataset.builders import label_studio
from classifier.errors import InputError
from tests.makers.formats import articles_of, choice, task, write_records


def test_a_question_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = write_records(
        tmp_path / "e.json", [task(1, {"result": choice("news")["result"] + choice("sad", name="tone")["result"]})]
    )
    with pytest.raises(InputError, match=r"answers 2 questions: 'genre', 'tone'"):
        list(label_studio.read(path)["all"])
    with pytest.raises(InputError, match=r"no question 'tonne'\. Did you mean 'tone'"):
        list(label_studio.read(path, {"label": "tonne"})["all"])
    assert articles_of(label_studio.read(path, {"label": "tone"}))[0].labels == ("sad",)
