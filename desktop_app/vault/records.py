"""What the history gives out: sessions and turns as frozen data, texts kept out of `repr`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from desktop_app.dialogue import Turn


class TurnState(StrEnum):
    """How a turn ended."""

    GROWING = "growing"
    """A reply being written; found at opening it was interrupted."""
    COMPLETE = "complete"
    STOPPED = "stopped"
    """The person stopped the reply."""
    INTERRUPTED = "interrupted"
    """The engine or the program died while it was written."""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn as it lies in the history."""

    id: int
    """Grows with every turn of the whole history and is never used again."""
    turn: Turn
    state: TurnState
    created: datetime


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A conversation as a row of a list."""

    id: str
    """Opaque; safe on a command line."""
    title: str = field(repr=False)
    """The name a person gave it; empty before that."""
    opening: str = field(repr=False)
    """The first 80 characters of the first message, to be shown where there is no title."""
    turns: int
    created: datetime
    updated: datetime
    """When the newest turn was begun."""
    deleted: datetime | None
    """When it was put into the trash."""
