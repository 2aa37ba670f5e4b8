"""Faults inside the engine's child: what can be ordered, and the sentence each has to end in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktop_app.engine import watchdog
from desktop_app.engine.causes import Cause

FOLDER = Path(__file__).parent / "faulty"
SOON_S, IMPORTED_SOON_S = 3.0, 20.0
WHERE = ("load", "prefill", "decode")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and how it is told."""

    what: str
    cause: Cause
    how: str


FAULTS = (
    Fault("abort", Cause.UNKNOWN, "SIGABRT"),
    Fault("assert", Cause.ASSERTION, "SIGABRT"),
    Fault("exit", Cause.UNKNOWN, "status 3"),
    Fault("stop", Cause.HUNG, "SIGKILL"),
    Fault("stuck", Cause.HUNG, "SIGKILL"),
    Fault("kill", Cause.KILLED, "SIGKILL"),
    Fault("bad_alloc", Cause.MEMORY, "SIGABRT"),
    Fault("illegal", Cause.INSTRUCTION, "SIGILL"),
)
QUICK = {
    "abort": ("decode",),
    "assert": ("prefill",),
    "exit": ("load",),
    "stop": WHERE,
    "stuck": ("prefill",),
    "kill": ("decode",),
    "bad_alloc": ("decode",),
    "illegal": ("prefill",),
}
CAUGHT = ("load", "bad_alloc")
"""llama.cpp catches it there, and says no: a limit on memory shows that."""


def each_fault_somewhere(*, but: tuple[tuple[str, str], ...] = ()) -> pytest.MarkDecorator:
    """Run a test with each fault in each phase; all but some of that is slow.

    `but` names what to leave out, where and what.
    """
    return pytest.mark.parametrize(
        ("where", "fault"),
        [
            pytest.param(
                where,
                fault,
                id=f"{fault.what}-{where}",
                marks=() if where in QUICK[fault.what] else pytest.mark.slow,
            )
            for fault in FAULTS
            for where in WHERE
            if (where, fault.what) not in {CAUGHT, *but}
        ],
    )


def order(workdir: Path, where: str, what: str) -> None:
    """Have the next child in `workdir` meet a fault once: `what` (see FAULTS), `where` (WHERE).

    `memory` in place of a phase leaves it so many bytes more than it has before it loads.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    (workdir / "fault").write_text(f"{where} {what}", encoding="ascii")


def with_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children obey `order`."""
    path = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(FOLDER), path))))


@contextmanager
def impatient(*, in_load: bool = False) -> Iterator[None]:
    """Lose patience within seconds in place of minutes: a child at work gives a sign each second.

    With a load that first imports llama.cpp it takes longer: that gives no sign.
    """
    bounds = vars(watchdog)
    before = {name: bounds[name] for name in ("PATIENCE_S", "LOAD_PATIENCE_S")}
    bounds.update(dict.fromkeys(before, IMPORTED_SOON_S if in_load else SOON_S))
    try:
        yield
    finally:
        bounds.update(before)
