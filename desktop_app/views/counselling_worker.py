"""What counselling.py does in its thread: opens a model, has messages answered, reads ahead, seals.

What stands below the slots is called from the window's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Session
from desktop_app.errors import KnownError

if TYPE_CHECKING:  # the model's thread loads it
    from desktop_app.conversation.counsellor import Counsellor
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.engine.placement import Why

OpenCounsellor = Callable[[str | None, bool], "AbstractContextManager[Counsellor]"]
"""Gives the counsellor of a named model, of the shipped one for None, and whether a person wished
for it just now; raises KnownError."""


class CounsellingWorker(QObject):
    """Lives in the thread. What stands below the slots is called from outside it."""

    opened = Signal(int, object)
    failed_to_open = Signal(int, Exception)
    placed = Signal(int, object)
    wrote = Signal(int, str)
    ended = Signal(int, object)
    """What was to be answered has its Reply, or the Exception that kept it from having one; None
    where it was given up before it began."""
    read = Signal(int)
    remembered = Signal(Session)

    def __init__(self, open_counsellor: OpenCounsellor) -> None:
        super().__init__()
        self._open_counsellor = open_counsellor
        self._held = ExitStack()
        self._counsellor: Counsellor | None = None
        self._opened = 0
        """Which of what was asked to be opened is."""
        self._place: Why | None = None
        """Where the window believes that the model computes."""
        self.wanted = 0
        """The last thing asked to be opened; set from outside."""
        self.stopped: set[int] = set()
        """What shall end; set from outside, as is `given_up`."""
        self.given_up: set[int] = set()
        self.newest_reading = 0
        """The last thing asked to be read ahead; set from outside."""
        self._dropped_reading = 0
        """Nothing up to it is to be read any more."""
        self.snapshots: Snapshots | None = None
        """Set from outside."""
        self._is_reading = False
        self._answering = 0
        self._turning = threading.Lock()
        """Held to begin with another, and to end one: a stop must not hit the one after it."""

    @Slot(int, object, bool)
    def open(self, number: int, model: str | None, wished: bool) -> None:
        """Load a model; ends in `opened` or `failed_to_open`, unless another is wanted."""
        if number != self.wanted:
            return
        try:
            self._let_go()
            self._counsellor = self._held.enter_context(self._open_counsellor(model, wished))
            loaded = self._counsellor.engine.start()
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.failed_to_open.emit(number, error)
        else:
            self._opened, self._place = number, loaded.why
            self.opened.emit(number, loaded.why)

    @Slot(int, Session, str)
    def answer(self, number: int, session: Session, message: str) -> None:
        """Have a message answered; ends in `ended`."""
        with self._turning:
            self._answering = number
        if number in self.given_up:
            self.ended.emit(number, None)
            return
        try:
            counsellor = self._counsellor
            assert counsellor is not None, "the window asks after `opened`"
            counsellor.continuity.snapshots = self.snapshots
            for event in counsellor.answer(session, message):
                self._tell_place(counsellor)
                if isinstance(event, Reply):
                    self.ended.emit(number, event)
                else:
                    self.wrote.emit(number, event.text)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.ended.emit(number, error)

    @Slot(int, Session, str)
    def read_ahead(self, number: int, session: Session, written: str) -> None:
        """Read a conversation and what is written after it, unless dropped; ends in `read`."""
        counsellor, tokens = self._counsellor, 0
        with self._turning:
            wanted = partial(self._wants, number)
            self._is_reading = number == self.newest_reading and wanted()
        try:
            if counsellor is not None and self._is_reading:
                counsellor.continuity.snapshots = self.snapshots
                with suppress(KnownError):  # it is met again, and told, when there is a message
                    shorter = counsellor.make_room(session, written, wanted)
                    if shorter.unseen > session.unseen:
                        self.remembered.emit(shorter)
                    tokens = counsellor.read_ahead(shorter, written, wanted)
                    self._tell_place(counsellor)
        finally:
            with self._turning:
                self._is_reading = False
            self.read.emit(tokens)

    @Slot(object, float)
    def seal(self, done: threading.Event | None, patience: float) -> None:
        """Seal what the model has read; with `done`, set then, within `patience` seconds."""
        counsellor, snapshots = self._counsellor, self.snapshots
        try:
            if counsellor is None or snapshots is None:
                return
            counsellor.continuity.snapshots = snapshots
            if done is None:
                counsellor.continuity.seal()
            else:  # half of the time to hand it over, half to write it
                half = patience / 2
                counsellor.continuity.seal(at_most=snapshots.writable_in(half), patience=half)
        finally:
            if done is not None:
                done.set()

    def _let_go(self) -> None:
        """Seal what the model has read, and close it."""
        try:
            if self._counsellor is not None:
                self._counsellor.continuity.seal()
        finally:
            self._counsellor = None
            self._held.close()

    def _tell_place(self, counsellor: Counsellor) -> None:
        """Tell where the model computes, where it had to be loaded anew and came elsewhere."""
        loaded = counsellor.engine.loaded
        if loaded is not None and loaded.why != self._place:
            self._place = loaded.why
            self.placed.emit(self._opened, loaded.why)

    def _wants(self, number: int) -> bool:
        return number > self._dropped_reading

    @property
    def unsealed(self) -> bool:
        """Tell whether the model has read what is not sealed yet."""
        counsellor = self._counsellor
        return counsellor is not None and counsellor.continuity.unsealed

    @property
    def due_after(self) -> float:
        """The seconds of rest after which it is worth being sealed."""
        counsellor = self._counsellor
        return 0.0 if counsellor is None else counsellor.continuity.due_after

    def stop_reading(self) -> None:
        """Drop all that was to be read ahead."""
        with self._turning:
            counsellor, self._dropped_reading = self._counsellor, self.newest_reading
            if counsellor is not None and self._is_reading:
                counsellor.engine.cancel()

    def stop(self) -> None:
        """End the reply in progress, where it is one of `stopped`."""
        with self._turning:
            counsellor = self._counsellor
            if counsellor is not None and self._answering in self.stopped:
                counsellor.engine.cancel()

    def kill(self) -> None:
        """End the child, where it does what is to end."""
        with self._turning:
            counsellor = self._counsellor
            if counsellor is not None and (self._is_reading or self._answering in self.stopped):
                counsellor.engine.kill()

    def hurry(self) -> None:
        """End a child that reads ahead, though that was to end; one that loads is waited for."""
        with self._turning:
            dropped = self.newest_reading == self._dropped_reading
            engine = None if self._counsellor is None else self._counsellor.engine
            if engine is not None and engine.loaded and self._is_reading and dropped:
                engine.kill()

    def leave(self) -> None:
        """End the child, so that what waits for it goes on."""
        counsellor = self._counsellor
        if counsellor is not None:
            counsellor.engine.close()

    def release(self) -> None:
        """Let go of what is open; after the thread has ended."""
        self._counsellor = None
        self._held.close()
