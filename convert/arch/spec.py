"""What a family file may say: which GGUF tensor comes from which module, and in which row order.

Names hold `{}` for the layer number. Axis lengths are the field names below, so a family is
data: no code runs per family.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from convert.hyperparameters import Hyperparameters


class RowOrder(Enum):
    """How the rows of a projection are ordered in the GGUF.

    ROTARY_PAIRS: transformers rotates halves (x_i, x_{i+d/2}), llama.cpp's llama graph rotates
    neighbours (x_2i, x_2i+1); rows within each head are interleaved to suit.
    """

    AS_IS = "as is"
    ROTARY_PAIRS = "rotary pairs"


class Axis(Enum):
    """Axis lengths of a weight, as functions of the hyperparameters."""

    VOCABULARY = "vocabulary"
    HIDDEN = "hidden"
    FEED_FORWARD = "feed forward"
    QUERY = "query"
    KEY_VALUE = "key/value"

    def length(self, parameters: Hyperparameters) -> int:
        """Return the number of rows or columns along this axis."""
        return {
            Axis.VOCABULARY: parameters.vocabulary,
            Axis.HIDDEN: parameters.hidden,
            Axis.FEED_FORWARD: parameters.feed_forward,
            Axis.QUERY: parameters.heads * parameters.head_size,
            Axis.KEY_VALUE: parameters.kv_heads * parameters.head_size,
        }[self]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One GGUF tensor: its name, the module it comes from, its axes."""

    name: str
    module: str
    axes: tuple[Axis, ...]
    parameter: str = "weight"
    order: RowOrder = RowOrder.AS_IS
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A model family: its GGUF architecture key, class names and tensors."""

    name: str
    architectures: tuple[str, ...]
    global_tensors: tuple[TensorSpec, ...]
    layer_tensors: tuple[TensorSpec, ...]
    head: TensorSpec
    writes_rope_dimension: bool = False
    ignored_suffixes: tuple[str, ...] = (".rotary_emb.inv_freq",)


EMBEDDING: Final = TensorSpec(
    "token_embd.weight", "model.embed_tokens", (Axis.VOCABULARY, Axis.HIDDEN)
)
FINAL_NORM: Final = TensorSpec("output_norm.weight", "model.norm", (Axis.HIDDEN,))
HEAD: Final = TensorSpec("output.weight", "lm_head", (Axis.VOCABULARY, Axis.HIDDEN))


def norm(name: str, module: str) -> TensorSpec:
    """Return the spec of a per-layer RMSNorm weight."""
    return TensorSpec(f"blk.{{}}.{name}.weight", f"model.layers.{{}}.{module}", (Axis.HIDDEN,))


def linear(
    name: str,
    module: str,
    rows: Axis,
    columns: Axis,
    order: RowOrder = RowOrder.AS_IS,
) -> TensorSpec:
    """Return the spec of a per-layer projection weight (rows, columns)."""
    return TensorSpec(
        f"blk.{{}}.{name}.weight", f"model.layers.{{}}.{module}", (rows, columns), order=order
    )


def bias(
    name: str,
    module: str,
    rows: Axis,
    order: RowOrder = RowOrder.AS_IS,
    *,
    optional: bool = False,
) -> TensorSpec:
    """Return the spec of a per-layer projection bias (rows,)."""
    return TensorSpec(
        f"blk.{{}}.{name}.bias",
        f"model.layers.{{}}.{module}",
        (rows,),
        parameter="bias",
        order=order,
        optional=optional,
    )
