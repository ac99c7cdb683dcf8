import json
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoModel, AutoTokenizer

from classifier.errors import InputError
from classifier.models.word_vectors import load_word_vectors, table_name
from tests.makers.models import make_checkpoint, make_model_folder


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "deberta-v2", "mpnet", "modernbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_means_are_those_of_the_encoders_table(tmp_path: Path, family: str, pooling: str) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder", family), pooling=pooling)
    name = table_name(folder)
    assert name is not None
    vectors = load_word_vectors(folder, name)
    texts = ["a b , a .", "", "b"]
    found = vectors.means(texts)
    tokenizer, encoder = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    table = encoder.get_input_embeddings().weight.detach().numpy()
    for text, mean in zip(texts, found, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert mean == pytest.approx(table[ids].mean(axis=0)) if ids else np.isnan(mean).all()


def test_a_model_without_the_table_is_refused(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder"))
    with pytest.raises(InputError, match="has no weights 'other'"):
        load_word_vectors(folder, "other")


def test_a_model_without_a_row_for_each_word_has_no_table(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 7}))
    assert table_name(folder) is None
