import json
from pathlib import Path

import numpy as np
import pytest

from classifier.models.transformer.light_tokenizer import light_tokenizer
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import make_checkpoint


def change(folder: Path, file: str, **values: object) -> None:
    settings = json.loads((folder / file).read_text("utf-8"))
    (folder / file).write_text(json.dumps({**settings, **values}), "utf-8")


TOKENIZERS = {
    "no file": lambda folder: (folder / "tokenizer.json").unlink(),
    "a damaged file": lambda folder: (folder / "tokenizer.json").write_text("{}", "utf-8"),
    "no settings": lambda folder: (folder / "tokenizer_config.json").unlink(),
    "an unknown class": lambda folder: change(
        folder, "tokenizer_config.json", tokenizer_class="Other", model_input_names=None
    ),
    "another encoder's": lambda folder: change(folder, "config.json", vocab_size=4),
    "separators in texts that are none": lambda folder: change(
        folder, "tokenizer_config.json", split_special_tokens=True
    ),
    "no limit": lambda folder: change(folder, "config.json", max_position_embeddings=None),
}


@pytest.mark.parametrize("unusual", TOKENIZERS)
def test_an_unusual_tokenizer_is_left_to_transformers(tmp_path: Path, unusual: str) -> None:
    folder = make_checkpoint(tmp_path)
    assert light_tokenizer(folder) is not None
    TOKENIZERS[unusual](folder)
    assert light_tokenizer(folder) is None


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_the_tokenizer_is_that_of_transformers(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path, family)
    light, full = light_tokenizer(folder), load_tokenizer(folder)
    assert light is not None
    assert light.backend_tokenizer.to_str() == full.backend_tokenizer.to_str()
    assert light.model_max_length == full.model_max_length
    assert light.pad_token_id == full.pad_token_id
    assert set(light.model_input_names) == set(full.model_input_names)


def test_a_tokenizer_that_was_stored_cutting_and_padding_reads_whole_texts(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path)
    light, full = light_tokenizer(folder), load_tokenizer(folder)
    assert light is not None
    light.backend_tokenizer.enable_truncation(4)
    light.backend_tokenizer.enable_padding(length=9)
    light.backend_tokenizer.save(str(folder / "tokenizer.json"))
    again = light_tokenizer(folder)
    assert again is not None
    articles = make_articles(5)
    found, wanted = (TextEncoder(tokenizer, max_length=24).encode(articles).tokens for tokenizer in (again, full))
    np.testing.assert_array_equal(found, wanted)
