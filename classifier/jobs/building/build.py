"""The verb build: where the dataset goes, what it may replace, and when one that is there already is up to date."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from classifier.bars import AUTOMATIC
from classifier.config import Config
from classifier.config_file import Settings, given_settings, recorded_settings
from classifier.dataset import folder as dataset_folder
from classifier.dataset.extension import open_to_extend
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset
from classifier.dataset.info import DatasetInfo
from classifier.dataset.provenance import changes
from classifier.errors import InputError, shell_word
from classifier.files import REPLACE, check_free
from classifier.jobs.building.dataset import BuildOptions, Built, build_dataset
from classifier.jobs.source import Source, as_named_source, resolve_source
from classifier.notebook import show_page
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.summaries import dataset_summary, written
from classifier.summary import Summarised, Summary


@dataclass(frozen=True)
class BuildReport(Summarised):
    """What a build made.

    Attributes:
        dataset: the folder; None after a dry run.
        info: what ``dataset.json`` holds.
        built: what was found on the way; None where the folder was up to date already.
    """

    dataset: DatasetFolder | None
    info: DatasetInfo
    built: Built | None

    def _summary(self) -> Summary:
        page = [] if self.dataset is None else [written(self.dataset.path / "report.html")]
        return dataset_summary(self.info, None if self.built is None else self.built.facts, page)

    def show(self) -> None:
        """Show the page in the notebook; outside of one in the browser.

        Raises:
            InputError: it was a dry run, which writes none.
        """
        if self.dataset is None:
            raise InputError("A dry run writes no page.", fix="Build it: classifier.build(source, out)")
        show_page(self.dataset.path)


def build(
    source: Source,
    out: str | Path | None,
    *,
    settings: Settings | None = None,
    skip_bad: bool = False,
    dry_run: bool = False,
    extend: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> BuildReport:
    """Turn labelled articles into a dataset folder, with a page that says what is in it.

    A folder that was built from the same sources with the same settings is left as it is; one whose sources have
    changed is refused.

    Args:
        source: a config file, or a source as in `classifier.jobs.source.resolve_source`.
        out: the folder to write; it must not hold anything else. None in a dry run.
        settings: dotted names -> values, such as ``{"split.test_size": 0.3}``.
        skip_bad: leave bad rows out and list them in ``rejected.jsonl``.
        dry_run: read, validate and report; write nothing.
        extend: an older dataset: its articles keep their splits, and the new ones of the source are added.
        overwrite: replace an older dataset there.
        progress: told of each step.

    Raises:
        InputError: the source, the settings or the folder cannot be used; nothing is written then.

    Example:
        >>> build("articles.csv", "datasets/new").info.counts["test"]
        Counts(articles=24, labels={'opinion': 8, 'reporting': 8, 'satire': 8})
    """
    fix = "classifier build SOURCE --out DATASET"
    if out is None and not dry_run:
        raise InputError("Nothing says where to write the dataset.", fix=f"{fix} (or --dry-run, to write nothing)")
    if out is not None and dry_run:
        raise InputError("--dry-run writes nothing, so it does not go with --out.", fix=f"{fix}, or leave --out away.")
    with nullcontext() if out is None else one_writer(out), as_named_source(source) as named:
        config, ready = resolve_source(named, given_settings(settings))
        if ready is not None:
            raise InputError(
                f"'{named}' is a dataset already.", fix=f"Train on it: classifier train {shell_word(named)} --out RUN"
            )
        path = Path(out or "dry-run")
        old = None if extend is None else open_to_extend(Path(extend), recorded_settings(config))
        if not dry_run:
            if old is None and not overwrite and is_dataset(path):
                return _reuse(open_dataset(path), config)
            check_free(path, needed=dataset_folder.NEEDED, allowed=dataset_folder.ALLOWED, overwrite=overwrite)
        built = build_dataset(config, path, BuildOptions(skip_bad, dry_run, old), progress)
    return BuildReport(None if dry_run else DatasetFolder(path, built.info), built.info, built)


def _reuse(old: DatasetFolder, config: Config) -> BuildReport:
    """The dataset that is there already, if nothing has changed since it was built."""
    problems = changes(old.info, config)
    if problems:
        keep = f"keep its splits with --extend {shell_word(old.path)}, " if problems[0].startswith("the source") else ""
        raise InputError(
            f"'{old.path}' is in use already, and since it was built {' and '.join(problems)}.",
            fix=f"Choose another --out, {keep}or {REPLACE}.",
        )
    return BuildReport(old, old.info, None)
