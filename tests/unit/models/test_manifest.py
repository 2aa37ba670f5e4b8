"""A `model.json` from elsewhere: its sampling values are ones that llama.cpp can take."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.engine.sampling import Sampling, sampling_from
from desktop_app.errors import ModelError
from desktop_app.models.manifest import MAX_SEED, RANGES, Manifest, read_manifest


def saying(folder: Path, sampling: str) -> Manifest:
    path = folder / "model.json"
    path.write_text(f'{{"format": 1, "file": "a.gguf", "sampling": {sampling}}}', encoding="utf-8")
    return read_manifest(path)


@pytest.mark.parametrize(
    "value",
    [
        '"top_k": Infinity',
        '"top_k": 1e999',
        '"repeat_last_n": 2147483647',
        '"temperature": NaN',
        '"temperature": -1',
        '"top_p": 1.5',
        '"repeat_penalty": 0',
        '"dry_allowed_length": 1e300',
        '"min_p": 1' + 400 * "0",
        f'"seed": {MAX_SEED + 1}',
        '"seed": -1',
    ],
    ids=lambda value: value[:40],
)
def test_a_sampling_value_out_of_its_range_is_a_broken_manifest(tmp_path: Path, value: str) -> None:
    with pytest.raises(ModelError) as caught:
        saying(tmp_path, f"{{{value}}}")

    assert caught.value.key == "model.manifest_broken"


@pytest.mark.parametrize("context", [-5, 0, 2**31, 10**30])
def test_a_context_that_no_model_has_is_a_broken_manifest(tmp_path: Path, context: int) -> None:
    """Below zero it would be asked for as billions of tokens."""
    path = tmp_path / "model.json"
    path.write_text(f'{{"format": 1, "file": "a.gguf", "context": {context}}}', encoding="utf-8")

    with pytest.raises(ModelError) as caught:
        read_manifest(path)

    assert caught.value.key == "model.manifest_broken"


@pytest.mark.parametrize("table", ["{}", '{"top_k": -1, "top_p": 1, "seed": 4294967294}'])
def test_what_models_are_published_with_is_taken(tmp_path: Path, table: str) -> None:
    assert sampling_from(saying(tmp_path, table).sampling)


def test_a_value_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    assert dict(saying(tmp_path, '{"mirostat_tau": 500}').sampling) == {"mirostat_tau": 500}


def test_every_value_of_a_reply_has_a_range() -> None:
    assert RANGES.keys() == set(Sampling.__slots__)
