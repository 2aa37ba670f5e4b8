"""A base folder's `config.json`: its family and its numbers.

Read as data, `auto_map` included: code that ships beside a checkpoint is never run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from convert.arch import family_of
from convert.arch.spec import Family
from convert.errors import BaseModelError
from convert.hyperparameters import (
    MOST_LAYERS,
    MOST_TOKENS,
    Attention,
    ConfigReader,
    Hyperparameters,
    Rope,
    read_rope,
    spelled,
)
from convert.json_file import read_object
from convert.tokenizer_model import knows_roles


def read_model(folder: Path) -> tuple[Family, Hyperparameters]:
    """Read `config.json` of a base folder.

    Raises:
        BaseModelError: an unknown family, a field missing or of the wrong type, or one that
            asks for something the family's graph does not compute.
    """
    path = folder / "config.json"
    values = read_object(path)
    try:
        architecture = str(values["architectures"][0])
    except (KeyError, IndexError, TypeError) as error:
        raise BaseModelError("config_field", path=path, field="architectures") from error
    family = family_of(architecture, path)
    for field in family.first_generation:
        if values.get(field):
            raise BaseModelError("chatglm_first", path=path, field=field)
    part = values.get(family.config_part) if family.config_part else None
    if isinstance(part, dict):
        values = {**values, **part}
    _refuse_quantised(path, values.get("quantization_config"))
    config = ConfigReader(path, {**family.config_defaults, **values}, family.config_names)
    ratio_divides = family.ratio_divides_before_roles and not knows_roles(folder)
    try:
        rope = partial(
            read_rope,
            config,
            neighbours=family.rotates_neighbours,
            ratio_divides=ratio_divides,
        )
        return family, _parameters(architecture, family, config, rope)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BaseModelError("config_field", path=path, field=str(error)) from error


def _refuse_quantised(path: Path, settings: Any) -> None:
    """Refuse weights that are rounded already; docs/decisions/0016-no-quantised-bases.md."""
    if settings is None:
        return
    method = settings.get("quant_method") if isinstance(settings, dict) else None
    raise BaseModelError("base_quantised", path=path, method=method or "quantization_config")


def _parameters(
    architecture: str, family: Family, config: ConfigReader, rope: Callable[[int], Rope]
) -> Hyperparameters:
    heads, hidden = config.count("num_attention_heads"), config.count("hidden_size")
    head_size = config.count("head_dim", hidden // heads)
    layers = config.count("num_hidden_layers", most=MOST_LAYERS)
    attention = _attention(family, config, layers, hidden // heads, head_size)
    activation = config.get("hidden_activation") or config.get("hidden_act", family.activation)
    config.refuse("hidden_act", spelled(activation), (family.activation,))
    config.refuse("use_sliding_window", bool(config.get("use_sliding_window")), (False,))
    for name, known in family.requires.items():
        config.refuse(name, config.get(name), known)
    context = config.count("max_position_embeddings")
    window = attention.window
    if window is not None and not family.windows:
        context = min(context, window)
    return Hyperparameters(
        architecture=architecture,
        vocabulary=config.count("vocab_size", most=MOST_TOKENS),
        hidden=hidden,
        feed_forward=config.count("intermediate_size"),
        layers=layers,
        heads=heads,
        kv_heads=config.count("num_key_value_heads", heads),
        head_size=head_size,
        context=context,
        norm_epsilon=config.number("rms_norm_eps"),
        rope=rope(head_size),
        attention=attention,
        tied=bool(config.get("tie_word_embeddings", False)),
        activation=family.activation,
        embedding_scale=math.sqrt(hidden) if family.scales_embedding else 1.0,
        logit_cap=config.optional_number("final_logit_softcapping"),
    )


def _attention(
    family: Family, config: ConfigReader, layers: int, mean_head: int, head_size: int
) -> Attention:
    computed = mean_head if layers == family.wide_scale_layers else head_size
    scalar = config.get("query_pre_attn_scalar")
    if scalar is not None:
        config.refuse("query_pre_attn_scalar", float(scalar), (float(computed),))
    kinds = config.get("layer_types")
    pattern = config.get("sliding_window_pattern")
    if kinds:
        config.refuse("layer_types", len(kinds), (layers,))
    windowed = (
        tuple(kind == "sliding_attention" for kind in kinds)
        if kinds
        else tuple(pattern is None or (layer + 1) % int(pattern) > 0 for layer in range(layers))
    )
    window = config.get("sliding_window") if config.get("use_sliding_window", True) else None
    return Attention(
        scale=1 / math.sqrt(computed),
        cap=config.optional_number("attn_logit_softcapping"),
        window=config.count("sliding_window") if window and any(windowed) else None,
        windowed=windowed,
        alibi=layers == family.alibi_layers,
    )
