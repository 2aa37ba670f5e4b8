"""The numbers of a model's `config.json`, whichever family and release of transformers wrote it.

A family says where it keeps them and what it assumes (`arch.spec.Family`). transformers 5
moved `rope_theta` and `rope_scaling` into `rope_parameters`; both are read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from convert.errors import BaseModelError

MOST_LAYERS: Final = 512
"""`LLAMA_MAX_LAYERS` of llama.cpp, which aborts on a deeper model."""
MOST_TOKENS: Final = 2**21
"""Far above any vocabulary; every row gets a token before the weights' own shapes are seen."""
_LARGEST_COUNT: Final = 2**31 - 1
_LARGEST_FLOAT: Final = float(np.finfo(np.float32).max)
_ROPE_KINDS: Final = ("default", "linear", "llama3", "longrope", "dynamic")
_SAME_WITHIN_CONTEXT: Final = "dynamic"
"""Dynamic NTK scaling changes nothing up to `max_position_embeddings`, the context written."""
_SPELLINGS: Final = {"su": "longrope", "swish": "silu", "gelu_pytorch_tanh": "gelu"}


@dataclass(frozen=True, slots=True)
class Rope:
    """Rotary position embedding of the first `size` values of a head.

    `kind`: default, linear, llama3 or longrope. `neighbours`: the source rotates (x_2i, x_2i+1)
    instead of (x_i, x_{i+d/2}). `local_theta`: base frequency in layers with a window.
    `long_factors`, `short_factors`: what longrope divides each frequency by, (size / 2,).
    """

    theta: float
    size: int
    kind: str = "default"
    neighbours: bool = False
    local_theta: float | None = None
    factor: float = 1.0
    low_frequency_factor: float = 1.0
    high_frequency_factor: float = 4.0
    original_context: int = 8192
    long_factors: tuple[float, ...] = ()
    short_factors: tuple[float, ...] = ()
    attention_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Attention:
    """What attention does beside the dot product.

    `scale` multiplies scores, `cap` bounds them by cap·tanh(x/cap). `window`: how many tokens,
    itself included, one sees in the layers marked in `windowed`, (layers,). `alibi`: linear
    biases in place of rotation.
    """

    scale: float
    cap: float | None = None
    window: int | None = None
    windowed: tuple[bool, ...] = ()
    alibi: bool = False


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Sizes and constants of one decoder.

    `vocabulary` counts embedding rows (it may exceed the tokenizer's tokens), `context` tokens.
    `activation`: silu or gelu (its tanh form). `logit_cap` bounds logits as `Attention.cap`.
    """

    architecture: str
    vocabulary: int
    hidden: int
    feed_forward: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    context: int
    norm_epsilon: float
    rope: Rope
    attention: Attention
    tied: bool
    activation: str = "silu"
    embedding_scale: float = 1.0
    logit_cap: float | None = None


@dataclass(frozen=True, slots=True)
class ConfigReader:
    """One `config.json` under the names transformers uses for Llama.

    `names`: where this family keeps a number instead; `values`: the file's content over the
    family's defaults.
    """

    path: Path
    values: Mapping[str, Any]
    names: Mapping[str, str]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, `default` where the file says nothing or null."""
        for key in (self.names.get(name, name), name):
            if self.values.get(key) is not None:
                return self.values[key]
        return default

    def need(self, name: str) -> Any:
        """Return a value.

        Raises:
            BaseModelError: the file does not say it.
        """
        value = self.get(name)
        if value is None:
            raise self.wrong(name)
        return value

    def count(self, name: str, default: Any = None, most: int = _LARGEST_COUNT) -> int:
        """Return a whole number from 1 to `most`, `default` where the file says none or zero.

        Raises:
            BaseModelError: the file does not say it and has to, or it says another number.
        """
        value = self.need(name) if default is None else self.get(name) or default
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong(name) from error
        if not 1 <= number <= most:
            raise self.wrong(name)
        return number

    def number(self, name: str) -> float:
        """Return a number that float32 can hold.

        Raises:
            BaseModelError: the file does not say it, or it says no such number.
        """
        try:
            number = float(self.need(name))
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong(name) from error
        if not abs(number) <= _LARGEST_FLOAT:
            raise self.wrong(name)
        return number

    def optional_number(self, name: str) -> float | None:
        """Return a number that float32 can hold, None where the file says none."""
        return None if self.get(name) is None else self.number(name)

    def wrong(self, name: str) -> BaseModelError:
        """Return the refusal of a field that is missing or wrong."""
        return BaseModelError("config_field", path=self.path, field=self.names.get(name, name))

    def refuse(self, name: str, value: object, known: tuple[object, ...]) -> None:
        """Refuse a value that asks for something this family's graph does not compute.

        Raises:
            BaseModelError: `value` is not among `known`.
        """
        if value not in known:
            choices = ", ".join(str(choice) for choice in known)
            raise BaseModelError(
                "config_unsupported",
                path=self.path,
                field=self.names.get(name, name),
                value=value,
                known=choices,
            )


def spelled(value: object) -> str:
    """Return one spelling for names that mean the same."""
    return _SPELLINGS.get(str(value), str(value))


def read_rope(
    config: ConfigReader, head_size: int, *, neighbours: bool, ratio_divides: bool
) -> Rope:
    """Read the rotary part; `head_size` is the length of a head.

    `ratio_divides`: `rope_ratio` divides positions instead of multiplying theta.

    Raises:
        BaseModelError: a kind no supported family computes, or factors of the wrong number.
    """
    values = _rope_values(config)
    every = values.get("full_attention")
    local = values.get("sliding_attention") or {}
    if isinstance(every, dict):
        values = {**values, **every}
    kind = spelled(values.get("rope_type") or values.get("type") or "default")
    config.refuse("rope_type", kind, _ROPE_KINDS)
    share = float(values.get("partial_rotary_factor") or config.get("partial_rotary_factor", 1.0))
    if not 0 < share <= 1:
        raise config.wrong("partial_rotary_factor")
    context = config.count("max_position_embeddings")
    original = int(
        values.get("original_max_position_embeddings")
        or config.get("original_max_position_embeddings")
        or (context if kind == "longrope" else 8192)
    )
    if not 1 < original <= _LARGEST_COUNT:
        raise config.wrong("original_max_position_embeddings")
    theta = float(values.get("rope_theta") or config.get("rope_theta", 10000.0))
    factor, ratio = float(values.get("factor") or 1.0), float(config.get("rope_ratio", 1.0))
    if ratio_divides and ratio != 1.0:
        kind, factor, ratio = "linear", ratio, 1.0
    local_theta = local.get("rope_theta") or config.get("rope_local_base_freq")
    rope = Rope(
        theta=theta * ratio,
        size=int(head_size * share),
        kind="default" if kind == _SAME_WITHIN_CONTEXT else kind,
        neighbours=neighbours,
        local_theta=None if local_theta is None else float(local_theta),
        factor=factor,
        low_frequency_factor=float(values.get("low_freq_factor") or 1.0),
        high_frequency_factor=float(values.get("high_freq_factor") or 4.0),
        original_context=original,
        long_factors=tuple(map(float, values.get("long_factor") or ())),
        short_factors=tuple(map(float, values.get("short_factor") or ())),
        attention_factor=float(
            values.get("attention_factor")
            or _longrope_attention(float(values.get("factor") or context / original), original)
        ),
    )
    if not all(0 < number <= _LARGEST_FLOAT for number in _divisors(rope)):
        raise config.wrong("rope_parameters")
    if kind == "longrope":
        half = (rope.size // 2,) * 2
        config.refuse("long_factor", (len(rope.long_factors), len(rope.short_factors)), (half,))
    return rope


def _divisors(rope: Rope) -> Iterator[float]:
    """Yield what is divided by, or a power of it, and stored as float32."""
    yield from (rope.theta, rope.factor, rope.attention_factor)
    yield from (*rope.long_factors, *rope.short_factors)
    if rope.local_theta is not None:
        yield rope.local_theta
    if rope.kind == "llama3":
        yield rope.low_frequency_factor
        yield rope.high_frequency_factor - rope.low_frequency_factor


def _rope_values(config: ConfigReader) -> dict[str, Any]:
    old, new = config.get("rope_scaling"), config.get("rope_parameters")
    return {**(old or {}), **(new or {})}


def _longrope_attention(stretch: float, original: int) -> float:
    """Return what longrope multiplies sine and cosine by (arXiv 2402.13753, as Phi-3 does)."""
    return math.sqrt(1 + math.log(stretch) / math.log(original)) if stretch > 1 else 1.0
