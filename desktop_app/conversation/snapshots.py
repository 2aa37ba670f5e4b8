"""KV snapshots beside the history: each sealed with its conversation's key, the oldest given up.

They can be made again, so nothing is raised: what cannot be written or read is not there, and what
is damaged is removed. They go with their conversation, and no backup holds them.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from desktop_app.errors import BugError, KnownError

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.blobs import Blobs

NAME: Final = "kv"
MB: Final = 10**6
LEFT_FREE: Final = 256 * MB
"""The last room on a disk is for what is said."""
FIRST_GUESS: Final = 200 * MB
"""Bytes a second that a disk takes, until one was measured: half of a SATA SSD's, and twice a hard
disk's. 3,000 tokens of a 7B model are 170 MB, and shall be kept by a lock that comes first."""
LEAST_MEASURED: Final = 4 * MB
"""Less takes as long as the disk needs to say that it is there, and tells nothing of more."""


class Snapshots:
    """The snapshots of one open history. Any thread may use them."""

    def __init__(self, blobs: Blobs, megabytes: int) -> None:
        """Keep at most so many megabytes of them, which holds for what is there already."""
        self._blobs = blobs
        self._budget = 0
        self._bytes_a_second: float = FIRST_GUESS
        self.limit(megabytes)

    @property
    def room(self) -> int:
        """The bytes that one of them may take."""
        return self._budget

    def limit(self, megabytes: int) -> None:
        """Keep at most so many megabytes from now on; 0 removes them all, and keeps none."""
        self._budget = megabytes * MB
        self._make_room(0)

    def writable_in(self, seconds: float) -> int:
        """Return how many bytes are sealed and on the disk in so many seconds, as far as known."""
        return int(seconds * self._bytes_a_second)

    def put(self, session: str, content: bytes) -> None:
        """Keep `content` in place of what was kept of a session; see the module."""
        size = len(content)
        if size > self._budget:
            self.drop(session)
            return
        with suppress(KnownError, BugError):  # a bug is also a history that was just closed
            self._make_room(size, beside=session)
            if self._blobs.free_bytes() < size + LEFT_FREE:
                return
            began = time.perf_counter()
            self._blobs.put(session, NAME, content)
            if size >= LEAST_MEASURED:
                self._bytes_a_second = size / max(1e-3, time.perf_counter() - began)

    def get(self, session: str) -> bytes | None:
        """Return what is kept of a session, None for nothing; what is damaged is removed."""
        try:
            return self._blobs.get(session, NAME)
        except (KnownError, BugError):
            self.drop(session)
            return None

    def drop(self, session: str) -> None:
        """Keep nothing of a session."""
        with suppress(KnownError, BugError):
            self._blobs.delete(session, NAME)

    def _make_room(self, size: int, *, beside: str | None = None) -> None:
        """Remove the least recently used ones until `size` more fits; `beside` is replaced."""
        with suppress(KnownError, BugError):
            held = [each for each in self._blobs.held(NAME) if each.session != beside]
            taken = size + sum(each.size for each in held)
            for each in sorted(held, key=lambda each: each.used):
                if taken <= self._budget:
                    break
                self._blobs.delete(each.session, NAME)
                taken -= each.size
