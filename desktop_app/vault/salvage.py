"""Everything of a damaged history that can be read, page by page, whatever leads to it or not.

Rows are told apart by their form: the columns of `session`, `turn`, `blob`, `document`, `setting`
differ, and an index names a turn even where the turn's own page is lost. Removed rows stand
nowhere: `secure_delete` writes zeros over them and over the pages they leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.documents import LOCAL, SAFETY_PLAN
from desktop_app.vault.own_time import AHEAD, BROUGHT_IN
from desktop_app.vault.pages import Record, Value
from desktop_app.vault.session_documents import LOST, outlives
from desktop_app.vault.trash import SETTING
from desktop_app.vault.turn_rows import UNKNOWN, TurnRow, with_placeholders

SessionRow = tuple[str, int, int | None, bytes | None]
"""Title, made, put into the trash, sealed key."""


@dataclass(slots=True)
class Salvage:
    """What was found."""

    sessions: dict[str, SessionRow] = field(default_factory=dict)
    turns: dict[str, dict[int, TurnRow]] = field(default_factory=lambda: defaultdict(dict))
    parents: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """Of each turn known of, readable or not, what it followed, or UNKNOWN."""
    roles: dict[int, str] = field(default_factory=dict)
    """Who spoke in turns of which only the beginning can be read."""
    blobs: list[tuple[str, str, str]] = field(default_factory=list)
    documents: list[tuple[str, str, int]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """Documents and settings of which an index, or the beginning of the row, knows."""
    trash_kept: int | None = None
    own_time: dict[str, int] = field(default_factory=dict)
    """What is known of this computer's clock, by its settings' names; see own_time.py."""
    last_turn: int = 0
    """The greatest id that was ever given."""

    def all_turns(self, session: str) -> list[TurnRow]:
        """Return the turns of a conversation, the lost ones without their text."""
        return with_placeholders(self.parents[session], self.turns[session].values(), self.roles)

    def lost_sessions(self) -> list[str]:
        """Return the conversations whose row is lost: title, whether it was deleted, sealed key."""
        return [session for session in self.parents if session not in self.sessions]

    def lost_documents(self) -> list[str]:
        """Return the documents of which the name alone is left."""
        lost = self.named.difference({name for name, _, _ in self.documents}, {SETTING})
        return sorted(
            name for name in lost if not (name.startswith(LOST) or outlives(name, self.parents))
        )

    def trash_setting_is_lost(self) -> bool:
        """Tell whether how long the trash is kept had been chosen, and cannot be read."""
        return SETTING in self.named and self.trash_kept is None


def salvaged(records: Iterable[Record]) -> Salvage:
    """Return what the records are of."""
    found = Salvage()
    for record in records:
        if record.row is None:
            _take_index(found, record.values)
        else:
            _take_row(found, record.row, record.values)
    for session in found.turns:
        found.parents[session]  # known of by its turns alone
    return found


def _take_row(found: Salvage, row: int, values: tuple[Value, ...]) -> None:
    match values:
        # Columns were added in 1.1, and a row of before lacks them.
        case (None, str(session), str(role), str(state), str(content), int(created), *later) if (
            role in set(Role) and state in set(TurnState)
        ):
            parent, chosen = later[:2] if len(later) > 1 else (None, 1)
            parent = parent if isinstance(parent, int) else UNKNOWN
            found.turns[session][row] = TurnRow(
                row, role, content, state, created, parent, bool(chosen)
            )
        case (None, str(session), str(role), *_) if role in set(Role):
            found.parents[session].setdefault(row, UNKNOWN)
            found.roles[row] = role
        case (str(name), str(title), int(created), None | int() as deleted, *later) if len(
            later
        ) <= 1 and isinstance(key := later[0] if later else None, bytes | None):
            found.sessions[name] = (title, created, deleted, key)
        case (str(file), str(session), str(name)):
            found.blobs.append((file, session, name))
        case (str(name), str(body), int(updated)):
            found.documents.append((name, body, updated))
        case (str(name), int(value)) if name == SETTING:
            found.trash_kept = value
        case (str(name), int(value)) if name in {AHEAD, BROUGHT_IN}:
            found.own_time[name] = value
        case (str(name),) if _is_named(name):
            found.named.add(name)
        case ("turn", int(number)):
            found.last_turn = number


def _take_index(found: Salvage, values: tuple[Value, ...]) -> None:
    """Take what is known by the session of a turn, and by the names of documents and settings.

    `turn_by_session` is (session, id), `turn_by_parent` (session, parent).
    """
    match values:
        case (str(name), int()) if _is_named(name):
            found.named.add(name)
        case (str(session), int(parent), int(turn)) if parent < turn:
            found.parents[session][turn] = parent
        case (str(session), int() | None, int(turn)):
            found.parents[session].setdefault(turn, UNKNOWN)


def _is_named(name: str) -> bool:
    """Tell a document or a setting from what else an index has by name, such as sessions."""
    return name.startswith(LOCAL) or name in {SAFETY_PLAN, SETTING}
