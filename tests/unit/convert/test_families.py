"""Every family: what llama.cpp computes from the written file is what the source computes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from convert.errors import AdapterError, BaseModelError
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.reference import reference_logits
from convert.report import remarks
from convert.runtime import logits
from convert.sources import TensorReader, read_header
from tests.support.convert_run import tensor_bytes, tensor_values
from tests.support.remote_models import baichuan_logits, chatglm_logits, internlm2_logits
from tests.support.tiny_base import read_json, write_adapter, write_json, write_safetensors
from tests.support.tiny_families import (
    CONFIGS,
    PROMPT,
    family_tensors,
    nmse,
    write_family_base,
    written_in_f32,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GELU_TABLE = 1e-6  # llama.cpp looks GELU up in float16
REMOTE: dict[str, Callable[..., np.ndarray]] = {
    "baichuan 7B": baichuan_logits,
    "baichuan 13B": baichuan_logits,
    "baichuan 2": baichuan_logits,
    "chatglm2": chatglm_logits,
    "chatglm2, rope ratio": partial(chatglm_logits, ratio_divides=True),
    "glm-4, rope ratio": chatglm_logits,
    "internlm2": internlm2_logits,
}


@pytest.mark.parametrize("name", CONFIGS)
def test_llama_cpp_computes_what_the_reference_computes(name: str, tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS[name])
    plan = written_in_f32(base, None, tmp_path / "m.gguf")
    (found,) = logits(plan.out, [PROMPT], 1)
    merged = [tensor.merged for tensor in plan.tensors]
    (expected,) = reference_logits(plan.parameters, merged, [PROMPT])
    assert nmse(found, expected) <= (GELU_TABLE if name.startswith("gemma") else 1e-9)
    if name in REMOTE:
        own = REMOTE[name](CONFIGS[name], family_tensors(base), PROMPT)
        assert nmse(found, own) <= 1e-9


@pytest.mark.parametrize("name", ["gemma 2", "gemma 3", "mistral, a window longer than the prompt"])
def test_a_copied_layer_keeps_the_window_of_its_source(name: str, tmp_path: Path) -> None:
    config = CONFIGS[name]
    base = write_family_base(tmp_path / "base", config)
    layers = config["num_hidden_layers"]
    width = config["num_attention_heads"] * config.get("head_dim", 16)
    adapter = write_adapter(
        tmp_path / "adapter",
        modules={f"model.layers.{layers}.self_attn.q_proj": (width, config["hidden_size"])},
        target_modules=["q_proj"],
        layers_to_transform=[layers],
        layer_replication=[[0, layers], [layers - 1, layers], [0, 1]],
    )
    plan = written_in_f32(base, adapter, tmp_path / "m.gguf")
    windowed = make_plan(base, None, plan.out, Mixture.F32).parameters.attention.windowed
    assert plan.parameters.attention.windowed == (*windowed, windowed[-1], windowed[0])
    (found,) = logits(plan.out, [PROMPT], 1)
    merged = [tensor.merged for tensor in plan.tensors]
    (expected,) = reference_logits(plan.parameters, merged, [PROMPT])
    assert nmse(found, expected) <= GELU_TABLE


def test_a_list_of_layers_of_another_length_is_refused(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["gemma 2"])
    write_json(base / "config.json", CONFIGS["gemma 2"] | {"layer_types": ["full_attention"]})
    with pytest.raises(BaseModelError) as caught:
        make_plan(base, None, tmp_path / "m.gguf", Mixture.F32)
    assert caught.value.values["field"] == "layer_types"


@pytest.mark.parametrize(
    ("name", "module", "shape"),
    [
        ("internlm2", "model.layers.1.attention.wqkv", (96, 64)),
        ("baichuan 13B", "model.layers.7.self_attn.W_pack", (144, 48)),
        ("chatglm2", "transformer.encoder.layers.1.self_attention.query_key_value", (128, 64)),
        ("baichuan 13B", "lm_head", (512, 48)),
    ],
)
def test_an_adapter_on_a_fused_projection_reaches_every_part(
    name: str, module: str, shape: tuple[int, int], tmp_path: Path
) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS[name])
    adapter = write_adapter(tmp_path / "adapter", modules={module: shape}, target_modules=[module])
    plan = written_in_f32(base, adapter, tmp_path / "m.gguf")
    (found,) = logits(plan.out, [PROMPT], 1)
    weights = family_tensors(base)
    plain = REMOTE[name](CONFIGS[name], weights, PROMPT)
    assert nmse(found, plain) > 1e-6
    weights[f"{module}.weight"] = weights[f"{module}.weight"] + delta(adapter, module)
    assert nmse(found, REMOTE[name](CONFIGS[name], weights, PROMPT)) <= 1e-9


def delta(adapter: Path, module: str) -> np.ndarray:
    factors = read_header(adapter / "adapter_model.safetensors")
    with TensorReader() as reader:
        a, b = (reader.whole(factors[f"base_model.model.{module}.lora_{k}.weight"]) for k in "AB")
    return 2.0 * (b @ a)  # alpha 8 over rank 4


def test_a_window_llama_cpp_does_not_know_ends_the_context(tmp_path: Path) -> None:
    config = CONFIGS["mistral, a window longer than the prompt"]
    base = write_family_base(tmp_path / "base", config)
    assert written_in_f32(base, None, tmp_path / "m.gguf").parameters.context == 64


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param(
            {"architectures": ["ChatGLMModel"], "position_encoding_2d": True},
            ["ChatGLM-6B", "ChatGLM3"],
            id="the first ChatGLM",
        ),
        pytest.param(
            {"architectures": ["ChatGLMForConditionalGeneration"], "inner_hidden_size": 16384},
            ["ChatGLM-6B", "ChatGLM3"],
            id="the first ChatGLM, saved after training",
        ),
        pytest.param(
            {"architectures": ["RWKV5"]},
            ["RWKV5", "ChatGLMModel", "Glm4ForCausalLM", "Gemma3ForCausalLM", "Phi3ForCausalLM"],
            id="unknown",
        ),
        pytest.param(
            {"architectures": ["BaichuanForCausalLM"], "num_hidden_layers": 24},
            ["num_hidden_layers", "24", "32, 40"],
            id="a Baichuan without positions",
        ),
    ],
)
def test_what_no_graph_computes_is_refused_by_name(
    fields: dict[str, Any], named: list[str], tmp_path: Path
) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["llama 2"])
    write_json(base / "config.json", read_json(base / "config.json") | fields)
    with pytest.raises(BaseModelError) as caught:
        make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert all(part in caught.value.sentence("en") for part in named)


PICTURES = {
    "released": ("language_model.model.", "vision_tower.", "multi_modal_projector."),
    "newer": ("model.language_model.", "model.vision_tower.", "model.multi_modal_projector."),
}


def write_gemma_with_pictures(folder: Path, style: str) -> Path:
    """The decoder of "gemma 3" inside a model that also sees pictures."""
    decoder, sight, bridge = PICTURES[style]
    base = write_family_base(folder, CONFIGS["gemma 3"])
    inside = {
        name.replace("model.", decoder, 1): values for name, values in family_tensors(base).items()
    }
    beside = {f"{sight}encoder.weight": np.ones((3, 4), np.float32)}
    beside |= {f"{bridge}mm_input_projection_weight": np.ones((4, 5), np.float32)}
    write_safetensors(base / "model.safetensors", inside | beside, "F32")
    text = read_json(base / "config.json")
    outer = {"architectures": ["Gemma3ForConditionalGeneration"], "eos_token_id": 2}
    del text["architectures"]
    vision = {"vision_config": {"hidden_size": 4, "num_hidden_layers": 1}}
    write_json(base / "config.json", outer | vision | {"text_config": text})
    return base


@pytest.mark.parametrize("style", PICTURES)
def test_a_model_that_also_sees_pictures_gives_its_decoder(style: str, tmp_path: Path) -> None:
    plain = write_family_base(tmp_path / "plain", CONFIGS["gemma 3"])
    written_in_f32(plain, None, tmp_path / "plain.gguf")
    base = write_gemma_with_pictures(tmp_path / "base", style)
    plan = written_in_f32(base, None, tmp_path / "m.gguf")
    assert tensor_bytes(tmp_path / "m.gguf") == tensor_bytes(tmp_path / "plain.gguf")
    left_out = remarks(plan)["left_out"]
    assert left_out == {"tokens": [], "tensors": {"vision_tower": 1, "multi_modal_projector": 1}}


@pytest.mark.parametrize("trained", PICTURES)
@pytest.mark.parametrize("style", PICTURES)
def test_an_adapter_of_a_model_that_sees_pictures_reaches_its_decoder(
    style: str, trained: str, tmp_path: Path
) -> None:
    """Base and adapter may come from different releases; targets match the adapter's own names."""
    base = write_gemma_with_pictures(tmp_path / "base", style)
    module = f"{PICTURES[trained][0]}layers.1.self_attn.q_proj"
    adapter = write_adapter(
        tmp_path / "adapter",
        modules={module: (128, 64)},
        target_modules=rf"{PICTURES[trained][0]}layers\.1\.self_attn\.q_proj",
        alpha_pattern={module: 16},
    )
    plan = written_in_f32(base, adapter, tmp_path / "m.gguf")
    found = tensor_values(plan.out)["blk.1.attn_q.weight"]
    start = family_tensors(write_family_base(tmp_path / "plain", CONFIGS["gemma 3"]))
    expected = start["model.layers.1.self_attn.q_proj.weight"] + 2 * delta(adapter, module)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_an_adapter_changes_in_what_sees_pictures_is_left_out_and_said(
    tmp_path: Path,
) -> None:
    """A list of targets such as q_proj reaches the layers that see, too."""
    base = write_gemma_with_pictures(tmp_path / "base", "released")
    decoder, sight, _ = PICTURES["released"]
    shapes = {f"{decoder}layers.1.self_attn.q_proj": (128, 64), f"{sight}layers.0.q_proj": (4, 4)}
    adapter = write_adapter(
        tmp_path / "adapter", modules=shapes, target_modules=["1.self_attn.q_proj", "0.q_proj"]
    )
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    left_out = remarks(plan)["left_out"]
    assert left_out["tensors"] == {"vision_tower": 3, "multi_modal_projector": 1}


def test_code_beside_a_checkpoint_is_never_run(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["chatglm2"])
    for name in ("modeling_chatglm", "configuration_chatglm", "tokenization_chatglm"):
        (base / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    written_in_f32(base, None, tmp_path / "m.gguf")
    assert not (tmp_path / "ran").exists()


def test_an_adapter_that_parts_a_head_llama_cpp_has_tied_is_refused(tmp_path: Path) -> None:
    base = write_family_base(tmp_path / "base", CONFIGS["gemma 2"])
    adapter = write_adapter(
        tmp_path / "adapter", modules={"lm_head": (512, 64)}, target_modules=["lm_head"]
    )
    with pytest.raises(AdapterError) as caught:
        make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    named = {"path": adapter, "module": "lm_head", "family": "gemma2"}
    assert caught.value.values == named
