"""Which placements are tried on which machine, in which order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import llama_cpp.llama_cpp as C  # noqa: N812 - as in the engine
import pytest

from desktop_app.engine.ladder import Room, rungs
from desktop_app.engine.llama import Llama
from desktop_app.engine.memory_estimate import ModelShape
from desktop_app.engine.placement import MOST_SCORES, Placement, keeps_scores, scores_bytes
from tests.support.engine_machine import GIB, card, seven_billion

SHAPE = seven_billion()
PLENTY = 64 * GIB
ALL = 29
"""Layers of seven_billion, the output among them."""


def tried(
    room: Room, *failed: Placement, shape: ModelShape | None = SHAPE, n_ctx: int | None = 8192
) -> list[tuple[str | None, int, str, int | None]]:
    return [
        (each.device, each.layers, each.cache, each.n_ctx)
        for each in rungs(shape, n_ctx, room, failed)
    ]


def with_card(free: int, host: int = PLENTY) -> Room:
    return Room([card(free)], host, host)


def test_a_large_card_takes_all_layers() -> None:
    assert tried(with_card(24 * GIB))[0] == ("CUDA0", ALL, "f16", 8192)


def test_after_all_layers_come_half_then_a_smaller_cache_then_the_processor() -> None:
    assert [rung[:3] for rung in tried(with_card(24 * GIB))[:6]] == [
        ("CUDA0", ALL, "f16"),
        ("CUDA0", ALL // 2, "f16"),
        ("CUDA0", ALL, "q8_0"),
        (None, 0, "f16"),
        (None, 0, "f16"),  # with flash attention
        (None, 0, "q8_0"),
    ]


def with_scores(room: Room, *failed: Placement, n_ctx: int = 8192) -> list[bool]:
    """Tell of each placement on the processor at f16 whether flash attention is left out."""
    return [
        keeps_scores(each, SHAPE.heads, n_ctx)
        for each in rungs(SHAPE, n_ctx, room, failed)
        if each.device is None and each.cache == "f16" and each.n_ctx == n_ctx
    ]


def test_memory_decides_whether_attention_is_computed_the_faster_way() -> None:
    """The scores of 8,192 tokens take half a gigabyte, more than is taken unasked."""
    assert scores_bytes(SHAPE.heads, 8192) > MOST_SCORES
    assert with_scores(Room([], PLENTY, PLENTY)) == [True, False]
    assert with_scores(Room([], 4 * GIB, 8 * GIB)) == [True, False]
    assert with_scores(Room([], GIB, 8 * GIB)) == [False]
    assert with_scores(Room([], 4 * GIB, 6 * GIB)) == [False]
    assert with_scores(Room([], PLENTY, PLENTY), n_ctx=2048) == [True]


def test_what_died_with_all_scores_is_tried_without() -> None:
    room = Room([], PLENTY, PLENTY)
    assert with_scores(room, next(rungs(SHAPE, 8192, room))) == [False]


def test_a_model_computes_the_way_its_placement_says(tiny_model: Path) -> None:
    n_ctx, heads = 4096, 2
    assert scores_bytes(heads, n_ctx) <= MOST_SCORES
    for scores, flash in ((scores_bytes(heads, n_ctx), False), (0, True)):
        llama = Llama(
            str(tiny_model), n_ctx=n_ctx, threads=1, placement=Placement(n_ctx, scores=scores)
        )
        way = llama.settings()["flash_attn_type"]
        assert (way != C.LLAMA_FLASH_ATTN_TYPE_DISABLED) is flash


def test_a_small_card_takes_as_many_layers_as_fit_and_more_with_a_smaller_cache() -> None:
    (_, most, _, _), (_, half, _, _), (_, most_small, cache, _), *_ = tried(with_card(4 * GIB))

    assert 0 < half < most < most_small < ALL
    assert cache == "q8_0"


def test_a_card_without_room_is_passed_over() -> None:
    assert tried(with_card(GIB))[0][0] is None


def test_a_second_card_is_tried_after_the_first() -> None:
    room = Room([card(24 * GIB), card(8 * GIB, "Vulkan0")], PLENTY, PLENTY)

    devices = [rung[0] for rung in tried(room)]
    assert sorted(set(devices), key=devices.index) == ["CUDA0", "Vulkan0", None]


def test_what_failed_is_not_tried_again_nor_what_asks_for_more() -> None:
    failed = Placement(8192, "CUDA0", ALL // 2)

    assert tried(with_card(24 * GIB), failed)[0] == ("CUDA0", ALL, "q8_0", 8192)


def test_what_fails_while_the_ladder_is_climbed_counts_at_once() -> None:
    failed: list[Placement] = []
    left = rungs(seven_billion(), 8192, with_card(24 * GIB), failed)

    failed.append(replace(next(left), layers=1))
    assert next(left).cache == "q8_0"


def test_a_context_that_is_shorter_than_one_that_failed_is_tried() -> None:
    failed = Placement(8192, cache="q8_0")

    assert tried(Room([], PLENTY, PLENTY), failed) == [
        (None, 0, "q8_0", 4096),
        (None, 0, "q8_0", 2048),
        (None, 0, "q8_0", 1024),
    ]


def test_of_all_it_was_trained_for_what_failed_leaves_every_shorter_context() -> None:
    failed = Placement(None, cache="q8_0")

    assert [rung[3] for rung in tried(Room([], PLENTY, PLENTY), failed, n_ctx=None)] == [
        16384,
        8192,
        4096,
        2048,
        1024,
    ]


def test_nothing_asks_for_more_context_than_all_it_was_trained_for() -> None:
    whole = Placement(None)

    assert whole.asks_as_much_as(whole)
    assert whole.asks_as_much_as(Placement(32768))
    assert not Placement(32768).asks_as_much_as(whole)


@pytest.mark.parametrize(
    ("available", "first"),
    [
        (3 * GIB, (None, 0, "f16", 32768)),
        (int(1.5 * GIB), (None, 0, "q8_0", 32768)),
        (GIB, (None, 0, "q8_0", 16384)),
        (GIB // 2, (None, 0, "q8_0", 2048)),
    ],
    ids=["3", "1.5", "1", "0.5"],
)
def test_less_memory_means_a_smaller_cache_then_a_shorter_context(
    available: int, first: tuple[None, int, str, int]
) -> None:
    """32,768 tokens of a 7B model: 1.8 GB of cache at f16, and 0.45 GB to compute with."""
    assert tried(Room([], available, 8 * GIB), n_ctx=32768)[0] == first


def test_weights_may_take_what_other_programs_hold_now_but_not_more_than_there_is() -> None:
    assert tried(Room([], 2 * GIB, 8 * GIB))
    assert tried(Room([], 2 * GIB, 4 * GIB)) == []


def test_a_head_that_has_no_whole_blocks_keeps_its_full_cache() -> None:
    shape = replace(seven_billion(), small_caches=False)

    caches = {rung[2] for rung in tried(with_card(24 * GIB), shape=shape)}
    assert caches == {"f16"}


def test_of_an_unknown_shape_all_is_tried_and_nothing_estimated() -> None:
    tries = tried(with_card(GIB, host=GIB), shape=None)

    assert [(device, cache) for device, _, cache, _ in tries] == [
        ("CUDA0", "f16"),
        (None, "f16"),
        (None, "q8_0"),
    ]
