"""Noticing a child that hangs: it is stopped, or computes nothing any more.

Every line from a child at work is a sign of life: its pieces, and what pulse.py sends while none
come. What may be slow are the stretches between two signs: one operation of a large model on an old
processor, a file read from a disk that sleeps, a GPU's programs being compiled. The bounds stand
far above those.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from desktop_app.engine import wire
from desktop_app.engine.causes import Cause
from desktop_app.engine.child import Child

PATIENCE_S: Final = 90.0
"""A 7B model's widest product over 512 tokens takes 10 s on one slow core."""
LOAD_PATIENCE_S: Final = 180.0
"""Libraries from a cold disk, each looked at by a virus scanner: 90 s were seen (ollama)."""
SLICE_S: Final = 1.0
ENDED_WITHIN_S: Final = 5.0
"""The system ends a process at once, but for one that waits inside a driver."""


def next_sign(child: Child, patience_s: float) -> wire.Message | None:
    """Return the next line of a child at work; None when it is dead.

    One that is silent for `patience_s` seconds is ended, and dead by that. It is said to have hung
    where that is no less than `PATIENCE_S`: who has no time for more learns nothing of it. A laptop
    that slept counts for no more than a moment: the waiting is counted in slices.
    """
    silent = 0.0
    while silent < patience_s:
        began = time.monotonic()
        try:
            return child.next_event(timeout=min(SLICE_S, patience_s))
        except queue.Empty:
            silent += min(time.monotonic() - began, 2 * SLICE_S)
    child.kill(Cause.HUNG if patience_s >= PATIENCE_S else Cause.UNKNOWN)
    try:
        while child.next_event(timeout=ENDED_WITHIN_S) is not None:
            pass
    except queue.Empty:  # nothing ends it; it is left to itself
        pass
    return None


@contextmanager
def taken_within(child: Child, patience_s: float) -> Iterator[None]:
    """Give a child `patience_s` seconds to take a line; one that does not is ended.

    A pipe holds some of it; a stopped child takes no more than that.
    """
    timer = threading.Timer(patience_s, child.kill, (Cause.HUNG,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
