"""InternLM2 and 2.5: wqkv holds, for each key head, its query heads, itself and its value head.

The parts are taken out, and q and k interleaved as llama.cpp rotates.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import FINAL_NORM, Axis, Family, FusedPart, Head, RowOrder, linear, norm
from convert.arch.spec import TensorSpec as Spec

_QKV: Final = "attention.wqkv"
_PAIRS: Final = RowOrder.ROTARY_PAIRS
_TABLE: Final = (Axis.VOCABULARY, Axis.HIDDEN)

FAMILY: Final = Family(
    name="internlm2",
    architectures=("InternLM2ForCausalLM",),
    global_tensors=(Spec("token_embd.weight", "model.tok_embeddings", _TABLE), FINAL_NORM),
    head=Spec("output.weight", "output", _TABLE),
    head_rule=Head.ALWAYS,
    layer_tensors=(
        norm("attn_norm", "attention_norm"),
        linear("attn_q", _QKV, Axis.QUERY, Axis.HIDDEN, _PAIRS, part=FusedPart.GROUPED_QUERY),
        linear("attn_k", _QKV, Axis.KEY_VALUE, Axis.HIDDEN, _PAIRS, part=FusedPart.GROUPED_KEY),
        linear("attn_v", _QKV, Axis.KEY_VALUE, Axis.HIDDEN, part=FusedPart.GROUPED_VALUE),
        linear("attn_output", "attention.wo", Axis.HIDDEN, Axis.QUERY),
        norm("ffn_norm", "ffn_norm"),
        linear("ffn_gate", "feed_forward.w1", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_up", "feed_forward.w3", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_down", "feed_forward.w2", Axis.HIDDEN, Axis.FEED_FORWARD),
    ),
)
