"""Every kind of JSON file: read back as it was written; damaged in whatever way, an `InputError` that names it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.checksums import CHECKSUMS
from classifier.dataset.corrections import Corrections
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import (
    Counts,
    DatasetInfo,
    Giveaway,
    LeakageProbe,
    TrainedOn,
    read_dataset_info,
    read_trained_on,
)
from classifier.errors import InputError
from classifier.evaluation.annotators import Annotator, AnnotatorAgreement, read_annotators
from classifier.evaluation.controls import Controls, read_controls
from classifier.evaluation.error_list import ErrorList, EvidenceMark, ListedError
from classifier.evaluation.group_errors import ColumnErrors, GroupErrors, GroupRate, read_group_errors
from classifier.evaluation.learning_curve import CurveMean, CurvePoint, LearningCurve, as_json, read_curve
from classifier.evaluation.ledger import Ledger, Look, read_ledger
from classifier.evaluation.result import Evaluation, FoldsFigures, SeedsFigures, read_evaluation
from classifier.evaluation.slices import Slice, Slices, read_slices
from classifier.files import read_json_as, write_json
from classifier.jobs.several_runs import StoredRunPlan, read_run_plan
from classifier.models.ensemble import EnsembleInfo, read_ensemble
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import Manifest, RunFolder, read_manifest
from classifier.models.tfidf import fit_baselines, load_baselines, save_baselines
from classifier.models.trained import open_trained
from classifier.stats.abstention import Abstention, ClassOutcome, Outcome
from classifier.stats.agreement import Alpha, BesidePeople
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import ClassSets, ConformalSets, SetsOutcome
from classifier.stats.extrapolation import Extrapolation, Forecast, PowerLaw
from classifier.stats.reliability import CoveragePoint, Reliability, ScoreBin, ScoreFigures
from tests.makers.runs import make_controls, make_evaluation, make_model_info

PAIR = (0.1, 0.9)
CALIBRATION, ABSTENTION = Calibration((1.5,), (0.1, -0.1)), Abstention(0.9, (0.5, None))
SETS = ConformalSets(0.9, (0.5, None), (1, 2), (9, 12), "source")
FIGURES = ScoreFigures(0.1, PAIR, 0.1, 0.2, PAIR, 0.3, PAIR, (ScoreBin(10, 0.9, 0.8),))
RELIABILITY = Reliability("test", 9, True, "equal mass", 0.1, FIGURES, FIGURES, 0.2, (CoveragePoint(0.9, 0.5, 0.1),))
ALPHA = Alpha(0.5, PAIR)
AGREEMENT = AnnotatorAgreement(
    "test", 60, 3, 5, 4.5, BesidePeople(ALPHA, ALPHA, 0.1, PAIR, PAIR), (Annotator("anna", 60, ALPHA, ALPHA),)
)
OUTCOME = Outcome("test", 0.9, 0.95, 0.5, PAIR, None, PAIR, {"a": ClassOutcome(0.5, 3, 2, 1.0, PAIR)})
EVALUATION = make_evaluation()
GROUPS = GroupErrors(
    "test",
    (ColumnErrors("desk", "group", ("home",), (), 0.1, None, (GroupRate("home", "recall", "a", 9, 0.5, 0.6, 0.1),)),),
)
HELD = SetsOutcome(
    "test",
    0.9,
    0.9,
    PAIR,
    1.2,
    0.8,
    0.9,
    None,
    {"a": ClassSets(3, 0.9, PAIR, 1.2, 9, False)},
    (),
    "source",
    9.0,
    "source",
)
WHOLE = replace(EVALUATION, reliability=RELIABILITY, abstention=OUTCOME, sets=HELD)
SLICE = Slice("source", "s", 60, 5, "group", 0.5, PAIR, 0.5, None, 0.4, -0.1, 0.01, 0.02)
MEAN = {"model": {"accuracy": (0.8, 0.1)}}
ERROR = ListedError(
    "1",
    ("a",),
    ("b",),
    "b",
    0.9,
    ({"label": "b", "score": 0.9},),
    None,
    None,
    None,
    "x",
    (EvidenceMark("text", 0, 1, "x", 0.1),),
)
LOOK = Look("1", "2026-11-29", "train", "r", "test", 9, "c", "m", "s", {"min_precision": 0.9}, {}, {"f1_macro": 0.5})
POINT = CurvePoint(0.5, 1, 10, 2, {"f1_macro": 0.5}, [0, 1])
CURVE = LearningCurve(
    Path("c"),
    "tfidf",
    "f1_macro",
    20,
    10,
    10,
    2,
    (POINT,),
    (CurveMean(0.5, 1, 10, 0.5, 0.0, PAIR),),
    Extrapolation(PowerLaw(0.9, 0.2, 1.0, 100.0), None, 0.1, (Forecast(2.0, 40, 0.6, PAIR, 0.1, PAIR),), ""),
    1.0,
)
DATASET = DatasetInfo(
    labels=("a", "b"),
    multi_label=False,
    pair=False,
    split_method="grouped",
    group_by=("source",),
    counts={"train": Counts(2, {"a": 1, "b": 1})},
    notes=(),
    sources=({"path": "x", "sha256": "y"},),
    settings={"split": {"seed": 13}},
    asked={"test": 0.15},
    duplicates=DuplicateCounts(1, 0, 1, 2, 2, 0, 0.8),
    probe=LeakageProbe("f1_macro", 0.5, PAIR, 0.6, 0.1, 5, 20, 10, False),
    giveaways=(Giveaway("line", "x", "a", 3, 0.9, 0.5),),
    rejected={"no text": 1},
    corrections=Corrections("c.csv", "y", 1, 0, 0),
)


@dataclass(frozen=True)
class JsonFile:
    """A kind of file: its name, what it holds, who reads it, and the dataclass that says which keys it needs."""

    name: str
    holds: dict[str, Any]
    read: Callable[[Path], Any]
    shape: Any = None
    beside: dict[str, Any] | None = None  # another file that must be there

    def write(self, folder: Path) -> Path:
        for name, values in (self.beside or {}).items():
            write_json(folder / name, values)
        write_json(folder / self.name, self.holds)
        return folder / self.name

    @property
    def needed(self) -> list[str]:
        """Keys that it cannot do without."""
        parts = fields(self.shape) if self.shape else ()
        absent = [part.name for part in parts if part.default is MISSING and part.default_factory is MISSING]
        return [key for key in self.holds if key in absent]


def metrics(evaluation: Evaluation) -> dict[str, Any]:
    """What ``metrics.json`` holds of it."""
    return {key: value for key, value in asdict(evaluation).items() if key not in ("reliability", "abstention", "sets")}


def tfidf() -> dict[str, Any]:
    kind = {"analyzer": "word", "ngram_range": [1, 1], "vocabulary": ["alpha", "beta"]}
    return {"features": [kind], "pair": False, "multi_label": False}


def load_tfidf(folder: Path) -> Any:
    articles = [Article(str(n), "alpha beta", ("x",)) for n in range(2)]
    text = (folder / "tfidf.json").read_bytes()
    save_baselines(fit_baselines(articles, np.array([0, 1]), pair=False, words_alone=True), folder / "x")
    (folder / "x" / "tfidf.json").write_bytes(text)
    (folder / "x" / CHECKSUMS).unlink()  # as in a folder of an older version: the file speaks for itself
    return load_baselines(folder / "x")


MODEL = replace(make_model_info(), calibration=CALIBRATION, abstention=ABSTENTION, sets=SETS)
MANIFEST = asdict(Manifest("0.1.0", "3.11", "2.6", "5.0", "2026-01-01T00:00:00+00:00", 1.5, "cpu", "Linux"))
FILES = [
    JsonFile("classifier.json", asdict(MODEL), read_model_info, ModelInfo),
    JsonFile(
        "ensemble.json",
        asdict(EnsembleInfo(("a/model",), (0.5,), CALIBRATION, ABSTENTION, SETS)),
        read_ensemble,
        EnsembleInfo,
    ),
    JsonFile("manifest.json", MANIFEST, lambda folder: read_manifest(RunFolder(folder)), Manifest),
    JsonFile("dataset.json", asdict(DATASET), lambda folder: read_dataset_info(folder / "dataset.json"), DatasetInfo),
    JsonFile(
        "dataset.json",
        {"path": "d", "fold": 1, **asdict(DATASET)},
        lambda folder: read_trained_on(folder / "dataset.json"),
        TrainedOn,
    ),
    JsonFile("plan.json", asdict(StoredRunPlan("d", ("train.seed=1",), (13, 14), 2)), read_run_plan, StoredRunPlan),
    JsonFile("plan.json", asdict(StoredRunPlan("d", (), (13, 14))), lambda folder: open_trained(folder, whole=False)),
    JsonFile("plan.json", asdict(StoredRunPlan("d", (), ())), lambda folder: open_trained(folder, whole=False)),
    JsonFile("metrics.json", metrics(EVALUATION), read_evaluation, Evaluation),
    JsonFile(
        "calibration.json", asdict(RELIABILITY), read_evaluation, Reliability, {"metrics.json": metrics(EVALUATION)}
    ),
    JsonFile("abstention.json", asdict(OUTCOME), read_evaluation, Outcome, {"metrics.json": metrics(EVALUATION)}),
    JsonFile("sets.json", asdict(HELD), read_evaluation, SetsOutcome, {"metrics.json": metrics(EVALUATION)}),
    JsonFile("slices.json", asdict(Slices("test", 60, 0.8, ("source",), 10, (SLICE,))), read_slices, Slices),
    JsonFile("group_errors.json", asdict(GROUPS), read_group_errors, GroupErrors),
    JsonFile("annotators.json", asdict(AGREEMENT), read_annotators, AnnotatorAgreement),
    JsonFile("controls.json", asdict(make_controls(PAIR, None)), read_controls, Controls),
    JsonFile(
        "errors.json",
        asdict(ErrorList("test", 9, 1, (ERROR,))),
        lambda folder: read_json_as(folder / "errors.json", ErrorList),
        ErrorList,
    ),
    JsonFile(
        "seeds.json",
        asdict(SeedsFigures({"13": WHOLE}, MEAN, EVALUATION)),
        lambda folder: read_json_as(folder / "seeds.json", SeedsFigures),
        SeedsFigures,
    ),
    JsonFile(
        "folds.json",
        asdict(FoldsFigures((EVALUATION,), MEAN, EVALUATION)),
        lambda folder: read_json_as(folder / "folds.json", FoldsFigures),
        FoldsFigures,
    ),
    JsonFile("ledger.json", asdict(Ledger((LOOK,))), lambda folder: read_ledger(folder / "ledger.json"), Ledger),
    JsonFile("learning_curve.json", as_json(CURVE), lambda folder: read_curve(folder / "learning_curve.json")),
    JsonFile("point.json", asdict(POINT), lambda folder: read_json_as(folder / "point.json", CurvePoint), CurvePoint),
    JsonFile("tfidf.json", tfidf(), load_tfidf),
]
kinds = pytest.mark.parametrize("kind", FILES, ids=[f"{number}-{kind.name}" for number, kind in enumerate(FILES)])


def places(values: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within values."""
    within = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, (list, tuple)) else ()
    )
    for key, value in within:
        yield (*at, key)
        yield from places(value, (*at, key))


