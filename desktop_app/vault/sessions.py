"""The repository: conversations and their turns, each change on the disk when its call returns.

The order is the order of writing, not of the clock: a clock set back puts nothing out of place.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from desktop_app.dialogue import Role, Turn
from desktop_app.errors import BugError, MessageError
from desktop_app.vault.database import Database
from desktop_app.vault.errors import SessionMissingError, VaultError
from desktop_app.vault.records import StoredSession, StoredTurn, TurnState

Clock = Callable[[], float]
"""Seconds since 1970, UTC."""

SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
SURROGATE: Final = re.compile("[\ud800-\udfff]")

LISTED: Final = """
    SELECT session.id, title,
           (SELECT substr(content, 1, 80) FROM turn
            WHERE session = session.id ORDER BY turn.id LIMIT 1),
           count(*), session.created, turn.created, deleted, max(turn.id) AS newest
    FROM session JOIN turn ON turn.session = session.id
    {where} GROUP BY session.id ORDER BY newest DESC"""
KEPT: Final = LISTED.format(where="WHERE deleted IS NULL")
TRASHED: Final = LISTED.format(where="WHERE deleted IS NOT NULL")


def new_session_id() -> str:
    """Return the name of a session to be: 16 random hexadecimal digits."""
    return secrets.token_hex(8)


class Sessions:
    """All conversations of one open vault."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    def kept(self) -> tuple[StoredSession, ...]:
        """Return the sessions that are not in the trash, the one last spoken in first."""
        return self._listed(KEPT)

    def trashed(self) -> tuple[StoredSession, ...]:
        """Return the sessions in the trash, the one last spoken in first."""
        return self._listed(TRASHED)

    def _listed(self, statement: str) -> tuple[StoredSession, ...]:
        rows = self._database.rows(statement)
        return tuple(
            StoredSession(
                id=name,
                title=title,
                opening=opening,
                turns=turns,
                created=_moment(created),
                updated=_moment(updated),
                deleted=None if thrown is None else _moment(thrown),
            )
            for name, title, opening, turns, created, updated, thrown, _ in rows
        )

    def turns(self, session: str) -> tuple[StoredTurn, ...]:
        """Return a session's turns, oldest first.

        Raises:
            SessionMissingError: there is none of that id, or it is in the trash.
        """
        self._require(session)
        rows = self._database.rows(
            "SELECT id, role, content, state, created FROM turn WHERE session = ? ORDER BY id",
            (session,),
        )
        return tuple(
            StoredTurn(number, Turn(Role(role), content), TurnState(state), _moment(created))
            for number, role, content, state, created in rows
        )

    def add(self, session: str, turn: Turn) -> int:
        """Store a whole turn and return its id; a session begins with its first turn.

        Raises:
            MessageError: the text holds what is no character.
            SessionMissingError: the session is in the trash.
            VaultError: a new session's id has other characters than letters, digits, - and _.
        """
        return self._add(session, turn, TurnState.COMPLETE)

    def begin_reply(self, session: str) -> int:
        """Add an empty reply to grow, and return its id."""
        return self._add(session, Turn(Role.ASSISTANT, ""), TurnState.GROWING)

    def extend(self, reply: int, text: str) -> None:
        """Append to a reply. One write to the disk a call: once a second is often enough."""
        with self._database.transaction():
            self._database.rows(
                "UPDATE turn SET content = content || ? WHERE id = ? AND state = ?",
                (_checked(text), reply, TurnState.GROWING),
            )
            self._require_changed()

    def finish(self, reply: int, state: TurnState) -> None:
        """End a reply as `state`; one without a character leaves the message unanswered."""
        with self._database.transaction():
            self._database.rows(
                "UPDATE turn SET state = ? WHERE id = ? AND state = ?",
                (state, reply, TurnState.GROWING),
            )
            self._require_changed()
            self._database.rows("DELETE FROM turn WHERE id = ? AND content = ''", (reply,))

    def finish_interrupted(self) -> None:
        """Mark replies that a dead process left unfinished; called when a vault is opened."""
        growing = self._database.rows("SELECT id FROM turn WHERE state = 'growing'")
        for (reply,) in growing:
            self.finish(reply, TurnState.INTERRUPTED)

    def take_back(self, session: str) -> tuple[Turn, ...]:
        """Remove and return what a person said after the last reply, to be said otherwise."""
        with self._database.transaction():
            newest = self.turns(session)
            answered = max((t.id for t in newest if t.turn.role is Role.ASSISTANT), default=0)
            self._database.rows(
                "DELETE FROM turn WHERE session = ? AND id > ?", (session, answered)
            )
            if not answered:
                self._database.rows("DELETE FROM session WHERE id = ?", (session,))
        return tuple(stored.turn for stored in newest if stored.id > answered)

    def rename(self, session: str, title: str) -> None:
        """Give a session a title; an empty one takes it away."""
        with self._database.transaction():
            self._require(session)
            self._database.rows(
                "UPDATE session SET title = ? WHERE id = ?", (_checked(title), session)
            )

    def delete(self, session: str) -> None:
        """Put a session into the trash, from where `restore` brings it back."""
        with self._database.transaction():
            self._require(session)
            self._database.rows(
                "UPDATE session SET deleted = ? WHERE id = ?", (self._now(), session)
            )

    def restore(self, session: str) -> None:
        """Take a session out of the trash, as it was."""
        with self._database.transaction():
            self._require(session, deleted=True)
            self._database.rows("UPDATE session SET deleted = NULL WHERE id = ?", (session,))

    def purge(self, session: str) -> None:
        """Remove a session that is in the trash for good, from the log beside the file too."""
        with self._database.transaction():
            self._require(session, deleted=True)
            self._database.rows("DELETE FROM session WHERE id = ?", (session,))
        self._database.checkpoint()

    def newest(self) -> datetime | None:
        """Return when the newest turn was begun, by the clock of that time."""
        ((created,),) = self._database.rows("SELECT max(created) FROM turn")
        return None if created is None else _moment(created)

    def _add(self, session: str, turn: Turn, state: TurnState) -> int:
        content = _checked(turn.content)
        now = self._now()
        with self._database.transaction():
            if not self._state(session):
                if SESSION_ID.fullmatch(session) is None:
                    raise VaultError("vault.session_id")
                self._database.rows(
                    "INSERT INTO session(id, created) VALUES (?, ?)", (session, now)
                )
            self._require(session)
            ((number,),) = self._database.rows(
                "INSERT INTO turn(session, role, state, content, created)"
                " VALUES (?, ?, ?, ?, ?) RETURNING id",
                (session, turn.role, state, content, now),
            )
        assert isinstance(number, int)
        return number

    def _state(self, session: str) -> str:
        """Return "kept", "deleted", or nothing where there is no such session."""
        rows = self._database.rows("SELECT deleted FROM session WHERE id = ?", (session,))
        return "" if not rows else "kept" if rows == [(None,)] else "deleted"

    def _require(self, session: str, *, deleted: bool = False) -> None:
        match self._state(session), deleted:
            case ("kept", False) | ("deleted", True):
                return
            case "deleted", _:
                raise SessionMissingError("vault.session_deleted")
            case _:
                raise SessionMissingError("vault.session_missing")

    def _require_changed(self) -> None:
        if not self._database.changed():
            raise BugError("no such reply is being written")

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _checked(text: str) -> str:
    if SURROGATE.search(text):  # looked for: an encoder's error would carry the text along
        raise MessageError("message.not_text")
    return text
