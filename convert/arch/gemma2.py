"""Gemma 2: norms before and behind each part, capped scores and logits, windows in turn.

A norm stores its weight minus one. llama.cpp knows no head beside the embedding.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import (
    EMBEDDING,
    HEAD,
    Axis,
    Family,
    Head,
    TensorSpec,
    linear,
    norm,
)
from convert.value_forms import ValueForm

_ONE: Final = ValueForm.PLUS_ONE

FINAL_NORM: Final = TensorSpec("output_norm.weight", "model.norm", (Axis.HIDDEN,), form=_ONE)
ATTENTION: Final = (
    norm("attn_norm", "input_layernorm", form=_ONE),
    linear("attn_q", "self_attn.q_proj", Axis.QUERY, Axis.HIDDEN),
    linear("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, Axis.HIDDEN),
    linear("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, Axis.HIDDEN),
    linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
    norm("post_attention_norm", "post_attention_layernorm", form=_ONE),
)
FEED_FORWARD: Final = (
    norm("ffn_norm", "pre_feedforward_layernorm", form=_ONE),
    linear("ffn_gate", "mlp.gate_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
    linear("ffn_up", "mlp.up_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
    linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
    norm("post_ffw_norm", "post_feedforward_layernorm", form=_ONE),
)

FAMILY: Final = Family(
    name="gemma2",
    architectures=("Gemma2ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    head_rule=Head.NEVER,
    config_defaults={
        "tie_word_embeddings": True,
        "sliding_window": 4096,
        "sliding_window_pattern": 2,
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
        "query_pre_attn_scalar": 256,
        "head_dim": 256,
    },
    requires={"tie_word_embeddings": (True,)},
    activation="gelu",
    windows=True,
    wide_scale_layers=46,
    scales_embedding=True,
    layer_tensors=ATTENTION + FEED_FORWARD,
)
