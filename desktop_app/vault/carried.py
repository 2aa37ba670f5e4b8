"""A conversation on its way out of a history or into one, with all its versions.

Ids of turns mean something in their own history only, so a turn names the one it follows by its
place in the conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.damaged_sessions import session_ids, turn_rows
from desktop_app.vault.database import Database
from desktop_app.vault.lost import is_lost


@dataclass(frozen=True, slots=True)
class CarriedTurn:
    """One turn. Times are milliseconds since 1970, UTC; None where nobody wrote them down."""

    role: Role
    content: str = field(repr=False)
    state: TurnState = TurnState.COMPLETE
    created: int | None = None
    after: int | None = None
    """The place of the turn it follows, a lower one; None for one that opens the conversation."""
    chosen: bool = True
    """On the path that is shown; turns that follow the same one are versions of each other."""


@dataclass(frozen=True, slots=True)
class CarriedSession:
    """One conversation, turns in the order of writing."""

    id: str
    turns: tuple[CarriedTurn, ...]
    title: str = field(default="", repr=False)
    created: int | None = None
    deleted: int | None = None
    """When it was put into the trash."""
    row_lost: bool = False
    """Its title, and whether it was deleted, are lost to damage where it comes from."""

    def shown(self) -> tuple[CarriedTurn, ...]:
        """Return the chosen path."""
        return tuple(turn for turn in self.turns if turn.chosen)


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn and its id in the history it lies in."""

    id: int
    parent: int
    turn: CarriedTurn


def carried_sessions(database: Database, *, trashed: bool = False) -> Iterator[CarriedSession]:
    """Yield the conversations of a history, the one last spoken in at the end."""
    for session in reversed(session_ids(database)):
        found = carried_session(database, session)
        if found is not None and (trashed or found.deleted is None):
            yield found


def carried_session(database: Database, session: str) -> CarriedSession | None:
    """Return a conversation, in the trash or not; None where there is none of that id.

    Of what is damaged of it the place is kept.
    """
    rows = readable_rows(
        database, "SELECT title, created, deleted FROM session WHERE id = ?", [(session,)]
    )
    turns = placed_turns(database, session)
    if not turns:
        return None
    title, created, deleted = rows[0] if rows else ("", turns[0].turn.created, None)
    row_lost = not rows or is_lost(database, session)
    said = tuple(each.turn for each in turns)
    return CarriedSession(session, said, title, created, deleted, row_lost)


def placed_turns(database: Database, session: str) -> list[Placed]:
    """Return the turns of a conversation in the order of writing; of a lost one the place."""
    places: dict[int, int] = {}
    placed: list[Placed] = []
    for row in turn_rows(database, session):
        places[row.id] = len(placed)
        turn = CarriedTurn(
            Role(row.role),
            row.content,
            TurnState(row.state),
            row.created,
            places.get(row.parent),
            row.chosen,
        )
        placed.append(Placed(row.id, row.parent, turn))
    return placed
