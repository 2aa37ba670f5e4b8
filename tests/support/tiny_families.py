"""Tiny random checkpoints of every family that `convert` knows, written without torch.

Names and shapes come from the family's own declaration; what holds those against the outside
are the oracles: transformers, and `remote_models` for families that ship their code themselves.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convert.arch.spec import Head
from convert.mixtures import Mixture
from convert.model_config import read_model
from convert.plan import Plan, make_plan
from convert.value_forms import ValueForm
from tests.support.convert_run import streamed
from tests.support.tiny_base import (
    CHAT_TEMPLATE,
    Shape,
    write_json,
    write_safetensors,
    write_tokenizer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tiny_base import Array

PROMPT = [5, 9, 100, 200, 3, 4, *range(300, 340)]

_SIZES: dict[str, Any] = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "rope_theta": 20000.0,
    "hidden_act": "silu",
    "eos_token_id": 2,
}
_GEMMA: dict[str, Any] = {
    "head_dim": 32,
    "query_pre_attn_scalar": 32,
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": "gelu_pytorch_tanh",
    "tie_word_embeddings": True,
    "sliding_window": 8,
}
_CHATGLM: dict[str, Any] = {
    "architectures": ["ChatGLMModel"],
    "auto_map": {"AutoModel": "modeling_chatglm.ChatGLMForConditionalGeneration"},
    "padded_vocab_size": 512,
    "hidden_size": 64,
    "ffn_hidden_size": 96,
    "num_layers": 2,
    "num_attention_heads": 4,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "kv_channels": 16,
    "seq_length": 256,
    "layernorm_epsilon": 1e-5,
    "rmsnorm": True,
    "post_layer_norm": True,
    "add_bias_linear": False,
    "add_qkv_bias": True,
    "eos_token_id": 2,
}


def _config(architecture: str, **fields: Any) -> dict[str, Any]:
    return _SIZES | {"architectures": [architecture]} | fields


CONFIGS: dict[str, dict[str, Any]] = {
    "llama 2": _config("LlamaForCausalLM"),
    "mistral, a window longer than the prompt": _config("MistralForCausalLM", sliding_window=64),
    "qwen2": _config("Qwen2ForCausalLM"),
    "qwen3": _config("Qwen3ForCausalLM", head_dim=32),
    "internlm2": _config(
        "InternLM2ForCausalLM",
        num_attention_heads=8,
        rope_scaling={"type": "dynamic", "factor": 2.0},
    ),
    "internlm3": _config("InternLM3ForCausalLM", head_dim=32),
    "baichuan 7B": _config(
        "BaichuanForCausalLM", num_hidden_layers=32, num_key_value_heads=None, rope_theta=None
    ),
    "baichuan 13B": _config(
        "BaichuanForCausalLM",
        hidden_size=48,
        num_attention_heads=6,
        num_key_value_heads=None,
        num_hidden_layers=40,
        max_position_embeddings=None,
        model_max_length=256,
    ),
    "baichuan 2": _config(
        "BaichuanForCausalLM",
        vocab_size=125_696,
        hidden_size=32,
        num_hidden_layers=32,
        num_key_value_heads=None,
        rope_theta=None,
    ),
    "chatglm2": _CHATGLM,
    "chatglm2, rope ratio": _CHATGLM | {"rope_ratio": 16},
    "glm-4, rope ratio": _CHATGLM | {"rope_ratio": 500, "layernorm_epsilon": 1.5625e-07},
    "glm": _config("GlmForCausalLM", head_dim=16, attention_bias=True, rope_theta=5e6),
    "glm4": _config("Glm4ForCausalLM", head_dim=16, attention_bias=True),
    "gemma 2": _config("Gemma2ForCausalLM", num_hidden_layers=4, **_GEMMA),
    "gemma 3": _config(
        "Gemma3ForCausalLM",
        num_hidden_layers=7,
        rope_local_base_freq=10000.0,
        rope_scaling={"rope_type": "linear", "factor": 8.0},
        **_GEMMA,
    ),
    "phi-3": _config("Phi3ForCausalLM"),
    "phi-3, long context": _config(
        "Phi3ForCausalLM",
        max_position_embeddings=1024,
        original_max_position_embeddings=256,
        partial_rotary_factor=0.5,
        rope_scaling={
            "type": "longrope",
            "short_factor": [1.0, 1.1, 1.2, 1.5],
            "long_factor": [1.0, 2.0, 3.0, 4.0],
        },
    ),
}


def write_family_base(folder: Path, config: dict[str, Any], seed: int = 0) -> Path:
    """Write a whole base folder of random float32 weights and return it."""
    folder.mkdir(parents=True)
    write_json(folder / "config.json", config)
    write_surroundings(folder)
    if config.get("rope_ratio") == 500:  # GLM-4, told from ChatGLM2 by its role tokens
        roles = {"400": {"content": "<|user|>", "special": True}}
        write_json(folder / "tokenizer_config.json", {"added_tokens_decoder": roles})
    write_safetensors(folder / "model.safetensors", family_tensors(folder, seed), "F32")
    return folder


def write_surroundings(folder: Path) -> None:
    """Write tokenizer and chat template beside a config and weights."""
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    write_tokenizer(folder, Shape())


def family_tensors(folder: Path, seed: int = 0) -> dict[str, Array]:
    """Return random weights under every name the family's declaration asks for."""
    family, parameters = read_model(folder)
    dice = np.random.default_rng(seed)
    tied = parameters.tied and family.head_rule is not Head.ALWAYS
    specs = [*family.global_tensors, *([] if tied else [family.head])]
    for layer in range(parameters.layers):
        specs += [replace(spec, module=spec.module.format(layer)) for spec in family.layer_tensors]
    tensors: dict[str, Array] = {}
    for spec in specs:
        shape = spec.source_shape(parameters)
        stored_whole = spec.form is not ValueForm.PLUS_ONE
        norm = len(shape) == 1 and spec.parameter == "weight"
        around = 1.0 if norm and stored_whole else 0.0
        values = dice.normal(around, 0.1, shape).astype(np.float32)
        tensors.setdefault(f"{spec.module}.{spec.parameter}", values)
    return tensors


def written_in_f32(base: Path, adapter: Path | None, out: Path) -> Plan:
    """Convert in this process, nothing verified, and return the plan."""
    plan = make_plan(base, adapter, out, Mixture.F32)
    streamed(plan)
    return plan


def header_of(plan: Plan) -> Path:
    """Write a plan's header and a hole for its weights: all that a vocabulary needs."""
    path = plan.out.with_suffix(".header")
    path.write_bytes(plan.header)
    os.truncate(path, plan.size)
    return path


def nmse(found: Array, expected: Array) -> float:
    """Return squared error over squared reference."""
    error = np.square(found.astype(np.float64) - expected).sum()
    return float(error / np.square(expected.astype(np.float64)).sum())
