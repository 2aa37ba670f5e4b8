"""Dialogues packed into rows of equal length, each seeing only itself.

A row of `length` tokens holds whole dialogues one after another (first fit, longest first
within a window, so rows end nearly full). Each dialogue keeps its own positions, starting at 0,
and attention stays inside it.

Long distances: most dialogues are shorter than the context the model promises. Every eighth
dialogue therefore has its positions stretched by one jump at a turn border, so that relative
distances up to `context` are trained (the idea of randomised positions, Ruoss et al., ACL 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from finetune.template import Example

STRETCH_EVERY: Final = 8
_WINDOW: Final = 512  # dialogues considered together when filling rows


@dataclass(frozen=True)
class Packed:
    """Rows ready for training; N rows of T tokens.

    Attributes:
        ids: token ids (N, T).
        target: 1 where a token is a counsellor's (N, T).
        segment: dialogue number within the row from 1, 0 for padding (N, T).
        position: position within the dialogue (N, T).
    """

    ids: NDArray[np.int32]
    target: NDArray[np.int8]
    segment: NDArray[np.int16]
    position: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def most_targets(self) -> int:
        """K: the most counsellor tokens in any row, so that every row's loss has one shape."""
        return int(self.target[:, 1:].sum(axis=1).max())

    def loss_positions(
        self, row: int, draw: int, *, clients: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return K positions whose next token enters the loss, and their weights, 1 or 0.

        All counsellor tokens come first. With `clients`, tokens of the client drawn by `draw`
        fill the rest; without, the rest weighs 0.
        """
        following = self.segment[row, 1:]
        same = (self.segment[row, :-1] == following) & (following > 0)
        targets = np.flatnonzero(same & (self.target[row, 1:] == 1))
        others = np.flatnonzero(same & (self.target[row, 1:] == 0))
        others = np.random.default_rng(draw).permutation(others)
        chosen = np.concatenate([targets, others, np.zeros(self.most_targets, np.int64)])
        chosen = chosen[: self.most_targets]
        weighed = len(targets) + (len(others) if clients else 0)
        weight = (np.arange(self.most_targets) < weighed).astype(np.float32)
        return chosen, weight

    @property
    def tokens(self) -> int:
        """How many tokens are no padding."""
        return self.tokens_of(len(self))

    def tokens_of(self, rows: int) -> int:
        """Return the real tokens of the first `rows` rows, from the start again past the end."""
        each = (self.segment > 0).sum(axis=1)
        again, rest = divmod(rows, len(self))
        return int(again * each.sum() + each[:rest].sum())


def pack(examples: Sequence[Example], length: int, context: int, pad: int, seed: int) -> Packed:
    """Pack examples (each ≤ `length` tokens) into rows, shuffled by `seed`."""
    order = np.random.default_rng(seed).permutation(len(examples))
    rows: list[list[int]] = []
    for start in range(0, len(order), _WINDOW):
        window = sorted(order[start : start + _WINDOW], key=lambda i: -len(examples[i].ids))
        rows += _fill([(int(i), len(examples[i].ids)) for i in window], length)
    rows = [rows[i] for i in np.random.default_rng(seed + 1).permutation(len(rows))]

    shape = (len(rows), length)
    packed = Packed(
        ids=np.full(shape, pad, np.int32),
        target=np.zeros(shape, np.int8),
        segment=np.zeros(shape, np.int16),
        position=np.zeros(shape, np.int32),
    )
    draws = np.random.default_rng(seed + 2)
    for row, members in enumerate(rows):
        start = 0
        for number, index in enumerate(members, start=1):
            example = examples[index]
            end = start + len(example.ids)
            packed.ids[row, start:end] = example.ids
            packed.target[row, start:end] = example.target
            packed.segment[row, start:end] = number
            packed.position[row, start:end] = _positions(example, index, context, draws)
            start = end
    return packed


def _fill(sizes: list[tuple[int, int]], length: int) -> list[list[int]]:
    """First fit of `(index, size)`, longest first."""
    rows: list[list[int]] = []
    room: list[int] = []
    for index, size in sizes:
        place = next((r for r, free in enumerate(room) if free >= size), None)
        if place is None:
            rows.append([])
            room.append(length)
            place = len(rows) - 1
        rows[place].append(index)
        room[place] -= size
    return rows


def _positions(
    example: Example, index: int, context: int, draws: np.random.Generator
) -> NDArray[np.int64]:
    """Return positions 0…T-1, for every eighth example with one jump at a reply's end."""
    positions = np.arange(len(example.ids))
    free = context - len(example.ids)
    if index % STRETCH_EVERY == 0 and free > 0:
        target = np.asarray(example.target)
        borders = np.flatnonzero((target[:-1] == 1) & (target[1:] == 0)) + 1
        if len(borders):
            positions[draws.choice(borders) :] += draws.integers(0, free)
    return positions
