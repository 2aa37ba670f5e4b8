"""What the history gives out: sessions and turns as frozen data, texts kept out of `repr`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from desktop_app.dialogue import Turn, TurnState

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TITLE: Final = 120
"""Characters."""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn as it lies in the history."""

    id: int
    """Grows with every turn of the whole history and is never used again."""
    turn: Turn
    state: TurnState
    created: datetime
    versions: tuple[int, ...]
    """The ids of this turn and of what else was said in its place, in the order of writing."""

    @property
    def version(self) -> int:
        """Which of the versions this is, counted from 1."""
        return self.versions.index(self.id) + 1


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


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written in a conversation and not sent."""

    text: str = field(repr=False)
    shown: bool
    """Its conversation was the one on the screen."""


def title_of(words: str) -> str:
    """Return the title that a person's words make: one line, cut where it is too long."""
    return " ".join(words.split())[:LONGEST_TITLE].rstrip()


def moment(milliseconds: int) -> datetime:
    """Return what the history writes down as milliseconds since 1970."""
    # Counted, not asked of the system: its clock may know fewer years than the calendar.
    return EPOCH + timedelta(milliseconds=milliseconds)


def new_session_id() -> str:
    """Return the name of a session to be: 16 random hexadecimal digits."""
    return os.urandom(8).hex()
