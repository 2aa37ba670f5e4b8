"""The bar of a conversion on a terminal: one line, never wrapped, gone when the run ends."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from convert.progress import Progress
from resources.messages import sentence

_BAR: Final = 24
_COLUMNS: Final = 80
"""Of a terminal that does not say how wide it is."""
_SHORTEST_NAME: Final = 6
_MEBIBYTE: Final = 1024 * 1024
_CLEAR: Final = "\r\x1b[2K"


class ProgressLine:
    """Draws over the terminal's current line."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._drawn = False

    def show(self, progress: Progress) -> None:
        """Draw how far it is; once everything is there, only that it is being verified."""
        if progress.phase == "writing" and progress.done >= progress.total:
            self.clear()
            return
        self._drawn = True
        line = fitted(progress, _columns(self._terminal) - 1)  # the last column wraps on some
        self._terminal.write(f"{_CLEAR}{line}")
        self._terminal.flush()

    def clear(self) -> None:
        """Leave the line as it was before the first one was drawn."""
        if self._drawn:
            self._drawn = False
            self._terminal.write(_CLEAR)
            self._terminal.flush()


@contextmanager
def progress_line(terminal: TextIO) -> Iterator[ProgressLine]:
    """Yield the line; it is cleared however the run ends, so that an error has its own."""
    line = ProgressLine(terminal)
    try:
        yield line
    finally:
        line.clear()


def fitted(progress: Progress, columns: int) -> str:
    """Return the line in at most so many columns: the name gives way first, then the bar."""
    bar, name = _BAR, progress.tensor
    if progress.phase == "verifying":
        return _cut(sentence("convert.verifying"), columns)
    over = width(_line(progress, bar, name)) - columns
    if over > 0:
        name = _shortened(name, max(width(name) - over, _SHORTEST_NAME))
        over = width(_line(progress, bar, name)) - columns
    if over > 0:
        bar = max(0, bar - over)
    return _cut(_line(progress, bar, name), columns)


def width(text: str) -> int:
    """Return how many columns a terminal gives to `text` (Unicode, UAX 11)."""
    return sum(map(_width_of, text))


def _width_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _line(progress: Progress, bar: int, name: str) -> str:
    share = progress.done / progress.total
    full = round(share * bar)
    return sentence(
        "convert.progress",
        bar="█" * full + "░" * (bar - full),
        percent=f"{share:.0%}",
        done=f"{progress.done / _MEBIBYTE:.0f}",
        total=f"{progress.total / _MEBIBYTE:.0f}",
        tensor=name,
        seconds="…" if progress.seconds_left is None else f"{progress.seconds_left:.0f}",
    )


def _shortened(name: str, columns: int) -> str:
    """Keep both ends: the layer's number and what of it this is."""
    if width(name) <= columns:
        return name
    kept = columns - 1
    return f"{name[: kept // 2]}…{name[len(name) - (kept + 1) // 2 :]}"


def _cut(line: str, columns: int) -> str:
    while width(line) > columns:
        line = line[:-1]
    return line


def _columns(terminal: TextIO) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns or _COLUMNS
    except (OSError, ValueError):  # a pipe; a stream without a file
        return _COLUMNS
