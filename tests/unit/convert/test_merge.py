"""What the merged weights are, against the formula written out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.adapter import read_adapter
from convert.sources import TensorReader, open_checkpoint
from tests.support.convert_run import converted, tensor_values
from tests.support.tiny_base import Shape, write_adapter, write_base

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
    delta = read_adapter(tmp_path / "adapter")[NAME]
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


def test_a_tied_head_with_an_adapter_is_written_separately(tmp_path: Path) -> None:
    shape = Shape(layers=1)
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape, modules={"lm_head": (512, 256)})
    out = tmp_path / "m.gguf"
    converted(
        *("run", base, "--adapter", adapter, "--out", out),
        *("--quant", "F32", "--verify", "full", "--threads", 1),
    )
    values = tensor_values(out)
    assert np.abs(values["output.weight"] - values["token_embd.weight"]).max() > 0.01
