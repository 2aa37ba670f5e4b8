"""Damaged GGUF headers: whatever becomes of the child, the parent gets a sentence and goes on.

What models/verify.py would refuse beforehand reaches llama.cpp here. What it lets through goes the
app's way as well: the parent takes its numbers and looks for a place for it.
"""

from __future__ import annotations

import resource
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.conversation.opening import checked_model, engine_for
from desktop_app.dialogue import Role, Turn
from desktop_app.engine.child import Child
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.errors import KnownError
from desktop_app.paths import Paths, app_paths
from tests.support.faults import impatient

ASK = Request((Turn(Role.USER, "您"),), GREEDY, 2)
MOST_BYTES = 4 * 2**30
"""Of the child's address space: a header may ask for any amount, and the machine is shared."""
N_CTX = 64
MOST_LOADS = 50

NUMBERS = st.sampled_from((0, 1, 2, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
KEYS = (
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
)
PIECES = st.one_of(
    st.binary(min_size=1, max_size=8),
    NUMBERS.map(lambda number: struct.pack("<Q", number)),
    NUMBERS.map(lambda number: struct.pack("<I", number % 2**32)),
)


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


class Reusing(ChildEngine):
    """Keeps a child that refused a file in an orderly way; a dead one is replaced."""

    def __init__(self, settings: Settings, whole: bytes) -> None:
        super().__init__(settings)
        self.whole = whole
        self.header = whole.rindex(b"ffn_down.weight") + 50
        """Where the file's header ends."""
        self._loads = 0

    def close(self) -> None:
        if self._child is None or not self._child.alive:
            super().close()

    def load_and_answer(self) -> None:
        """Load the file anew, as it is now, and have a message answered."""
        self._loads += 1
        if self._loads % MOST_LOADS == 0:  # a child is made for one model, and frees none
            ChildEngine.close(self)
        self._loaded = None
        for _ in self.reply(ASK):
            pass

    def _spawn(self) -> Child:
        child = super()._spawn()
        resource.prlimit(child.pid, resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        return child


@pytest.fixture
def fuzzed(tiny_model: Path, tmp_path: Path) -> Iterator[Reusing]:
    """One for all examples of a test."""
    engine = Reusing(
        Settings(tmp_path / "model.gguf", tmp_path, n_ctx=N_CTX, threads=1), tiny_model.read_bytes()
    )
    with impatient(in_load=True):
        yield engine
    ChildEngine.close(engine)


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, bytes]]:
    """Where in the header, as a part of its length, and what stands there instead."""
    place = st.floats(0, 1, exclude_max=True)
    return draw(st.lists(st.tuples(place, PIECES), min_size=1, max_size=4))


def never_harms(engine: Reusing, wrong: list[tuple[float, bytes]], cut: float) -> None:
    content = bytearray(engine.whole)
    for place, piece in wrong:
        start = int(place * engine.header)
        content[start : start + len(piece)] = piece
    whole = len(content)
    engine.settings.model.write_bytes(content[: int(cut * whole)] if cut < 1 else content)

    with suppress(KnownError):
        engine.load_and_answer()

    # And the next one, whole again, is answered.
    engine.settings.model.write_bytes(engine.whole)
    engine.load_and_answer()


def the_app_s_way(engine: Reusing, paths: Paths) -> None:
    """Look for a place for the file as the app does, and load it there."""
    model = checked_model(str(engine.settings.model), paths)
    with engine_for(model, paths, n_ctx=N_CTX) as made:
        engine.settings = replace(made.settings, threads=1)
    engine.load_and_answer()


@settings(max_examples=50, deadline=None, suppress_health_check=CHECKS)
@given(wrong=st.dictionaries(st.sampled_from(KEYS), NUMBERS, min_size=1, max_size=3))
def test_fifty_with_wrong_numbers_of_the_model_go_the_app_s_way_and_harm_nobody(
    fuzzed: Reusing, tmp_path: Path, wrong: dict[str, int]
) -> None:
    content = bytearray(fuzzed.whole)
    for key, number in wrong.items():
        name = f"qwen2.{key}".encode()
        written = struct.pack("<Q", len(name)) + name
        start = content.index(written) + len(written) + 4  # behind the value's type
        content[start : start + 4] = struct.pack("<I", number % 2**32)
    paths = app_paths(tmp_path / "app")
    fuzzed.settings.model.write_bytes(content)

    with suppress(KnownError):
        the_app_s_way(fuzzed, paths)

    fuzzed.settings.model.write_bytes(fuzzed.whole)
    the_app_s_way(fuzzed, paths)


GIVEN = given(wrong=changes(), cut=st.one_of(st.just(1.0), st.floats(0, 1)))


@settings(max_examples=50, deadline=None, suppress_health_check=CHECKS)
@GIVEN
def test_fifty_of_them_never_harm_the_parent(
    fuzzed: Reusing, wrong: list[tuple[float, bytes]], cut: float
) -> None:
    never_harms(fuzzed, wrong, cut)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=CHECKS)
@GIVEN
def test_five_hundred_of_them_never_harm_the_parent(
    fuzzed: Reusing, wrong: list[tuple[float, bytes]], cut: float
) -> None:
    never_harms(fuzzed, wrong, cut)
