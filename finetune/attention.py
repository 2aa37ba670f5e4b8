"""Attention over packed rows: every dialogue sees only itself, and only its past.

A dense mask over a row of several dialogues spends most of its work on pairs of tokens that may
not see each other. Here attention runs dialogue by dialogue, so the mask costs nothing and the
kernel skips the future. It is one opaque operator to torch.compile (a Python loop inside a
compiled graph would be unrolled and recompiled for every row), and is known to transformers as
the attention implementation `packed`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

PACKED: Final = "packed"


_forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001
_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward  # noqa: SLF001


@torch.library.custom_op("soulchat::packed_attention", mutates_args=())
def attend(query: Tensor, key: Tensor, value: Tensor, segment: Tensor) -> tuple[Tensor, Tensor]:
    """Return causal attention within equal runs of `segment`, and its log-sum-exp.

    Args:
        query: (1, heads, T, head width), as are key, value and the output.
        key: the keys.
        value: the values.
        segment: (T,).
    """
    output = torch.empty_like(query, memory_format=torch.contiguous_format)
    logsumexp = query.new_empty(query.shape[:3], dtype=torch.float32)
    for run in _runs(segment):
        q, k, v = (x[:, :, run] for x in (query, key, value))
        output[:, :, run], logsumexp[:, :, run] = _forward(q, k, v, is_causal=True)
    return output, logsumexp


def _runs(segment: Tensor) -> list[slice]:
    changes = (torch.diff(segment).nonzero() + 1).flatten().tolist()
    return [slice(a, b) for a, b in pairwise([0, *changes, len(segment)])]


@attend.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, segment: Tensor) -> tuple[Tensor, Tensor]:
    del key, value, segment
    output = torch.empty(query.shape, dtype=query.dtype, device=query.device)
    return output, query.new_empty(query.shape[:3], dtype=torch.float32)


@torch.library.custom_op("soulchat::packed_attention_backward", mutates_args=())
def attend_backward(
    gradient: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    segment: Tensor,
    output: Tensor,
    logsumexp: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of `attend` by query, key and value."""
    whole = (query, key, value)
    by_query, by_key, by_value = (
        torch.empty_like(x, memory_format=torch.contiguous_format) for x in whole
    )
    for run in _runs(segment):
        g, q, k, v, o, lse = (
            x[:, :, run] for x in (gradient, query, key, value, output, logsumexp)
        )
        by_query[:, :, run], by_key[:, :, run], by_value[:, :, run] = _backward(
            g, q, k, v, o, lse, 0.0, is_causal=True
        )
    return by_query, by_key, by_value


@attend_backward.register_fake
def _(
    gradient: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    segment: Tensor,
    output: Tensor,
    logsumexp: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    del gradient, segment, output, logsumexp
    like = [torch.empty(x.shape, dtype=x.dtype, device=x.device) for x in (query, key, value)]
    return like[0], like[1], like[2]


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(*inputs, *output)


def _gradients(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
    return (*attend_backward(gradient, *ctx.saved_tensors), None)


attend.register_autograd(_gradients, setup_context=_keep)


@torch.compiler.disable
def _attend_anywhere(query: Tensor, key: Tensor, value: Tensor, segment: Tensor) -> Tensor:
    """Return the same on any device: one call of torch's attention a dialogue."""
    parts = [
        nn.functional.scaled_dot_product_attention(
            query[:, :, run], key[:, :, run], value[:, :, run], is_causal=True
        )
        for run in _runs(segment)
    ]
    return torch.cat(parts, dim=2)


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    segment: Tensor | None = None,
    **unused: Any,
) -> tuple[Tensor, None]:
    """Return the attention output (1, T, heads, head width), as transformers asks for it.

    Args:
        module: transformers' attention layer; not used.
        query: (1, heads, T, head width).
        key: (1, KV heads, T, head width).
        value: (1, KV heads, T, head width).
        attention_mask: always None here.
        segment: dialogue number of each token (T,); None means one dialogue.
        **unused: what other implementations read.
    """
    del module, attention_mask, unused
    groups = query.shape[1] // key.shape[1]
    # Rotary embeddings leave float32 behind under autocast; the kernel wants one type.
    query, key = query.to(value.dtype), key.to(value.dtype)
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    if segment is None:
        segment = torch.zeros(query.shape[2], dtype=torch.int32, device=query.device)
    if query.device.type == "cpu":
        output, _ = attend(query, key, value, segment)
    else:
        output = _attend_anywhere(query, key, value, segment)
    return output.transpose(1, 2), None


AttentionInterface.register(PACKED, packed_attention)
