"""Types and bytes are those `llama_model_quantize` itself writes."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import llama_cpp
import pytest

from convert.ggml import TensorType
from convert.mixtures import Mixture, TypeRule
from convert.plan import make_plan
from tests.support.convert_run import converted, refused_usage, streamed, tensor_bytes
from tests.support.tiny_base import Shape, write_adapter, write_base
from tests.support.tiny_families import CONFIGS, write_family_base

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHAPES = {
    "tied": Shape(feed_forward=256, layers=8),
    "untied": Shape(feed_forward=256, layers=8, tied=False),
    "four heads to a value": Shape(feed_forward=256, layers=8, kv_heads=1),
    "sixteen layers": Shape(feed_forward=256, layers=16, heads=2, vocabulary=448),
    "rows no multiple of 256": Shape(hidden=192, feed_forward=448, layers=2, tied=False),
    "tied, rows no multiple of 256": Shape(hidden=192, feed_forward=448, layers=2),
    "rows no multiple of 32": Shape(hidden=208, feed_forward=400, layers=2),
    "llama": Shape(family="llama", layers=2, tied=False),
}


class Override(ctypes.Structure):
    """`llama_model_tensor_override` of llama.h."""

    _fields_ = (("pattern", ctypes.c_char_p), ("type", ctypes.c_int))


def llama_quantised(source: Path, mixture: Mixture, rules: Sequence[TypeRule] = ()) -> Path:
    out = source.with_name(f"llama-{mixture.name}.gguf")
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = int(mixture)
    parameters.nthread = 1
    overrides = [Override(rule.pattern.encode(), int(rule.kind)) for rule in rules]
    array = (Override * (len(rules) + 1))(*overrides)
    if rules:
        parameters.tt_overrides = ctypes.cast(array, type(parameters.tt_overrides))
    code = llama_cpp.llama_model_quantize(
        str(source).encode(), str(out).encode(), ctypes.byref(parameters)
    )
    assert code == 0
    return out


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_tensor_of_every_type_equals_llama_quantize(shape: Shape, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape)
    source = streamed(make_plan(base, adapter, tmp_path / "f32.gguf", Mixture.F32))
    for mixture in Mixture:
        plan = make_plan(base, adapter, tmp_path / f"{mixture.name}.gguf", mixture)
        ours, theirs = tensor_bytes(streamed(plan)), tensor_bytes(llama_quantised(source, mixture))
        assert ours == theirs, mixture.name
        plan.out.unlink()


def test_a_fused_projection_gets_what_llama_quantize_gives_it(tmp_path: Path) -> None:
    sizes = {"hidden_size": 256, "ffn_hidden_size": 256, "kv_channels": 64, "num_layers": 8}
    base = write_family_base(tmp_path / "base", CONFIGS["chatglm2"] | sizes)
    source = streamed(make_plan(base, None, tmp_path / "f32.gguf", Mixture.F32))
    for mixture in (Mixture.Q3_K_M, Mixture.Q4_K_M, Mixture.Q4_K_S, Mixture.Q5_K_M, Mixture.IQ4_XS):
        ours = streamed(make_plan(base, None, tmp_path / f"{mixture.name}.gguf", mixture))
        theirs = llama_quantised(source, mixture)
        assert tensor_bytes(ours) == tensor_bytes(theirs), mixture.name


def test_a_types_own_rule_wins_as_in_llama_quantize(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPES["untied"])
    rules = [
        TypeRule(r"blk\.[0-3]\.attn_v", TensorType.Q8_0),
        TypeRule("attn_v", TensorType.Q5_K),
        TypeRule("output", TensorType.IQ4_XS),
    ]
    source = streamed(make_plan(base, None, tmp_path / "f32.gguf", Mixture.F32))
    ours = streamed(make_plan(base, None, tmp_path / "m.gguf", Mixture.Q4_K_M, rules))
    theirs = llama_quantised(source, Mixture.Q4_K_M, rules)
    assert tensor_bytes(ours) == tensor_bytes(theirs)


def test_a_rule_comes_from_the_command_line(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    out = tmp_path / "m.gguf"
    converted(
        *("run", base, "--out", out, "--quant", "Q4_K_M", "--verify", "none"),
        *("--tensor-type", "attn_[qk]=q8_0", "--tensor-type", "ffn=Q5_K"),
    )
    kinds = {name: TensorType(kind).name for name, (kind, _) in tensor_bytes(out).items()}
    assert kinds["blk.0.attn_q.weight"] == kinds["blk.0.attn_k.weight"] == "Q8_0"
    assert kinds["blk.0.ffn_up.weight"] == "Q5_K"
    assert converted("verify", out, base)["structure"]["hashes"] == len(kinds)


@pytest.mark.parametrize("rule", ["attn_q", "attn_q=Q9", "(=Q8_0"])
def test_a_rule_that_says_nothing_is_wrong_usage(rule: str, tmp_path: Path) -> None:
    said = refused_usage("plan", tmp_path, "--out", "m", "--quant", "F16", "--tensor-type", rule)
    assert "IQ4_XS" in said
