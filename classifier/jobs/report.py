"""The verb report: the page of a run, or what a paper needs from it."""

from __future__ import annotations

from pathlib import Path

from classifier.errors import InputError
from classifier.reports.run.page import write_report


def report(
    run: str | Path,
    *,
    out: str | Path | None = None,
    learning_curve: str | Path | None = None,
    methods: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write the page of a run, or of a folder of several seeds or folds; nothing is worked out again.

    Args:
        run: the folder.
        out: the file; ``report.html`` in the folder when None. An older report there is replaced, another file is not.
            With ``methods``, the folder; ``paper`` in that of the run when None.
        learning_curve: a ``learning_curve.json`` to show, or the folder that holds it; that in the folder when None.
        methods: write a methods text, references, tables and figures for a paper instead.
        overwrite: with ``methods``: replace an older folder of them.

    Returns:
        The file, or the folder.

    Raises:
        InputError: the run is incomplete or damaged, or the file is something else.

    Example:
        >>> report("runs/first")
        PosixPath('runs/first/report.html')
        >>> report("runs/first", methods=True, out="paper")
        PosixPath('paper')
    """
    curve = None if learning_curve is None else Path(learning_curve)
    to = None if out is None else Path(out)
    if methods:
        from classifier.reports.paper.folder import write_paper

        return write_paper(Path(run), out=to, curve=curve, overwrite=overwrite)
    if overwrite:
        raise InputError(
            "--overwrite is for --methods: a page is written over an older one anyway.",
            fix="Leave it out, or add --methods.",
        )
    return write_report(Path(run), out=to, curve=curve)
