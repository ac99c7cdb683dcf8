"""How pages appear in a notebook; outside of one, a page opens in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from html import escape
from pathlib import Path

from classifier.bars import in_notebook
from classifier.errors import InputError

PAGES = ("report.html", "learning_curve.html")  # in the folder of a run, a dataset, an audit, a learning curve
HEIGHT = 800  # pixels of a page in a notebook


def show_page(page: str | Path) -> None:
    """Show a page below the cell of a notebook; outside of a notebook open it in the browser, or say where it is.

    The page is copied into the notebook, so that it is shown whatever folder the notebook is in, and stays in the
    notebook's file.

    Args:
        page: an HTML file, or the folder of a run, a dataset, an audit or a learning curve.

    Raises:
        InputError: there is no page.

    Example:
        >>> show_page("runs/first")  # doctest: +SKIP
        >>> show_page("runs")
        Traceback (most recent call last):
        classifier.errors.InputError: There is no page in 'runs'.
        Fix: A run's page is written by classifier.report('runs'), that of a dataset by classifier.build.
    """
    path = _page(Path(page))
    if in_notebook():
        from IPython.display import display

        style = f"width: 100%; height: {HEIGHT}px; border: 1px solid #8888"
        frame = f'<iframe srcdoc="{escape(path.read_text(encoding="utf-8"))}" sandbox="allow-popups" style="{style}">'
        display({"text/html": f"{frame}</iframe>", "text/plain": str(path)}, raw=True)
    elif _has_browser() and webbrowser.open(path.resolve().as_uri()):
        print(f"Opened in the browser: {path}")
    else:
        print(f"There is neither a notebook nor a browser here. Open this file in a browser: {path.resolve()}")


def _page(path: Path) -> Path:
    if path.is_file() and path.suffix.lower() in (".html", ".htm"):
        return path
    found = [path / name for name in PAGES if (path / name).is_file()]
    if not found:
        raise InputError(
            f"There is no page in '{path}'." if path.is_dir() else f"'{path}' is no page and no folder with one.",
            fix=f"A run's page is written by classifier.report('{path}'), that of a dataset by classifier.build.",
        )
    return found[0]


def _has_browser() -> bool:
    """Whether a window can open: on Linux without a display there are only browsers that take over the terminal."""
    seen = sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    try:
        return seen and webbrowser.get() is not None
    except webbrowser.Error:
        return False
