"""Qwen2 and Qwen2.5: biased q, k, v; half rotation as transformers does it, so no reordering."""

from __future__ import annotations

from typing import Final

from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Axis, Family, bias, linear, norm

FAMILY: Final = Family(
    name="qwen2",
    architectures=("Qwen2ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    config_defaults={"use_sliding_window": False},
    layer_tensors=(
        norm("attn_norm", "input_layernorm"),
        linear("attn_q", "self_attn.q_proj", Axis.QUERY, Axis.HIDDEN),
        linear("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, Axis.HIDDEN),
        linear("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, Axis.HIDDEN),
        bias("attn_q", "self_attn.q_proj", Axis.QUERY),
        bias("attn_k", "self_attn.k_proj", Axis.KEY_VALUE),
        bias("attn_v", "self_attn.v_proj", Axis.KEY_VALUE),
        linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
        norm("ffn_norm", "post_attention_layernorm"),
        linear("ffn_gate", "mlp.gate_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_up", "mlp.up_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
    ),
)
