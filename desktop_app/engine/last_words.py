"""What a child writes to stderr: read so that it never waits, the end of it kept in memory.

llama.cpp says there why it gives up. It may say anything else, a prompt among it, so nobody but
causes.py looks at it: it is not shown, not logged, and gone with the child.
"""

from __future__ import annotations

import threading
from typing import IO, Final

KEPT_BYTES: Final = 16 * 1024
"""A failing load says some dozen lines."""


class LastWords:
    """Reads one stream to its end in a thread of its own."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._reader = threading.Thread(
            target=self._read, args=(stream,), name="engine-last-words", daemon=True
        )
        self._reader.start()

    def heard(self, timeout: float) -> bytes:
        """Return the last KEPT_BYTES, all of them when the stream ends within `timeout` seconds."""
        self._reader.join(timeout)
        return self._kept

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while part := stream.read1(KEPT_BYTES):  # type: ignore[attr-defined]
                self._kept = (self._kept + part)[-KEPT_BYTES:]
