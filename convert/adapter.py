"""LoRA adapters as PEFT saves them: which module gets which low-rank update.

W' = W + s·B·A with s = α/r, or α/√r for rsLoRA (Hu et al. 2021, arXiv 2106.09685; Kalajdzievski
2023, arXiv 2312.03732). Anything else an adapter may carry is refused by name: a merge that
silently drops a part is the commonest fault of the existing tools.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from convert.errors import AdapterError
from convert.json_file import read_object
from convert.sources import Float32, SourceTensor, TensorReader, read_header

_PREFIX: Final = "base_model.model."
_FACTORS: Final = {
    ".lora_A.weight": "A",
    ".lora_B.weight": "B",
    ".lora_embedding_A": "embedding A",
    ".lora_embedding_B": "embedding B",
}
_UNSUPPORTED: Final = (
    "alora_invocation_tokens",
    "arrow_config",
    "ensure_weight_tying",
    "fan_in_fan_out",
    "layer_replication",
    "lora_bias",
    "megatron_config",
    "modules_to_save",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_dora",
    "use_qalora",
    "velora_config",
)
_INITS_THAT_KEEP_THE_BASE: Final = (True, False, "gaussian", "eva", "orthogonal")
"""Other initialisations (PiSSA, OLoRA, CorDA, LoftQ) subtract from the base at the start."""


@dataclass(frozen=True, slots=True)
class Delta:
    """One module's update: `scale · left · right`, (rows, r) · (r, columns).

    For an embedding PEFT stores both factors transposed, which `embedding` undoes.
    """

    module: str
    left: SourceTensor
    right: SourceTensor
    scale: float
    embedding: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the weight this updates."""
        axis = 1 if self.embedding else 0
        return self.left.shape[axis], self.right.shape[1 - axis]

    def factors(self, reader: TensorReader) -> tuple[Float32, Float32]:
        """Return (left, right) as float32, the scale already in `right`.

        Raises:
            AdapterError: a factor is all zeros or not finite: the module was not trained.
        """
        left, right = reader.whole(self.left), reader.whole(self.right)
        if self.embedding:
            left, right = left.T, right.T
        if not (left.any() and right.any()):
            raise AdapterError("adapter_idle", path=self.left.path, module=self.module)
        return left, right * self.scale


def read_adapter(folder: Path) -> dict[str, Delta]:
    """Return the updates of a PEFT folder by module name, e.g. `model.layers.0.mlp.up_proj`.

    Raises:
        AdapterError: not LoRA, an unsupported part, an unpaired or misshapen factor.
    """
    path = folder / "adapter_config.json"
    config = read_object(path)
    _refuse_unsupported(path, config)
    weights = folder / "adapter_model.safetensors"
    pairs: dict[str, dict[str, SourceTensor]] = {}
    for key, tensor in read_header(weights).items():
        for suffix, factor in _FACTORS.items():
            if key.startswith(_PREFIX) and key.endswith(suffix):
                pairs.setdefault(key[len(_PREFIX) : -len(suffix)], {})[factor] = tensor
                break
        else:
            raise AdapterError("adapter_key_unknown", path=weights, tensor=key)
    if not pairs:
        raise AdapterError("adapter_empty", path=weights)
    return {module: _delta(path, config, module, pair) for module, pair in pairs.items()}


def _refuse_unsupported(path: Path, config: Mapping[str, Any]) -> None:
    def refuse(field: str) -> None:
        raise AdapterError("adapter_unsupported", path=path, field=field, value=config.get(field))

    if config.get("peft_type") != "LORA":
        refuse("peft_type")
    if config.get("bias", "none") != "none":
        refuse("bias")
    if config.get("init_lora_weights", True) not in _INITS_THAT_KEEP_THE_BASE:
        refuse("init_lora_weights")
    for field in _UNSUPPORTED:
        if config.get(field):
            refuse(field)


def _delta(
    path: Path, config: Mapping[str, Any], module: str, pair: Mapping[str, SourceTensor]
) -> Delta:
    embedding = "embedding A" in pair or "embedding B" in pair
    a, b = ("embedding A", "embedding B") if embedding else ("A", "B")
    if set(pair) != {a, b} or any(len(tensor.shape) != 2 for tensor in pair.values()):
        raise AdapterError("adapter_unpaired", path=path, module=module)
    try:
        rank = int(_by_pattern(config.get("rank_pattern"), module, config.get("r", 8)))
        alpha = float(_by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", 8)))
    except (TypeError, ValueError, AttributeError, re.error) as error:
        raise AdapterError("config_field", path=path, field="r, lora_alpha, *_pattern") from error
    if not pair[a].shape[0] == pair[b].shape[1] == rank:
        raise AdapterError(
            "adapter_rank", path=path, module=module, expected=rank, found=pair[a].shape[0]
        )
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    left, right = (pair[a], pair[b]) if embedding else (pair[b], pair[a])
    return Delta(module, left, right, scale, embedding)


def _by_pattern(patterns: Mapping[str, Any] | None, module: str, default: Any) -> Any:
    """Match as PEFT does (`peft.utils.other.get_pattern_key`): the first pattern at a dot."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default
