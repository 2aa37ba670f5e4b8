"""GLM-4 in transformers' form (`GlmForCausalLM`): ChatGLM's graph with separate q, k, v.

`rope_theta` (5e6 in glm-4-9b-chat-hf), epsilon and context are read from config.json; llama.cpp's
own converter ignores them here.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Axis, Family, bias, linear, norm

ATTENTION: Final = (
    norm("attn_norm", "input_layernorm"),
    linear("attn_q", "self_attn.q_proj", Axis.QUERY, Axis.HIDDEN),
    linear("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, Axis.HIDDEN),
    linear("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, Axis.HIDDEN),
    bias("attn_q", "self_attn.q_proj", Axis.QUERY, optional=True),
    bias("attn_k", "self_attn.k_proj", Axis.KEY_VALUE, optional=True),
    bias("attn_v", "self_attn.v_proj", Axis.KEY_VALUE, optional=True),
    linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
)
FEED_FORWARD: Final = (
    norm("ffn_norm", "post_attention_layernorm"),
    linear("ffn_up", "mlp.gate_up_proj", Axis.GATE_AND_UP, Axis.HIDDEN),
    linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
)

FAMILY: Final = Family(
    name="chatglm",
    architectures=("GlmForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    config_defaults={"partial_rotary_factor": 0.5},
    rotates_neighbours=True,
    layer_tensors=ATTENTION + FEED_FORWARD,
)
