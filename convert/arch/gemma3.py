"""Gemma 3: Gemma 2 with normed queries and keys instead of caps.

Five layers of six see a window and rotate with a base frequency of their own. From 4B on the
checkpoints also see pictures; their decoder is taken, what sees is left out.
"""

from __future__ import annotations

from typing import Final

from convert.arch import gemma2
from convert.arch.spec import EMBEDDING, HEAD, Axis, Family, norm
from convert.value_forms import ValueForm

FAMILY: Final = Family(
    name="gemma3",
    architectures=("Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"),
    global_tensors=(EMBEDDING, gemma2.FINAL_NORM),
    head=HEAD,
    config_part="text_config",
    styles=(
        {"language_model.model": "model", "language_model.lm_head": "lm_head"},
        {"model.language_model": "model"},
    ),
    left_out=tuple(
        f"{at}{part}."
        for at in ("", "model.")
        for part in ("vision_tower", "multi_modal_projector")
    ),
    config_defaults={
        "vocab_size": 262_208,
        "tie_word_embeddings": True,
        "max_position_embeddings": 131_072,
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
        "rms_norm_eps": 1e-6,
        "sliding_window_pattern": 6,
        "query_pre_attn_scalar": 256,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
    },
    requires={"attn_logit_softcapping": (None,), "use_bidirectional_attention": (False, None)},
    activation="gelu",
    windows=True,
    wide_scale_layers=62,
    scales_embedding=True,
    layer_tensors=(
        *gemma2.ATTENTION,
        norm("attn_q_norm", "self_attn.q_norm", Axis.HEAD, ValueForm.PLUS_ONE),
        norm("attn_k_norm", "self_attn.k_norm", Axis.HEAD, ValueForm.PLUS_ONE),
        *gemma2.FEED_FORWARD,
    ),
)
