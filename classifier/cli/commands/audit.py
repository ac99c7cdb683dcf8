"""`classifier audit`: labels that are probably wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import (
    EncodingOption,
    OverwriteOption,
    QuietOption,
    SettingsOption,
    SheetOption,
    SkipBadOption,
    settings_of,
)
from classifier.errors import counted, shell_word

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.labels.ranking import Audit

SHOWN = 10
EXAMPLE = "classifier audit articles.csv --out audits/mine"


def command(
    source: Annotated[str, typer.Argument(help="A config (.toml), a dataset folder, or articles.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    predictions: Annotated[
        Path | None,
        typer.Option(help="A folder that train --all-folds wrote: take its predictions, and fit no other models."),
    ] = None,
    encoder: Annotated[
        bool,
        typer.Option(
            "--encoder/--no-encoder",
            help="Judge with the frozen encoder and TF-IDF, or with TF-IDF alone, which is faster.",
        ),
    ] = True,
    settings: SettingsOption = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    skip_bad: SkipBadOption = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find labels that are probably wrong, the most doubtful first. Needs the extra 'audit'."""
    from classifier.cli import console
    from classifier.jobs.audit import audit

    console.show_messages(quiet=quiet)
    found = audit(
        source,
        out,
        predictions=predictions,
        encoder=encoder,
        settings=settings_of(settings, encoding, sheet),
        skip_bad=skip_bad,
        overwrite=overwrite,
        progress=console.make_progress(quiet=quiet),
    )
    if found.doubtful:
        console.out.print(_table(found))
    for line in _lines(found):
        console.out.print(line, markup=False)
    console.out.print(
        f"Wrote {out}; look at {out / 'report.html'}. Fill the column corrected of {out / 'audit.csv'}, then: "
        f"classifier build SOURCE --corrections {shell_word(out / 'audit.csv')} --out DATASET",
        markup=False,
    )


def _table(found: Audit) -> Table:
    """The most doubtful articles."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"the {min(SHOWN, len(found.doubtful))} most doubtful labels", title_justify="left")
    for name in ("article", "label", "suggested", "quality", "why"):
        table.add_column(name, justify="right" if name == "quality" else "left")
    for finding in found.doubtful[:SHOWN]:
        quality = "" if finding.quality is None else f"{finding.quality:.2f}"
        labels = (", ".join(names) or "none" for names in (finding.article.labels, finding.suggested))
        words = (finding.article.title or finding.article.id, *labels, quality, ", ".join(finding.reasons))
        table.add_row(*map(Text, words))
    return table


def _lines(found: Audit) -> Iterator[str]:
    from classifier.evaluation.labels.ranking import CONFLICT, LABEL_ISSUE, NOT_JUDGED, OUTLIER

    share, low, high = found.noise
    yield (
        f"{len(found.findings):,} articles: {found.count(LABEL_ISSUE):,} label issues, {found.count(CONFLICT):,} "
        f"conflicting duplicates, {found.count(OUTLIER):,} outliers. Judged by {found.method}."
    )
    yield (
        f"About {share:.1%} of the labels may be wrong (95% interval {low:.1%} to {high:.1%}). The models agree with "
        f"{found.agreement:.0%} of the labels; the lower this share, the more of the issues are their own mistakes."
    )
    if found.unlearnt:
        yield f"The models hardly recognise {', '.join(found.unlearnt)}: issues with these labels say little."
    if found.count(NOT_JUDGED):
        some = counted(found.count(NOT_JUDGED), "article was", "articles were")
        yield f"{some} not judged, because no other fold has such a label."
