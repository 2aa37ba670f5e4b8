"""A model on its way here: looked up, agreed to, coming, paused. One at a time.

Belongs to the window and outlives the page that shows it: what was begun goes on while the person
talks, and is paused when the window goes.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from desktop_app.errors import KnownError
from desktop_app.models.catalogue import Entry, Pin
from desktop_app.models.fetch import Checking, Coming, Fetch, Found, Installed, News, Waiting
from desktop_app.models.install import PARTS, add
from desktop_app.models.job import Job, job_for
from desktop_app.models.library import id_of
from desktop_app.models.part import bytes_here, remove_other_parts
from desktop_app.models.rate import Rate
from desktop_app.models.source import source_from
from desktop_app.paths import Paths
from desktop_app.views.preferences import Preferences
from desktop_app.views.tasks import Tasks
from resources.messages import sentence

REPORT_S: Final = 0.2
"""A copy tells how far it is as often as a person can follow: each time, every row is written."""


class Stage(StrEnum):
    """How far a model is on its way."""

    LOOKING = "looking"
    AGREEING = "agreeing"
    """What would come is known; the person has to agree."""
    COMING = "coming"
    WAITING = "waiting"
    """The hub asked for a pause."""
    CHECKING = "checking"
    COPYING = "copying"
    """A file of the person's own."""
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One model on its way."""

    id: str
    """Of the catalogue's entry; empty for a file."""
    name: str
    stage: Stage
    pin: Pin | None = None
    done: int = 0
    total: int = 0
    told: str = ""
    """How far, how fast, how long yet, in the language in force when it was told."""

    @property
    def moves(self) -> bool:
        """Whether something is being done without the person."""
        return self.stage not in {Stage.AGREEING, Stage.PAUSED}

    @property
    def comes(self) -> bool:
        """Whether its bytes are coming, or have begun to: no longer looked up or asked about."""
        return self.pin is not None and self.stage is not Stage.AGREEING


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one that was on its way."""

    id: str
    """Of the catalogue's entry; empty for a file."""
    name: str
    installed: str = ""
    """Under which id it can be used."""
    error: Exception | None = None
    """Why it did not come; what has come stays."""


class _GivenUpError(Exception):
    """Copying was cancelled."""


