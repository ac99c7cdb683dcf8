"""A training does not begin on a dataset whose figures would mislead, unless it is told to; what was built is kept."""

from __future__ import annotations

from pathlib import Path

from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo
from classifier.errors import Fault, UnsafeDatasetError, shell_word
from classifier.jobs.request import Request
from classifier.reports.dataset.findings import dataset_findings
from classifier.reports.judgement import Finding, is_unsafe

PAGE = "report.html"


def reasons_to_stop(info: DatasetInfo) -> list[Finding]:
    """What makes a dataset unsafe to evaluate on: what its own page calls to be mended first."""
    return [finding for finding in dataset_findings(info) if is_unsafe([finding])]


def check_safe(dataset: DatasetFolder, request: Request, options: str, *, built: bool) -> None:
    """Raise unless a dataset is safe to evaluate on; one that was built for the training then lies beside its folder.

    Args:
        dataset: of the training.
        request: says where the training was to be written.
        options: of the command, beside its source and its folder, such as ``--seeds 5``.
        built: whether it was built for this training, in a folder that is removed where the training does not begin.

    Raises:
        UnsafeDatasetError: with the reasons, and the command that trains all the same.
    """
    reasons = reasons_to_stop(dataset.info)
    if not reasons:
        return
    place = keep(dataset.path, request.out) if built else dataset.path
    fold = None if request.fold is None else f"--fold {request.fold}"
    source, out = shell_word(place), f"--out {shell_word(request.out)} --anyway"
    command = " ".join(filter(None, ("classifier train", source, options, fold, out)))
    raise UnsafeDatasetError(
        "Figures on this dataset would mislead, so nothing was trained.",
        faults=[Fault(finding.heading.rstrip("."), finding.text) for finding in reasons],
        fix=f"Mend that and train again ({place / PAGE} shows it), or train all the same: {command} "
        "(from Python: anyway=True).",
    )


def keep(dataset: Path, out: Path) -> Path:
    """Move a dataset out of a folder that is removed; its new place beside ``out``, where it may be already.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> built = folder / "unfinished" / "dataset"
        >>> built.mkdir(parents=True)
        >>> keep(built, folder / "first").name
        'first-dataset'
    """
    number, place = 1, out.with_name(f"{out.name}-dataset")
    while place.exists() and not _same(dataset, place):
        number += 1
        place = out.with_name(f"{out.name}-dataset-{number}")
    if not place.exists():
        dataset.rename(place)
    return place


def _same(one: Path, other: Path) -> bool:
    files = [path / "dataset.json" for path in (one, other)]
    return all(file.is_file() for file in files) and files[0].read_bytes() == files[1].read_bytes()
