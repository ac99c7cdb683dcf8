"""Progress is shown where it can be seen: on a terminal, in a log, in the cell of a notebook."""

import io
import sys
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from classifier import bars
from classifier.bars import AUTOMATIC, Bars, Counter, Lines, NotebookBars, chosen_bars, in_notebook, show_progress


@pytest.fixture(autouse=True)
def _as_at_first() -> Iterator[None]:
    show_progress(None)
    yield
    show_progress(None)


class FakeHandle:
    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, picture: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown[-1] = picture["text/html"]


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A notebook: its shell, and what every output of its cells shows."""
    found = SimpleNamespace(shell=SimpleNamespace(kernel=object(), execution_count=1), shown=[])

    def display(picture: dict[str, str], *, raw: bool, display_id: bool) -> FakeHandle:
        assert raw
        assert display_id
        found.shown.append(picture["text/html"])
        return FakeHandle(found.shown)

    ipython, shows = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: found.shell  # type: ignore[attr-defined]
    shows.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shows)
    monkeypatch.setattr(bars, "NOTEBOOK_SECONDS", 0.0)
    return found


def test_nothing_is_shown_outside_a_notebook_until_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert not in_notebook()
    with AUTOMATIC.task("reading", 3) as task:
        task.advance(3)
    assert AUTOMATIC.shown is None
    show_progress()
    with AUTOMATIC.task("reading", 3) as task:
        task.advance(3)
    assert isinstance(AUTOMATIC.shown, Lines)  # standard error is no terminal here
    show_progress(False)
    assert AUTOMATIC.shown is None
    assert capsys.readouterr().out == ""


def test_a_shell_of_a_terminal_is_no_notebook(cells: SimpleNamespace) -> None:
    assert in_notebook()
    cells.shell = SimpleNamespace(execution_count=1)
    assert not in_notebook()
    cells.shell = None
    assert not in_notebook()


def test_a_notebook_shows_bars_by_itself_and_none_where_they_are_not_wanted(cells: SimpleNamespace) -> None:
    assert isinstance(chosen_bars(), NotebookBars)
    with AUTOMATIC.task("reading <b>", 8) as task:
        task.note("loss 0.3")
        task.advance(4)
        [shown] = cells.shown
        assert 'value="4" max="8"' in shown
        assert "reading &lt;b&gt;" in shown
        assert "4/8" in shown
        assert "loss 0.3" in shown
        task.advance(4)
        assert 'value="8" max="8"' in cells.shown[0]
    assert cells.shown == [""]  # gone, and in one place all the time
    show_progress(False)
    with AUTOMATIC.task("reading", 8) as task:
        task.advance(8)
    assert cells.shown == [""]


def test_tasks_of_a_cell_share_its_place_and_another_cell_has_its_own(cells: SimpleNamespace) -> None:
    for name in ("first", "second"):
        with AUTOMATIC.task(name, None) as outer, AUTOMATIC.task("inner", 2) as inner:
            inner.advance(1)
            assert cells.shown[0].index(name) < cells.shown[0].index("inner")
            outer.advance(1)
    assert cells.shown == [""]
    cells.shell.execution_count = 2
    with AUTOMATIC.task("third", 2) as task:
        task.advance(1)
        assert len(cells.shown) == 2
        assert "third" in cells.shown[1]


def test_bars_go_when_a_task_fails(cells: SimpleNamespace) -> None:
    def work() -> None:
        with AUTOMATIC.task("work", 2) as task:
            task.advance(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert cells.shown == [""]


def test_a_short_task_shows_nothing(cells: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "NOTEBOOK_SECONDS", 60.0)
    with AUTOMATIC.task("short", 2) as task:
        task.advance(2)
    assert cells.shown == []


def test_lines_are_written_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "LINE_SECONDS", 0.0)
    stream = io.StringIO()
    with Lines(Console(file=stream, width=200)).task("training", 100, done=10) as task:
        task.advance(40, tokens=900)
    assert "training: 50/100" in stream.getvalue()
    assert "tokens/s" in stream.getvalue()
    assert "left" in stream.getvalue()


def test_a_log_names_a_long_task_of_which_no_step_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "NAME_SECONDS", 0.05)
    stream = io.StringIO()
    lines = Lines(Console(file=stream, width=200))
    with lines.task("long", None):
        time.sleep(0.3)
    with lines.task("short", None):
        pass
    with lines.task("moving", 4) as task:
        task.advance(1)
        time.sleep(0.3)
    assert stream.getvalue() == "long …\n"


def test_a_task_inside_another_has_its_bar_below() -> None:
    terminal = Bars(Console(file=io.StringIO(), width=200, force_terminal=True))
    with terminal.task("training", 8) as outer:
        for _ in range(2):
            with terminal.task("evaluating", 4) as inner:
                inner.advance(4)
                assert _shown(terminal) == ["training", "evaluating"]
            outer.advance(4)
        assert _shown(terminal) == ["training"]
    assert _shown(terminal) == []


def _shown(terminal: Bars) -> list[str]:
    return [task.description for task in terminal.running.tasks] if terminal.running else []


def test_bars_on_a_terminal() -> None:
    stream = io.StringIO()
    with Bars(Console(file=stream, width=200, force_terminal=True)).task("training", 4) as task:
        task.note("loss 0.3")
        task.advance(4)
    assert "training" in stream.getvalue()
    assert "4/4" in stream.getvalue()


@pytest.mark.parametrize(("total", "done", "left"), [(None, 5, ""), (10, 0, ""), (10, 5, " left")])
def test_what_is_left_is_said_where_it_is_known(total: Any, done: int, left: str) -> None:
    counter = Counter("x", total, 0)
    counter.advance(done, 0)
    assert counter.remaining().endswith(left)
    assert bool(counter.remaining()) == bool(left)
