"""The keys of an adapter file: which module each belongs to, and as what.

PEFT writes `base_model.model.<module>.<part>`, its adapter's name removed
(`peft.utils.save_and_load.get_peft_model_state_dict`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from convert.targets import is_saved_whole

_PREFIX: Final = "base_model.model."
_METHOD: Final = re.compile(r"(?P<module>.+?)\.(?P<part>(?P<method>lora|hada|lokr|ia3|oft)_.+)")
_METHOD_OF: Final = {"LORA": "lora", "LOHA": "hada", "LOKR": "lokr", "IA3": "ia3", "OFT": "oft"}
_TOKENS: Final = re.compile(r"(?P<module>.+?)\.(?:token_adapter\.)?trainable_tokens_delta")
_COPY: Final = re.compile(
    r"(?P<module>.+?)\.(?P<part>(?:original_module|modules_to_save|token_adapter\.trainable_\w+)"
    r"(?:\..+)?)"
)
_PARAMETER: Final = re.compile(
    r"(?P<module>.+?)(?P<wrapped>(?:\.token_adapter)?\.base_layer)?\.(?P<part>weight|bias)"
)
_LORA_PARTS: Final = (
    "lora_A.weight",
    "lora_B.weight",
    "lora_B.bias",
    "lora_embedding_A",
    "lora_embedding_B",
    "lora_magnitude_vector",
)


class KeyKind(Enum):
    """What a key is.

    METHOD: a tensor of the adapter's method. TOKENS: rows trained alone. PARAMETER: a whole
    parameter. COPY: what PEFT writes a second time with a resized embedding and never reads; only
    where what it repeats is there too.
    """

    METHOD = "method"
    TOKENS = "tokens"
    PARAMETER = "parameter"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `part` is unique below its module."""

    module: str
    part: str
    kind: KeyKind


def read_key(name: str, config: Mapping[str, Any]) -> Key | None:
    """Return what a key of the adapter file is; None where this adapter can have no such part."""
    if not name.startswith(_PREFIX):
        return None
    name = name.removeprefix(_PREFIX)
    if found := _METHOD.fullmatch(name):
        return _method_key(found, config)
    if found := _TOKENS.fullmatch(name):
        return Key(found["module"], "tokens", KeyKind.TOKENS)
    if found := _COPY.fullmatch(name):
        return Key(found["module"], found["part"], KeyKind.COPY)
    if found := _PARAMETER.fullmatch(name):
        module, part = found["module"], found["part"]
        biased = config.get("bias") not in (None, "none")
        if part == "weight" or biased or is_saved_whole(config, module):
            return Key(module, part, KeyKind.PARAMETER)
    return None


def _method_key(found: re.Match[str], config: Mapping[str, Any]) -> Key | None:
    method, part = found["method"], found["part"]
    if method != _METHOD_OF.get(str(config.get("peft_type"))):
        return None
    if method == "lora" and part not in _LORA_PARTS:
        return None
    if part == "lora_B.bias" and not config.get("lora_bias"):
        return None
    return Key(found["module"], part, KeyKind.METHOD)
