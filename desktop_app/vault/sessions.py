"""The repository: conversations and their turns, each change on the disk when its call returns.

The order is the order of writing, not of the clock: a clock set back puts nothing out of place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Final

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.errors import BugError, MessageError
from desktop_app.vault import branches, damaged_sessions, session_documents
from desktop_app.vault.around_damage import AroundDamage
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.database import Database
from desktop_app.vault.drafts import Drafts
from desktop_app.vault.errors import DamagedHistoryError, SessionMissingError, VaultError
from desktop_app.vault.memories import Memories
from desktop_app.vault.own_time import newest, not_before_the_newest
from desktop_app.vault.records import (
    StoredSession,
    StoredTurn,
    moment,
    new_session_id,
    title_of,
)
from desktop_app.vault.removed_words import note_removed
from desktop_app.vault.session_list import listed
from desktop_app.vault.word_index import forget_removed, index_turn

Clock = Callable[[], float]
"""Seconds since 1970, UTC."""
Purging = AbstractContextManager[Callable[[], None]]

SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
REHEARSED_WORDS: Final = 2500
"""More than a page, so that a new one has to be found for them."""
SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Sessions:
    """All conversations of one open vault."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self.purging: Callable[[], Purging] = lambda: nullcontext(_nobody)
        """Entered while sessions are removed for good; what it gives is called at the last."""
        self.purged: Callable[[], None] = _nobody
        """Called when sessions were removed for good."""
        self.drafts, self.memories = Drafts(database, clock), Memories(database, clock)
        self._clock = clock
        self._around = AroundDamage(database, self._state)
        self._begun: set[int] = set()
        """The replies begun here; another one that still grows was left by a dead process."""
        self._read: dict[int, int] = {}
        """For each turn begun here, the last of the path that was read in its place; else 0."""

    def kept(self) -> tuple[StoredSession, ...]:
        """Return the sessions that are not in the trash, the one last spoken in first."""
        return listed(self._database, trashed=False)

    def trashed(self) -> tuple[StoredSession, ...]:
        """Return the sessions in the trash, the one last spoken in first."""
        return listed(self._database, trashed=True)

    def turns(self, session: str) -> tuple[StoredTurn, ...]:
        """Return a session's turns as they were chosen, oldest first.

        One that is damaged is there without its text.

        Raises:
            SessionMissingError: there is none of that id, or it is in the trash.
        """
        self.require(session)
        try:
            rows = self._database.rows(
                "SELECT id, role, content, state, created, parent FROM turn"
                " WHERE session = ? AND chosen ORDER BY id",
                (session,),
            )
            versions = branches.versions(self._database, session)
        except DamagedHistoryError:
            found = damaged_sessions.turn_rows(self._database, session)
            rows = [row[:6] for row in found if row.chosen]
            versions = damaged_sessions.versions(found)
        return tuple(
            StoredTurn(
                number,
                Turn(Role(role), content),
                self._state_of(number, TurnState(state)),
                moment(created),
                versions.get(parent, (number,)),
            )
            for number, role, content, state, created, parent in rows
            if content or number in self._begun or state != TurnState.GROWING
        )

    def add(self, session: str, turn: Turn) -> int:
        """Store a whole turn and return its id; a session begins with its first turn.

        Raises:
            MessageError: the text holds what is no character.
            SessionMissingError: the session is in the trash.
            VaultError: a new session's id has other characters than letters, digits, - and _.
        """
        _checked(turn.content)

        def added() -> int:
            if self._state(session):
                self.require(session)
            elif SESSION_ID.fullmatch(session) is None:
                raise VaultError("vault.session_id")
            else:
                begun = "INSERT INTO session(id, created) VALUES (?, ?)"
                self._database.rows(begun, (session, self._now()))
            return self._insert(session, turn, TurnState.COMPLETE)

        return self._around.written(added, session)

    def edit(self, session: str, message: int, text: str) -> int:
        """Say a message otherwise: another version of it, chosen, without a reply yet.

        Raises:
            MessageError: the text holds what is no character.
            SessionMissingError: the session is in the trash, or the message not in it.
        """
        _checked(text)

        def edited() -> int:
            self.require(session)
            read = self._leave(session, message, Role.USER)
            return self._insert(session, Turn(Role.USER, text), TurnState.COMPLETE, read)

        return self._around.written(edited, session)

    def choose(self, session: str, turn: int) -> None:
        """Show the version `turn` from now on, and what was said after it last.

        Raises:
            SessionMissingError: the session is in the trash, or the turn not in it.
        """
        with self._database.transaction():
            self.require(session)
            self._require_turn(session, turn)
            branches.choose(self._database, session, turn)

    def begin_reply(self, session: str, *, instead_of: int | None = None) -> int:
        """Add an empty reply to grow, and return its id; another version of one, if named.

        In the trash too: the reply belongs to a message that was said before it went there.

        Raises:
            SessionMissingError: there is no such session, or no such reply in it.
        """

        def begun() -> int:
            if not self._state(session):
                raise SessionMissingError("vault.session_missing")
            read = 0
            if instead_of is not None:
                read = self._leave(session, instead_of, Role.ASSISTANT)
            return self._insert(session, Turn(Role.ASSISTANT, ""), TurnState.GROWING, read)

        reply = self._around.written(begun, session)
        self._begun.add(reply)
        return reply

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

        def finished() -> None:
            self._database.rows(
                "UPDATE turn SET state = ? WHERE id = ? AND state = ?",
                (state, reply, TurnState.GROWING),
            )
            self._require_changed()
            ((session, content),) = self._database.rows(
                "SELECT session, content FROM turn WHERE id = ?", (reply,)
            )
            if not content:
                self._remove(session, reply)
            elif self._around.indexes:
                index_turn(self._database, reply, content)

        self._around.written(finished)

    def finish_interrupted(self) -> None:
        """Mark replies that a dead process left unfinished; called when a vault is opened."""
        growing = self._database.rows("SELECT id FROM turn WHERE state = 'growing'")
        for (reply,) in growing:
            self.finish(reply, TurnState.INTERRUPTED)

    def take_back(self, session: str, *, as_draft: bool = False) -> Turn | None:
        """Remove and return the last turn if it is a person's, to be said otherwise.

        A session that is left without a turn goes with it, and so does its title. `as_draft`: the
        text stands before what was written and not sent, so that it is never off the disk.
        """
        with self._database.alone():
            turns = self.turns(session)
            if not turns or turns[-1].turn.role is not Role.USER:
                return None
            last = turns[-1]
            drafts = self.drafts.readable(session) if as_draft else None
            with self._database.transaction():
                self._remove(session, last.id)
                if drafts is not None:
                    self.drafts.give_back(session, last.turn.content, drafts)
                note_removed(self._database)
        if not self._state(session):
            self._after_removal()
        return last.turn

    def rename(self, session: str, title: str) -> None:
        """Give a session a title, made of `title` by `title_of`; an empty one takes it away.

        Raises:
            MessageError: it holds what is no character.
            SessionMissingError: the session is in the trash.
        """
        with self._database.transaction():
            self.require(session)
            self._database.rows(
                "UPDATE session SET title = ? WHERE id = ?", (title_of(_checked(title)), session)
            )

    def delete(self, session: str) -> None:
        """Put a session into the trash, from where `restore` brings it back.

        Nothing is removed yet; but a person who deletes is not asked to know that, so the log is
        emptied as soon as after a removal. Its days there do not begin before the newest turn: a
        clock that is behind, once set right, would find them over.
        """
        now = not_before_the_newest(self._database, self._now())
        with self._database.transaction(removes=True):
            self.require(session)
            self._database.rows("UPDATE session SET deleted = ? WHERE id = ?", (now, session))

    def restore(self, session: str) -> None:
        """Take a session out of the trash, as it was."""
        with self._database.transaction():
            self.require(session, deleted=True)
            self._database.rows("UPDATE session SET deleted = NULL WHERE id = ?", (session,))

    def purge(self, *sessions: str, check: Callable[[], None] = lambda: None) -> None:
        """Remove sessions in the trash for good: key, turns, documents, words, log and files.

        The copies beside the history are made anew without them, soon, and when it is closed.
        `check` is called before it is certain; what it raises undoes it all.

        Raises:
            SessionMissingError: one of them is not in the trash; nothing has changed.
        """
        with self._database.undisturbed():
            with self.purging() as certain, self._database.transaction():
                for session in sessions:
                    self.require(session, deleted=True)
                    session_documents.remove_session(self._database, session)
                crash_point("purge.rows_removed")
                forget_removed(self._database)
                check()
                certain()
            crash_point("purge.committed")
            with suppress(VaultError):  # it is done: the timer empties the log again
                self._database.checkpoint()
        crash_point("purge.log_emptied")
        self._after_removal()

    def _after_removal(self) -> None:
        """Have what is outside the database go too; what does not, goes at the next opening."""
        with suppress(VaultError):
            self.purged()

    def try_to_write(self) -> None:
        """Find out whether something new can be said, long and in a new conversation.

        A damaged page may stand where the next message goes while all that is there can be read.

        Raises:
            DamagedHistoryError: it cannot.
            VaultError: the disk does not give what is there.
        """
        self._around.rehearsed(self._rehearse)

    def _rehearse(self) -> None:
        session, said = new_session_id(), Turn(Role.USER, "a " * REHEARSED_WORDS)
        self._database.rows("INSERT INTO session(id, created) VALUES (?, 0)", (session,))
        self._insert(session, Turn(Role.ASSISTANT, ""), TurnState.GROWING)
        self._insert(session, said, TurnState.COMPLETE)

    def newest(self) -> datetime | None:
        """Return when the newest turn was begun, by this computer's clock, where that is known."""
        return newest(self._database)

    def _insert(self, session: str, turn: Turn, state: TurnState, read: int = 0) -> int:
        ((number,),) = self._database.rows(
            "INSERT INTO turn(session, role, state, content, created, parent)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            (session, turn.role, state, turn.content, self._now(), self._last(session)),
        )
        assert isinstance(number, int)
        self._read[number] = read
        if state is not TurnState.GROWING and self._around.indexes:
            index_turn(self._database, number, turn.content)
        return number

    def _last(self, session: str) -> int:
        """Return the last turn of the chosen path, readable or not; 0 where there is none."""
        if session in self._around.known:
            return self._around.known[session].last
        return branches.last(self._database, session)

    def _remove(self, session: str, turn: int) -> None:
        """Remove the last turn; the version that was read before stands again, if there is one."""
        ((parent,),) = self._database.rows("SELECT parent FROM turn WHERE id = ?", (turn,))
        self._database.rows("DELETE FROM turn WHERE id = ?", (turn,))
        read = self._read.get(turn, 0)
        if not branches.stand_again(self._database, session, parent, read) and parent == 0:
            session_documents.remove_session(self._database, session)

    def _leave(self, session: str, turn: int, role: Role) -> int:
        """End the chosen path before `turn`, for another version; return where it ended so far."""
        self._require_turn(session, turn, role)
        read = self._last(session)
        branches.choose(self._database, session, turn)
        branches.leave(self._database, session, turn)
        return read

    def _state_of(self, turn: int, state: TurnState) -> TurnState:
        """Return the state as it is, where a full disk kept `finish_interrupted` from it too."""
        left = state is TurnState.GROWING and turn not in self._begun
        return TurnState.INTERRUPTED if left else state

    def _require_turn(self, session: str, turn: int, role: Role | None = None) -> None:
        rows = self._database.rows(
            "SELECT role FROM turn WHERE session = ? AND id = ?", (session, turn)
        )
        if not rows or role not in {None, Role(rows[0][0])}:
            raise SessionMissingError("vault.turn_missing")

    def _state(self, session: str) -> str:
        """Return "kept", "deleted", or nothing where there is no such session.

        One whose row is damaged counts as kept: what was said in it can be read.
        """
        if session in self._around.known:
            return self._around.known[session].state
        try:
            rows = self._database.rows("SELECT deleted FROM session WHERE id = ?", (session,))
        except DamagedHistoryError:
            return "kept" if session in damaged_sessions.session_ids(self._database) else ""
        return "" if not rows else "kept" if rows == [(None,)] else "deleted"

    def require(self, session: str, *, deleted: bool = False) -> None:
        """Raise SessionMissingError unless the session is kept, or in the trash if `deleted`."""
        match self._state(session), deleted:
            case ("kept", False) | ("deleted", True):
                return
            case "deleted", _:
                raise SessionMissingError("vault.session_deleted")
            case "kept", _:
                raise SessionMissingError("vault.session_not_deleted")
            case _:
                raise SessionMissingError("vault.session_missing")

    def _require_changed(self) -> None:
        if not self._database.changed():
            raise BugError("no such reply is being written")

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _nobody() -> None:
    """Hear of nothing."""


def _checked(text: str) -> str:
    if SURROGATE.search(text):  # looked for: an encoder's error would carry the text along
        raise MessageError("message.not_text")
    return text
