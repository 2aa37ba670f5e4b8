"""Looks for a secret in what the threads of this process are working with."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType, ModuleType

DEEP = 4
OPAQUE = (ModuleType, type, CodeType, FrameType, threading.Thread)


def holding_frames(*secrets: str | bytes) -> list[str]:
    """Name the functions of other threads that hold one of `secrets`, in a variable or below it."""
    here, found = threading.get_ident(), []
    for thread, frame in sys._current_frames().items():
        at: FrameType | None = frame if thread != here else None
        while at is not None:
            held = at.f_locals
            found += [
                f"{at.f_code.co_qualname}: {name}"
                for name, value in held.items()
                if any(each in secrets for each in _below(value, DEEP))
            ]
            at = at.f_back
    return found


def _below(value: object, depth: int) -> Iterator[str | bytes]:
    if isinstance(value, (str, bytes)):
        yield value
    elif depth and not isinstance(value, OPAQUE):
        parts = gc.get_referents(value)
        if isinstance(value, FunctionType):  # what it closed over, not all of its module
            parts = [value.__closure__, value.__defaults__, value.__kwdefaults__]
        for part in parts:
            yield from _below(part, depth - 1)
