"""What families compute whose modelling code is not in transformers: Baichuan, ChatGLM, InternLM2.

Written down from their published architecture on the names their checkpoints have, and from
nothing of `convert`: in float64, position by position, so that an error there is not repeated
here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.tiny_base import Array

    Weights = Mapping[str, Array]


def baichuan_logits(config: Mapping[str, Any], weights: Weights, prompt: Sequence[int]) -> Array:
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    states = weights["model.embed_tokens.weight"][prompt].astype(np.float64)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        normed = _norm(states, weights[f"{at}input_layernorm.weight"], config["rms_norm_eps"])
        packed = normed @ weights[f"{at}self_attn.W_pack.weight"].T
        query, key, value = (
            packed[:, i * hidden : (i + 1) * hidden].reshape(len(prompt), heads, -1)
            for i in range(3)
        )
        if config["num_hidden_layers"] == 40:
            mixed = _attention(query, key, value, _alibi(heads))
        else:
            query, key = (_turn_halves(one, 10000.0) for one in (query, key))
            mixed = _attention(query, key, value)
        states = states + mixed @ weights[f"{at}self_attn.o_proj.weight"].T
        normed = _norm(
            states, weights[f"{at}post_attention_layernorm.weight"], config["rms_norm_eps"]
        )
        gate = _silu(normed @ weights[f"{at}mlp.gate_proj.weight"].T)
        up = normed @ weights[f"{at}mlp.up_proj.weight"].T
        states = states + (gate * up) @ weights[f"{at}mlp.down_proj.weight"].T
    states = _norm(states, weights["model.norm.weight"], config["rms_norm_eps"])
    head = weights["lm_head.weight"].astype(np.float64)
    if config["vocab_size"] == 125_696:
        head = head / np.linalg.norm(head, axis=1, keepdims=True)
    return states @ head.T


def chatglm_logits(
    config: Mapping[str, Any],
    weights: Weights,
    prompt: Sequence[int],
    *,
    ratio_divides: bool = False,
) -> Array:
    """`ratio_divides`: ChatGLM2-6B-32k divides positions, where its successors stretch theta."""
    heads, groups = config["num_attention_heads"], config["multi_query_group_num"]
    size, epsilon = config["kv_channels"], config["layernorm_epsilon"]
    ratio = config.get("rope_ratio", 1)
    theta, slower = (10000.0, ratio) if ratio_divides else (10000.0 * ratio, 1)
    table = weights["transformer.embedding.word_embeddings.weight"]
    states = table[prompt].astype(np.float64)
    for layer in range(config["num_layers"]):
        at = f"transformer.encoder.layers.{layer}."
        normed = _norm(states, weights[f"{at}input_layernorm.weight"], epsilon)
        fused = normed @ weights[f"{at}self_attention.query_key_value.weight"].T
        fused = fused + weights[f"{at}self_attention.query_key_value.bias"]
        ends = [heads * size, (heads + groups) * size]
        query, key, value = (
            part.reshape(len(prompt), -1, size) for part in np.split(fused, ends, axis=1)
        )
        query, key = (_turn_neighbours(one, theta, size // 2, slower) for one in (query, key))
        mixed = _attention(query, key, value)
        states = states + mixed @ weights[f"{at}self_attention.dense.weight"].T
        normed = _norm(states, weights[f"{at}post_attention_layernorm.weight"], epsilon)
        gate, up = np.split(normed @ weights[f"{at}mlp.dense_h_to_4h.weight"].T, 2, axis=1)
        states = states + (_silu(gate) * up) @ weights[f"{at}mlp.dense_4h_to_h.weight"].T
    states = _norm(states, weights["transformer.encoder.final_layernorm.weight"], epsilon)
    return states @ weights["transformer.output_layer.weight"].T


def internlm2_logits(config: Mapping[str, Any], weights: Weights, prompt: Sequence[int]) -> Array:
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    size, epsilon = config["hidden_size"] // heads, config["rms_norm_eps"]
    share = heads // groups
    states = weights["model.tok_embeddings.weight"][prompt].astype(np.float64)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        normed = _norm(states, weights[f"{at}attention_norm.weight"], epsilon)
        fused = normed @ weights[f"{at}attention.wqkv.weight"].T
        fused = fused.reshape(len(prompt), groups, share + 2, size)
        query = fused[:, :, :share].reshape(len(prompt), heads, size)
        key, value = fused[:, :, share], fused[:, :, share + 1]
        query, key = (_turn_halves(one, config["rope_theta"]) for one in (query, key))
        mixed = _attention(query, key, value)
        states = states + mixed @ weights[f"{at}attention.wo.weight"].T
        normed = _norm(states, weights[f"{at}ffn_norm.weight"], epsilon)
        gate = _silu(normed @ weights[f"{at}feed_forward.w1.weight"].T)
        up = normed @ weights[f"{at}feed_forward.w3.weight"].T
        states = states + (gate * up) @ weights[f"{at}feed_forward.w2.weight"].T
    states = _norm(states, weights["model.norm.weight"], epsilon)
    return states @ weights["output.weight"].T


def _attention(
    query: Array, key: Array, value: Array, bias: Callable[[int, int], Array] | None = None
) -> Array:
    """Attend one position after the other; (T, heads, d) and fewer key heads."""
    share = query.shape[1] // key.shape[1]
    key, value = np.repeat(key, share, axis=1), np.repeat(value, share, axis=1)
    out = []
    for now in range(len(query)):
        scores = np.einsum("hd,thd->ht", query[now], key[: now + 1]) / math.sqrt(query.shape[2])
        if bias is not None:
            scores = scores + np.stack([bias(now, then) for then in range(now + 1)], axis=1)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        out.append(np.einsum("ht,thd->hd", shares, value[: now + 1]).reshape(-1))
    return np.stack(out)


def _alibi(heads: int) -> Callable[[int, int], Array]:
    """Slopes as Baichuan computes them: a power of two's, then every other of twice as many."""

    def of_power(count: int) -> list[float]:
        start = 2.0 ** (-(2.0 ** -(math.log2(count) - 3)))
        return [start * start**i for i in range(count)]

    closest = 2 ** math.floor(math.log2(heads))
    slopes = of_power(closest)
    if closest < heads:
        slopes += of_power(2 * closest)[0::2][: heads - closest]
    return lambda now, then: np.array(slopes) * (then - now)


def _turn_halves(heads: Array, theta: float) -> Array:
    size = heads.shape[2]
    out = heads.astype(np.float64).copy()
    for position in range(len(heads)):
        for i in range(size // 2):
            angle = position * theta ** (-2 * i / size)
            a, b = heads[position, :, i], heads[position, :, i + size // 2]
            out[position, :, i] = a * math.cos(angle) - b * math.sin(angle)
            out[position, :, i + size // 2] = b * math.cos(angle) + a * math.sin(angle)
    return out


def _turn_neighbours(heads: Array, theta: float, rotated: int, slower: float) -> Array:
    out = heads.astype(np.float64).copy()
    for position in range(len(heads)):
        for i in range(0, rotated, 2):
            angle = position / slower * theta ** (-i / rotated)
            a, b = heads[position, :, i], heads[position, :, i + 1]
            out[position, :, i] = a * math.cos(angle) - b * math.sin(angle)
            out[position, :, i + 1] = b * math.cos(angle) + a * math.sin(angle)
    return out


def _norm(states: Array, weight: Array, epsilon: float) -> Array:
    return states / np.sqrt(np.mean(states**2, axis=1, keepdims=True) + epsilon) * weight


def _silu(values: Array) -> Array:
    return values / (1 + np.exp(-values))
