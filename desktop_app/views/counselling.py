"""The counsellor behind a thread of its own: the window asks, signals answer.

Whatever is asked ends in exactly one signal of success or failure, unless it was given up: then
nothing more is heard of it. The window's thread never waits for the model; only `close`, when the
window has gone, does.

What it does in its thread is in counselling_worker.py.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    Qt,
    QThread,
    QTimer,
    Signal,
    Slot,
)

from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Session
from desktop_app.views.counselling_worker import CounsellingWorker, OpenCounsellor

if TYPE_CHECKING:  # the model's thread loads it
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.engine.placement import Why

REPAINT_MS: Final = 50
"""Pieces are handed on at most 20 times a second."""
STOP_AGAIN_MS: Final = 50
"""A stop that came before the request reached the child is lost, so it is sent again."""
STOP_PATIENCE_MS: Final = 1000
"""A child that has not listened by then is ended; a stop takes a few ms with one that does."""
READING_PATIENCE_MS: Final = 10_000
"""A child that reads ahead, and by then has not left it for a message, is ended. A slow processor
may need some seconds to the end of one operation, and the model's loading would cost more."""
CLOSE_AGAIN_MS: Final = 100


class Counselling(QObject):
    """Opens models and has messages answered, one thing at a time."""

    opening_began = Signal()
    opened = Signal()
    failed_to_open = Signal(Exception)
    placed = Signal()
    """The model computes elsewhere than it did: a device failed at work, or memory is short now."""
    wrote = Signal(str)
    """The next characters of the reply in progress."""
    replied = Signal(Reply)
    failed_to_reply = Signal(Exception)
    read = Signal(int)
    """So many tokens were read ahead; it has ended, whether or not that was all."""

    remembered = Signal(Session)
    """Of this conversation less is seen, and a summary remembered, from now on."""

    _open = Signal(int, object, bool)
    _answer = Signal(int, Session, str)
    _read = Signal(int, Session, str)
    _seal = Signal(object, float)

    def __init__(self, open_counsellor: OpenCounsellor, model: str | None) -> None:
        """Nothing is loaded yet; `model` is what the first `open_again` loads."""
        super().__init__()
        self.ready = False
        """A model is in memory, or will be again at the next message."""
        self.opening = False
        self.place: Why | None = None
        """Where the model that is in memory computes."""
        self._model = model
        self._number = 0
        """Counts what was opened; of what another choice has overtaken nothing is heard."""
        self._asked = 0
        """Counts what was to be answered."""
        self._heard: int | None = None
        """Which of it the window hears of: the last, unless that was given up."""
        self._worker = CounsellingWorker(open_counsellor)
        self._thread = QThread()
        self._thread.setObjectName("counselling")
        self._worker.moveToThread(self._thread)
        self._reading: str | None = None
        """The conversation that was read ahead last."""
        self._unshown: list[str] = []
        self._shower = QTimer(self, interval=REPAINT_MS, singleShot=True)
        self._shower.timeout.connect(self._show)
        self._stopper = QTimer(self, interval=STOP_AGAIN_MS)
        self._stopper.timeout.connect(self._worker.stop, Qt.ConnectionType.DirectConnection)
        self._killer = QTimer(self, interval=STOP_PATIENCE_MS, singleShot=True)
        self._killer.timeout.connect(self._worker.kill, Qt.ConnectionType.DirectConnection)
        self._hurrier = QTimer(self, interval=READING_PATIENCE_MS, singleShot=True)
        self._hurrier.timeout.connect(self._worker.hurry, Qt.ConnectionType.DirectConnection)
        self._open.connect(self._worker.open)
        self._answer.connect(self._worker.answer)
        self._read.connect(self._worker.read_ahead)
        self._seal.connect(self._worker.seal)
        self._worker.read.connect(self.read)
        self._worker.remembered.connect(self.remembered)
        self._worker.opened.connect(self._has_opened)
        self._worker.failed_to_open.connect(self._has_failed_to_open)
        self._worker.placed.connect(self._has_been_placed)
        self._worker.wrote.connect(self._collect)
        self._worker.ended.connect(self._has_ended)
        self._thread.start()

    def open(self, model: str | None, *, wished: bool) -> None:
        """Load a model in place of the one before; ends in `opened` or `failed_to_open`.

        Unless a person `wished` for it, one that crashed while it was loaded fails to open.
        """
        self.ready, self.opening, self._model = False, True, model
        self._worker.stop_reading()
        self._number = self._worker.wanted = self._number + 1
        self.opening_began.emit()
        self._open.emit(self._number, model, wished)

    @property
    def model(self) -> str | None:
        """The model that is in memory, or would be loaded next; None is the one that ships."""
        return self._model

    def open_again(self, *, wished: bool = False) -> None:
        """Try the last model once more, unless it is being loaded already."""
        if not self.opening:
            self.open(self._model, wished=wished)

    def answer(self, session: Session, message: str) -> None:
        """Have `message` answered; ends in `replied` or `failed_to_reply`."""
        self._worker.stop_reading()
        self._hurrier.start()
        self._asked += 1
        self._heard = self._asked
        self._answer.emit(self._asked, session, message)

    def stop(self) -> None:
        """End the reply in progress; it still ends in `replied`, or in `failed_to_reply`.

        A child that does not listen is ended; then it is `failed_to_reply`.
        """
        if self._heard is None:
            return
        self._worker.stopped.add(self._heard)
        self._worker.stop()
        self._stopper.start()
        if not self._killer.isActive():  # a second click waits no longer than the first
            self._killer.start()

    def read_ahead(self, session: Session, written: str) -> None:
        """Have `session` read, and what is `written` of the next message; ends in `read`.

        What is to be answered comes first, and ends it; another reading of the same conversation
        goes on from where this one ends.
        """
        if session.id != self._reading:
            self._worker.stop_reading()
        self._reading = session.id
        self._worker.newest_reading += 1
        self._read.emit(self._worker.newest_reading, session, written)

    def keep_in(self, snapshots: Snapshots | None) -> None:
        """Keep what the model has read beside the open history; None while there is none."""
        self._worker.snapshots = snapshots

    def seal(self, patience: float = 0.0) -> None:
        """Have what the model has read sealed, and wait for it so many seconds at most.

        With patience the reply in progress ends, for the history is about to be closed.
        """
        if not patience:
            self._seal.emit(None, patience)
        elif self._worker.unsealed:
            self._worker.stop_reading()
            self.stop()
            done = threading.Event()
            self._seal.emit(done, patience)
            done.wait(patience)

    @property
    def due_after(self) -> float:
        """The seconds of rest after which what the model has read is worth being sealed."""
        return self._worker.due_after

    def give_up(self) -> None:
        """Hear nothing more of the reply that was stopped; if it has not begun, it never will."""
        assert self._heard in self._worker.stopped, "a reply is given up after it was stopped"
        self._worker.given_up.add(self._heard)
        self._heard = None
        self._unshown.clear()

    def close(self) -> None:
        """Stop the reply, end the child and the thread; waits for both."""
        self._hurrier.stop()
        self._stopper.stop()
        self._killer.stop()
        self._shower.stop()
        self._worker.stop_reading()
        self._thread.quit()
        self._worker.leave()
        while not self._thread.wait(CLOSE_AGAIN_MS):
            # It may have been about to start a child when the first call came.
            self._worker.leave()
        self._worker.release()

    def rest(self) -> None:
        """End the child, and forget what was asked and answered; `open_again` begins anew."""
        self.close()
        for receiver in (self, self._worker):  # what was said may be on the way between them
            QCoreApplication.removePostedEvents(receiver, QEvent.Type.MetaCall.value)
        self._unshown.clear()
        self._heard = None
        self._worker.stopped.clear()
        self._worker.given_up.clear()
        self.ready = self.opening = False
        self._thread.start()

    @Slot(int, object)
    def _has_opened(self, number: int, place: Why | None) -> None:
        if number == self._number:
            self.ready, self.opening, self.place = True, False, place
            self.opened.emit()

    @Slot(int, Exception)
    def _has_failed_to_open(self, number: int, error: Exception) -> None:
        if number == self._number:
            self.opening = False
            self.failed_to_open.emit(error)

    @Slot(int, object)
    def _has_been_placed(self, number: int, place: Why | None) -> None:
        if number == self._number:
            self.place = place
            self.placed.emit()

    @Slot(int, str)
    def _collect(self, number: int, text: str) -> None:
        if number == self._heard:
            self._hurrier.stop()
            self._unshown.append(text)
            if not self._shower.isActive():
                self._shower.start()

    @Slot()
    def _show(self) -> None:
        text = "".join(self._unshown)
        self._unshown.clear()
        if text:
            self.wrote.emit(text)

    @Slot(int, object)
    def _has_ended(self, number: int, outcome: Reply | Exception | None) -> None:
        self._worker.stopped.discard(number)
        self._worker.given_up.discard(number)
        if self._worker.stopped:  # another was stopped while this one did not listen
            self._killer.start()
        else:
            self._stopper.stop()
            self._killer.stop()
        if number != self._heard:
            return
        self._heard = None
        self._hurrier.stop()
        self._shower.stop()
        self._show()
        if isinstance(outcome, Reply):
            self.replied.emit(outcome)
        else:
            self.failed_to_reply.emit(outcome)
