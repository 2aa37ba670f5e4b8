"""GLM-4-0414 (`Glm4ForCausalLM`): GLM with a norm behind attention and one behind the MLP."""

from __future__ import annotations

from typing import Final

from convert.arch import glm
from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Family, norm

FAMILY: Final = Family(
    name="glm4",
    architectures=("Glm4ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    config_defaults={"partial_rotary_factor": 0.5},
    rotates_neighbours=True,
    layer_tensors=(
        *glm.ATTENTION,
        norm("post_attention_norm", "post_self_attn_layernorm"),
        *glm.FEED_FORWARD,
        norm("post_ffw_norm", "post_mlp_layernorm"),
    ),
)
