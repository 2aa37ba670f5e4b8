"""Which type each tensor gets: llama.cpp's own mixtures (`llama-quant.cpp`, MIT licence).

Sensitive tensors (the head, half of the value and down projections) get more bits. A test holds
every tensor to the bytes `llama_model_quantize` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from convert.errors import OutputError
from convert.ggml import BLOCKS, TensorType
from convert.hyperparameters import Hyperparameters
from convert.merge import MergedTensor


class Mixture(IntEnum):
    """`enum llama_ftype` of llama.h, written as `general.file_type`."""

    F32 = 0
    F16 = 1
    Q4_0 = 2
    Q8_0 = 7
    Q3_K_M = 12
    Q4_K_S = 14
    Q4_K_M = 15
    Q5_K_S = 16
    Q5_K_M = 17
    Q6_K = 18
    IQ4_XS = 30
    BF16 = 32

    @property
    def default_type(self) -> TensorType:
        """The type of an ordinary matrix."""
        return TensorType[self.name.removesuffix("_M").removesuffix("_S")]


@dataclass(frozen=True, slots=True)
class TypeRule:
    """A person's own choice: tensors whose name holds a match of `pattern` get `kind`."""

    pattern: str
    kind: TensorType


_UNQUANTISED: Final = (TensorType.F32, TensorType.F16, TensorType.BF16)
_FALLBACKS: Final = {
    TensorType.Q3_K: TensorType.Q4_0,
    TensorType.Q4_K: TensorType.Q5_0,
    TensorType.Q5_K: TensorType.Q5_1,
    TensorType.Q6_K: TensorType.Q8_0,
    TensorType.IQ4_XS: TensorType.IQ4_NL,
}
"""What rows that are no multiple of 256 get instead."""
_VALUES: Final = ("attn_v", "attn_qkv")


def choose_types(
    mixture: Mixture,
    tensors: Sequence[MergedTensor],
    parameters: Hyperparameters,
    rules: Sequence[TypeRule] = (),
) -> Iterator[tuple[TensorType, TensorType]]:
    """Yield (wanted, chosen) for each tensor; they differ where the row length forbids `wanted`.

    `tensors` come in file order, because the choice for a layer depends on its number. The
    first of the `rules` that matches wins over the mixture; vectors and norms stay float32.
    """
    choice = _Choice(mixture, tensors, parameters)
    for tensor in tensors:
        if not is_matrix(tensor):
            yield TensorType.F32, TensorType.F32
            continue
        named = named_type(rules, tensor)
        wanted = choice.of(tensor) if named is None else named
        yield wanted, _fitting(wanted, tensor.columns)


def is_matrix(tensor: MergedTensor) -> bool:
    """Tell whether a type is chosen for it at all."""
    return len(tensor.shape) > 1 and not tensor.name.endswith("_norm.weight")


def named_type(rules: Sequence[TypeRule], tensor: MergedTensor) -> TensorType | None:
    """Return what the first rule that matches a matrix says, None where none does."""
    return next((rule.kind for rule in rules if re.search(rule.pattern, tensor.name)), None)


def check_rules(rules: Sequence[TypeRule], tensors: Sequence[MergedTensor]) -> None:
    """Refuse a rule that matches nothing, most often for a slip of the pen.

    Raises:
        OutputError: its pattern is in the name of no matrix.
    """
    matrices = [tensor.name for tensor in tensors if is_matrix(tensor)]
    for rule in rules:
        if not any(re.search(rule.pattern, name) for name in matrices):
            example = next((name for name in matrices if "ffn_down" in name), matrices[-1])
            raise OutputError("rule_idle", pattern=rule.pattern, example=example)


class _Choice:
    """The mixture's own choice, which counts the value and down projections it has seen."""

    def __init__(
        self, mixture: Mixture, tensors: Sequence[MergedTensor], parameters: Hyperparameters
    ) -> None:
        self._mixture = mixture
        self._parameters = parameters
        self._tied = all(tensor.name != "output.weight" for tensor in tensors)
        values = (one for one in tensors if len(one.shape) > 1 and _kind(one) in _VALUES)
        self._values = sum(1 for _ in values)
        self._values_seen = self._downs_seen = 0

    def of(self, tensor: MergedTensor) -> TensorType:
        default, kind = self._mixture.default_type, _kind(tensor)
        if default in _UNQUANTISED:
            return default
        if kind == "output" or (self._tied and kind == "token_embd"):
            fits = tensor.columns % BLOCKS[default][0] == 0
            return TensorType.Q6_K if fits and default is not TensorType.Q8_0 else TensorType.Q8_0
        if kind in _VALUES:
            self._values_seen += 1
            return self._value(self._values_seen - 1)
        if kind == "ffn_down":
            self._downs_seen += 1
            return self._down(self._downs_seen - 1)
        more = kind == "attn_output" and self._mixture is Mixture.Q3_K_M
        return TensorType.Q4_K if more else default

    def _value(self, layer: int) -> TensorType:
        group = self._parameters.heads // self._parameters.kv_heads
        kind = self._mixture.default_type
        match self._mixture:
            case Mixture.Q3_K_M:
                kind = TensorType.Q5_K if layer < 2 else TensorType.Q4_K
            case Mixture.IQ4_XS if group >= 4:
                kind = TensorType.Q5_K
            case Mixture.Q4_K_M | Mixture.Q5_K_M if _more_bits(layer, self._values):
                kind = TensorType.Q6_K
            case Mixture.Q4_K_S if layer < 4:
                kind = TensorType.Q5_K
            case _:
                pass
        # The 70B models share one value head among eight query heads: more bits cost little.
        if self._parameters.layers == 80 and group > 1:
            return TensorType.Q5_K if kind in (TensorType.Q3_K, TensorType.Q4_K) else kind
        return kind

    def _down(self, layer: int) -> TensorType:
        layers = self._parameters.layers
        match self._mixture:
            case Mixture.Q3_K_M:
                return TensorType.Q5_K if layer < layers // 16 else TensorType.Q4_K
            case Mixture.Q4_K_M | Mixture.Q5_K_M if _more_bits(layer, layers):
                return TensorType.Q6_K
            case Mixture.Q4_K_S | Mixture.IQ4_XS if layer < layers // 8:
                return TensorType.Q5_K
            case _:
                return self._mixture.default_type


def _kind(tensor: MergedTensor) -> str:
    return tensor.name.rpartition(".")[0].rpartition(".")[2]


def _more_bits(layer: int, layers: int) -> bool:
    """Whether a layer is among the first or last eighth, or every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _fitting(wanted: TensorType, columns: int) -> TensorType:
    if columns % BLOCKS[wanted][0] == 0:
        return wanted
    smaller = _FALLBACKS.get(wanted, wanted)
    return smaller if columns % BLOCKS[smaller][0] == 0 else TensorType.F16
