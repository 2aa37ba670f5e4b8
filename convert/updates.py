"""What an adapter does to one parameter of the base: data only, nothing read yet.

A parameter is the base's tensor, or what the adapter saved in its place; then some rows may be
overwritten, then its update is added. That is PEFT's own order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convert.sources import SourceTensor


@dataclass(frozen=True, slots=True)
class LowRank:
    """`scale · left · right`, (rows, r) · (r, columns): Hu et al. 2021, arXiv 2106.09685.

    For an embedding PEFT stores both factors transposed, which `embedding` undoes. With a
    `magnitude` it is DoRA (Liu et al. 2024, arXiv 2402.09353): the sum is scaled to these norms,
    one to a row, for an embedding one to a column.
    """

    left: SourceTensor
    right: SourceTensor
    scale: float
    embedding: bool = False
    magnitude: SourceTensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the weight this updates."""
        axis = 1 if self.embedding else 0
        return self.left.shape[axis], self.right.shape[1 - axis]


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Rows of an embedding or head that were trained alone: `indices[i]` becomes `values[i]`."""

    indices: tuple[int, ...]
    values: SourceTensor


@dataclass(frozen=True, slots=True)
class AddedVector:
    """`scale · values` added to a bias, as `lora_bias` trains it."""

    values: SourceTensor
    scale: float


@dataclass(frozen=True, slots=True)
class Foreign:
    """An update only PEFT itself computes, from the whole weight: see `peft_container`.

    `parts` are the adapter's tensors by their names below the module.
    """

    folder: Path
    module: str
    parts: tuple[tuple[str, SourceTensor], ...]


@dataclass(frozen=True, slots=True)
class Update:
    """What happens to one parameter, e.g. `model.layers.0.mlp.up_proj.weight`.

    `resized` is the base's own tensor as training saw it (a grown vocabulary), `saved` a copy
    that was trained whole. Only the first is shared by a tied head.
    """

    parameter: str
    path: Path
    resized: SourceTensor | None = None
    saved: SourceTensor | None = None
    tokens: TokenRows | None = None
    low_rank: LowRank | None = None
    added: AddedVector | None = None
    foreign: Foreign | None = None

    @property
    def module(self) -> str:
        """The module's name, without the parameter's."""
        return self.parameter.rpartition(".")[0]

    @property
    def targeted(self) -> bool:
        """Whether training meant to change it; a copy saved along may be as it was."""
        return any((self.tokens, self.low_rank, self.added, self.foreign))
