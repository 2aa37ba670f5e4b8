"""A model that is not whole is one sentence, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.errors import ModelError
from desktop_app.models.library import find_model
from desktop_app.models.verify import verify_before_load
from tests.support.engine_tiny import CHATML, write_manifest, write_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "model")


def verify(path: Path) -> None:
    verify_before_load(find_model(str(path.parent), path.parent))


def test_a_whole_model_passes(model: Path) -> None:
    verify(model)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.01, 0.5, 0.99])
def test_a_truncated_model_is_one_sentence(model: Path, kept: float) -> None:
    whole = model.read_bytes()
    model.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(ModelError, match=r"tiny\.gguf"):
        verify(model)


def test_a_truncated_model_without_a_manifest_is_noticed_too(model: Path) -> None:
    (model.parent / "model.json").unlink()
    whole = model.read_bytes()
    model.write_bytes(whole[:-1000])

    with pytest.raises(ModelError, match=str(len(whole) - 1000)):
        verify(model)


def test_a_changed_byte_is_noticed(model: Path) -> None:
    content = bytearray(model.read_bytes())
    content[-100] ^= 1
    model.write_bytes(content)

    with pytest.raises(ModelError, match="SHA-256"):
        verify(model)


def test_a_file_of_another_kind_is_one_sentence(model: Path) -> None:
    model.write_text("<html>404</html>", encoding="utf-8")

    with pytest.raises(ModelError, match="GGUF"):
        verify(model)


def test_another_template_than_the_manifests_is_noticed(model: Path) -> None:
    write_manifest(model, CHATML + " ")

    with pytest.raises(ModelError, match="对话模板"):
        verify(model)


def test_a_model_without_a_template_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="对话模板"):
        verify(write_tiny_model(tmp_path / "bare", template=None))


def test_a_model_that_has_gone_is_one_sentence(model: Path) -> None:
    found = find_model(str(model), model.parent)
    model.unlink()

    with pytest.raises(ModelError, match=r"tiny\.gguf"):
        verify_before_load(found)


def test_every_sentence_is_said_in_both_languages(model: Path) -> None:
    model.write_bytes(b"")

    with pytest.raises(ModelError) as raised:
        verify(model)
    assert raised.value.sentence("zh") != raised.value.sentence("en")
