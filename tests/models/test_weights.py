import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from classifier.config import DEFAULT_MODEL
from classifier.errors import InputError
from classifier.models import weights
from classifier.models.transformer.packaged import LARGE_MODEL, Pieces, joined, packaged_weights
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL
from classifier.models.weights import check_presence, find_weights


def test_a_folder_is_taken_as_it_is(checkpoint: Path) -> None:
    assert find_weights(str(checkpoint)) == checkpoint


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(InputError, match=r"no \.safetensors file"):
        find_weights(str(tmp_path))


def test_without_the_hub_the_default_falls_back_on_the_package_and_says_so(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if importlib.util.find_spec(weights.OFFLINE_PACKAGE) is None:
        pytest.skip("the packaged weights are not installed")
    _cut_off(monkeypatch)
    with caplog.at_level("INFO", logger="classifier"):
        assert find_weights(DEFAULT_MODEL) == packaged_weights()
    assert "packaged weights" in caplog.text


@pytest.mark.parametrize("look", [find_weights, check_presence])
def test_a_model_that_nobody_knows_is_an_error(look: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    _cut_off(monkeypatch)
    with pytest.raises(InputError, match="cannot be reached"):
        look("owner/some-model")
    with pytest.raises(InputError, match="neither a folder nor a Hub id"):
        look("no/such/folder/here")
    with pytest.raises(InputError, match="'~nobody-of-that-name/model'"):
        look("~nobody-of-that-name/model")


@pytest.mark.parametrize(
    ("name", "said"),
    [(LARGE_MODEL, "checksum verified"), (MULTILINGUAL_MODEL, "checksum verified; four bits of each weight")],
)
def test_without_the_hub_other_models_come_from_their_packages(
    name: str,
    said: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: Path,
    tmp_path: Path,
) -> None:
    _cut_off(monkeypatch)
    cached = Path(shutil.copytree(checkpoint, tmp_path / "cache" / "encoder"))
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setitem(weights.PACKAGED, name, lambda: cached)
    with caplog.at_level("INFO", logger="classifier"):
        check_presence(name)
        assert "packaged weights" not in caplog.text
        assert find_weights(name) == cached
    assert f"using the packaged weights of {name} ({said})" in caplog.text


def test_without_the_packages_of_the_larger_model_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _cut_off(monkeypatch)
    lacking = Pieces({"no-such-package-here": "x"}, "some-model", {})
    monkeypatch.setitem(weights.PACKAGED, LARGE_MODEL, lambda: joined(lacking, tmp_path / "cache" / "some-model"))
    for look in (check_presence, find_weights):
        with pytest.raises(InputError, match="offline weights") as error:
            look(LARGE_MODEL)
        assert "article-classifier[offline-large]" in error.value.fix


def _cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were no network and nothing in the cache."""
    weights._from_hub.cache_clear()
    weights._say_packaged.cache_clear()
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    def refuse(name: str, **_: object) -> str:
        if name.count("/") > 1:
            raise HFValidationError(name)
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (("model.safetensors",), r"no \.safetensors file"),
        (("config.json",), r"no config\.json"),
        (("tokenizer.json", "tokenizer_config.json"), "no tokenizer in"),
    ],
)
def test_a_folder_that_lacks_a_part_is_known_without_loading_the_rest(
    lost: tuple[str, ...], said: str, tmp_path: Path, checkpoint: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    check_presence(str(folder))
    for name in lost:
        (folder / name).unlink()
    with pytest.raises(InputError, match=said):
        check_presence(str(folder))


def test_what_the_hub_has_is_asked_without_fetching_it(monkeypatch: pytest.MonkeyPatch) -> None:
    files = ["config.json", "tokenizer.json", "model.safetensors"]
    _cut_off(monkeypatch)
    asked: list[str] = []

    def model_info(self: object, name: str, **_: object) -> SimpleNamespace:
        asked.append(name)
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=file) for file in files])

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    check_presence("owner/some-model")
    assert asked == ["owner/some-model"]
    files[2] = "pytorch_model.bin"
    with pytest.raises(InputError, match=r"no \.safetensors file"):
        check_presence("owner/some-model")


def test_packaged_weights_are_there_without_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec(weights.OFFLINE_PACKAGE) is None:
        pytest.skip("the packaged weights are not installed")
    _cut_off(monkeypatch)
    check_presence(DEFAULT_MODEL)
