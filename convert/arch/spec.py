"""What a family file may say: which GGUF tensor comes from which module, and in which row order.

Names hold `{}` for the layer number. Axis lengths are the field names below, so a family is
data: no code runs per family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from convert.hyperparameters import Hyperparameters
from convert.module_names import Style
from convert.row_parts import RowPart
from convert.value_forms import ValueForm


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
    GATE_AND_UP = "gate and up"
    QUERY = "query"
    KEY_VALUE = "key/value"
    QUERY_KEY_VALUE = "query, key and value"
    HEAD = "head"

    def length(self, parameters: Hyperparameters) -> int:
        """Return the number of rows or columns along this axis."""
        query = parameters.heads * parameters.head_size
        key_value = parameters.kv_heads * parameters.head_size
        return {
            Axis.VOCABULARY: parameters.vocabulary,
            Axis.HIDDEN: parameters.hidden,
            Axis.FEED_FORWARD: parameters.feed_forward,
            Axis.GATE_AND_UP: 2 * parameters.feed_forward,
            Axis.QUERY: query,
            Axis.KEY_VALUE: key_value,
            Axis.QUERY_KEY_VALUE: query + 2 * key_value,
            Axis.HEAD: parameters.head_size,
        }[self]


class FusedPart(Enum):
    """Which heads of a fused projection a tensor is.

    STACKED: all queries, all keys, all values (Baichuan's W_pack). GROUPED: for each key head
    its queries, itself, its value (InternLM2's wqkv).
    """

    STACKED_QUERY = "stacked query"
    STACKED_KEY = "stacked key"
    STACKED_VALUE = "stacked value"
    GROUPED_QUERY = "grouped query"
    GROUPED_KEY = "grouped key"
    GROUPED_VALUE = "grouped value"

    def rows(self, parameters: Hyperparameters) -> RowPart:
        """Return the rows of the fused tensor, (query + 2 · key/value) of them."""
        heads, keys, size = parameters.heads, parameters.kv_heads, parameters.head_size
        group = heads // keys
        return {
            FusedPart.STACKED_QUERY: RowPart(size, heads, 0, 0),
            FusedPart.STACKED_KEY: RowPart(size, keys, 0, heads),
            FusedPart.STACKED_VALUE: RowPart(size, keys, 0, heads + keys),
            FusedPart.GROUPED_QUERY: RowPart(size, group, group + 2, 0),
            FusedPart.GROUPED_KEY: RowPart(size, 1, group + 2, group),
            FusedPart.GROUPED_VALUE: RowPart(size, 1, group + 2, group + 1),
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
    part: FusedPart | None = None
    form: ValueForm = ValueForm.AS_IS

    def shape(self, parameters: Hyperparameters) -> tuple[int, ...]:
        """Return the shape in the GGUF, row-major."""
        return tuple(axis.length(parameters) for axis in self.axes)

    def source_shape(self, parameters: Hyperparameters) -> tuple[int, ...]:
        """Return the shape of the source tensor, larger where this is a part of it."""
        axes = self.axes if self.part is None else (Axis.QUERY_KEY_VALUE, *self.axes[1:])
        return tuple(axis.length(parameters) for axis in axes)


@dataclass(frozen=True, slots=True)
class SuppliedTemplate:
    """A dialogue as the family's own code builds it, in Jinja.

    `marks`: the tokens it writes, which that code inserts by id. `first_id`: the id of the
    first, where generations differ in it.
    """

    text: str
    marks: tuple[str, ...]
    first_id: int | None = None


class Head(Enum):
    """Whether the head of a tied model may, must or must not stand in a llama.cpp file."""

    OPTIONAL = "optional"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Family:
    """A model family: its GGUF architecture key, class names and tensors.

    `config_names`: where its config.json keeps a number that Llama's keeps under the key.
    `config_defaults`: what the class assumes where the file is silent. `requires`: values
    without which llama.cpp's graph computes something else. `first_generation`: config fields
    by which an older architecture of the same class name is recognised.
    `rotates_neighbours`: see `Rope`. `windows`: llama.cpp's graph knows sliding windows; where
    not, the context written ends where the window would begin to matter. `alibi_layers`: at
    this depth llama.cpp biases scores instead of rotating. `wide_scale_layers`: at this depth
    it scales scores by hidden / heads instead of the head size. `unit_head_rows`: from this
    vocabulary on the head's rows are normalised.
    `templates`: supplied where a checkpoint ships none, the first that fits its vocabulary.
    `config_part`: the field of config.json that describes the decoder inside a larger model;
    `styles`: how its modules are called there, see `module_names`; `left_out`: beginnings of what
    such a model has beside the decoder. `ratio_divides_before_roles`: where the tokenizer knows
    no roles, `rope_ratio` divides positions instead of multiplying theta.
    """

    name: str
    architectures: tuple[str, ...]
    global_tensors: tuple[TensorSpec, ...]
    layer_tensors: tuple[TensorSpec, ...]
    head: TensorSpec
    head_rule: Head = Head.OPTIONAL
    config_names: Mapping[str, str] = field(default_factory=dict)
    config_defaults: Mapping[str, Any] = field(default_factory=dict)
    requires: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    first_generation: tuple[str, ...] = ()
    activation: str = "silu"
    rotates_neighbours: bool = False
    windows: bool = False
    alibi_layers: int | None = None
    wide_scale_layers: int | None = None
    scales_embedding: bool = False
    unit_head_rows: int | None = None
    ignored_suffixes: tuple[str, ...] = (".rotary_emb.inv_freq",)
    templates: tuple[SuppliedTemplate, ...] = ()
    config_part: str | None = None
    styles: tuple[Style, ...] = ()
    left_out: tuple[str, ...] = ()
    ratio_divides_before_roles: bool = False

    @property
    def embedding(self) -> TensorSpec:
        """The token embedding, from which a tied head is taken."""
        return self.global_tensors[0]


EMBEDDING: Final = TensorSpec(
    "token_embd.weight", "model.embed_tokens", (Axis.VOCABULARY, Axis.HIDDEN)
)
FINAL_NORM: Final = TensorSpec("output_norm.weight", "model.norm", (Axis.HIDDEN,))
HEAD: Final = TensorSpec("output.weight", "lm_head", (Axis.VOCABULARY, Axis.HIDDEN))
_LAYER: Final = "model.layers.{}."


def norm(
    name: str,
    module: str,
    axis: Axis = Axis.HIDDEN,
    form: ValueForm = ValueForm.AS_IS,
    *,
    layer: str = _LAYER,
) -> TensorSpec:
    """Return the spec of a per-layer RMSNorm weight."""
    return TensorSpec(f"blk.{{}}.{name}.weight", layer + module, (axis,), form=form)


def linear(
    name: str,
    module: str,
    rows: Axis,
    columns: Axis,
    order: RowOrder = RowOrder.AS_IS,
    *,
    part: FusedPart | None = None,
    layer: str = _LAYER,
) -> TensorSpec:
    """Return the spec of a per-layer projection weight (rows, columns)."""
    return TensorSpec(
        f"blk.{{}}.{name}.weight", layer + module, (rows, columns), order=order, part=part
    )


def bias(
    name: str,
    module: str,
    rows: Axis,
    order: RowOrder = RowOrder.AS_IS,
    *,
    optional: bool = False,
    layer: str = _LAYER,
) -> TensorSpec:
    """Return the spec of a per-layer projection bias (rows,)."""
    return TensorSpec(
        f"blk.{{}}.{name}.bias",
        layer + module,
        (rows,),
        parameter="bias",
        order=order,
        optional=optional,
    )
