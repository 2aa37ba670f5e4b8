"""What a machine has taught stays, until the machine is another or may have changed its mind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_app.engine import asleep
from desktop_app.engine.asleep import Moment, now
from desktop_app.engine.learned import Learned, Verdict, fingerprint
from desktop_app.engine.placement import Placement
from tests.support.engine_machine import GIB, card, processor

EVENING = Moment("boot-1", 100.0)
BROKEN = Verdict(works=False, why="engine.died")
ALL_ON_CARD = Placement(4096, "CUDA0", 29)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "machine.json"


def learned(path: Path, moment: Moment = EVENING, machine: str = "this") -> Learned:
    return Learned(path, machine, lambda: moment)


def test_it_is_remembered_by_the_next_process(path: Path) -> None:
    first = learned(path)
    first.note_verdict("CUDA0", BROKEN)
    first.note_failure("model", ALL_ON_CARD, memory=True)
    first.note_threads("model", 6)

    later = learned(path)
    assert later.verdict("CUDA0") == BROKEN
    assert later.failures("model") == [ALL_ON_CARD]
    assert later.threads("model") == 6
    assert later.failures("another") == []


def test_why_something_failed_is_remembered(path: Path) -> None:
    half = replace(ALL_ON_CARD, layers=14)
    learned(path).note_failure("model", ALL_ON_CARD, memory=False)
    learned(path).note_failure("model", half, memory=True)

    later = learned(path)
    assert later.failures("model", memory=False) == [ALL_ON_CARD]
    assert later.failures("model", memory=True) == [half]
    assert later.failures("model") == [ALL_ON_CARD, half]


NAMELESS = Moment("", 100.0, 1_790_000_000.0)
"""Where the system has no name for a start: Windows, macOS."""


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (EVENING, Moment("boot-1", 3700.0)),
        (EVENING, Moment("boot-2", 0.0)),
        (NAMELESS, replace(NAMELESS, asleep_s=3700.0)),
        (NAMELESS, Moment("", 0.0, NAMELESS.started_s + 120)),
        (NAMELESS, replace(NAMELESS, started_s=NAMELESS.started_s + 86_400)),
        (NAMELESS, replace(NAMELESS, asleep_s=0.0)),
    ],
    ids=[
        "slept",
        "started",
        "nameless slept",
        "nameless started",
        "nameless started and slept as long",
        "nameless started at an hour the clock forgot",
    ],
)
def test_a_failure_is_forgotten_when_the_machine_has_slept_or_was_started(
    path: Path, earlier: Moment, later: Moment
) -> None:
    learned(path, earlier).note_failure("model", ALL_ON_CARD, memory=True)
    learned(path, earlier).note_verdict("CUDA0", BROKEN)

    assert learned(path, later).failures("model") == []
    assert learned(path, later).verdict("CUDA0") is None


def test_a_failure_stays_when_a_clock_is_set_right_by_seconds(path: Path) -> None:
    learned(path, NAMELESS).note_verdict("CUDA0", BROKEN)

    corrected = replace(NAMELESS, started_s=NAMELESS.started_s - 20)
    assert learned(path, corrected).verdict("CUDA0") == BROKEN


def test_a_failure_after_that_counts_again(path: Path) -> None:
    morning = replace(EVENING, asleep_s=30_000.0)
    learned(path).note_failure("model", ALL_ON_CARD, memory=True)
    learned(path, morning).note_failure("model", ALL_ON_CARD, memory=True)

    assert learned(path, morning).failures("model") == [ALL_ON_CARD]


def test_a_device_that_works_is_not_checked_again_after_a_sleep(path: Path) -> None:
    works = Verdict(works=True, why="computes")
    learned(path).note_verdict("CUDA0", works)

    assert learned(path, Moment("boot-2", 9.0)).verdict("CUDA0") == works


def test_on_another_machine_nothing_counts(path: Path) -> None:
    learned(path).note_threads("model", 6)

    assert learned(path, machine="other").threads("model") is None


@pytest.mark.parametrize(
    ("build", "devices"),
    [
        (("Linux", "6.2", "0.3.36"), (processor(), card(8 * GIB))),
        (("Linux", "6.1", "0.3.37"), (processor(), card(8 * GIB))),
        (("Linux", "6.1", "0.3.36"), (processor(), card(12 * GIB))),
        (("Linux", "6.1", "0.3.36"), (processor(32 * GIB), card(8 * GIB))),
        (("Linux", "6.1", "0.3.36"), (processor(),)),
    ],
    ids=["system", "llama.cpp", "card", "memory", "none"],
)
def test_a_machine_is_another_with_other_drivers_builds_or_devices(
    build: tuple[str, ...], devices: tuple[object, ...]
) -> None:
    this = fingerprint(("Linux", "6.1", "0.3.36"), (processor(), card(8 * GIB)))

    assert fingerprint(build, devices) != this  # type: ignore[arg-type]


def test_free_memory_makes_no_other_machine() -> None:
    busy = replace(card(8 * GIB), free=GIB)

    assert fingerprint((), (busy,)) == fingerprint((), (card(8 * GIB),))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"format": 1, "machine": "this"}',
        b'{"format": 1, "machine": "this", "devices": {"a": {}}, "failures": {}, "threads": {}}',
        b'{"format": 1, "machine": "this", "devices": {}, "failures": {"m": [3]}, "threads": {}}',
        b'{"format": 1, "machine": "this", "devices": {}, "failures": {}, "threads": {"m": "x"}}',
        b'{"format": 1, "machine": "this", "devices": [], "failures": {}, "threads": {}}',
    ],
)
def test_a_damaged_file_teaches_nothing_and_is_written_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    assert learned(path).verdict("CUDA0") is None
    assert learned(path).failures("m") == []
    learned(path).note_threads("m", 3)
    assert json.loads(path.read_bytes())["threads"] == {"m": 3}


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")  # a file in the folder's place

    learned(tmp_path / "state" / "machine.json").note_threads("model", 4)


def test_this_machine_has_not_slept_between_two_moments() -> None:
    assert not now().fresh_since(now())


class Kernel32:
    """Says that Windows runs for two hours, one of which it slept."""

    def __init__(self) -> None:
        self.GetTickCount64 = lambda: 7_200_000  # a function: its result's type is set

    def QueryUnbiasedInterruptTime(self, awake: Any) -> None:  # noqa: N802 - Windows' name
        awake._obj.value = 3600 * 10**7


def test_a_start_without_a_name_is_told_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asleep, "_boot", lambda: "")
    monkeypatch.setattr(asleep.platform, "system", lambda: "Windows")
    monkeypatch.setattr(asleep.ctypes, "CDLL", lambda _: Kernel32())
    monkeypatch.setattr(asleep.time, "time", lambda: 1_790_007_200.0)

    assert now() == Moment("", 3600.0, 1_790_000_000.0)


def test_played_macos_tells_sleep_by_two_clocks_that_nobody_corrects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two hours since the start, one of them asleep; the corrected clock is 3 s off by then."""
    clocks = {"CLOCK_MONOTONIC_RAW": 7200.0, "CLOCK_UPTIME_RAW": 3600.0, "CLOCK_MONOTONIC": 7203.0}
    for number, name in enumerate(clocks):
        monkeypatch.setattr(asleep.time, name, number, raising=False)
    monkeypatch.setattr(asleep, "_boot", lambda: "")
    monkeypatch.setattr(asleep.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(asleep.time, "clock_gettime", lambda number: [*clocks.values()][number])
    monkeypatch.setattr(asleep.time, "time", lambda: 1_790_007_200.0)

    assert now() == Moment("", 3600.0, 1_790_000_000.0)
