"""Adapters as PEFT saves them: which parameter of the base gets which update.

Every key of the file is consumed exactly once, or the adapter is refused by name: a merge that
silently drops a part is the commonest fault of the existing tools.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from convert.adapter_keys import Key, KeyKind, read_key
from convert.errors import AdapterError
from convert.hyperparameters import MOST_LAYERS
from convert.json_file import read_object
from convert.module_names import Style, shortened, style_of
from convert.sources import SourceTensor, read_header
from convert.targets import PATTERN_ERRORS, by_pattern, check_targets, is_saved_whole
from convert.torch_files import read_torch_header
from convert.updates import AddedVector, Foreign, LowRank, TokenRows, Update

Parts = dict[str, dict[str, tuple[Key, SourceTensor]]]
"""Keys and their tensors by module and part."""

_CONFIG: Final = "adapter_config.json"
_WEIGHTS: Final[tuple[tuple[str, Callable[[Path], dict[str, SourceTensor]]], ...]] = (
    ("adapter_model.safetensors", read_header),
    ("adapter_model.bin", read_torch_header),
)
"""Where both lie there, PEFT reads the first, and so do we."""
_UNSUPPORTED: Final = (
    "alora_invocation_tokens",
    "arrow_config",
    "ensure_weight_tying",
    "kasa_config",
    "megatron_config",
    "monteclora_config",
    "target_parameters",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
_METHODS: Final = ("LORA", "TRAINABLE_TOKENS", "LOHA", "LOKR", "IA3", "OFT")
_FACTORS: Final = ("lora_A.weight", "lora_B.weight")
_EMBEDDING_FACTORS: Final = ("lora_embedding_A", "lora_embedding_B")
_INITS_THAT_KEEP_THE_BASE: Final = (True, False, None, "gaussian", "eva", "orthogonal")
_INITS_THAT_PEFT_REPEATS: Final = ("pissa", "olora")
"""These subtract their start from the base, the same at every load. Others (CorDA, LoftQ,
`pissa_niter_…`) subtract what is random or needs the training data."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One PEFT folder: `updates` by parameter name, e.g. `model.layers.0.mlp.up_proj.weight`.

    `style`: how its own names differ from those, see `module_names`. `left_out`: keys of what is
    beside the decoder. `layers`: the base's layer behind each layer of the model, where
    `layer_replication` repeats some.
    """

    folder: Path
    weights: Path
    config: Mapping[str, Any]
    updates: Mapping[str, Update]
    style: Style
    left_out: tuple[str, ...]
    layers: tuple[int, ...] | None


def adapter_files(folder: Path) -> tuple[Path, Path]:
    """Return an adapter's configuration and its weights, whichever form those have."""
    path, _ = _weights(folder)
    return folder / _CONFIG, path


def read_adapter(
    folder: Path, styles: Sequence[Style] = (), left_out: tuple[str, ...] = ()
) -> Adapter:
    """Return what the adapter in `folder` does to its base, from headers alone.

    `styles`: how the decoder's modules may be called where a larger model was trained;
    `left_out`: beginnings of what that model has beside its decoder.

    Raises:
        AdapterError: an unsupported method or part, a key of unknown use, an unpaired or
            misshapen factor.
    """
    weights, read = _weights(folder)
    path = folder / _CONFIG
    config = read_object(path)
    foreign = _is_foreign(path, config)
    check_targets(path, config)
    parts, beside = _read_keys(weights, read(weights), config, left_out)
    style = style_of(styles, parts)
    updates: dict[str, Update] = {}
    for module, group in parts.items():
        for update in _updates(path, config, module, group, foreign=foreign):
            parameter = shortened(style, update.parameter)
            updates[parameter] = replace(update, parameter=parameter)
    layers = _replicated(path, config)
    return Adapter(folder, weights, config, updates, style, beside, layers)


def _read_keys(
    weights: Path,
    tensors: Mapping[str, SourceTensor],
    config: Mapping[str, Any],
    left_out: tuple[str, ...],
) -> tuple[Parts, tuple[str, ...]]:
    """Return what every key is, by module and part, and those beside the decoder."""
    parts: Parts = {}
    copies: dict[str, Key] = {}
    beside: list[str] = []
    for name, tensor in tensors.items():
        key = read_key(name, config)
        if key is None:
            raise AdapterError("adapter_key_unknown", path=weights, tensor=name)
        if key.module.startswith(left_out):
            beside.append(f"{key.module}.{key.part}")
            continue
        if key.kind is KeyKind.COPY:
            copies[name] = key
            continue
        group = parts.setdefault(key.module, {})
        if key.part in group:
            raise AdapterError("adapter_key_unknown", path=weights, tensor=name)
        group[key.part] = (key, tensor)
    if not parts:
        raise AdapterError("adapter_empty", path=weights)
    for name, key in copies.items():
        if not _is_copy(key, parts, config):
            raise AdapterError("adapter_key_unknown", path=weights, tensor=name)
    return parts, tuple(beside)


def _weights(folder: Path) -> tuple[Path, Callable[[Path], dict[str, SourceTensor]]]:
    forms = [(folder / name, read) for name, read in _WEIGHTS]
    return next(((path, read) for path, read in forms if path.exists()), forms[0])


def _is_copy(key: Key, parts: Parts, config: Mapping[str, Any]) -> bool:
    """Tell whether what a copy repeats is there: a whole parameter, or rows trained alone."""
    rows = "tokens" in parts.get(key.module, {})
    wrapper, _, below = key.part.partition(".")
    if wrapper == "token_adapter":
        return rows
    module, _, parameter = f"{key.module}.{below}".rpartition(".")
    plain = parameter in parts.get(module, {})
    return plain and (rows or is_saved_whole(config, module))


