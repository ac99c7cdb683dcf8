"""The command line: it parses, calls and prints. Heavy imports happen inside the commands."""

from __future__ import annotations

import math
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from classifier import __version__
from classifier.errors import InputError

READING = ("data.columns.", "data.encoding", "data.label_separator")  # settings of evaluate and predict
LONGEST_STEP = 20.0  # seconds after which Ctrl-C is taken to be outside the steps of a training
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks; warnings and results only.")]


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 2 bad input, 1 a fault of ours, 130 interrupted."""
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
    out: Annotated[Path, typer.Option(help="The dataset folder to write.")],
    settings: Settings = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Turn labelled articles into a dataset with splits that do not leak."""
    from classifier import console, summary, workflow

    console.show_messages(quiet=quiet)
    report = workflow.build(
        source, out, overrides=_overrides(settings, encoding), overwrite=overwrite,
        progress=console.make_progress(quiet=quiet),
    )  # fmt: skip
    info = report.dataset.info
    console.out.print(summary.dataset_table(info))
    if report.dropped is not None:
        console.out.print(
            f"The model's windows drop {report.dropped:.1%} of all tokens; {report.cut:.0%} of the articles are cut."
        )
    console.out.print(
        f"Split: {info.split_method}{_kept_whole(info.group_by)}. Wrote {out}. Next: classifier train {out} --out RUN",
        markup=False,
    )


@app.command(epilog="Example: classifier train articles.csv --out runs/first --set train.num_train_epochs=6")
def train(
    out: Annotated[Path, typer.Option(help="The run folder to write.")],
    source: Annotated[
        str | None, typer.Argument(help="A config (.toml), a dataset folder, or articles. Not with --resume.")
    ] = None,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training; the split has split.seed.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")] = False,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune a transformer, with baselines and an evaluation on held-out articles."""
    from classifier import console, summary, workflow
    from classifier.fitting import InterruptedTrainingError

    console.show_messages(quiet=quiet)
    try:
        with _stop_on_interrupt() as should_stop:
            report = workflow.train(
                source, out, overrides=_overrides(settings, encoding), seed=seed, resume=resume, overwrite=overwrite,
                progress=console.make_progress(quiet=quiet), should_stop=should_stop,
            )  # fmt: skip
    except InterruptedTrainingError as stopped:
        typer.echo(f"{stopped} Go on with: classifier train --resume --out {out}", err=True)
        raise typer.Exit(130) from None
    except KeyboardInterrupt:
        _show_error(f"Interrupted. {_what_is_left(out)}")
        raise typer.Exit(130) from None
    if not quiet:
        console.out.print(summary.dataset_table(report.dataset.info))
    _show_evaluation(report.test, quiet=quiet)
    console.out.print(
        f"Done in {_minutes(report.seconds)}. Next: classifier predict {out} NEW.csv --out labels.csv", markup=False
    )


@app.command(epilog="Example: classifier evaluate runs/first --data more.csv")
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
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
    run: Annotated[Path, typer.Argument(help="A run folder, or its model folder alone.")],
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


def _kept_whole(group_by: tuple[str, ...]) -> str:
    return f", each {' and '.join(group_by)} in one split" if group_by else ""


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


def _what_is_left(run: Path) -> str:
    if (run / "config.toml").exists() and not (run / "manifest.json").exists():
        return f"Go on with: classifier train --resume --out {run}"
    return "Nothing was written."


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C is remembered until the step ends; a second one, or one outside the steps, stops at once."""
    asked = False
    last_step = -math.inf

    def remember(*_: object) -> None:
        nonlocal asked
        if asked or time.monotonic() - last_step > LONGEST_STEP:
            raise KeyboardInterrupt
        asked = True
        typer.echo("Stopping after this step; press Ctrl-C again to stop at once.", err=True)

    def should_stop() -> bool:
        nonlocal last_step
        last_step = time.monotonic()
        return asked

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield should_stop
    finally:
        signal.signal(signal.SIGINT, before)
