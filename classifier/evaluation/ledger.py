"""How often held-out articles were looked at, and by how many settings: ``evaluation/ledger.json`` of a run.

Whoever evaluates several settings on the same test articles and keeps the best reports a figure that flatters: the
articles have chosen it (Dwork et al., "The reusable holdout: Preserving validity in adaptive data analysis", Science
349, 2015; Blum and Hardt, "The Ladder: A reliable leaderboard for machine learning competitions", ICML 2015). A single
run cannot know that. So every evaluation on held-out articles is a look that is written down: in the run, and in the
dataset where that is a folder of its own. What is said of some articles counts the looks of the run, of the runs beside
it, and of the dataset, each once. Articles are the same where their texts and targets are, whatever file they are in.

A ledger is never a reason to refuse anything: a look that cannot be written down is only warned of.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from classifier.articles.article import Article
from classifier.checksums import CHECKSUMS, read_checksums
from classifier.config import Config
from classifier.config_file import load_config, recorded_settings
from classifier.dataset.folder import LEDGER, DatasetFolder
from classifier.dataset.info import read_dataset_info, read_trained_on
from classifier.errors import InputError
from classifier.evaluation.result import Evaluation
from classifier.files import read_json, read_json_as, write_json
from classifier.models.model_folder import MODEL_FILE
from classifier.models.run_folder import PLAN, RunFolder
from classifier.one_writer import one_writer

logger = logging.getLogger(__name__)
MEMBER = re.compile(r"(seed|fold)-\d+")  # runs of one plan
NO_CHOICE = {"device", "report_to", "save_steps", "save_minutes"}  # settings of [train] that no figure depends on
PATIENCE = 5.0  # seconds, for another process that writes the same ledger
FIX = "Remove it; the count then begins again."


@dataclass(frozen=True)
class Look:
    """One evaluation on held-out articles.

    Attributes:
        id: of this look alone; a copy of it in another ledger has the same.
        date: when, in UTC.
        by: ``train`` or ``evaluate``.
        run: name of the folder that was evaluated.
        articles: what they are called: ``test``, ``out-of-fold``, or ``data-NAME``.
        count: how many articles.
        content: fingerprint of their texts and targets.
        model: fingerprint of the weights; of several models, of all of them.
        setting: fingerprint of all that a figure depends on and that may be chosen: settings, training articles,
            options. The seeds or folds of one plan are one setting.
        options: such as ``min_precision``.
        settings: those of the run that are not the default.
        figures: headline metrics.
    """

    id: str
    date: str
    by: str
    run: str
    articles: str
    count: int
    content: str
    model: str
    setting: str
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """What ``ledger.json`` holds: looks, in the order of their dates."""

    looks: tuple[Look, ...] = ()
    format_version: int = 1


@dataclass(frozen=True)
class Looks:
    """How often the same articles were looked at, as far as it was written down.

    Attributes:
        times: by all runs together.
        settings: how many different settings that were.
        lowest, highest: macro F1 of all looks.
        since: the date of the first look of this run that was recorded, where its training recorded none; else empty.
    """

    times: int
    settings: int
    lowest: float
    highest: float
    since: str = ""


def ledger_file(home: Path) -> Path:
    """The ledger of a run, or of a folder of several seeds or folds.

    Example:
        >>> ledger_file(Path("runs/first"))
        PosixPath('runs/first/evaluation/ledger.json')
    """
    return RunFolder(home).evaluation(LEDGER)


def read_ledger(file: Path) -> Ledger:
    """What a ledger holds; nothing where there is none.

    Raises:
        InputError: it is damaged.

    Example:
        >>> [(look.by, look.articles, look.count) for look in read_ledger(ledger_file(Path("runs/first"))).looks]
        [('train', 'test', 24)]
    """
    return read_json_as(file, Ledger, fix=FIX) if file.exists() else Ledger()


def content_of(articles: Iterable[Article]) -> str:
    """A fingerprint of the texts and targets of some articles, whatever their order, ids and labels.

    Example:
        >>> one, other = Article("1", "A text."), Article("2", "Another.", ("satire",))
        >>> content_of([one, other]) == content_of([other, one]), content_of([one]) == content_of([other])
        (True, False)
    """
    parts = sorted(_sha256(json.dumps([article.text, article.target or ""])) for article in articles)
    return _sha256("".join(parts))


def record_look(
    home: Path,
    runs: Iterable[RunFolder],
    evaluation: Evaluation,
    articles: Iterable[Article],
    *,
    by: str,
    options: Mapping[str, Any] | None = None,
    dataset: DatasetFolder | None = None,
) -> None:
    """Write down that some held-out articles were evaluated on.

    Args:
        home: the folder of the run, or of several seeds or folds.
        runs: the run itself, or all of several.
        evaluation: what was found.
        articles: that were evaluated on.
        by: the command.
        options: those that a choice could be made by; empty ones are left out.
        dataset: that the articles are from; it has a ledger too, unless it lies in a run.
    """
    members, chosen = list(runs), {name: value for name, value in (options or {}).items() if value is not None}
    config = load_config(members[0].config)
    look = Look(
        id=uuid4().hex,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        by=by,
        run=home.resolve().name,
        articles=evaluation.split,
        count=evaluation.articles,
        content=content_of(articles),
        model=_sha256("".join(_weights(run.model) for run in members))[:16],
        setting=_setting(members[0], config, chosen, several=len(members) > 1),
        options=chosen,
        settings=_changed(config),
        figures=evaluation.figures,
    )
    _add(ledger_file(home), look, logging.WARNING)
    if dataset is not None and _top(home) not in dataset.path.resolve().parents:
        _add(dataset.path / LEDGER, look, logging.INFO)  # it may be shared, and read-only


def looks_at(home: Path, articles: str, *others: Path) -> Looks | None:
    """How often the articles that a run was last evaluated on under a name were looked at.

    Args:
        home: the folder of the run, or of several seeds or folds.
        articles: their name, as in `Look.articles`.
        others: more runs whose looks at these articles count, with those beside them.

    Returns:
        None where no such look was recorded, as in runs of older versions.

    Raises:
        InputError: the run's ledger is damaged. Those of other runs are left out then, with a warning.

    Example:
        >>> looks_at(Path("runs/first"), "test").times >= 1, looks_at(Path("runs/first"), "data-more.csv")
        (True, None)
    """
    own = [look for look in read_ledger(ledger_file(home)).looks if look.articles == articles]
    if not own:
        return None
    files = dict.fromkeys(file.resolve() for place in (home, *others) for file in _ledgers(place))
    recorded = [*(look for file in files for look in _others(file)), *own]
    known = list({look.id: look for look in recorded if look.content == own[-1].content}.values())
    figures = [look.figures["f1_macro"] for look in known if "f1_macro" in look.figures] or [0.0]
    unknown = articles == "test" and own[0].by != "train"
    return Looks(
        len(known),
        len({look.setting for look in known}),
        min(figures),
        max(figures),
        own[0].date[:10] if unknown else "",
    )


def _setting(run: RunFolder, config: Config, options: Mapping[str, Any], *, several: bool) -> str:
    """The fingerprint of a setting; that of the seeds or folds of one plan does not depend on seed and fold."""
    info, place = read_dataset_info(run.dataset_info), read_trained_on(run.dataset_info)
    planned = several or _is_member(run.path)
    settings = _recorded(config)
    del settings["evaluate"]
    settings["model"]["name"] = Path(config.model.name).name
    hidden = NO_CHOICE | ({"seed"} if planned else set())
    settings["train"] = {name: value for name, value in settings["train"].items() if name not in hidden}
    trained = {"sources": info.sources, "counts": {name: part.articles for name, part in info.counts.items()}}
    known = {"settings": settings, "trained": trained, "options": options, "fold": None if planned else place.fold}
    return _sha256(json.dumps(known, sort_keys=True, default=dict))[:16]


def _recorded(config: Config) -> dict[str, Any]:
    """The settings, with the name of the teacher where there is one."""
    settings = recorded_settings(config)
    if config.distil.teacher is not None:
        settings["distil"]["teacher"] = Path(config.distil.teacher).name
    return settings


def _is_member(path: Path) -> bool:
    """Whether a run is one of the seeds or folds of a plan."""
    return MEMBER.fullmatch(path.resolve().name) is not None and (path.resolve().parent / PLAN).exists()


def _top(path: Path) -> Path:
    """The folder of the plan that a run is part of; the run itself where it is part of none."""
    return path.resolve().parent if _is_member(path) else path.resolve()


def _changed(config: Config) -> dict[str, Any]:
    """The settings that are not the default, by their dotted names."""
    now, default = _recorded(config), recorded_settings(Config())
    return {
        f"{section}.{name}": value
        for section, values in now.items()
        for name, value in values.items()
        if value != default.get(section, {}).get(name) and name not in NO_CHOICE
    }


def _weights(model: Path) -> str:
    """The checksums of all files of a model but its description; their sizes where an older version wrote none."""
    if (model / CHECKSUMS).exists():
        sums = {name: found.sha256 for name, found in read_checksums(model).files.items()}
    else:
        sums = {file.name: str(file.stat().st_size) for file in model.glob("*") if file.is_file()}
    return json.dumps({name: value for name, value in sorted(sums.items()) if name != MODEL_FILE})


def _add(file: Path, look: Look, level: int) -> None:
    """Append a look to a ledger; where that cannot be done, say so in the log."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with one_writer(file):
                before = read_json(file, version=1, fix=FIX)["looks"] if file.exists() else []
                write_json(file, {"format_version": 1, "looks": [*before, asdict(look)]})
            return
        except (InputError, KeyError, TypeError) as error:
            if not file.with_name(f".{file.name}.lock").exists() or time.monotonic() > until:
                what = getattr(error, "message", f"'{file}' is damaged.")
                logger.log(level, "This look at %s was not recorded: %s", look.articles, what)
                return
        time.sleep(0.1)


def _ledgers(home: Path) -> Iterator[Path]:
    """The ledgers of the runs beside a run, of those with one plan, and of the dataset."""
    path, top = home.resolve(), _top(home)
    for place in [top, *_folders(top.parent)]:
        yield ledger_file(place)
        if (place / PLAN).exists():
            yield from (ledger_file(member) for member in _folders(place) if MEMBER.fullmatch(member.name))
    for run in (path, *(member for member in _folders(path) if MEMBER.fullmatch(member.name))):
        info = RunFolder(run).dataset_info
        if info.exists():
            yield run / read_trained_on(info).path / LEDGER
            return


def _folders(path: Path) -> list[Path]:
    """The folders in a folder; none where it may not be read."""
    try:
        with os.scandir(path) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir())
    except OSError:
        return []


def _others(file: Path) -> tuple[Look, ...]:
    """The looks in the ledger of another run, or of a dataset; none where it is damaged or may not be read."""
    try:
        return read_ledger(file).looks
    except InputError as error:
        logger.warning("looks are not counted: %s", error.message)
    except OSError:
        pass
    return ()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
