"""ChatGLM2, ChatGLM3 and GLM-4 as their own repositories ship them (`ChatGLMModel`).

Queries, keys and values stay one matrix, gate and up stay one matrix; the first half of each
head is rotated in neighbouring pairs. ChatGLM-6B of the first generation has the same class
name and another architecture (two-dimensional positions, a prefix that sees itself), which no
GGUF runtime computes. ChatGLM2-6B-32k divides positions by `rope_ratio`, which the later ones, told
by their role tokens, multiply theta by.
"""

from __future__ import annotations

from typing import Final

from convert.arch.spec import Axis, Family, SuppliedTemplate, bias, linear, norm
from convert.arch.spec import TensorSpec as Spec

_LAYER: Final = "transformer.encoder.layers.{}."
_QKV: Final = "self_attention.query_key_value"
_TABLE: Final = (Axis.VOCABULARY, Axis.HIDDEN)
_ROLES: Final = ("<|user|>", "<|assistant|>", "<|system|>", "<|observation|>")
_TURNS: Final = (
    "START{% for message in messages %}<|{{ message.role }}|>\nGAP{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_ROUNDS: Final = (
    "[gMASK]sop{% set count = namespace(round=0) %}{% for message in messages %}"
    "{% if message.role == 'user' %}{% set count.round = count.round + 1 %}"
    "[Round {{ count.round }}]\n\n问：{{ message.content }}\n\n答："
    "{% else %}{{ message.content }}\n\n{% endif %}{% endfor %}"
)

FAMILY: Final = Family(
    name="chatglm",
    architectures=("ChatGLMModel", "ChatGLMForConditionalGeneration"),
    global_tensors=(
        Spec("token_embd.weight", "transformer.embedding.word_embeddings", _TABLE),
        Spec("output_norm.weight", "transformer.encoder.final_layernorm", (Axis.HIDDEN,)),
    ),
    head=Spec("output.weight", "transformer.output_layer", _TABLE),
    config_names={
        "vocab_size": "padded_vocab_size",
        "intermediate_size": "ffn_hidden_size",
        "num_hidden_layers": "num_layers",
        "num_key_value_heads": "multi_query_group_num",
        "head_dim": "kv_channels",
        "max_position_embeddings": "seq_length",
        "rms_norm_eps": "layernorm_epsilon",
    },
    config_defaults={"partial_rotary_factor": 0.5},
    requires={
        "multi_query_attention": (True,),
        "rmsnorm": (True,),
        "post_layer_norm": (True,),
        "add_bias_linear": (False, None),
        "apply_residual_connection_post_layernorm": (False, None),
    },
    first_generation=("position_encoding_2d", "inner_hidden_size"),
    rotates_neighbours=True,
    ratio_divides_before_roles=True,
    ignored_suffixes=(".rotary_pos_emb.inv_freq",),
    templates=(
        SuppliedTemplate(  # GLM-4
            _TURNS.replace("START", "[gMASK]<sop>").replace("GAP", ""),
            ("[gMASK]", "<sop>", *_ROLES),
        ),
        SuppliedTemplate(  # ChatGLM3
            _TURNS.replace("START", "[gMASK]sop").replace("GAP", " "), ("[gMASK]", "sop", *_ROLES)
        ),
        SuppliedTemplate(_ROUNDS, ("[gMASK]", "sop")),  # ChatGLM2
    ),
    layer_tensors=(
        norm("attn_norm", "input_layernorm", layer=_LAYER),
        linear("attn_qkv", _QKV, Axis.QUERY_KEY_VALUE, Axis.HIDDEN, layer=_LAYER),
        bias("attn_qkv", _QKV, Axis.QUERY_KEY_VALUE, optional=True, layer=_LAYER),
        linear("attn_output", "self_attention.dense", Axis.HIDDEN, Axis.QUERY, layer=_LAYER),
        norm("ffn_norm", "post_attention_layernorm", layer=_LAYER),
        linear("ffn_up", "mlp.dense_h_to_4h", Axis.GATE_AND_UP, Axis.HIDDEN, layer=_LAYER),
        linear("ffn_down", "mlp.dense_4h_to_h", Axis.HIDDEN, Axis.FEED_FORWARD, layer=_LAYER),
    ),
)
