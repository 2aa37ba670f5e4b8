"""Where the turns of one conversation are written down: in the vault, or nowhere."""

from __future__ import annotations

import threading
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

    def finish(self, state: TurnState) -> None:
        """End the reply in progress, if a character of it came."""

    def settle(self) -> None:
        """Write what could not be written when a reply ended."""

    def take_back(self) -> None:
        """Forget the last message, which has no reply."""

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

    def finish(self, state: TurnState) -> None:
        """See Record."""

    def settle(self) -> None:
        """See Record."""

    def take_back(self) -> None:
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
    (a full disk) stays in memory and is tried again by `finish`, and before the next message.
    """

    def __init__(self, sessions: Sessions, session: str, *, instead_of: int | None = None) -> None:
        """Go on with a session; the next reply takes the place of `instead_of`, if named."""
        self.id: str | None = session
        self._instead_of = instead_of
        self._session = session
        self._sessions = sessions
        self._guard = threading.RLock()
        self._unwritten = ""
        self._reply: int | None = None
        self._ending: TurnState | None = None
        """How the reply ended, while the vault has not heard of it."""
        self._timer: threading.Timer | None = None

    def say(self, text: str) -> None:
        """See Record.

        Raises:
            VaultError: it is not written, nor perhaps the end of the reply before it.
        """
        with self._guard:
            self._settle()
            self._sessions.add(self._session, Turn(Role.USER, text))

    def write(self, text: str) -> None:
        """See Record."""
        with self._guard:
            self._unwritten += text
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self._flush_in_time)
                self._timer.start()

    def finish(self, state: TurnState) -> None:
        """See Record.

        Raises:
            VaultError: it is not all written; what is missing is kept in memory.
        """
        with self._guard:
            timer, self._timer = self._timer, None
            self._ending = state
        if timer is not None:
            timer.cancel()
            timer.join()
        with self._guard:
            self._settle()

    def settle(self) -> None:
        """See Record; raises VaultError."""
        with self._guard:
            self._settle()

    def take_back(self) -> None:
        """See Record; raises VaultError."""
        with self._guard:
            self._settle()
            self._sessions.take_back(self._session)

    def memory(self) -> str | None:
        """See Record."""
        return self._sessions.memories.of(self._session)

    def remember(self, note: str) -> None:
        """See Record; raises VaultError."""
        self._sessions.memories.keep(self._session, note)

    def _flush_in_time(self) -> None:
        with self._guard:
            if self._timer is None:
                return
            self._timer = None
            try:
                self._flush()
            except Exception:  # noqa: BLE001 - `finish` meets it again, where it can be told
                return

    def _flush(self) -> None:
        if not self._unwritten:
            return
        if self._reply is None:
            self._reply = self._sessions.begin_reply(self._session, instead_of=self._instead_of)
            self._instead_of = None
        self._sessions.extend(self._reply, self._unwritten)
        self._unwritten = ""

    def _settle(self) -> None:
        """Write all of a reply that has ended."""
        if self._ending is None:
            return
        self._flush()
        if self._reply is not None:
            self._sessions.finish(self._reply, self._ending)
        self._reply = self._ending = None
