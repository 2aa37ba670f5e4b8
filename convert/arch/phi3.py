"""Phi-3: queries, keys and values stay one matrix, gate and up too.

The 128k models divide their frequencies by one list of factors up to the trained context and
by another beyond. llama.cpp's graph has its window switched off, so the context ends where a
window would begin.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Axis, Family, linear, norm

FAMILY: Final = Family(
    name="phi3",
    architectures=("Phi3ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    layer_tensors=(
        norm("attn_norm", "input_layernorm"),
        linear("attn_qkv", "self_attn.qkv_proj", Axis.QUERY_KEY_VALUE, Axis.HIDDEN),
        linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
        norm("ffn_norm", "post_attention_layernorm"),
        linear("ffn_up", "mlp.gate_up_proj", Axis.GATE_AND_UP, Axis.HIDDEN),
        linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
    ),
)