class Transfers(QObject):
    """The one that is on its way, and the ways on."""

    changed = Signal()
    ended = Signal()
    """It came, or did not: `outcome` says which."""

    _heard = Signal(int, object)
    _removed = Signal()
    """What had come of one is gone; from whichever thread."""

    def __init__(self, paths: Paths, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self.installed = paths.models
        self.ledger = paths.connections
        self.current: Transfer | None = None
        self.outcome: Outcome | None = None
        """What became of the last one, until somebody has shown it, or another begins."""
        self._cache = paths.cache
        self._preferences = preferences
        self._entry: Entry | None = None
        # No child of the window's: locking ends what dialogs and pages began, and waits for it.
        self._tasks = Tasks()
        self._rate = Rate()
        self._number = 0
        """Counts what was begun; of what was paused or cancelled nothing more is heard."""
        self._running: dict[int, Callable[[], None]] = {}
        """What ends each of those that run."""
        self._unwanted: set[int] = set()
        """Of these nothing shall stay."""
        self._heard.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._removed.connect(self.changed, Qt.ConnectionType.QueuedConnection)

    def begin(self, entry: Entry) -> None:
        """Get a model: at once where its revision is known, else after it was looked up."""
        self._entry = entry
        if entry.pin is not None:
            self._get(entry, entry.pin)
            return
        self._show(Transfer(entry.id, entry.name, Stage.LOOKING))
        self._start(entry, "look", None)

    def agree(self) -> None:
        """Get what was looked up, or go on with what was paused."""
        if self.current is not None and self._entry is not None and self.current.pin is not None:
            self._get(self._entry, self.current.pin)

    def pause(self) -> None:
        """End the download; what has come stays, also when the program ends."""
        if self.current is not None and self.current.stage is not Stage.COPYING:
            self._end()
            self._show(replace(self.current, stage=Stage.PAUSED))

    def cancel(self) -> None:
        """End it; of one that comes, remove what has come."""
        transfer, number = self.current, self._number
        self._end()
        if transfer is not None and transfer.comes:
            self._unwanted.add(number)
            if number not in self._running:  # else its child has to let go of the part first
                self._tasks.start(partial(self._remove, transfer.id), _nothing, _nothing)
        self._show(None)

    def copy(self, path: Path) -> None:
        """Copy a person's own file in."""
        self._end()
        self._number += 1
        number, given_up = self._number, threading.Event()
        self._running[number] = given_up.set
        told_at = -math.inf

        def progress(done: int, total: int) -> None:
            nonlocal told_at
            if given_up.is_set():
                raise _GivenUpError
            now = time.monotonic()
            if done == total or now - told_at >= REPORT_S:
                told_at = now
                self._heard.emit(number, Coming(done, total))

        def work() -> News:
            try:
                return Installed(id_of(add(path, self.installed, progress)))
            finally:
                self._running.pop(number, None)

        self._rate = Rate()
        self._show(Transfer("", path.name, Stage.COPYING))
        self._tasks.start(work, partial(self._hear, number), partial(self._fail, number))

    def here(self, entry: Entry) -> int:
        """Return how many bytes of a model have come and wait for the rest."""
        return bytes_here(self.installed, entry.id)

    def close(self) -> None:
        """Pause what is coming, and wait for its process."""
        self._end()
        self._tasks.close()

    def _get(self, entry: Entry, pin: Pin) -> None:
        there = bytes_here(self.installed, entry.id)
        self._show(Transfer(entry.id, entry.name, Stage.COMING, pin, there, pin.bytes))
        self._start(entry, "get", pin)

    def _start(self, entry: Entry, reason: str, pin: Pin | None) -> None:
        self._end()
        self._number += 1
        self._rate = Rate()
        number = self._number
        try:
            chosen = self._preferences.settings
            source = source_from(chosen.hub, chosen.proxy)
        except KnownError as error:
            self._fail(number, error)
            return
        job = job_for(entry, source, self.installed, self.ledger, reason=reason, pin=pin)
        work = partial(self._fetch, number, job)
        self._running[number] = _nothing
        self._tasks.start(work, _nothing, partial(self._fail, number))

    def _fetch(self, number: int, job: Job) -> None:
        """Run the child; in a thread of its own."""
        try:
            with Fetch(job, self._cache) as fetch:
                self._running[number] = fetch.stop
                if number != self._number:  # it was ended while the child was being started
                    fetch.stop()
                for news in fetch.news():
                    self._heard.emit(number, news)
        finally:
            self._running.pop(number, None)
            if number in self._unwanted:
                self._remove(job.id)

    def _remove(self, name: str) -> None:
        """Remove what has come of a model, and have that shown; gigabytes take their time."""
        remove_other_parts(self.installed / PARTS, name)
        self._removed.emit()

    def _end(self) -> None:
        self._number += 1
        for stop in list(self._running.values()):
            stop()
        self._tasks.abandon()

    @Slot(int, object)
    def _hear(self, number: int, news: News) -> None:
        transfer = self.current
        if number != self._number or transfer is None:
            return
        match news:
            case Found(pin):
                self._show(replace(transfer, stage=Stage.AGREEING, pin=pin, total=pin.bytes))
            case Coming(done, total):
                self._rate.add(done, time.monotonic())
                told = self._rate.told(done, total)
                copying = transfer.stage is Stage.COPYING
                stage = Stage.COPYING if copying else Stage.COMING
                self._show(replace(transfer, stage=stage, done=done, total=total, told=told))
            case Waiting():
                self._show(replace(transfer, stage=Stage.WAITING, told=news.told))
            case Checking():
                told = sentence("models.checking")
                self._show(replace(transfer, stage=Stage.CHECKING, told=told))
            case Installed(name):
                self._conclude(Outcome(transfer.id, transfer.name, installed=name))

    def _fail(self, number: int, error: Exception) -> None:
        if number != self._number:
            return
        transfer = self.current
        if transfer is not None:
            self._conclude(Outcome(transfer.id, transfer.name, error=error))

    def _conclude(self, outcome: Outcome) -> None:
        self._show(None)
        self.outcome = outcome
        self.ended.emit()

    def _show(self, transfer: Transfer | None) -> None:
        if transfer is not None:
            self.outcome = None
        self.current = transfer
        self.changed.emit()


def _nothing(*_: object) -> None:
    """Do nothing."""
