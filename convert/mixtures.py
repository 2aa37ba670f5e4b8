"""Which type each tensor gets: llama.cpp's own mixtures (`llama-quant.cpp`, MIT licence).

Sensitive tensors (the head, half of the value and down projections) get more bits. A test holds
every tensor to the bytes `llama_model_quantize` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from convert.ggml import BLOCKS, TensorType
from convert.hyperparameters import Hyperparameters
from convert.merge import MergedTensor


class Mixture(IntEnum):
    """`enum llama_ftype` of llama.h, written as `general.file_type`."""

    F32 = 0
    F16 = 1
    Q8_0 = 7
    Q4_K_M = 15

    @property
    def default_type(self) -> TensorType:
        """The type of an ordinary matrix."""
        return _DEFAULTS[self]


_DEFAULTS: Final = {
    Mixture.F32: TensorType.F32,
    Mixture.F16: TensorType.F16,
    Mixture.Q8_0: TensorType.Q8_0,
    Mixture.Q4_K_M: TensorType.Q4_K,
}
_FALLBACKS: Final = {
    TensorType.Q4_K: TensorType.Q5_0,
    TensorType.Q5_K: TensorType.Q5_1,
    TensorType.Q6_K: TensorType.Q8_0,
}
"""What rows that are no multiple of 256 get instead."""


def choose_types(
    mixture: Mixture, tensors: Sequence[MergedTensor], parameters: Hyperparameters
) -> Iterator[tuple[TensorType, TensorType]]:
    """Yield (wanted, chosen) for each tensor; they differ where the row length forbids `wanted`.

    `tensors` come in file order, because the choice for a layer depends on its number.
    """
    tied = all(tensor.name != "output.weight" for tensor in tensors)
    values_seen = downs_seen = 0
    for tensor in tensors:
        wanted = mixture.default_type
        if len(tensor.shape) < 2 or tensor.name.endswith("_norm.weight"):
            yield TensorType.F32, TensorType.F32
            continue
        if wanted in (TensorType.F32, TensorType.F16):
            yield wanted, wanted
            continue
        kind = tensor.name.rpartition(".")[0].rpartition(".")[2]
        if kind == "output" or (tied and kind == "token_embd"):
            fits = tensor.columns % BLOCKS[wanted][0] == 0
            if wanted is not TensorType.Q8_0:
                wanted = TensorType.Q6_K if fits else TensorType.Q8_0
        elif kind == "attn_v":
            wanted = _value_type(mixture, values_seen, parameters)
            values_seen += 1
        elif kind == "ffn_down":
            if mixture is Mixture.Q4_K_M and _more_bits(downs_seen, parameters.layers):
                wanted = TensorType.Q6_K
            downs_seen += 1
        yield wanted, _fitting(wanted, tensor.columns)


def _value_type(mixture: Mixture, layer: int, parameters: Hyperparameters) -> TensorType:
    if mixture is not Mixture.Q4_K_M:
        return mixture.default_type
    if _more_bits(layer, parameters.layers):
        return TensorType.Q6_K
    # The 70B models share one value head among eight query heads: more bits cost little.
    grouped_70b = parameters.layers == 80 and parameters.heads != parameters.kv_heads
    return TensorType.Q5_K if grouped_70b else TensorType.Q4_K


def _more_bits(layer: int, layers: int) -> bool:
    """Whether a layer is among the first or last eighth, or every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _fitting(wanted: TensorType, columns: int) -> TensorType:
    if columns % BLOCKS[wanted][0] == 0:
        return wanted
    smaller = _FALLBACKS.get(wanted, wanted)
    return smaller if columns % BLOCKS[smaller][0] == 0 else TensorType.F16