def changed(values: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> str:
    """The JSON text after a change at a place."""
    copy = json.loads(json.dumps(values))
    home = copy
    for key in place[:-1]:
        home = home[key]
    change(home, place[-1])
    return json.dumps(copy)


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda home, key: home.__setitem__(key, value)


def refused(kind: JsonFile, file: Path, text: str | bytes) -> bool:
    """Whether a reader refuses a file; whatever else it raises is a fault of ours."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        kind.read(file.parent)
    except InputError as error:
        assert f"{file.name}' is damaged: " in error.message or f"{file.name}' has format version" in error.message, (
            error
        )
        assert error.fix
        return True
    return False


@kinds
def test_it_is_read_back(kind: JsonFile, tmp_path: Path) -> None:
    file = kind.write(tmp_path)
    assert not refused(kind, file, file.read_bytes())
    if kind.shape not in (None, TrainedOn, Manifest):
        kept = {key: value for key, value in asdict(read_json_as(file, kind.shape)).items() if key in kind.holds}
        write_json(tmp_path / "again.json", kept)
        assert (tmp_path / "again.json").read_bytes() == file.read_bytes(), "not one byte is another"


@kinds
def test_what_is_no_json_object_is_refused(kind: JsonFile, tmp_path: Path) -> None:
    file = kind.write(tmp_path)
    whole = file.read_bytes()
    for text in (whole[: len(whole) // 2], whole[:-3], b"", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000):
        assert refused(kind, file, text), text[:20]


@kinds
def test_each_missing_key_is_refused_or_has_a_default(kind: JsonFile, tmp_path: Path) -> None:
    file = kind.write(tmp_path)
    for place in places(kind.holds):
        without = changed(kind.holds, place, lambda home, key: home.pop(key))
        found = refused(kind, file, without)
        assert found or place[0] not in kind.needed or len(place) > 1, place


@kinds
def test_each_value_of_a_wrong_type_is_refused_or_does_no_harm(kind: JsonFile, tmp_path: Path) -> None:
    file = kind.write(tmp_path)
    for place in places(kind.holds):
        for value in ([], [1], {}, {"strange": 1}, "text", None, -1, True, float("nan"), float("inf")):
            found = refused(kind, file, changed(kind.holds, place, put(value)))
            assert found or not (isinstance(value, float)), f"{place} may not be {value}"


def test_a_place_is_named(tmp_path: Path) -> None:
    file = tmp_path / "classifier.json"
    for place, value, said in (
        (("labels", 0), 7, "labels.0: Input should be a valid string"),
        (("calibration", "offsets"), "x", "calibration.offsets: Input should be a valid tuple"),
        (("format_version",), 99, "classifier.json' has format version 99; this version of classifier reads 1."),
        (("colour",), "red", "colour: Unexpected keyword argument"),
        (("max_length",), float("nan"), "NaN is not a number"),
    ):
        file.write_text(changed(asdict(MODEL), place, put(value)))
        with pytest.raises(InputError) as error:
            read_model_info(tmp_path)
        assert said in error.value.message
        assert "model folder" in error.value.fix


def test_newer_fields_that_an_older_file_lacks_take_their_defaults(tmp_path: Path) -> None:
    older = {
        key: value
        for key, value in asdict(MODEL).items()
        if key not in ("calibration", "abstention", "sets", "label_by")
    }
    write_json(tmp_path / "classifier.json", older)
    assert read_model_info(tmp_path) == replace(MODEL, calibration=None, abstention=None, sets=None, label_by="fit")


def test_tfidf_of_one_kind_as_older_versions_wrote_it(tmp_path: Path) -> None:
    file = tmp_path / "tfidf.json"
    new = tfidf()
    write_json(file, {**new["features"][0], "pair": False, "multi_label": False})
    assert load_tfidf(tmp_path).vectorizer.kinds[0].columns == {"alpha": 0, "beta": 1}
