import json
import shutil
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.models.transformer.tokenizer import load_tokenizer


def test_a_tokenizer_belongs_to_its_encoder(tmp_path: Path, checkpoint: Path) -> None:
    assert load_tokenizer(checkpoint).model_max_length == 130
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    file = folder / "config.json"
    values = json.loads(file.read_text())
    for rows in (values["vocab_size"] - 1, 200):
        file.write_text(json.dumps({**values, "vocab_size": rows}))
        with pytest.raises(InputError, match=rf"not that of its encoder: it has 76 words, .* has {rows} rows"):
            load_tokenizer(folder)
    file.write_text(json.dumps({**values, "vocab_size": values["vocab_size"] + 40}))
    load_tokenizer(folder)  # tables are often a little larger


@pytest.mark.parametrize("left", [(), ("tokenizer_config.json",)])
def test_an_encoder_without_a_tokenizer_is_refused(left: tuple[str, ...], tmp_path: Path, checkpoint: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    for name in {"tokenizer.json", "tokenizer_config.json"} - set(left):
        (folder / name).unlink()
    with pytest.raises(InputError, match=r"There is no tokenizer in|is not that of its encoder") as error:
        load_tokenizer(folder)
    assert "tokenizer.json" in error.value.fix


def test_a_template_that_names_no_token_fails_at_once(tmp_path: Path, checkpoint: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    file = folder / "tokenizer.json"
    values = json.loads(file.read_text())
    values["post_processor"]["special_tokens"] = {}
    file.write_text(json.dumps(values))
    with pytest.raises(InputError, match="cannot be loaded"):
        load_tokenizer(folder)
