"""Which models an ensemble averages, and what is fitted to it: `ensemble.json`, written last in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from classifier.checksums import CHECKSUMS, check_checksums, write_checksums
from classifier.errors import InputError
from classifier.files import damaged, read_json_as, write_json
from classifier.models.model_folder import MODEL_FILE, ModelInfo
from classifier.models.run_folder import RunFolder
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.cascade import Cascade
from classifier.stats.conformal import ConformalSets
from classifier.stats.label_shift import ValidationScores

ENSEMBLE_FILE = "ensemble.json"


@dataclass(frozen=True)
class EnsembleInfo:
    """What ``ensemble.json`` holds.

    Attributes:
        members: model folders, relative to the folder of the ensemble, so that it can be moved.
        thresholds: per class, for multi-label; fitted on the ensemble's validation probabilities.
        calibration: of the averaged probabilities; those of the members are not used.
        abstention: from which scores on labels are given where ``abstain`` is asked for.
        sets: from which scores on labels are in the set of an article, where sets are asked for.
        validation: the ensemble's calibrated scores of validation articles.
        cascade: how often the TF-IDF of the first member alone gives the ensemble's label.
    """

    members: tuple[str, ...]
    thresholds: tuple[float, ...] | None = None
    calibration: Calibration | None = None
    abstention: Abstention | None = None
    sets: ConformalSets | None = None
    validation: ValidationScores | None = None
    cascade: Cascade | None = None
    format_version: int = 1

    def first_run(self, path: Path) -> RunFolder:
        """The run of the first member, which has the settings, the dataset and the baselines of all."""
        return self.runs(path)[0]

    def applied(self, info: ModelInfo) -> ModelInfo:
        """What the members say about themselves, with what was fitted to their average."""
        return replace(
            info,
            thresholds=self.thresholds,
            calibration=self.calibration,
            abstention=self.abstention,
            sets=self.sets,
            validation=self.validation,
            cascade=self.cascade,
        )

    def runs(self, path: Path) -> list[RunFolder]:
        """The runs of all members."""
        return [RunFolder((path / member).parent) for member in self.members]


def read_ensemble(path: Path) -> EnsembleInfo:
    """What ``ensemble.json`` in a folder says.

    Raises:
        InputError: it is missing or damaged, or is not as it was written.
    """
    file, fix = path / ENSEMBLE_FILE, "Copy the folder again."
    check_checksums(path, fix=fix)
    info = read_json_as(file, EnsembleInfo, fix=fix)
    if not info.members:
        raise damaged(file, "it names no members", fix)
    if len(set(info.members)) < len(info.members):
        raise damaged(file, "it names a member twice", fix)
    return info


def write_ensemble(path: Path, info: EnsembleInfo) -> None:
    """Write ``ensemble.json``, which makes the ensemble complete, with its checksum."""
    (path / CHECKSUMS).unlink(missing_ok=True)  # wherever this is stopped, the folder can be read
    write_json(path / ENSEMBLE_FILE, asdict(info))
    write_checksums(path, only=[ENSEMBLE_FILE])


def check_members(path: Path, info: EnsembleInfo) -> None:
    """Raise `InputError` unless each member's model is there."""
    missing = [member for member in info.members if not (path / member / MODEL_FILE).exists()]
    if missing:
        raise InputError(
            f"The ensemble '{path}' lacks {len(missing)} of its {len(info.members)} models: there is no {MODEL_FILE} "
            f"in '{path / missing[0]}'.",
            fix="Copy the whole folder again, or use one model alone by its own folder.",
        )
