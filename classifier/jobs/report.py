"""The verb report: the page of a run."""

from __future__ import annotations

from pathlib import Path

from classifier.reports.run.page import write_report


def report(run: str | Path, *, out: str | Path | None = None, learning_curve: str | Path | None = None) -> Path:
    """Write the page of a run, or of a folder of several seeds or folds; nothing is worked out again.

    Args:
        run: the folder.
        out: the file; ``report.html`` in the folder when None. An older report there is replaced, another file is not.
        learning_curve: a ``learning_curve.json`` to show, or the folder that holds it; that in the folder when None.

    Returns:
        The file.

    Raises:
        InputError: the run is incomplete or damaged, or the file is something else.

    Example:
        >>> report("runs/first")
        PosixPath('runs/first/report.html')
    """
    curve = None if learning_curve is None else Path(learning_curve)
    return write_report(Path(run), out=None if out is None else Path(out), curve=curve)
