"""`classifier train`: one run, one per fold, or one per seed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.cli.interrupts import interruptible
from classifier.cli.options import (
    EncodingOption,
    OverwriteOption,
    QuietOption,
    SettingsOption,
    SheetOption,
    SkipBadOption,
    settings_of,
)
from classifier.errors import InputError, shell_word

if TYPE_CHECKING:
    from classifier.dataset.folder import DatasetFolder
    from classifier.jobs.building.dataset import Built

EXAMPLE = "classifier train articles.csv --out runs/first --set train.num_train_epochs=6"


def command(
    out: Annotated[Path, typer.Option(help="The run folder to write.")],
    source: Annotated[
        str | None, typer.Argument(help="A config (.toml), a dataset folder, or articles. Not with --resume.")
    ] = None,
    settings: SettingsOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training; the split has its own, split.seed.")] = None,
    fold: Annotated[int | None, typer.Option(help="Test on this fold, counted from 1 (needs split.folds).")] = None,
    all_folds: Annotated[bool, typer.Option("--all-folds", help="Train and test once per fold.")] = False,
    seeds: Annotated[
        int | None,
        typer.Option(help="Train so many times on the same split, each time with another seed; the ensemble predicts."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")] = False,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    skip_bad: SkipBadOption = False,
    overwrite: OverwriteOption = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Train on a dataset whose own page calls it not safe to evaluate on.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a transformer, with baselines and an evaluation on held-out articles."""
    from classifier import distributed
    from classifier.cli import console

    if all_folds and fold is not None:
        raise InputError("--fold and --all-folds do not go together.", fix="Leave one out.")
    if all_folds and seeds is not None:
        raise InputError(
            "--seeds and --all-folds do not go together.", fix="Take one fold (--fold 1 --seeds 5), or leave one out."
        )
    if distributed.world_size() > 1 and (all_folds or seeds is not None):
        raise InputError(
            "Several processes train one run together.",
            fix="Leave out --all-folds and --seeds, or do not use torchrun.",
        )
    quiet = quiet or not distributed.is_main()
    console.show_messages(quiet=quiet)
    options = {
        "settings": settings_of(settings, encoding, sheet),
        "seed": seed,
        "skip_bad": skip_bad,
        "resume": resume,
        "overwrite": overwrite,
        "anyway": anyway,
        "show": partial(_show_dataset, quiet=quiet),
        "progress": console.make_progress(quiet=quiet),
    }
    several = " --all-folds" if all_folds else "" if seeds is None else f" --seeds {seeds}"
    with interruptible(f"classifier train{several} --resume --out {shell_word(out)}", out) as stop:
        if all_folds:
            _train_folds(source, out, {**options, "should_stop": stop})
        elif seeds is not None:
            _train_seeds(source, out, {**options, "should_stop": stop, "fold": fold, "count": seeds})
        else:
            _train_once(source, out, {**options, "should_stop": stop, "fold": fold}, quiet=quiet)


def _show_dataset(dataset: DatasetFolder, built: Built | None, *, quiet: bool) -> None:
    """Print what is in a dataset and what was found in it, before the training takes its time."""
    from classifier.cli import console, tables
    from classifier.reports.dataset.lines import build_lines

    if not quiet:
        console.out.print(tables.dataset_table(dataset.info, dataset.counts()))
        for line in build_lines(dataset.info, None if built is None else built.facts):
            console.out.print(line, markup=False)


def _train_once(source: str | None, out: Path, options: dict[str, Any], *, quiet: bool) -> None:
    from classifier import distributed
    from classifier.cli import console
    from classifier.cli.output import duration, show_evaluation
    from classifier.jobs.train import train
    from classifier.reports.run.record import read_run_record

    report = train(source, out, **options)
    if not distributed.is_main():
        return
    show_evaluation(read_run_record(out), quiet=quiet)
    console.out.print(
        f"Done in {duration(report.seconds)}. Next: classifier predict {shell_word(out)} NEW.csv --out labels.csv",
        markup=False,
    )


def _train_folds(source: str | None, out: Path, options: dict[str, Any]) -> None:
    from classifier.cli import console, tables
    from classifier.cli.output import duration, show_findings
    from classifier.jobs.folds import POOLED, train_folds
    from classifier.reports.run.record import read_run_record

    report = train_folds(
        source,
        out,
        **options,
        report=lambda fold, found: console.out.print(tables.fold_line(fold, found), markup=False),
    )
    means = tables.mean_table(f"{len(report.folds)} folds", report.mean, report.mean_intervals)
    show_findings(read_run_record(out), [means, tables.figures_table(report.pooled)])
    console.out.print(
        f"Done in {duration(report.seconds)}. Every article's out-of-fold prediction: {out / POOLED}",
        markup=False,
    )


def _train_seeds(source: str | None, out: Path, options: dict[str, Any]) -> None:
    from classifier.cli import console, tables
    from classifier.cli.output import duration, show_findings
    from classifier.jobs.seeds import train_seeds
    from classifier.reports.run.record import read_run_record

    report = train_seeds(
        source,
        out,
        **options,
        report=lambda seed, found: console.out.print(tables.seed_line(seed, found), markup=False),
    )
    count = len(report.seeds)
    means = tables.mean_table(f"{count} seeds", report.mean, report.mean_intervals)
    show_findings(read_run_record(out), [means, tables.figures_table(report.ensemble, f"ensemble of {count}")])
    console.out.print(
        f"Done in {duration(report.seconds)}. Next: classifier predict {shell_word(out)} NEW.csv --out labels.csv. "
        f"That runs {count} models, so it takes about {count} times as long as one "
        f"({out / f'seed-{min(report.seeds)}'}).",
        markup=False,
    )
