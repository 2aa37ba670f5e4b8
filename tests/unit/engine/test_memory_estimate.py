"""What a load is said to take, beside what llama.cpp says it took."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.engine.ladder import Room, rungs, shortest
from desktop_app.engine.memory_estimate import PROCESS_BYTES, most_layers, need, shape_of
from desktop_app.engine.placement import CacheType, Placement
from desktop_app.models.library import find_model
from tests.support.engine_machine import GIB, card, seven_billion, shape_in
from tests.support.engine_tiny import Shape, write_tiny_model

MIB = 2**20
SHAPES = {
    "small": Shape(hidden=128, layers=3, heads=2, ffn=256),
    "wide": Shape(hidden=512, layers=2, heads=8, ffn=2048),
    "deep": Shape(hidden=256, layers=9, heads=4, ffn=512),
}
PRINTS = """
import sys
from desktop_app.engine.llama import Llama
from desktop_app.engine.placement import Placement
import llama_cpp.llama_cpp as C
say = C.llama_log_callback(lambda level, text, _: print(text.decode("utf-8", "replace"), end=""))
C.llama_log_set(say, None)
path, n_ctx, cache = sys.argv[1:]
Llama(path, n_ctx=int(n_ctx), threads=1, placement=Placement(cache=cache))
"""


def reserved(path: Path, n_ctx: int, cache: CacheType) -> dict[str, int]:
    """Return the bytes llama.cpp says it has reserved, by what for."""
    done = subprocess.run(
        [sys.executable, "-c", PRINTS, path, str(n_ctx), cache],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    sizes = re.findall(r"(model|KV|compute) buffer size = +([\d.]+) MiB", done.stdout)
    assert {name for name, _ in sizes} == {"model", "KV", "compute"}
    return {name: int(float(size) * MIB) for name, size in sizes}


@pytest.mark.parametrize(
    ("name", "n_ctx", "cache"),
    [
        ("shipped", 2048, "f16"),
        ("small", 512, "f16"),
        ("wide", 2048, "q8_0"),
        ("deep", 4096, "f16"),
    ],
)
def test_weights_and_cache_are_exact_and_what_is_computed_with_is_bounded(
    name: str, n_ctx: int, cache: CacheType, tmp_path: Path
) -> None:
    shipped = name == "shipped"
    model = find_model(None, tmp_path).path if shipped else write_tiny_model(tmp_path, SHAPES[name])
    known = reserved(model, n_ctx, cache)
    shape, placement = shape_in(model), Placement(n_ctx, cache=cache)
    whole, without_cache = (
        need(each, placement) for each in (shape, replace(shape, cache_elements=()))
    )

    tied = shape.input if shipped else 0  # on a device they would be there twice
    computing = without_cache.host - without_cache.mapped - PROCESS_BYTES
    assert whole.mapped - tied == pytest.approx(known["model"], abs=MIB // 50)
    assert whole.host - without_cache.host == pytest.approx(known["KV"], abs=MIB // 50)
    assert known["compute"] <= computing <= 2.5 * known["compute"]


def test_what_the_device_holds_the_processor_need_not() -> None:
    shape = seven_billion()

    everything = need(shape, Placement(4096, "CUDA0", 29))
    nothing = need(shape, Placement(4096))
    assert everything.device > shape.weights - shape.input
    assert everything.host < nothing.host / 5
    assert everything.mapped == shape.input


def test_each_layer_less_on_the_device_takes_its_weights_and_cache_with_it() -> None:
    shape = seven_billion()

    devices = [need(shape, Placement(4096, "CUDA0", layers)).device for layers in range(1, 30)]
    steps = {after - before for before, after in pairwise(devices)}
    assert steps == {145 * 10**6 + 4096 * 1024 * 2}


@pytest.mark.parametrize("gib", [0.5, 2, 4, 8])
def test_as_many_layers_as_fit_are_no_more_and_no_fewer(gib: float) -> None:
    shape, room = seven_billion(), int(gib * GIB)
    placement = Placement(4096, "CUDA0")

    most = most_layers(shape, placement, room)
    assert most == 0 or need(shape, replace(placement, layers=most)).device <= room
    assert most == 29 or need(shape, replace(placement, layers=most + 1)).device > room


def test_heads_of_a_layer_may_differ_from_the_next_ones() -> None:
    numbers = {
        "block_count": 2,
        "embedding_length": 64,
        "attention.head_count": (4, 4),
        "attention.head_count_kv": (4, 1),
        "context_length": 256,
        "vocabulary": 300,
    }
    shape = shape_of(numbers, {"token_embd.weight": 1000, "blk.1.ffn_up.weight": 70})

    assert shape is not None
    assert shape.cache_elements == (128, 32)
    assert shape.layers == (0, 70)
    assert shape.output == 1000


def test_a_header_that_does_not_say_it_gives_no_shape() -> None:
    assert shape_of({"block_count": 2}, {}) is None


NUMBERS = {
    "block_count": 2,
    "embedding_length": 64,
    "attention.head_count": 4,
    "context_length": 256,
    "vocabulary": 300,
}
SIZES = {"token_embd.weight": 1000, "blk.1.ffn_up.weight": 70}
WRONG = st.sampled_from((-(2**63), -1, 0, 1, 2, 3, 2**31, 2**32 - 1, 2**32, 5_000_000, 2**64 - 1))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("block_count", 0),
        ("block_count", -1),
        ("block_count", 1025),
        ("block_count", 5_000_000),
        ("block_count", 2**64 - 1),
        ("block_count", (2, 2)),
        ("attention.head_count", 0),
        ("attention.head_count", ()),
        ("attention.head_count", (4, 4, 4)),
        ("attention.head_count_kv", (4,)),
        ("attention.head_count_kv", -1),
        ("feed_forward_length", (1,) * 1024),
        ("context_length", 2**63),
    ],
)
def test_a_header_that_cannot_be_true_gives_no_shape(key: str, value: int | tuple[int]) -> None:
    assert shape_of(NUMBERS, SIZES) is not None
    assert shape_of(NUMBERS | {key: value}, SIZES) is None


@settings(max_examples=200, deadline=None)
@given(
    wrong=st.dictionaries(
        st.sampled_from(
            (*NUMBERS, "attention.head_count_kv", "attention.key_length", "feed_forward_length")
        ),
        st.one_of(WRONG, st.lists(WRONG, max_size=3).map(tuple)),
        min_size=1,
    )
)
def test_whatever_a_header_says_a_place_can_be_looked_for(wrong: dict[str, int]) -> None:
    shape = shape_of(NUMBERS | wrong, SIZES)

    room = Room([card(GIB)], GIB, 2 * GIB)
    assert all(isinstance(each, Placement) for each in rungs(shape, None, room))
    assert shape is None or need(shape, shortest(shape, None)).host > 0


def test_nothing_is_needed_of_a_device_that_holds_no_layer() -> None:
    assert need(seven_billion(), Placement(512)).device == 0
