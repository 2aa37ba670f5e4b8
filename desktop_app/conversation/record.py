"""Where the turns of one conversation are written down: in the vault, or nowhere."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from desktop_app.dialogue import Role, Turn, TurnState

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.sessions import Sessions

FLUSH_SECONDS: Final = 0.5
"""A reply's characters reach the disk so long after they came; twice in a second at most."""


class Record(Protocol):
    """What a conversation asks of its record."""

    id: str | None
    """The session's name in the history; None where nothing is kept."""

    def say(self, text: str) -> None:
        """Write down a person's message; durable on return."""

    def write(self, text: str) -> None:
        """Append to the reply in progress; durable within a second."""

    def end(self, state: TurnState) -> None:
        """End the reply in progress, if a character of it came; `settle` writes that down."""

    def settle(self) -> None:
        """Write all of a reply that has ended; durable on return. Any thread may wait for it."""

    def take_back(self, *, as_draft: bool) -> None:
        """Forget the last message, which has no reply; keep it as what is not sent, if asked."""

    def memory(self) -> str | None:
        """Return what was remembered last, as JSON; None for nothing."""

    def remember(self, note: str) -> None:
        """Remember in place of that; durable on return."""


class Unrecorded:
    """Off the record: nothing is written anywhere."""

    id: str | None = None

    def __init__(self, memory: str | None = None) -> None:
        """Go on with what was remembered, while this program runs."""
        self._memory = memory

    def say(self, text: str) -> None:
        """See Record."""

    def write(self, text: str) -> None:
        """See Record."""

    def end(self, state: TurnState) -> None:
        """See Record."""

    def settle(self) -> None:
        """See Record."""

    def take_back(self, *, as_draft: bool) -> None:
        """See Record."""

    def memory(self) -> str | None:
        """See Record."""
        return self._memory

    def remember(self, note: str) -> None:
        """See Record."""
        self._memory = note


class Recorded:
    """A session of the vault.

    A timer's thread writes what came of a reply even while no more comes. What it cannot write
    (a full disk) stays in memory and is tried again by `settle`, and before the next message.
    `write` and `end` never wait for the disk, so a window may call them while it is slow.
    """

    def __init__(self, sessions: Sessions, session: str, *, instead_of: int | None = None) -> None:
        """Go on with a session; the next reply takes the place of `instead_of`, if named."""
        self.id: str | None = session
        self._instead_of = instead_of
        self._session = session
        self._sessions = sessions
        self._writing = threading.Lock()
        """Whose turn it is to write to the vault; taken before `_marks`, never after."""
        self._reply: int | None = None
        self._marks = threading.Lock()
        """Held to change one of those below, and for nothing that waits for a disk."""
        self._unwritten = ""
        self._came = False
        """A character of a reply came that is not both written and ended."""
        self._ending: TurnState | None = None
        """How the reply ended, while the vault has not heard of it."""
        self._timer: threading.Timer | None = None

    def say(self, text: str) -> None:
        """See Record.

        Raises:
            VaultError: it is not written, nor perhaps the end of the reply before it.
        """
        with self._writing:
            self._settle()
            self._sessions.add(self._session, Turn(Role.USER, text))

    def write(self, text: str) -> None:
        """See Record."""
        with self._marks:
            self._unwritten += text
            self._came = True
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self._flush_in_time)
                self._timer.start()

    def end(self, state: TurnState) -> None:
        """See Record."""
        with self._marks:
            if self._came:
                self._ending = state

    def settle(self) -> None:
        """See Record.

        Raises:
            VaultError: it is not all written; what is missing is kept in memory.
        """
        with self._writing:
            timer = self._settle()
        if timer is not None:
            timer.join()

    def take_back(self, *, as_draft: bool) -> None:
        """See Record; raises VaultError."""
        with self._writing:
            self._settle()
            self._sessions.take_back(self._session, as_draft=as_draft)

    def memory(self) -> str | None:
        """See Record."""
        return self._sessions.memories.of(self._session)

    def remember(self, note: str) -> None:
        """See Record; raises VaultError."""
        self._sessions.memories.keep(self._session, note)

    def _flush_in_time(self) -> None:
        with self._writing, suppress(Exception):  # `settle` meets it again, where it can be told
            self._flush()

    def _flush(self) -> threading.Timer | None:
        """Write what came; return the timer that need not do it any more."""
        with self._marks:
            timer, self._timer = self._timer, None
            text, self._unwritten = self._unwritten, ""
        if timer is not None:
            timer.cancel()
        if not text:
            return timer
        try:
            if self._reply is None:
                self._reply = self._sessions.begin_reply(self._session, instead_of=self._instead_of)
                self._instead_of = None
            self._sessions.extend(self._reply, text)
        except BaseException:
            with self._marks:
                self._unwritten = text + self._unwritten
            raise
        return timer

    def _settle(self) -> threading.Timer | None:
        """Write all of a reply that has ended; see `_flush`."""
        if self._ending is None:
            return None
        timer = self._flush()
        if self._reply is not None:
            self._sessions.finish(self._reply, self._ending)
        self._reply = None
        with self._marks:
            self._came, self._ending = False, None
        return timer
