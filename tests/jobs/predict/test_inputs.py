from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.predict import inputs as inputs_module
from classifier.jobs.predict.inputs import Inputs, open_inputs
from tests.makers.labelling import INFO, run, write_rows


def test_a_bad_input_is_found_before_the_first_is_labelled(tmp_path: Path) -> None:
    good = write_rows(tmp_path / "good.jsonl", 0, 30)
    (tmp_path / "no_text.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    for name, what in (("none.csv", "There is no file"), ("no_text.csv", "column is missing"), ("empty.csv", "empty")):
        with pytest.raises(InputError, match=what):
            run(tmp_path / "o.csv", good, tmp_path / name, engine=lambda *_: pytest.fail("it labels"))
    assert not (tmp_path / "o.csv").exists() and not (tmp_path / "o.csv.parts").exists()


def test_a_column_that_only_late_rows_have_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n' * 50 + '{"text": "x"}\n')
    with open_inputs(Inputs([str(tmp_path / "a.jsonl")]), INFO, tmp_path / "o.csv") as opened:
        opened.check()
        assert len(list(opened.rows(tmp_path / "o.csv"))) == 51


def test_a_workbook_holds_no_more_rows_than_excel_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs_module, "MOST_ROWS", 20)
    source = write_rows(tmp_path / "a.jsonl", 0, 30)
    with pytest.raises(InputError, match=r"o\.xlsx' cannot hold more than 20 rows"):
        run(tmp_path / "o.xlsx", source)
    assert run(tmp_path / "o.csv", source)


def test_standard_input_is_waited_for_once_the_model_is_there(tmp_path: Path) -> None:
    loaded: list[str] = []
    with open_inputs(Inputs([str(tmp_path)]), INFO, Path("-"), lambda: loaded.append("file")):
        pass
    with (
        pytest.raises(InputError, match="<stdin> is empty"),
        open_inputs(Inputs(["-"]), INFO, Path("-"), lambda: loaded.append("pipe")),
    ):
        pass
    assert loaded == ["pipe"]


def test_what_decides_the_articles_is_stored() -> None:
    stored = Inputs(["a.csv"], {"text": "body", "title": None}, missing=("x",), target="A claim.").stored()
    assert stored["columns"] == {"text": "body"} and stored["missing"] == ["x"] and stored["target"] == "A claim."
    assert "names" not in stored and stored["stdin"] is None
