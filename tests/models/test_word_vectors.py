from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.models.transformer.network import load_model
from classifier.models.transformer.pretrained import load_tokenizer
from classifier.models.word_vectors import load_word_vectors, table_name
from tests.makers.models import make_checkpoint, make_model_folder


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "deberta-v2", "mpnet", "modernbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_means_are_those_of_the_encoders_table(tmp_path: Path, family: str, pooling: str) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder", family), pooling=pooling)
    encoder = load_model(folder, pooling, 2).encoder
    vectors = load_word_vectors(folder, table_name(encoder))
    texts = ["a b , a .", "", "b"]
    found = vectors.means(texts)
    table = encoder.get_input_embeddings().weight.detach().numpy()  # type: ignore[operator]
    tokenizer = load_tokenizer(folder)
    for text, mean in zip(texts, found, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert mean == pytest.approx(table[ids].mean(axis=0)) if ids else np.isnan(mean).all()


def test_an_encoder_that_is_read_without_transformers_names_the_same_table(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder"), pooling="mean")
    light, full = (load_model(folder, "mean", 2, light=light).encoder for light in (True, False))
    assert type(light) is not type(full)
    assert table_name(light) == table_name(full)


def test_a_model_without_the_table_is_refused(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder"))
    with pytest.raises(InputError, match="has no weights 'other'"):
        load_word_vectors(folder, "other")
