"""Types and bytes are those `llama_model_quantize` itself writes."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import llama_cpp
import pytest

from convert.mixtures import Mixture
from tests.support.convert_run import converted, tensor_bytes
from tests.support.tiny_base import Shape, write_adapter, write_base

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = {
    "tied": Shape(layers=8),
    "untied": Shape(layers=8, tied=False),
    "rows no multiple of 256": Shape(hidden=192, feed_forward=448, tied=False),
    "tied, rows no multiple of 256": Shape(hidden=192, feed_forward=448),
    "rows no multiple of 32": Shape(hidden=208, feed_forward=400),
    "llama": Shape(family="llama", tied=False),
}


def llama_quantised(source: Path, mixture: Mixture) -> Path:
    out = source.with_name(f"llama-{mixture.name}.gguf")
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = int(mixture)
    parameters.nthread = 1
    code = llama_cpp.llama_model_quantize(
        str(source).encode(), str(out).encode(), ctypes.byref(parameters)
    )
    assert code == 0
    return out


@pytest.mark.parametrize("mixture", [Mixture.F16, Mixture.Q8_0, Mixture.Q4_K_M], ids=str)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_tensor_equals_llama_quantize(shape: Shape, mixture: Mixture, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape)
    source, ours = tmp_path / "f32" / "m.gguf", tmp_path / "ours" / "m.gguf"
    for out, quant in ((source, "F32"), (ours, mixture.name)):
        out.parent.mkdir()
        converted(
            *("run", base, "--adapter", adapter, "--out", out),
            *("--quant", quant, "--verify", "none"),
        )
    assert tensor_bytes(ours) == tensor_bytes(llama_quantised(source, mixture))


def test_a_fallback_is_reported(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(hidden=192, layers=1))
    plan = converted("plan", base, "--out", tmp_path / "m.gguf", "--quant", "Q4_K_M")
    assert {
        "tensor": "blk.0.attn_q.weight",
        "wanted": "Q4_K",
        "got": "Q5_0",
    } in plan["fallbacks"]
