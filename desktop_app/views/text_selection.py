"""A stretch of text that may run over several messages, as pairs of row and position."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """What is selected of one message: positions in its document."""

    start: int
    end: int | None
    """None is the message's end."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the text of a row."""

    row: int
    position: int


@dataclass(frozen=True, slots=True)
class TextSelection:
    """From where the selecting began to where it is now, in either direction."""

    anchor: Place
    head: Place

    @property
    def empty(self) -> bool:
        """Tell whether no character is selected."""
        return self.anchor == self.head

    def spans(self) -> dict[int, Span]:
        """Return the selected span of every row that has one, in order."""
        first, last = sorted((self.anchor, self.head))
        return {
            row: Span(
                first.position if row == first.row else 0,
                last.position if row == last.row else None,
            )
            for row in range(first.row, last.row + 1)
        }
