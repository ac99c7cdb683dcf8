"""What a cascade does to figures, and what it is found from."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.evaluation.cascade import FILE, evaluated_cascade, negative_log, read_cascade, scored_table
from classifier.evaluation.predictions import TFIDF_SCORES, read_predictions
from classifier.jobs.evaluate import evaluate
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info, write_model_info


def test_training_stores_what_validation_says(cascade_run: Path) -> None:
    model = Classifier.load(cascade_run, device="cpu")
    folder = cascade_run / "evaluation" / "validation"
    known = model.info.cascade
    assert known == evaluated_cascade(model, folder)
    assert known is not None and known.articles == 160
    table = scored_table(read_predictions(folder), model.label_set)
    assert np.array_equal(model.decide(table.proba), table.predicted)
    alone = model.decide(known.proba(table.tfidf))
    assert sum(row.split()[1] == "1" for row in known.rows) == (alone == table.predicted).sum()
    assert evaluated_cascade(replace(model, info=replace(model.info, blend=None)), folder) is None


def test_its_figures_stand_beside_those_of_the_whole_model(cascade_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(cascade_run, tmp_path / "run")
    before = evaluate(run)
    assert read_cascade(run / "evaluation" / "test") is None
    evaluate(run, cascade=0.95)
    found = read_cascade(run / "evaluation" / "test")
    assert found is not None
    model = Classifier.load(run, device="cpu").with_cascade(0.95)
    table = read_predictions(run / "evaluation" / "test")
    scored = scored_table(table, model.label_set)
    assert model.route is not None and model.info.cascade is not None
    proba = model.info.cascade.proba(scored.tfidf)
    skipped = model.route.rule.skips(model.info.cascade.sureness(proba, model.given(proba)))
    given = np.where(skipped, model.decide(proba), scored.predicted)
    assert (found.skipped, found.articles) == (skipped.sum(), len(table))
    assert found.agreed == pytest.approx((given == scored.predicted)[skipped].mean())
    assert found.figures["accuracy"] == pytest.approx((given == scored.truth).mean())
    assert found.gain["accuracy"].value == pytest.approx(found.figures["accuracy"] - before.figures["accuracy"])
    assert found.right == pytest.approx((given == scored.truth)[skipped].mean(), abs=1e-6)
    assert found.loss_before == pytest.approx(
        -np.log(scored.proba[np.arange(len(table)), scored.truth]).mean(), abs=1e-5
    )
    evaluate(run, cascade=0.9)  # the newer one replaces it
    again = read_cascade(run / "evaluation" / "test")
    assert again is not None and again.rule.agreement == 0.9
    evaluate(run)
    assert read_cascade(run / "evaluation" / "test") == again


def test_a_run_of_an_older_version_finds_it_once(cascade_run: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run = shutil.copytree(cascade_run, tmp_path / "run")
    info = read_model_info(run / "model")
    write_model_info(run / "model", replace(info, cascade=None))
    file = run / "evaluation" / "validation" / "predictions.parquet"
    older = pq.read_table(file).drop_columns([TFIDF_SCORES])
    pq.write_table(older, file)
    with pytest.raises(InputError, match="of an older version"):
        scored_table(older, info.label_set)
    evaluate(run, cascade=0.95)
    assert read_model_info(run / "model") == info
    shutil.rmtree(file.parent)
    write_model_info(run / "model", replace(info, cascade=None))
    with pytest.raises(InputError, match="needs an evaluation of validation articles"):
        evaluate(run, cascade=0.95)


def test_it_is_printed_and_stands_on_the_page(
    cascade_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(cascade_run, tmp_path / "run")
    assert cli(["evaluate", str(run), "--cascade", "0.95"]) == 0
    said = capsys.readouterr()
    out = " ".join(said.out.split())
    assert "With --cascade 0.95," in out and "compared with the whole model" in out
    assert "Share of validation articles that skip, by the agreement that is asked for" in " ".join(said.err.split())
    assert "With --cascade 0.95," in (run / "report.html").read_text(encoding="utf-8")
    assert cli(["evaluate", str(run), "--cascade", "0.95", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cascade"]["rule"]["agreement"] == 0.95
    assert cli(["evaluate", str(run), "--cascade", "95"]) == 2
    assert "between 0 and 1" in capsys.readouterr().err


def test_a_damaged_file_says_what_makes_it_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(InputError, match="makes it again"):
        read_cascade(tmp_path)


def test_the_negative_log_of_several_labels_counts_each_of_them() -> None:
    proba = np.array([[0.8, 0.4]], dtype=np.float32)
    right = np.array([[True, False]])
    assert negative_log(proba, right, multi_label=False) == pytest.approx(-np.log(0.8), abs=1e-5)
    assert negative_log(proba, right, multi_label=True) == pytest.approx(-np.log(0.8) - np.log(0.6), abs=1e-5)
