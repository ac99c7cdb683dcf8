"""From whom the models of a record learned besides true labels."""

from dataclasses import replace
from pathlib import Path

from classifier.models.model_folder import Distilled, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.reports.paper.methods import _taught
from classifier.reports.run.findings import run_findings
from classifier.reports.run.teachers import teacher_names, unlabelled_words
from tests.makers.runs import MadeRecord, make_evaluation, make_model_info


def taught(path: Path, *lessons: Distilled | None) -> tuple[str, str]:
    """What page and methods text say of models with these lessons."""
    runs = tuple(RunFolder(path / f"fold-{k}") for k in range(len(lessons)))
    for run, lesson in zip(runs, lessons, strict=True):
        run.model.mkdir(parents=True)
        write_model_info(run.model, replace(make_model_info(), distilled=lesson))
    record = MadeRecord(make_evaluation(), runs=runs)
    found = {finding.title: finding.text for finding in run_findings(record)}
    return found.get("It had a teacher", ""), " ".join(_taught(record))


def test_each_fold_has_a_teacher_of_its_own_and_all_are_named(tmp_path: Path) -> None:
    lessons = [Distilled("fold-01 (ab)", 140, 0.5, 1.0), Distilled("fold-02 (cd)", 139, 0.5, 1.0)]
    page, methods = taught(tmp_path, *lessons)
    assert page == (
        "It learnt from the scores that fold-01 (ab) and fold-02 (cd) gave the training articles and 139 to 140 "
        "unlabelled articles, each to the model of its own fold, too."
    )
    assert "the models fold-01 (ab) and fold-02 (cd), each teaching the model of its own fold, gave" in methods
    assert "and 139 to 140 unlabelled articles" in methods


def test_one_teacher_of_all_models_is_named_once(tmp_path: Path) -> None:
    page, methods = taught(tmp_path, *[Distilled("large (ab)", 0, 0.5, 2.0)] * 3)
    assert page == "It learnt from the scores that large (ab) gave the training articles, too."
    assert "that the model large (ab) gave the training articles [@hinton2015]" in methods


def test_models_may_have_been_their_own_teachers_or_have_had_none(tmp_path: Path) -> None:
    page, methods = taught(tmp_path / "own", *[Distilled(None, 9, 0.5, 1.0)] * 2)
    assert page.startswith("It learnt from the scores that its own first training gave")
    assert "a first model of its own" in methods
    assert taught(tmp_path / "none", None, None) == ("", "")


def test_teachers_and_what_they_scored() -> None:
    lessons = [Distilled("b", 3, 0.5, 1.0), Distilled("a", 3, 0.5, 1.0), Distilled("b", 3, 0.5, 1.0)]
    assert (teacher_names(lessons), unlabelled_words(lessons)) == (["b", "a"], " and 3 unlabelled articles")
