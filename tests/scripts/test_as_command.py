import as_command
import pytest

from classifier.errors import InputError


def refuse() -> None:
    raise InputError("There is no run folder 'x'.", fix="Train one.")


@pytest.mark.parametrize("how", [as_command.run, as_command.call])
def test_bad_input_is_one_message(
    how: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["script.py"])
    with pytest.raises(SystemExit) as ended:
        how(refuse)  # type: ignore[operator]
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: There is no run folder 'x'.\nFix: Train one.\n"
