"""The command line: it parses, calls and prints. Heavy imports happen inside the commands."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from classifier import __version__
from classifier.errors import InputError
from classifier.interrupts import interruptible

READING = ("data.columns.", "data.encoding", "data.label_separator")  # settings of evaluate and predict
INTERRUPTED = "Interrupted; nothing half-written was left."
app = typer.Typer(
    name="classifier",
    help="Train, evaluate and apply text classifiers for articles.\n\nStart: classifier train my.csv --out runs/first",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Source = Annotated[str, typer.Argument(help="A config (.toml), or articles: a table, a folder, hub:owner/name.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, such as train.learning_rate=3e-5. Repeatable.")
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of text files, such as cp1252.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an older output of the same kind.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Bf16 = Annotated[bool | None, typer.Option("--bf16/--no-bf16", help="bf16 or float32; else as in training.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Leave bad rows out; they are listed in the dataset's rejected.jsonl.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks; warnings and results only.")]


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 2 bad input, 1 a fault of ours, 130 interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-written output is removed then too
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; bad input is shown as one message, without a traceback."""
    try:
        app(args=arguments, standalone_mode=True)
    except SystemExit as stop:
        if isinstance(getattr(stop.__context__, "__cause__", None), KeyboardInterrupt):  # Typer makes an exit of it
            _show_error(INTERRUPTED)
        return stop.code if isinstance(stop.code, int) else 0
    except InputError as error:
        _show_error(str(error))
        return 2
    except KeyboardInterrupt:
        _show_error(INTERRUPTED)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except OSError as error:
        if error.errno is None or error.filename is None:
            return _report_fault()
        _show_error(f"'{error.filename}' cannot be used: {error.strerror}.\nFix: Check its name and permissions.")
        return 2
    except MemoryError:
        _show_error("Out of memory.\nFix: Lower train.token_budget or model.windows, or use fewer articles.")
        return 2
    except Exception:
        return _report_fault()
    return 0


def _report_fault() -> int:
    traceback.print_exc()
    _show_error("This is a fault of classifier, not of your input. Please report it with the lines above.")
    return 1


