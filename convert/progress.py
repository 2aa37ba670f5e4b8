"""How far the pass is: said by the child, shown as a bar (`progress_line`) or as lines of JSON."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Final, Literal

from convert.child import report
from resources.command import standard_output

_SECONDS_BETWEEN: Final = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` bytes of the file are there; `seconds_left` is None at the start.

    `phase`: writing, or verifying, of which nothing but its beginning is said.
    """

    done: int
    total: int
    tensor: str
    seconds_left: float | None
    phase: Literal["writing", "verifying"] = "writing"


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


def as_json_lines(progress: Progress) -> None:
    """Print one JSON object on a line of standard output."""
    with standard_output():
        sys.stdout.write(json.dumps({"progress": asdict(progress)}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
