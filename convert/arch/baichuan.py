"""Baichuan 1 and 2: W_pack stacks q, k and v; the 13B models bias scores instead of rotating.

llama.cpp tells the two sizes by their depth, 32 or 40 layers; with any other it would use no
positions at all. Baichuan 2 (125,696 tokens; Baichuan 1 has 64,000) normalises the rows of its
head at every call, which is written into the head here. Neither ships a chat template: the
chat models put two reserved tokens before the turns.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import (
    EMBEDDING,
    FINAL_NORM,
    HEAD,
    Axis,
    Family,
    FusedPart,
    Head,
    RowOrder,
    SuppliedTemplate,
    linear,
    norm,
)

_PACK: Final = "self_attn.W_pack"
_PAIRS: Final = RowOrder.ROTARY_PAIRS
_TURNS: Final = (
    "{% for message in messages %}"
    "{% if message.role == 'user' %}USER{% elif message.role == 'assistant' %}ASSISTANT{% endif %}"
    "{{ message.content }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT{% endif %}"
)


def _turns(user: str, assistant: str) -> SuppliedTemplate:
    text = _TURNS.replace("USER", user).replace("ASSISTANT", assistant)
    return SuppliedTemplate(text, (user, assistant), first_id=195)


FAMILY: Final = Family(
    name="baichuan",
    architectures=("BaichuanForCausalLM", "BaiChuanForCausalLM"),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    head_rule=Head.ALWAYS,
    config_names={"max_position_embeddings": "model_max_length"},
    requires={"num_hidden_layers": (32, 40)},
    alibi_layers=40,
    unit_head_rows=125_696,
    templates=(
        _turns("<reserved_106>", "<reserved_107>"),  # Baichuan 2
        _turns("<reserved_102>", "<reserved_103>"),
    ),
    layer_tensors=(
        norm("attn_norm", "input_layernorm"),
        linear("attn_q", _PACK, Axis.QUERY, Axis.HIDDEN, _PAIRS, part=FusedPart.STACKED_QUERY),
        linear("attn_k", _PACK, Axis.KEY_VALUE, Axis.HIDDEN, _PAIRS, part=FusedPart.STACKED_KEY),
        linear("attn_v", _PACK, Axis.KEY_VALUE, Axis.HIDDEN, part=FusedPart.STACKED_VALUE),
        linear("attn_output", "self_attn.o_proj", Axis.HIDDEN, Axis.QUERY),
        norm("ffn_norm", "post_attention_layernorm"),
        linear("ffn_gate", "mlp.gate_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_up", "mlp.up_proj", Axis.FEED_FORWARD, Axis.HIDDEN),
        linear("ffn_down", "mlp.down_proj", Axis.HIDDEN, Axis.FEED_FORWARD),
    ),
)
