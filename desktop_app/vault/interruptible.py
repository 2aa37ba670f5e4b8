"""Work with a history that takes its time, and ends early where the history is to be closed.

Whoever closes it waits for as little as possible, so long work looks between its steps whether it
is given up. A person is told of what was given up: they asked for it, and it was not done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum, auto
from typing import Final

from desktop_app.vault.errors import GivenUpError, VaultError

IN_HASTE_S: Final = 1.5
"""Less than a window that locks waits for what runs: what then is not done will not be.

A copy of some 100 MB takes as long; a machine about to sleep gives five seconds in all.
"""


CERTAIN: Final = frozenset(
    {"vault.copies_behind", "vault.rotation_unfinished", "vault.keyring_left"}
)
"""Errors of a change of the keys that is in force all the same, or will be at the next opening."""


class Work(StrEnum):
    """What a person asked for and should hear of; its value ends the key of the sentence."""

    BRINGING_IN = auto()
    """A backup that is restored, conversations that are imported."""
    CHANGING_KEY = auto()
    """A new data key, or a way of opening; a person may have written down a recovery code that is
    to come with it.
    """
    WRITING_OUT = auto()
    """A backup or an export that is written."""
    PURGING = auto()
    """What is removed for good. It may still be done in haste: the person is sure, and may not
    come back for what they believe to be gone.
    """


class Interruptible:
    """What a history is asked by such work. Any thread may ask."""

    def __init__(self) -> None:
        self._given_up = threading.Event()
        self._given_up_at = 0.0
        """When (monotonic clock)."""
        self._at_work: dict[int, Work] = {}
        """The threads whose work can still be given up."""
        self._granted: dict[int, float] = {}
        """The threads that may go on nevertheless, and until when (monotonic clock)."""
        self._broke_off: set[Work] = set()
        self._marks = threading.Lock()
        """Held to change one of those above, and for nothing that takes its time."""

    def give_up(self) -> None:
        """Have a copy or other such work in progress end at its next step, and begin none.

        For whoever is about to close this, and waits for as little as possible.
        """
        with self._marks:
            self._given_up_at = time.monotonic()
            self._given_up.set()

    @property
    def broke_off(self) -> frozenset[Work]:
        """What was being done when `give_up` was called, and will not be.

        Also where that is not over yet: who reads a long file notices when it has read it.
        """
        with self._marks:
            under_way = self._at_work.values() if self._given_up.is_set() else ()
            return frozenset({*self._broke_off, *under_way})

    def go_on(self) -> None:
        """Allow such work again: it is not going to be closed after all."""
        with self._marks:
            self._given_up.clear()
            self._broke_off.clear()

    def check_given_up(self) -> None:
        """Let work that takes its time go on, between two of its steps.

        Raises:
            GivenUpError: `give_up` was called; whoever is at it undoes what it did.
        """
        thread = threading.get_ident()
        until = self._granted.get(thread, 0.0)
        if self._at_work.get(thread) is Work.PURGING:
            until = self._given_up_at + IN_HASTE_S
        if self._given_up.is_set() and time.monotonic() >= until:
            raise GivenUpError("vault.given_up")

    @contextmanager
    def granting(self, seconds: float) -> Iterator[None]:
        """Let this thread do one thing more though it is given up, for so long at most."""
        thread = threading.get_ident()
        self._granted[thread] = time.monotonic() + seconds
        try:
            yield
        finally:
            self._granted.pop(thread, None)

    @contextmanager
    def at(self, work: Work) -> Iterator[None]:
        """Remember it where the block is given up: a person is told that it was not done.

        The block is all of it, reading the file included, and may hold others of its kind.
        """
        thread = threading.get_ident()
        with self._marks:
            begins = thread not in self._at_work
            self._at_work.setdefault(thread, work)
        try:
            self.check_given_up()
            yield
        except Exception as error:
            # What fails in haste is not done either, and nobody hears of it otherwise.
            done = isinstance(error, VaultError) and error.key in CERTAIN
            hurried = work is not Work.WRITING_OUT and not done
            with self._marks:
                # Else the window stayed meanwhile, and its person is told when this has ended: a
                # later lock would tell it again, and take what fails then for given up.
                if self._given_up.is_set() and (hurried or isinstance(error, GivenUpError)):
                    self._broke_off.add(work)
            raise
        finally:
            if begins:
                with self._marks:
                    self._at_work.pop(thread, None)

    def check_given_up_at_last(self) -> None:
        """See `check_given_up`; from here on it is done, whatever is called."""
        with self._marks:
            self.check_given_up()
            self._at_work.pop(threading.get_ident(), None)
