"""What the merged weights are, against the formula written out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.adapter import read_adapter
from convert.checkpoint import open_checkpoint
from convert.sources import TensorReader
from tests.support.convert_run import converted, refused, tensor_values
from tests.support.tiny_base import (
    Shape,
    random_tensors,
    write_adapter,
    write_base,
    write_safetensors,
)
from tests.support.tiny_families import CONFIGS, family_tensors, write_family_base

if TYPE_CHECKING:
    from pathlib import Path

NAME = "model.layers.1.self_attn.q_proj"
ROW_RANK_4 = {"r": 4, "lora_alpha": 8}


def merged_q(tmp_path: Path, shape: Shape, config: dict[str, Any]) -> np.ndarray:
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape, **config)
    out = tmp_path / "m.gguf"
    converted(
        *("run", base, "--adapter", adapter, "--out", out),
        *("--quant", "F32", "--verify", "none"),
    )
    return tensor_values(out)["blk.1.attn_q.weight"]


def expected_q(tmp_path: Path, scale: float) -> np.ndarray:
    delta = read_adapter(tmp_path / "adapter").updates[f"{NAME}.weight"].low_rank
    assert delta is not None
    with TensorReader() as reader:
        weight = reader.whole(open_checkpoint(tmp_path / "base")[f"{NAME}.weight"])
        b, a = reader.whole(delta.left), reader.whole(delta.right)
    return weight + scale * (b.astype(np.float64) @ a)


@pytest.mark.parametrize(
    ("config", "scale"),
    [
        pytest.param(ROW_RANK_4, 2.0, id="alpha over rank"),
        pytest.param(ROW_RANK_4 | {"use_rslora": True}, 8 / math.sqrt(4), id="rsLoRA"),
        pytest.param(ROW_RANK_4 | {"alpha_pattern": {"q_proj": 2}}, 0.5, id="alpha pattern"),
        pytest.param(
            ROW_RANK_4 | {"rank_pattern": {r"layers.1.self_attn.q_proj": 2}}, 4.0, id="rank pattern"
        ),
        pytest.param(
            ROW_RANK_4 | {"alpha_pattern": {"_proj": 2}}, 2.0, id="a pattern starts at a dot"
        ),
    ],
)
def test_a_projection_gets_its_update(tmp_path: Path, config: dict[str, Any], scale: float) -> None:
    found = merged_q(tmp_path, Shape(layers=2), config)
    np.testing.assert_allclose(found, expected_q(tmp_path, scale), atol=1e-6)


def test_llama_query_rows_are_interleaved_within_each_head(tmp_path: Path) -> None:
    shape = Shape(family="llama", layers=2)
    found = merged_q(tmp_path, shape, ROW_RANK_4)
    rows = [
        head * shape.head_size + half * (shape.head_size // 2) + pair
        for head in range(shape.heads)
        for pair in range(shape.head_size // 2)
        for half in range(2)
    ]
    np.testing.assert_allclose(found, expected_q(tmp_path, 2.0)[rows], atol=1e-6)


@pytest.mark.parametrize("other", [False, True], ids=["the same", "other weights"])
def test_a_head_that_a_tied_base_stores_once_more_is_written_where_it_differs(
    other: bool, tmp_path: Path
) -> None:
    shape = Shape(layers=1)
    base, out = write_base(tmp_path / "base", shape), tmp_path / "m.gguf"
    tensors = random_tensors(shape)
    head = tensors["model.embed_tokens.weight"].copy()
    head[-1, -1] += 1.0 if other else 0.0
    tensors["lm_head.weight"] = head
    write_safetensors(base / "model.safetensors", tensors, "F32")
    full = ("--quant", "F32", "--verify", "full", "--threads", 1)
    converted("run", base, "--out", out, *full)
    values = tensor_values(out)
    assert ("output.weight" in values) == other
    np.testing.assert_array_equal(values.get("output.weight", head), head)


def test_a_head_of_its_own_that_llama_cpp_cannot_have_is_refused(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["gemma 2"])
    tensors = family_tensors(base)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"] + np.float32(0.5)
    write_safetensors(base / "model.safetensors", tensors, "F32")
    sentence = refused("plan", base, "--out", tmp_path / "m.gguf", "--quant", "F16")
    assert "lm_head" in sentence
    assert "gemma2" in sentence


def test_a_tied_head_with_an_adapter_is_written_separately(tmp_path: Path) -> None:
    shape = Shape(layers=1)
    base = write_base(tmp_path / "base", shape)
    head = {"modules": {"lm_head": (512, 256)}, "target_modules": ["lm_head"]}
    adapter = write_adapter(tmp_path / "adapter", shape, **head)
    out = tmp_path / "m.gguf"
    converted(
        *("run", base, "--adapter", adapter, "--out", out),
        *("--quant", "F32", "--verify", "full", "--threads", 1),
    )
    values = tensor_values(out)
    assert np.abs(values["output.weight"] - values["token_embd.weight"]).max() > 0.01
