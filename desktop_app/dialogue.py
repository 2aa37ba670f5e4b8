"""A conversation as plain data: the spine that engine, conversation, vault and views share.

Everything here is frozen and pure. Text fields stay out of `repr`, so that no traceback and no
log line can carry what a person wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from resources.prompting import introduced


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


class TurnState(StrEnum):
    """How a turn stands: kept with it, and said below it on the screen."""

    GROWING = "growing"
    """A reply being written; one found when a history is opened was interrupted."""
    COMPLETE = "complete"
    STOPPED = "stopped"
    """The person stopped the reply."""
    INTERRUPTED = "interrupted"
    """The engine or the program died while it was written."""
    CUT = "cut"
    """The reply reached its greatest length."""
    DAMAGED = "damaged"
    """The disk no longer gives it back; its text is lost, and its place is kept."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the turns that the model no longer sees have said."""

    own: str = field(default="", repr=False)
    """As the person has put it; nothing but they rewrites it."""
    made: str = field(default="", repr=False)
    """As it was made, to be read after that; made anew when more is no longer seen."""
    edition: int = 0
    """How many times the person has put it otherwise."""

    @property
    def text(self) -> str:
        """The whole of it; empty where there is nothing to say."""
        return "\n".join(filter(None, (self.own, self.made)))


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation: all its turns, and how many leading ones the model no longer sees."""

    turns: tuple[Turn, ...] = ()
    """User and assistant turns, oldest first; the system text is not one of them."""
    system: str | None = field(default=None, repr=False)
    unseen: int = 0
    """So many leading turns no longer fit the context; they stay in the conversation."""
    id: str | None = None
    """Its name in the history; None where it is off the record, or stands for itself."""
    summary: Summary = Summary()
    """Of the unseen turns."""

    def add(self, *turns: Turn) -> Session:
        """Return the conversation continued by `turns`."""
        return replace(self, turns=(*self.turns, *turns))

    def visible(self) -> tuple[Turn, ...]:
        """Return what the model reads: system text and summary, then the turns it still sees."""
        told = "\n\n".join(filter(None, (self.system, introduced(self.summary.text))))
        head = (Turn(Role.SYSTEM, told),) if told or self.system is not None else ()
        return (*head, *self.turns[self.unseen :])

    def recalling(self, other: Session) -> Session:
        """Return this one as `other` remembers it, where that is later.

        `other` was this conversation at another moment: later is whose summary the person has put
        otherwise since, then who sees less. A summary stands for what was unseen with it: turns
        that went while the person put it otherwise are seen again, and go again with its words
        before them. One that forgot turns that are not in this is another version of it, and
        remembers nothing here.
        """
        mine, its = (self.summary.edition, self.unseen), (other.summary.edition, other.unseen)
        if its <= mine or other.turns[: other.unseen] != self.turns[: other.unseen]:
            return self
        return replace(self, unseen=other.unseen, summary=other.summary)
