"""The numbers of a model's `config.json`, whichever release of transformers wrote it.

transformers 5 moved `rope_theta` and `rope_scaling` into `rope_parameters`; both are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.errors import BaseModelError
from convert.json_file import read_object


@dataclass(frozen=True, slots=True)
class Rope:
    """Rotary position embedding: `kind` is default, linear or llama3."""

    theta: float
    kind: str = "default"
    factor: float = 1.0
    low_frequency_factor: float = 1.0
    high_frequency_factor: float = 4.0
    original_context: int = 8192


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Sizes and constants of one decoder.

    `vocabulary` counts embedding rows (it may exceed the tokenizer's tokens), `context` tokens.
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
    tied: bool


def read_hyperparameters(folder: Path) -> Hyperparameters:
    """Read `config.json` of a base folder.

    Raises:
        BaseModelError: a field is missing or of the wrong type, or asks for something no
            supported family computes (another activation, rope kind, a sliding window).
    """
    path = folder / "config.json"
    config = read_object(path)
    try:
        names = config["architectures"]
        heads = int(config["num_attention_heads"])
        hidden = int(config["hidden_size"])
        parameters = Hyperparameters(
            architecture=str(names[0]),
            vocabulary=int(config["vocab_size"]),
            hidden=hidden,
            feed_forward=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_size=int(config.get("head_dim") or hidden // heads),
            context=int(config["max_position_embeddings"]),
            norm_epsilon=float(config["rms_norm_eps"]),
            rope=_rope(config),
            tied=bool(config.get("tie_word_embeddings", False)),
        )
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError) as error:
        raise BaseModelError("config_field", path=path, field=str(error)) from error
    _refuse("hidden_act", config.get("hidden_act", "silu"), ("silu",), path)
    _refuse("rope_type", parameters.rope.kind, ("default", "linear", "llama3"), path)
    _refuse("use_sliding_window", bool(config.get("use_sliding_window")), (False,), path)
    _refuse("quantization_config", config.get("quantization_config"), (None,), path)
    return parameters


def _rope(config: dict[str, Any]) -> Rope:
    old, new = config.get("rope_scaling"), config.get("rope_parameters")
    values: dict[str, Any] = {**(old or {}), **(new or {})}
    kind = str(values.get("rope_type") or values.get("type") or "default")
    return Rope(
        theta=float(values.get("rope_theta") or config.get("rope_theta") or 10000.0),
        kind=kind,
        factor=float(values.get("factor") or 1.0),
        low_frequency_factor=float(values.get("low_freq_factor") or 1.0),
        high_frequency_factor=float(values.get("high_freq_factor") or 4.0),
        original_context=int(values.get("original_max_position_embeddings") or 8192),
    )


def _refuse(field: str, value: object, known: tuple[object, ...], path: Path) -> None:
    if value not in known:
        choices = ", ".join(str(choice) for choice in known)
        raise BaseModelError(
            "config_unsupported", path=path, field=field, value=value, known=choices
        )
