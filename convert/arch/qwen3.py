"""Qwen3: Qwen2 without biases, with normed queries and keys and a head size of its own."""

from __future__ import annotations

from typing import Final

from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Axis, Family, bias, linear, norm

FAMILY: Final = Family(
    name="qwen3",
    architectures=("Qwen3ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    config_defaults={"use_sliding_window": False},
    layer_tensors=(
        norm("attn_norm", "input_layernorm"),
        linear("attn_q", "self_attn.q_proj", Axis.QUERY, Axis.HIDDEN),
        linear("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, Axis.HIDDEN),
        linear("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, Axis.HIDDEN),
        bias("attn_q", "self_attn.q_proj", Axis.QUERY, optional=True),
        bias("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, optional=True),
        bias("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, optional=True),
        norm("attn_q_norm", "self_attn.q_norm", Axis.HEAD),
        norm("attn_k_norm", "self_attn.k_norm", Axis.HEAD),
        linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
        norm("ffn_norm", "post_attention_layernorm"),
        linear("ffn_gate", "mlp.gate_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_up", "mlp.up_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
    ),
)
