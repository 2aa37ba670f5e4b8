"""A model of random weights, as large as one that people use: its speed is real, its words not.

It has the tokenizer and the template of the model that ships, filled up to the vocabulary of the
model whose shape it has, and Q8_0 weights (blocks of a float16 scale and 32 int8, docs/gguf.md).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from desktop_app.models.header import MAGIC, read_values

ALIGNMENT: Final = 32
UINT32: Final = 4
F32, Q8_0 = 0, 8
BLOCK: Final = np.dtype([("scale", "<f2"), ("weights", "i1", 32)])
POOL: Final = 2**20
"""Blocks that are made, 36 MB; all tensors are cut from them."""
NORMAL: Final = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a Qwen2 model whose output matrix is its embedding."""

    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    layers: int = 24
    vocabulary: int = 151_936
    context: int = 4096


QWEN2_05B: Final = Shape(hidden=896, ffn=4864, heads=14, kv_heads=2)
"""Qwen2-0.5B, 494 million weights (its config.json)."""
QWEN15_05B: Final = Shape(hidden=1024, ffn=2816, heads=16, kv_heads=16)
"""Qwen1.5-0.5B, 464 million weights (its config.json)."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Name and size of a tensor; columns first, as GGUF has them."""

    name: str
    size: tuple[int, ...]

    @property
    def kind(self) -> int:
        """Vectors are float32, matrices Q8_0."""
        return F32 if len(self.size) == 1 else Q8_0

    @property
    def bytes(self) -> int:
        """What it takes in the file, without what fills it up to the next one."""
        count = prod(self.size)
        return 4 * count if self.kind == F32 else count // 32 * BLOCK.itemsize


def write_random_model(path: Path, shape: Shape, shipped: Path) -> None:
    """Write a model of this shape; `shipped` gives tokenizer and template."""
    tensors = list(_tensors(shape))
    values = read_values(shipped) | _sizes(shape)
    for key, filled in (
        ("tokenizer.ggml.tokens", _string),
        ("tokenizer.ggml.token_type", lambda _: struct.pack("<i", NORMAL)),
    ):
        values[key] = _filled(values[key], shape.vocabulary, filled)
    ends = accumulate((_aligned(tensor.bytes) for tensor in tensors), initial=0)
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<IQQ", 3, len(tensors), len(values)))
        for key, value in values.items():
            file.write(_string(key) + value)
        for tensor, start in zip(tensors, ends, strict=False):
            file.write(_string(tensor.name) + struct.pack("<I", len(tensor.size)))
            file.write(struct.pack(f"<{len(tensor.size)}Q", *tensor.size))
            file.write(struct.pack("<IQ", tensor.kind, start))
        file.write(bytes(-file.tell() % ALIGNMENT))
        pool = _pool()
        for tensor in tensors:
            for part in _content(tensor, pool):
                file.write(part)
            file.write(bytes(-tensor.bytes % ALIGNMENT))


def _pool() -> np.ndarray:
    random = np.random.default_rng(1)
    pool = np.zeros(POOL, BLOCK)
    pool["weights"] = random.integers(-127, 128, (POOL, 32), np.int8)
    # The deviation of such integers is 73; each state keeps its size through the layers.
    pool["scale"] = 0.02 / 73
    return pool


def _content(tensor: Tensor, pool: np.ndarray) -> Iterator[bytes]:
    if tensor.kind == F32:
        value = 0 if tensor.name.endswith("bias") else 1
        yield np.full(tensor.size, value, "<f4").tobytes()
        return
    left = prod(tensor.size) // 32
    while left:
        yield pool[: min(left, POOL)].tobytes()
        left -= min(left, POOL)


def _tensors(shape: Shape) -> Iterator[Tensor]:
    hidden, kv = shape.hidden, shape.hidden // shape.heads * shape.kv_heads
    yield Tensor("token_embd.weight", (hidden, shape.vocabulary))
    yield Tensor("output_norm.weight", (hidden,))
    for layer in range(shape.layers):
        for name, size in (
            ("attn_norm.weight", (hidden,)),
            ("attn_q.weight", (hidden, hidden)),
            ("attn_q.bias", (hidden,)),
            ("attn_k.weight", (hidden, kv)),
            ("attn_k.bias", (kv,)),
            ("attn_v.weight", (hidden, kv)),
            ("attn_v.bias", (kv,)),
            ("attn_output.weight", (hidden, hidden)),
            ("ffn_norm.weight", (hidden,)),
            ("ffn_gate.weight", (hidden, shape.ffn)),
            ("ffn_up.weight", (hidden, shape.ffn)),
            ("ffn_down.weight", (shape.ffn, hidden)),
        ):
            yield Tensor(f"blk.{layer}.{name}", size)


def _sizes(shape: Shape) -> dict[str, bytes]:
    head = shape.hidden // shape.heads
    numbers = {
        "vocab_size": shape.vocabulary,
        "context_length": shape.context,
        "embedding_length": shape.hidden,
        "block_count": shape.layers,
        "feed_forward_length": shape.ffn,
        "attention.head_count": shape.heads,
        "attention.head_count_kv": shape.kv_heads,
        "attention.key_length": head,
        "attention.value_length": head,
        "rope.dimension_count": head,
    }
    return {f"qwen2.{name}": struct.pack("<II", UINT32, value) for name, value in numbers.items()}


def _filled(array: bytes, count: int, element: Callable[[str], bytes]) -> bytes:
    """Return an array's value with elements added until it has `count`."""
    kind, of, before = struct.unpack_from("<IIQ", array)
    more = b"".join(element(f"x{number}") for number in range(before, count))
    return struct.pack("<IIQ", kind, of, count) + array[16:] + more


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _aligned(size: int) -> int:
    return size + -size % ALIGNMENT
