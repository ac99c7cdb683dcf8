import io
import logging
import re

import pytest
from rich.console import Console

from classifier import bars
from classifier.cli import console
from classifier.progress import SILENT

Capture = pytest.CaptureFixture[str]


def test_warnings_are_marked_and_remarks_left_out_when_quiet(capsys: Capture) -> None:
    logger = logging.getLogger("classifier.anything")
    for quiet in (False, True):
        console.show_messages(quiet=quiet)
        logger.info("read %s rows [bold]", 3)
        logger.warning("label 'a' is rare")
    assert capsys.readouterr().err.splitlines() == [
        "read 3 rows [bold]",
        "warning: label 'a' is rare",
        "warning: label 'a' is rare",
    ]


def test_a_warning_is_shown_once_for_each_command(capsys: Capture) -> None:
    logger = logging.getLogger("classifier.anything")
    for _ in range(2):
        console.show_messages(quiet=True)
        logger.warning("%d rows", 2)
        logger.warning("2 rows")
    assert capsys.readouterr().err.splitlines() == ["warning: 2 rows"] * 2


def test_an_error_is_shown_as_it_is_written(capsys: Capture) -> None:
    console.show_error("There is no column 'a[0]'.\nFix: [mend] it.")
    assert capsys.readouterr().err == "error: There is no column 'a[0]'.\nFix: [mend] it.\n"


def test_there_is_no_progress_when_quiet_and_lines_where_there_is_no_terminal() -> None:
    assert console.make_progress(quiet=True) is SILENT
    assert isinstance(console.make_progress(quiet=False), console.Lines)


def test_lines_say_how_far_how_fast_and_how_long(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(bars.time, "monotonic", lambda: now)
    with bars.Lines(console.err).task("training", 1000, done=100) as task:
        for _ in range(3):
            now += 5
            task.note("loss 0.5")
            task.advance(100, tokens=2500)
    assert capsys.readouterr().err.splitlines() == [  # every ten seconds; the 100 done before do not count as speed
        "training: 300/1,000 20.0 articles/s, 500 tokens/s, loss 0.5, 35 s left"
    ]


def test_a_short_task_says_nothing_and_one_of_unknown_size_has_no_end(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(bars.time, "monotonic", lambda: now)
    with bars.Lines(console.err).task("reading", None) as task:
        now += 9
        task.advance(90)
        assert capsys.readouterr().err == ""
        now += 1
        task.advance(10)
    assert capsys.readouterr().err == "reading: 100 10.0 articles/s\n"


def test_bars_show_the_share_and_go_when_the_task_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=screen, force_terminal=True, width=120))
    progress = console.make_progress(quiet=False)
    with progress.task("reading", 10, done=2) as task:
        task.note("a note")
        task.advance(3, tokens=20)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert re.search(r"reading .* 5/10 .* articles/s, [\d,]+ tokens/s, a note", shown)
    assert screen.getvalue().endswith("\x1b[2K")  # the line is cleared
