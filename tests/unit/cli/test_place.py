"""`--text` says where the model computes when something keeps it from the best place."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.commands.environment import Secrets
from desktop_app.commands.talk import run_talk
from desktop_app.engine.memory_estimate import need
from desktop_app.engine.placement import Placement
from desktop_app.paths import app_paths
from desktop_app.settings import Settings
from resources.messages import sentence
from tests.support.engine_machine import GIB, shape_in
from tests.support.processes import family, wait_for_end
from tests.support.vault_fixtures import PASSPHRASE

LOWERED = "placement.small_cache"
Told = Callable[[Iterator[str]], str]


class Typed(io.RawIOBase):
    """Lines that come when they are asked for."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        line = next(self._lines, "").encode()
        buffer[: len(line)] = line
        return len(line)


@pytest.fixture
def room(model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Decides whether there is memory for the larger cache."""
    small = need(shape_in(model), Placement(cache="q8_0"))

    def decide(enough: bool) -> None:
        left = GIB if enough else small.host - small.mapped
        monkeypatch.setattr("desktop_app.engine.climb.available_memory", lambda: left)

    return decide


@pytest.fixture
def told(
    model: Path,
    closed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Told:
    """Talks, and gives what was said beside the conversation."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")

    def talk(lines: Iterator[str]) -> str:
        typed = io.TextIOWrapper(io.BufferedReader(Typed(lines)))
        monkeypatch.setattr(sys, "stdin", typed)
        run_talk(str(model), app_paths(closed.parent), Secrets(PASSPHRASE), Settings())
        return capsys.readouterr().err

    return talk


def is_a_model(pid: int) -> bool:
    """Tell the model's process from others of this one, such as the display's."""
    return b"desktop_app.engine.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_with_room_for_all_nothing_is_said(told: Told, room: Callable[[bool], None]) -> None:
    room(True)

    assert sentence("placement.processor") not in told(iter(["您\n"]))


def test_short_of_memory_it_is_said_once(told: Told, room: Callable[[bool], None]) -> None:
    room(False)

    assert told(iter(["您\n", "您\n"])).count(sentence(LOWERED)) == 1


def test_where_it_comes_elsewhere_during_the_work_that_is_said(
    told: Told, room: Callable[[bool], None]
) -> None:
    def lines() -> Iterator[str]:
        yield "您\n"
        room(False)
        for pid in filter(is_a_model, family(os.getpid())[1:]):
            handle = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            wait_for_end(handle)
        yield "您\n"
        yield "您\n"

    room(True)

    assert told(lines()).count(sentence(LOWERED)) == 1