def _is_foreign(path: Path, config: Mapping[str, Any]) -> bool:
    """Tell whether only PEFT computes this method's update; refuse what nobody can merge."""

    def refuse(field: str) -> None:
        raise AdapterError("adapter_unsupported", path=path, field=field, value=config.get(field))

    method, init = config.get("peft_type"), config.get("init_lora_weights", True)
    if method not in _METHODS:
        refuse("peft_type")
    if config.get("bias") not in (None, "none", "all", "lora_only", "oft_only"):
        refuse("bias")
    for field in _UNSUPPORTED:
        if config.get(field):
            refuse(field)
    if method in ("LORA", "TRAINABLE_TOKENS"):
        if init in _INITS_THAT_KEEP_THE_BASE:
            return False
        if init not in _INITS_THAT_PEFT_REPEATS:
            refuse("init_lora_weights")
    return True


def _updates(
    path: Path,
    config: Mapping[str, Any],
    module: str,
    group: Mapping[str, tuple[Key, SourceTensor]],
    *,
    foreign: bool,
) -> list[Update]:
    """Return what a module's keys do to its weight and its bias."""
    weight, bias = Update(f"{module}.weight", path), Update(f"{module}.bias", path)
    method: dict[str, SourceTensor] = {}
    for part, (key, tensor) in group.items():
        whole = is_saved_whole(config, module)
        if key.kind is KeyKind.METHOD:
            method[part] = tensor
        elif key.kind is KeyKind.TOKENS:
            weight = replace(weight, tokens=_token_rows(path, config, module, tensor))
        elif part == "bias":
            bias = replace(bias, saved=tensor)
        else:
            weight = replace(weight, saved=tensor) if whole else replace(weight, resized=tensor)
    if foreign and method:
        update = Foreign(path.parent, module, tuple(sorted(method.items())))
        weight = replace(weight, foreign=update)
        scale = method.get("ia3_l")
        if scale is not None and scale.shape[-1] == 1:  # IA³ on an output scales its bias too
            bias = replace(bias, foreign=update)
    elif method:
        added = method.pop("lora_B.bias", None)
        weight = replace(weight, low_rank=_low_rank(path, config, module, method))
        if added is not None and weight.low_rank is not None:
            bias = replace(bias, added=AddedVector(added, weight.low_rank.scale))
    return [one for one in (weight, bias) if one.targeted or one.saved or one.resized]


def _low_rank(
    path: Path, config: Mapping[str, Any], module: str, parts: Mapping[str, SourceTensor]
) -> LowRank:
    embedding = any(part.startswith("lora_embedding") for part in parts)
    a, b = _EMBEDDING_FACTORS if embedding else _FACTORS
    magnitude = parts.get("lora_magnitude_vector")
    factors = {part for part in parts if part != "lora_magnitude_vector"}
    if factors != {a, b} or any(len(parts[part].shape) != 2 for part in factors):
        raise AdapterError("adapter_unpaired", path=path, module=module)
    if (magnitude is not None) != bool(config.get("use_dora")):
        raise AdapterError("adapter_unpaired", path=path, module=module)
    try:
        rank = int(by_pattern(config.get("rank_pattern"), module, config.get("r", 8)))
        alpha = float(by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", 8)))
    except (TypeError, ValueError, AttributeError, *PATTERN_ERRORS) as error:
        raise AdapterError("config_field", path=path, field="r, lora_alpha, *_pattern") from error
    if rank < 1:
        raise AdapterError("config_field", path=path, field="r, rank_pattern")
    if not parts[a].shape[0] == parts[b].shape[1] == rank:
        raise AdapterError(
            "adapter_rank", path=path, module=module, expected=rank, found=parts[a].shape[0]
        )
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    left, right = (parts[a], parts[b]) if embedding else (parts[b], parts[a])
    update = LowRank(left, right, scale, embedding, magnitude)
    if magnitude is not None:
        expected = update.shape[1 if embedding else 0]
        if magnitude.shape != (expected,):
            raise AdapterError("adapter_unpaired", path=path, module=module)
    return update


def _token_rows(
    path: Path, config: Mapping[str, Any], module: str, values: SourceTensor
) -> TokenRows:
    named = config.get("trainable_token_indices") or config.get("token_indices") or ()
    if isinstance(named, dict):
        named = next((ids for name, ids in named.items() if module.endswith(name)), ())
    try:
        indices = tuple(int(id_) for id_ in named)
    except (TypeError, ValueError, OverflowError) as error:
        raise AdapterError("config_field", path=path, field="trainable_token_indices") from error
    if len(values.shape) != 2 or len(indices) != values.shape[0] or min(indices, default=0) < 0:
        raise AdapterError(
            "adapter_rows",
            path=path,
            module=module,
            expected=len(indices),
            found=values.shape[0] if values.shape else 0,
        )
    return TokenRows(indices, values)


def _replicated(path: Path, config: Mapping[str, Any]) -> tuple[int, ...] | None:
    spans = config.get("layer_replication")
    if not spans:
        return None
    try:
        ranges = [range(int(first), int(last)) for first, last in spans]
    except (TypeError, ValueError, OverflowError) as error:
        raise AdapterError("config_field", path=path, field="layer_replication") from error
    if sum(max(0, one.stop - one.start) for one in ranges) > MOST_LAYERS:
        raise AdapterError("config_field", path=path, field="layer_replication")
    return tuple(layer for one in ranges for layer in one)
