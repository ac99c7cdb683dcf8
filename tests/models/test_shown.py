"""A model in a notebook: labels and what predicts, escaped, and none of its layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from classifier.models.classifier import Classifier
from classifier.models.shown import model_summary


@pytest.fixture(scope="module")
def model(examples: Path) -> Classifier:
    return Classifier.load(examples / "runs" / "first", device="cpu")


def test_a_loaded_model_shows_its_labels_and_no_layers(model: Classifier) -> None:
    html = model._repr_html_()
    assert "Gives each article one of 3 labels." in html
    assert "opinion, reporting, satire" in html
    assert model.predicts in html and model.predicts.endswith(" alone")
    assert "1 window of 32 tokens" in html
    assert "not calibrated" in html
    assert "BertModel" not in html
    assert len(html) < 1500


def test_it_says_what_predicts_and_escapes_labels(model: Classifier) -> None:
    info = replace(model.info, labels=("<b>", "c"), pair=True, multi_label=True)
    html = model_summary(info, predicts="0.46 × A + 1.28 × B", device="cpu").html()
    assert "0.46 × A + 1.28 × B" in html
    assert "&lt;b&gt;, c" in html
    assert "Gives each pair any number of 2 labels." in html
