"""What an engine has read of a conversation, kept while it reads another or is not there at all.

It holds one conversation at a time. Before another is read what it holds is sealed, and what was
sealed of the other is put back. Losing a snapshot costs time and no word, so nothing here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from desktop_app.dialogue import Session
from desktop_app.errors import BugError, EngineError, KnownError

if TYPE_CHECKING:
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.engine.protocol import Engine

PATIENCE_S: Final = 5.0
"""How long the engine may take to hand over what it holds: a GB takes it about one second."""
MUCH: Final = 256
"""Tokens that are worth writing all of a conversation's again: a slow processor reads them in some
ten seconds."""
BYTES_A_SECOND: Final = 10**6
"""Of rest. 3,000 tokens are 37 MB with a model of 0.5 B, 170 MB with one of 7 B: without a bound
each pause to read a reply would write them all."""
HARMLESS: Final = (KnownError, BugError, MemoryError)
"""What may go wrong with a snapshot, and is nobody's trouble."""


class Continuity:
    """The memory of one engine. Used by the thread that uses the engine."""

    def __init__(self, engine: Engine) -> None:
        self.snapshots: Snapshots | None = None
        """Where they are kept; None while no history is open."""
        self._engine = engine
        self._child: int | None = None
        self._held = Session()
        """What the engine has read, as far as it was answered."""
        self._unsealed = False
        self._tokens: int | None = 0
        """In the engine; None where that is not known, and much is new."""
        self._sealed_tokens = self._sealed_bytes = 0
        """What was sealed of it last."""

    @property
    def due_after(self) -> float:
        """The seconds of rest after which `seal` is worth what it writes. Any thread may ask."""
        tokens = self._tokens
        if tokens is None or tokens - self._sealed_tokens >= MUCH:
            return 0.0
        return self._sealed_bytes / BYTES_A_SECOND

    @property
    def unsealed(self) -> bool:
        """Tell whether `seal` has something to do. Any thread may ask."""
        return self._unsealed and self._held.id is not None and self.snapshots is not None

    @contextmanager
    def kept_in(self, snapshots: Snapshots) -> Iterator[None]:
        """Keep what is read in the block in `snapshots`; at its end it is sealed, and forgotten."""
        self.snapshots = snapshots
        try:
            yield
        finally:
            self.seal()
            self.snapshots = self._child = None
            self._held = Session()

    def enter(self, session: Session) -> None:
        """Prepare for a request about `session`: have read what was read of it before.

        Raises:
            EngineError: the engine cannot start.
        """
        child = self._engine.start().pid
        if child == self._child and session.id == self._held.id:
            return
        if child == self._child:
            self.seal()
        self._child, self._held, self._unsealed = child, Session(id=session.id), False
        self._tokens = self._sealed_tokens = self._sealed_bytes = 0
        self._put_back()

    def latest(self, session: Session) -> Session:
        """Return `session` as it is remembered here, where whoever asks has not heard of it yet."""
        return session.recalling(self._held) if session.id == self._held.id else session

    def has_read(self, session: Session, tokens: int | None = None) -> None:
        """Note that the engine has read, and written, `session`: so many tokens, where it says."""
        self._held, self._unsealed, self._tokens = session, True, tokens
        if tokens is None:  # it may have been made shorter, and all of it is new
            self._sealed_tokens = 0

    def seal(self, *, at_most: int | None = None, patience: float = PATIENCE_S) -> None:
        """Seal what has been read since the last time, unless it is off the record.

        Args:
            at_most: bytes; more is left for another time. None is what there is room for.
            patience: seconds; an engine that has handed over nothing by then is ended.
        """
        session, snapshots = self._held, self.snapshots
        if not self._unsealed or session.id is None or snapshots is None or not session.turns:
            return
        room = snapshots.room if at_most is None else min(at_most, snapshots.room)
        if room <= 0:
            return
        self._unsealed = False
        with suppress(*HARMLESS):
            content = self._engine.snapshot(session.visible(), at_most=room, patience=patience)
            if content:
                self._sealed_tokens, self._sealed_bytes = self._tokens or 0, len(content)
                snapshots.put(session.id, content)
            else:  # more than there is time for now
                self._unsealed = at_most is not None

    def _put_back(self) -> None:
        session, snapshots = self._held.id, self.snapshots
        if session is None or snapshots is None:
            return
        restored = False
        try:
            content = snapshots.get(session)
            if content is None:
                return
            restored = self._engine.restore(content)
        except HARMLESS as error:
            if not isinstance(error, EngineError):
                self._engine.close()  # it may wait for the rest of what it was handed
            self._child = self._engine.start().pid  # the next one reads it word for word
        if not restored:
            snapshots.drop(session)
