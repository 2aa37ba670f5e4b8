"""The counsellor behind a thread of its own: the window asks, signals answer.

Whatever is asked ends in exactly one signal of success or failure. The window's thread never
waits for the model; only `close`, when the window has gone, does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from desktop_app.conversation.counsellor import Counsellor, Reply
from desktop_app.dialogue import Session
from desktop_app.engine.protocol import Piece

OpenCounsellor = Callable[[str | None], AbstractContextManager[Counsellor]]
"""Gives the counsellor of a named model, of the shipped one for None; raises KnownError."""

REPAINT_MS: Final = 50
"""Pieces are handed on at most 20 times a second."""
STOP_AGAIN_MS: Final = 50
"""A stop that came before the request reached the child is lost, so it is sent again."""
CLOSE_AGAIN_MS: Final = 100


class Counselling(QObject):
    """Opens models and has messages answered, one thing at a time."""

    opening_began = Signal()
    opened = Signal()
    failed_to_open = Signal(Exception)
    wrote = Signal(str)
    """The next characters of the reply in progress."""
    replied = Signal(Reply)
    failed_to_reply = Signal(Exception)

    _open = Signal(object)
    _answer = Signal(Session, str)

    def __init__(self, open_counsellor: OpenCounsellor) -> None:
        super().__init__()
        self.ready = False
        """A model is in memory, or will be again at the next message."""
        self.opening = False
        self._model: str | None = None
        self._worker = _Worker(open_counsellor)
        self._thread = QThread()
        self._thread.setObjectName("counselling")
        self._worker.moveToThread(self._thread)
        self._unshown: list[str] = []
        self._shower = QTimer(self, interval=REPAINT_MS, singleShot=True)
        self._shower.timeout.connect(self._show)
        self._stopper = QTimer(self, interval=STOP_AGAIN_MS)
        self._stopper.timeout.connect(self._worker.stop, Qt.ConnectionType.DirectConnection)
        self._open.connect(self._worker.open)
        self._answer.connect(self._worker.answer)
        self._worker.opened.connect(self._has_opened)
        self._worker.failed_to_open.connect(self._has_failed_to_open)
        self._worker.wrote.connect(self._collect)
        self._worker.replied.connect(self._has_replied)
        self._worker.failed_to_reply.connect(self._has_failed)
        self._thread.start()

    def open(self, model: str | None) -> None:
        """Load a model in place of the one before; ends in `opened` or `failed_to_open`."""
        self.ready, self.opening, self._model = False, True, model
        self.opening_began.emit()
        self._open.emit(model)

    def open_again(self) -> None:
        """Try the last model once more, unless it is being loaded already."""
        if not self.opening:
            self.open(self._model)

    def answer(self, session: Session, message: str) -> None:
        """Have `message` answered; ends in `replied` or `failed_to_reply`."""
        self._answer.emit(session, message)

    def stop(self) -> None:
        """End the reply in progress; it still ends in `replied`, or in `failed_to_reply`."""
        self._worker.stop()
        self._stopper.start()

    def close(self) -> None:
        """Stop the reply, end the child and the thread; waits for both."""
        self._stopper.stop()
        self._shower.stop()
        self._thread.quit()
        self._worker.leave()
        while not self._thread.wait(CLOSE_AGAIN_MS):
            # It may have been about to start a child when the first call came.
            self._worker.leave()
        self._worker.release()

    @Slot()
    def _has_opened(self) -> None:
        self.ready, self.opening = True, False
        self.opened.emit()

    @Slot(Exception)
    def _has_failed_to_open(self, error: Exception) -> None:
        self.opening = False
        self.failed_to_open.emit(error)

    @Slot(str)
    def _collect(self, text: str) -> None:
        self._unshown.append(text)
        if not self._shower.isActive():
            self._shower.start()

    @Slot()
    def _show(self) -> None:
        text = "".join(self._unshown)
        self._unshown.clear()
        if text:
            self.wrote.emit(text)

    @Slot(Reply)
    def _has_replied(self, reply: Reply) -> None:
        self._end()
        self.replied.emit(reply)

    @Slot(Exception)
    def _has_failed(self, error: Exception) -> None:
        self._end()
        self.failed_to_reply.emit(error)

    def _end(self) -> None:
        self._stopper.stop()
        self._shower.stop()
        self._show()


class _Worker(QObject):
    """Lives in the thread. `stop` and `leave` alone are called from outside it."""

    opened = Signal()
    failed_to_open = Signal(Exception)
    wrote = Signal(str)
    replied = Signal(Reply)
    failed_to_reply = Signal(Exception)

    def __init__(self, open_counsellor: OpenCounsellor) -> None:
        super().__init__()
        self._open_counsellor = open_counsellor
        self._held = ExitStack()
        self._counsellor: Counsellor | None = None

    @Slot(object)
    def open(self, model: str | None) -> None:
        self._counsellor = None
        self._held.close()
        try:
            self._counsellor = self._held.enter_context(self._open_counsellor(model))
            self._counsellor.engine.start()
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.failed_to_open.emit(error)
        else:
            self.opened.emit()

    @Slot(Session, str)
    def answer(self, session: Session, message: str) -> None:
        counsellor = self._counsellor
        assert counsellor is not None, "the window asks after `opened`"
        if session.system is None:
            session = replace(session, system=counsellor.system)
        try:
            for event in counsellor.answer(session, message):
                if isinstance(event, Piece):
                    self.wrote.emit(event.text)
                else:
                    self.replied.emit(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.failed_to_reply.emit(error)

    def stop(self) -> None:
        counsellor = self._counsellor
        if counsellor is not None:
            counsellor.engine.cancel()

    def leave(self) -> None:
        counsellor = self._counsellor
        if counsellor is not None:
            counsellor.engine.close()

    def release(self) -> None:
        """Let go of what is open; after the thread has ended."""
        self._held.close()
