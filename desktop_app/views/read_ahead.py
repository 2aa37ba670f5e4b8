"""The model reads while the person writes, so that after Enter little is left to be read.

What is written is handed to the model's child, which holds it in memory alone: it is judged, kept
and answered when it is sent, and what is sealed for the next start ends before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.conversation.message import composed
from desktop_app.dialogue import Session
from desktop_app.views.conversation import Conversation
from desktop_app.views.counselling import Counselling
from desktop_app.views.exchange import Exchange

PAUSE_MS: Final = 300
"""Whoever has not typed for so long is thinking; a key comes every 100 to 200 ms."""
IDLE_MS: Final = 3_000
"""What has been said is sealed so long after the last word of it, unless the next one is written:
a lock or a quit then finds little to do, however large the model. Where that would write much again
for a few words, it waits for longer."""


LATEST_MS: Final = 10_000
"""Whoever writes without a rest has what is written kept so often all the same."""


class ReadAhead(QObject):
    """Has the conversation on the screen read, whenever nothing is being answered."""

    remembered = Signal(Conversation)
    """The model sees less of it from now on, and has a summary in the place of that."""
    to_be_kept = Signal()
    """For `IDLE_MS` nothing more has been written, or for `LATEST_MS` something all the time."""

    def __init__(
        self,
        counselling: Counselling,
        exchange: Exchange,
        written: Callable[[], tuple[Conversation, str]],
    ) -> None:
        """`written` gives the conversation on the screen and what is written, sent or not."""
        super().__init__(counselling)
        self._counselling = counselling
        self._exchange = exchange
        self._written = written
        self._ended = False
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._read)
        self._idle = QTimer(self, interval=IDLE_MS, singleShot=True)
        self._idle.timeout.connect(self._rest_on)
        self._latest = QTimer(self, interval=LATEST_MS, singleShot=True)
        self._latest.timeout.connect(self.to_be_kept)
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._seal)
        self._read_last: Conversation | None = None
        counselling.opened.connect(self._read)
        counselling.remembered.connect(self._remember)
        exchange.changed.connect(self._read)

    def soon(self) -> None:
        """Read when nothing more has been written for a moment."""
        if self._ended:
            return
        self._pause.start()
        if not self._latest.isActive():
            self._latest.start()
        self.rest_again()

    def end(self) -> None:
        """Read nothing any more: the window goes."""
        self._ended = True  # a signal may be on its way to what is about to be destroyed
        for timer in (self._pause, self._idle, self._rest, self._latest):
            timer.stop()

    def forget(self) -> None:
        """Hold no conversation any more: the history is closed."""
        self._read_last = None

    def _read(self) -> None:
        self._pause.stop()
        self._read_last = None
        if self._ended or not self._counselling.ready or self._exchange.current is not None:
            return  # both end in a signal that comes here
        conversation, written = self._written()
        self._read_last = conversation
        text = composed(written)
        question = conversation.question(*filter(None, (text,)))
        self._counselling.read_ahead(conversation.session, question)
        self.rest_again()

    def _remember(self, session: Session) -> None:
        """Have it remembered; where another conversation came between, it is made again."""
        conversation = self._read_last
        if self._ended or conversation is None or conversation.id != session.id:
            return
        if conversation.remember(session):
            self.remembered.emit(conversation)

    def rest_again(self) -> None:
        """Begin to rest anew: what is done then could not be done yet."""
        self._rest.stop()
        self._idle.start()

    def _rest_on(self) -> None:
        """Rest until sealing is worth what it writes."""
        due_ms = round(1000 * self._counselling.due_after)
        self._rest.start(max(0, due_ms - self._idle.interval()))
        self._latest.stop()
        self.to_be_kept.emit()  # last: whoever hears it may have it begin again

    def _seal(self) -> None:
        """Seal, unless something is written: that would have to be read again afterwards."""
        if self._exchange.current is None and not composed(self._written()[1]):
            self._counselling.seal()
