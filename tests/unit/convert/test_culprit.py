"""A value that cannot be stored is laid at the door of the file that brought it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.sources import TensorReader, read_header
from tests.support.convert_run import refused
from tests.support.tiny_base import (
    Shape,
    random_tensors,
    write_adapter,
    write_base,
    write_safetensors,
)

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(family="llama", layers=1)
UP = "model.layers.0.mlp.up_proj"
QUERY = "model.layers.0.self_attn.q_proj"
EMBEDDING = "model.embed_tokens"
AT = "base_model.model."


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_base(tmp_path / "base", SHAPE)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return write_adapter(tmp_path / "adapter", SHAPE)


def spoil_base(base: Path, module: str, row: int, value: float) -> None:
    tensors = random_tensors(SHAPE)
    tensors[f"{module}.weight"][row, 5] = value
    write_safetensors(base / "model.safetensors", tensors, "F32")


def spoil(adapter: Path, key: str, row: int, value: float) -> None:
    path = adapter / "adapter_model.safetensors"
    with TensorReader() as reader:
        tensors = {name: reader.whole(one).copy() for name, one in read_header(path).items()}
    tensors[f"{AT}{key}"][row] = value
    write_safetensors(path, tensors, "F32")


def said(base: Path, adapter: Path, quantisation: str = "Q8_0") -> str:
    out = base.parent / "m.gguf"
    given = (base, "--adapter", adapter, "--out", out, "--quant", quantisation)
    sentence = refused("run", *given, "--verify", "none")
    assert {path.name for path in base.parent.iterdir()} == {"base", "adapter"}
    return sentence


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("module", "written"), [(UP, "ffn_up"), (QUERY, "attn_q")])
def test_what_an_adapter_spoils_is_the_adapters(
    module: str, written: str, value: float, base: Path, adapter: Path
) -> None:
    spoil(adapter, f"{module}.lora_B.weight", 130, value)
    sentence = said(base, adapter)
    named = (f"{AT}{module}.lora_B.weight", "adapter_model.safetensors", f"blk.0.{written}.weight")
    assert all(part in sentence for part in (*named, "row 130", "adapter is damaged")), sentence
    assert "makes 256 of the 256 values in row 130" in sentence


def test_the_other_factor_is_named_where_it_is_the_spoilt_one(base: Path, adapter: Path) -> None:
    spoil(adapter, f"{UP}.lora_A.weight", 2, np.nan)
    assert f"{AT}{UP}.lora_A.weight" in said(base, adapter)


def test_what_the_base_brings_stays_the_bases(base: Path, adapter: Path) -> None:
    """A head's rows are written in another order; the row is the one of the base's own file."""
    spoil_base(base, QUERY, 130, np.nan)
    sentence = said(base, adapter)
    assert f"Row 130 of tensor {QUERY}.weight in {base / 'model.safetensors'}" in sentence
    assert "(of the tensor's 65536 values 1 are such)" in sentence


def test_a_sum_beyond_float16_is_the_adapters_where_the_base_is_within(
    base: Path, adapter: Path
) -> None:
    spoil(adapter, f"{UP}.lora_B.weight", 7, 1e7)
    sentence = said(base, adapter)
    named = ("adapter_model.safetensors", f"{UP}.lora_B.weight", "blk.0.ffn_up.weight", "65504")
    assert all(part in sentence for part in named), sentence


def test_a_base_beyond_float16_is_the_bases_whatever_is_added(base: Path, adapter: Path) -> None:
    spoil_base(base, UP, 7, 1e7)
    sentence = said(base, adapter, "F16")
    assert all(part in sentence for part in ("model.safetensors", f"{UP}.weight", "1000")), sentence
    assert "adapter_model" not in sentence


def embedding_adapter(folder: Path, **changes: np.ndarray) -> Path:
    config: dict[str, Any] = {"target_modules": ["embed_tokens"], "use_dora": True}
    adapter = write_adapter(folder, SHAPE, {}, **config)
    dice = np.random.default_rng(3)
    factors = {
        "lora_embedding_A": dice.normal(0, 0.05, (4, 512)).astype(np.float32),
        "lora_embedding_B": dice.normal(0, 0.05, (256, 4)).astype(np.float32),
        "lora_magnitude_vector": np.ones(256, np.float32),
    }
    named = {f"{AT}{EMBEDDING}.{name}": value for name, value in (factors | changes).items()}
    write_safetensors(adapter / "adapter_model.safetensors", named, "F32")
    return adapter


def test_columns_whose_norm_another_row_of_the_base_spoils_are_the_bases(
    base: Path, tmp_path: Path
) -> None:
    spoil_base(base, EMBEDDING, 400, np.nan)
    sentence = said(base, embedding_adapter(tmp_path / "adapter"))
    assert f"Row 400 of tensor {EMBEDDING}.weight in {base / 'model.safetensors'}" in sentence


def test_a_spoilt_magnitude_is_named(base: Path, tmp_path: Path) -> None:
    magnitude = np.ones(256, np.float32)
    magnitude[9] = np.inf
    adapter = embedding_adapter(tmp_path / "adapter", lora_magnitude_vector=magnitude)
    sentence = said(base, adapter)
    assert f"{EMBEDDING}.lora_magnitude_vector in" in sentence
    assert "makes 1 of the 256 values in row 0" in sentence
    assert "NaN or infinite" in sentence


def test_trained_rows_of_a_token_are_the_adapters(base: Path, tmp_path: Path) -> None:
    config: dict[str, Any] = {"target_modules": ["up_proj"]}
    config["trainable_token_indices"] = {"embed_tokens": [3, 8]}
    adapter = write_adapter(tmp_path / "adapter", SHAPE, {UP: (512, 256)}, **config)
    path = adapter / "adapter_model.safetensors"
    with TensorReader() as reader:
        kept = {name: reader.whole(one) for name, one in read_header(path).items()}
    rows = np.ones((2, 256), np.float32)
    rows[1, 4] = np.nan
    key = f"{AT}{EMBEDDING}.token_adapter.trainable_tokens_delta"
    write_safetensors(path, kept | {key: rows}, "F32")
    sentence = said(base, adapter)
    assert all(part in sentence for part in (key, "row 8", "token_embd.weight")), sentence


def test_the_numbers_library_adds_no_words_of_its_own(base: Path, adapter: Path) -> None:
    spoil(adapter, f"{UP}.lora_B.weight", 1, np.inf)
    command = [sys.executable, "-m", "convert.cli", "run", base, "--adapter", adapter]
    command += ["--out", base.parent / "m.gguf", "--quant", "Q8_0", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
