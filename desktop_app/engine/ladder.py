"""The ladder of placements: from all layers on a graphics processor down to a short context.

all layers on the device → as many as fit → half of those → a smaller KV cache → the processor →
flash attention there → a smaller cache → a shorter context. Below the last rung there is only a
smaller model.

A rung is stepped over when it would not fit by estimate, or when what it asks has failed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from desktop_app.engine.devices import Device
from desktop_app.engine.memory_estimate import ModelShape, most_layers, need
from desktop_app.engine.placement import ALL_LAYERS, Placement, scores_bytes

SPARE_BYTES: Final = 2**30
"""Left free on a device: what drivers and cuBLAS take besides, as llama.cpp's own fit leaves."""
SHARE_WITH_SCORES: Final = 3 / 4
"""Of the whole memory: a model that takes no more with all its scores is not the only program."""
SHORTEST: Final = 1024
"""Tokens of context below which a conversation has no room."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the machine has. Bytes; None where the system does not say."""

    devices: Sequence[Device]
    """Graphics processors that have passed their test, the one to try first in front."""
    available: int | None
    """Of the processor's memory, without swapping."""
    total: int | None


def rungs(
    shape: ModelShape | None, n_ctx: int | None, room: Room, failed: Iterable[Placement] = ()
) -> Iterator[Placement]:
    """Yield the placements to try, the best one first.

    Args:
        shape: the model's; None where its header does not say, then nothing is estimated.
        n_ctx: tokens of context that are wanted.
        room: what there is.
        failed: what has been tried in vain; may grow while the ladder is climbed down.
    """
    for rung in _all_rungs(shape, n_ctx, room):
        if not any(rung.asks_as_much_as(each) for each in failed):
            yield rung


def shortest(shape: ModelShape, n_ctx: int | None) -> Placement:
    """Return the last rung."""
    return list(_smaller(shape, n_ctx))[-1]


def fits(shape: ModelShape, placement: Placement, room: Room) -> bool:
    """Tell whether the processor's memory holds its part of a placement.

    Weights are pages of the file, which the system reads again when it has had to drop them: they
    may take what other programs hold now. What is computed with may not.
    """
    wanted = need(shape, placement)
    kept = wanted.host - wanted.mapped
    return (room.available is None or kept <= room.available) and (
        room.total is None or wanted.host <= room.total
    )


def _all_rungs(shape: ModelShape | None, n_ctx: int | None, room: Room) -> Iterator[Placement]:
    for device in room.devices:
        yield from _on_device(shape, Placement(n_ctx, device.name), device, room)
    on_processor = Placement(n_ctx)
    if shape is None:
        yield from (on_processor, replace(on_processor, cache="q8_0"))
        return
    for rung in (
        *_with_all_scores(shape, on_processor, room),
        on_processor,
        *_smaller(shape, n_ctx),
    ):
        if fits(shape, rung, room):
            yield rung


def _with_all_scores(shape: ModelShape, on_processor: Placement, room: Room) -> Iterator[Placement]:
    """Yield the faster way on a processor, where memory allows what it does not by itself.

    The whole memory decides, and not only what is free now: a start with the other way could not
    put back what was kept of a conversation.
    """
    length = min(on_processor.n_ctx or shape.context, shape.context)
    roomy = replace(on_processor, scores=scores_bytes(shape.heads, length))
    if roomy.scores <= on_processor.scores:
        return
    if room.total is None or need(shape, roomy).host <= SHARE_WITH_SCORES * room.total:
        yield roomy


def _on_device(
    shape: ModelShape | None, placement: Placement, device: Device, room: Room
) -> Iterator[Placement]:
    if shape is None:
        yield replace(placement, layers=ALL_LAYERS)
        return
    spare = device.free - SPARE_BYTES
    most = most_layers(shape, placement, spare)
    found = [replace(placement, layers=most), replace(placement, layers=most // 2)]
    if shape.small_caches:
        small = replace(placement, cache="q8_0")
        found.append(replace(small, layers=most_layers(shape, small, spare)))
    for rung in found:
        if rung.layers and fits(shape, rung, room):
            yield rung


def _smaller(shape: ModelShape, n_ctx: int | None) -> Iterator[Placement]:
    """Yield what takes less of the processor's memory: a smaller cache, then a shorter one."""
    small = Placement(n_ctx, cache="q8_0" if shape.small_caches else "f16")
    yield small
    length = n_ctx or shape.context
    while length // 2 >= SHORTEST:
        length //= 2
        yield replace(small, n_ctx=length)