@app.command(epilog="Example: classifier init genre --out my.toml")
def init(
    task: Annotated[str, typer.Argument(help="genre (one text) or stance (a text towards a claim).")],
    out: Annotated[Path, typer.Option(help="The config file to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a commented config to start from."""
    from classifier.folders import write_text

    template = Path(__file__).parent / "templates" / f"{task}.toml"
    if task not in ("genre", "stance"):
        raise InputError(f"There is no template '{task}'.", fix="Choose genre or stance.")
    if out.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix="Choose another --out, or add --overwrite.")
    write_text(out, template.read_text(encoding="utf-8"))
    typer.echo(f"Wrote {out}. Set data.path in it, then: classifier train {out} --out runs/{task}")


@app.command(epilog="Example: classifier build articles.csv --out datasets/mine")
def build(
    source: Source,
    out: Annotated[Path | None, typer.Option(help="The dataset folder to write; not with --dry-run.")] = None,
    settings: Settings = None,
    encoding: Encoding = None,
    skip_bad: SkipBad = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, validate and report; write nothing.")] = False,
    extend: Annotated[
        Path | None, typer.Option(help="An older dataset: its articles keep their splits, new ones are added.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Turn labelled articles into a dataset with splits that do not leak, and a page that shows it."""
    from classifier import console, summary, workflow

    console.show_messages(quiet=quiet)
    report = workflow.build(
        source, out, overrides=_overrides(settings, encoding), skip_bad=skip_bad, dry_run=dry_run, extend=extend,
        overwrite=overwrite, progress=console.make_progress(quiet=quiet),
    )  # fmt: skip
    console.out.print(summary.dataset_table(report.info))
    for line in summary.build_lines(report.info, report.built):
        console.out.print(line, markup=False)
    console.out.print(_wrote(report.built is not None, out, report.info.folds), markup=False)


@app.command(epilog="Example: classifier train articles.csv --out runs/first --set train.num_train_epochs=6")
def train(
    out: Annotated[Path, typer.Option(help="The run folder to write.")],
    source: Annotated[
        str | None, typer.Argument(help="A config (.toml), a dataset folder, or articles. Not with --resume.")
    ] = None,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training; the split has split.seed.")] = None,
    fold: Annotated[int | None, typer.Option(help="Test on this fold (with split.folds), from 1.")] = None,
    all_folds: Annotated[bool, typer.Option("--all-folds", help="Train and test once per fold.")] = False,
    seeds: Annotated[
        int | None, typer.Option(help="Train on the same split with so many seeds; their ensemble predicts.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")] = False,
    encoding: Encoding = None,
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune a transformer, with baselines and an evaluation on held-out articles."""
    from classifier import console, distributed

    if all_folds and fold is not None:
        raise InputError("--fold and --all-folds do not go together.", fix="Leave one out.")
    if all_folds and seeds is not None:
        raise InputError(
            "--seeds and --all-folds do not go together.", fix="Take one fold (--fold 1 --seeds 5), or leave one out."
        )
    if distributed.world_size() > 1 and (all_folds or seeds is not None):
        raise InputError("Several processes train one run.", fix="Leave out --all-folds and --seeds, or torchrun.")
    quiet = quiet or not distributed.is_main()
    console.show_messages(quiet=quiet)
    options = {
        "overrides": _overrides(settings, encoding), "seed": seed, "skip_bad": skip_bad, "resume": resume,
        "overwrite": overwrite, "progress": console.make_progress(quiet=quiet),
    }  # fmt: skip
    several = " --all-folds" if all_folds else "" if seeds is None else f" --seeds {seeds}"
    with interruptible(f"classifier train{several} --resume --out {out}", out) as stop:
        if all_folds:
            _train_folds(source, out, {**options, "should_stop": stop})
        elif seeds is not None:
            _train_seeds(source, out, {**options, "should_stop": stop, "fold": fold, "count": seeds})
        else:
            _train_once(source, out, {**options, "should_stop": stop, "fold": fold}, quiet=quiet)


@app.command(epilog="Example: classifier tune my.toml --trials 20 --out studies/first")
def tune(
    source: Annotated[str, typer.Argument(help="A config (.toml), a dataset folder, or articles.")],
    out: Annotated[Path, typer.Option(help="The study's folder; one that is there already goes on.")],
    trials: Annotated[int, typer.Option(help="How many trials in all, those done before included.")] = 20,
    minutes: Annotated[
        float | None, typer.Option(help="Begin no trial after that; the running one is finished.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting to keep and not to search. Repeatable.")
    ] = None,
    encoding: Encoding = None,
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Search for better training settings, scored on validation. Needs the extra 'tune'."""
    from classifier import console, summary, tuning

    console.show_messages(quiet=quiet)
    with interruptible("the same command", out) as stop:
        report = tuning.tune(
            source, out, trials=trials, minutes=minutes, overrides=_overrides(settings, encoding), skip_bad=skip_bad,
            overwrite=overwrite, progress=console.make_progress(quiet=quiet), should_stop=stop,
            report=lambda trial, metric: console.out.print(summary.trial_line(trial, metric), markup=False),
        )  # fmt: skip
    console.out.print(summary.trials_table(report))
    if report.importance is not None:
        console.out.print(summary.importance_table(report.importance))
    for line in summary.tuning_lines(report):
        console.out.print(line, markup=False)
    console.out.print(f"Done in {_minutes(report.seconds)}. Next: {report.train_command}", markup=False)


@app.command(epilog="Example: classifier evaluate runs/first --data more.csv")
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder, or a folder of several seeds.")],
    split: Annotated[str | None, typer.Option(help="test (default), validation or train.")] = None,
    data: Annotated[str | None, typer.Option(help="Other labelled articles: a file or a dataset folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; else RUN/evaluation/NAME.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read --data, such as data.columns.text=body.")
    ] = None,
    encoding: Encoding = None,
    device: Device = "auto",
    bf16: Bf16 = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure a run on held-out articles, beside the baselines."""
    from dataclasses import asdict
    from json import dumps

    from classifier import assessment, console

    console.show_messages(quiet=quiet or json)
    result = assessment.evaluate_run(
        run, split=split, data=data, out=out, overrides=_overrides(settings, encoding, only=READING),
        device=device, bf16=bf16, progress=console.make_progress(quiet=quiet or json),
    )  # fmt: skip
    if json:
        typer.echo(dumps(asdict(result), ensure_ascii=False))
    else:
        _show_evaluation(result, quiet=quiet)


@app.command(epilog="Example: classifier predict runs/first new.csv more/ --out labels.jsonl")
def predict(
    run: Annotated[Path, typer.Argument(help="A run folder, its model folder alone, or a folder of several seeds.")],
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders of .txt files, or - for lines on standard input.")
    ],
    out: Annotated[Path, typer.Option(help="A .jsonl, .csv or .parquet file, or - for JSONL on standard output.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read, such as data.columns.text=body.")
    ] = None,
    encoding: Encoding = None,
    device: Device = "auto",
    bf16: Bf16 = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Label new articles; keeps the input's columns and order."""
    from classifier import console, workflow

    console.show_messages(quiet=quiet)
    count = workflow.predict_run(
        run, inputs, out, overrides=_overrides(settings, encoding, only=("data.columns.", "data.encoding")),
        device=device, bf16=bf16, overwrite=overwrite, progress=console.make_progress(quiet=quiet),
    )  # fmt: skip
    if not quiet:
        console.err.print(f"Labelled {count:,} articles{'' if str(out) == '-' else f': {out}'}", markup=False)


@app.command(epilog="Example: classifier export datasets/mine --to label-studio --out tasks.json")
def export(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    to: Annotated[str, typer.Option(help="parquet, jsonl, csv, fasttext, label-studio, argilla, prodigy or hub.")],
    out: Annotated[str, typer.Option(help="The file to write; for hub the repository, owner/name.")],
    split: Annotated[str | None, typer.Option(help="train, validation or test; else all of them.")] = None,
    private: Annotated[bool, typer.Option("--private", help="hub: make a private repository.")] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a dataset in the format of another tool, or push it to the Hugging Face Hub."""
    from classifier import console, interchange

    console.show_messages(quiet=quiet)
    done = interchange.export_dataset(dataset, to, out, split=split, private=private, overwrite=overwrite)
    if not quiet:
        console.err.print(done, markup=False)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Options before any command."""
    if version:
        typer.echo(f"classifier {__version__}")
        raise typer.Exit


def _overrides(settings: list[str] | None, encoding: str | None, only: tuple[str, ...] = ()) -> list[str]:
    """All overrides of a command; those that it cannot obey are refused."""
    for setting in settings or []:
        if only and not setting.startswith(only):
            raise InputError(f"--set {setting} has no effect here.", fix=f"This command takes {', '.join(only)}… only.")
    return [*(settings or []), *([f'data.encoding="{encoding}"'] if encoding else [])]


def _wrote(built: bool, out: Path | None, folds: int | None) -> str:
    if out is None:
        return "Nothing was written: this was a dry run."
    done = f"Wrote {out}; look at {out / 'report.html'}." if built else f"{out} is up to date: nothing has changed."
    return f"{done} Next: classifier train {out} --out RUN{' --all-folds' if folds else ''}"


def _train_once(source: str | None, out: Path, options: dict[str, Any], *, quiet: bool) -> None:
    from classifier import console, distributed, summary, workflow

    report = workflow.train(source, out, **options)
    if not distributed.is_main():
        return
    if not quiet:
        console.out.print(summary.dataset_table(report.dataset.info, report.dataset.counts()))
        for line in summary.build_lines(report.dataset.info, None):
            console.out.print(line, markup=False)
    _show_evaluation(report.test, quiet=quiet)
    console.out.print(
        f"Done in {_minutes(report.seconds)}. Next: classifier predict {out} NEW.csv --out labels.csv", markup=False
    )


def _train_folds(source: str | None, out: Path, options: dict[str, Any]) -> None:
    from classifier import console, cross_validation, summary

    report = cross_validation.train_folds(
        source,
        out,
        **options,
        report=lambda fold, found: console.out.print(summary.fold_line(fold, found), markup=False),
    )
    console.out.print(summary.mean_table(f"{len(report.folds)} folds", report.mean))
    console.out.print(summary.figures_table(report.pooled))
    console.out.print(summary.verdict(report.pooled), markup=False)
    console.out.print(
        f"Done in {_minutes(report.seconds)}. Every article's out-of-fold prediction: {out / cross_validation.POOLED}",
        markup=False,
    )


def _train_seeds(source: str | None, out: Path, options: dict[str, Any]) -> None:
    from classifier import console, seeds, summary

    report = seeds.train_seeds(
        source,
        out,
        **options,
        report=lambda seed, found: console.out.print(summary.seed_line(seed, found), markup=False),
    )
    count = len(report.seeds)
    console.out.print(summary.mean_table(f"{count} seeds", report.mean))
    console.out.print(summary.figures_table(report.ensemble, f"ensemble of {count}"))
    console.out.print(summary.verdict(report.ensemble, "ensemble"), markup=False)
    console.out.print(
        f"Done in {_minutes(report.seconds)}. Next: classifier predict {out} NEW.csv --out labels.csv. That runs "
        f"{count} models, so it takes about {count} times as long as one ({out / f'seed-{min(report.seeds)}'}).",
        markup=False,
    )


def _show_evaluation(result: object, *, quiet: bool) -> None:
    from classifier import console, summary
    from classifier.evaluation import Evaluation

    assert isinstance(result, Evaluation)
    console.out.print(summary.figures_table(result))
    if not quiet:
        console.out.print(summary.class_table(result, width=console.out.width))
    console.out.print(summary.verdict(result), markup=False)


def _show_error(message: str) -> None:
    from classifier import console

    console.show_error(message)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
