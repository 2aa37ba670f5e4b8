"""A conversation as plain data: the spine that engine, conversation, vault and views share.

Everything here is frozen and pure. Text fields stay out of `repr`, so that no traceback and no
log line can carry what a person wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """Who speaks, in the words of every chat template."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one speaker."""

    role: Role
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation: all its turns, and how many leading ones the model no longer sees."""

    turns: tuple[Turn, ...] = ()
    """User and assistant turns, oldest first; the system text is not one of them."""
    system: str | None = field(default=None, repr=False)
    unseen: int = 0
    """So many leading turns no longer fit the context; they stay in the conversation."""

    def add(self, *turns: Turn) -> Session:
        """Return the conversation continued by `turns`."""
        return replace(self, turns=(*self.turns, *turns))

    def visible(self) -> tuple[Turn, ...]:
        """Return what the model reads: the system turn, then the turns it still sees."""
        head = () if self.system is None else (Turn(Role.SYSTEM, self.system),)
        return (*head, *self.turns[self.unseen :])
