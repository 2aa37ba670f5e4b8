"""Llama 2, 3 and 3.1, Yi and their kin.

llama.cpp rotates neighbouring pairs, so q and k rows are interleaved. Llama 3.1's stretched
frequencies travel as `rope_freqs.weight`.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import (
    EMBEDDING,
    FINAL_NORM,
    HEAD,
    Axis,
    Family,
    RowOrder,
    bias,
    linear,
    norm,
)

_PAIRS: Final = RowOrder.ROTARY_PAIRS

LAYER: Final = (
    norm("attn_norm", "input_layernorm"),
    linear("attn_q", "self_attn.q_proj", Axis.QUERY, Axis.HIDDEN, _PAIRS),
    linear("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, Axis.HIDDEN, _PAIRS),
    linear("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, Axis.HIDDEN),
    bias("attn_q", "self_attn.q_proj", Axis.QUERY, _PAIRS, optional=True),
    bias("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, _PAIRS, optional=True),
    bias("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, optional=True),
    linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
    bias("attn_output", "self_attn.o_proj", Axis.HIDDEN, optional=True),
    norm("ffn_norm", "post_attention_layernorm"),
    linear("ffn_gate", "mlp.gate_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
    linear("ffn_up", "mlp.up_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
    linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
)

FAMILY: Final = Family(
    name="llama",
    architectures=("LlamaForCausalLM", "LLaMAForCausalLM"),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    layer_tensors=LAYER,
)
