"""How far the pass is: said by the child, shown as a bar on a terminal or as lines of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, TextIO

from convert.child import report
from resources.messages import sentence

_SECONDS_BETWEEN: Final = 0.2
_BAR: Final = 24
_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` bytes of the file are there; `seconds_left` is None at the start."""

    done: int
    total: int
    tensor: str
    seconds_left: float | None


class Ticker:
    """Reports the place in the file to the parent, a few times a second."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._first: tuple[float, int] | None = None
        self._said = 0.0

    def tick(self, done: int, tensor: str) -> None:
        """Say that `done` bytes are there; the last one is always said."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, done)
        if now - self._said < _SECONDS_BETWEEN and done < self._total:
            return
        self._said = now
        began, before = self._first
        left = None
        if done > before:
            left = (self._total - done) * (now - began) / (done - before)
        report(Progress(done, self._total, tensor, left))


def shown_on(terminal: TextIO) -> Callable[[Progress], None]:
    """Return what draws a bar over the terminal's current line, and clears it at the end."""

    def show(progress: Progress) -> None:
        share = progress.done / progress.total
        full = round(share * _BAR)
        line = sentence(
            "convert.progress",
            bar="█" * full + "░" * (_BAR - full),
            percent=f"{share:.0%}",
            done=f"{progress.done / _MEBIBYTE:.0f}",
            total=f"{progress.total / _MEBIBYTE:.0f}",
            tensor=progress.tensor,
            seconds="…" if progress.seconds_left is None else f"{progress.seconds_left:.0f}",
        )
        terminal.write(f"\r\x1b[2K{line}" if progress.done < progress.total else "\r\x1b[2K")
        terminal.flush()

    return show


def as_json_lines(progress: Progress) -> None:
    """Print one JSON object on a line of standard output."""
    sys.stdout.write(json.dumps({"progress": asdict(progress)}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
