"""How much of a history is on the disk while another process has it open."""

from __future__ import annotations

import struct
import subprocess
from contextlib import suppress
from pathlib import Path

FILE_HEADER, FRAME_HEADER = 32, 24


def commits(folder: Path) -> int:
    """Return how many transactions the log of the vault in `folder` holds.

    The log's own headers are not encrypted (sqlite.org/fileformat2.html#walformat): a frame that
    ends a transaction says how large the database is then.
    """
    log = folder / "history.db-wal"
    content = log.read_bytes() if log.exists() else b""
    if len(content) < FILE_HEADER:
        return 0
    (page,) = struct.unpack_from(">I", content, 8)
    frames = range(FILE_HEADER, len(content) - page - FRAME_HEADER + 1, FRAME_HEADER + page)
    return sum(struct.unpack_from(">I", content, frame + 4) != (0,) for frame in frames)


def wait_for_commits(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until `process` has ended so many transactions: message, reply begun, reply grown, …"""
    while commits(folder) < count:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
            raise AssertionError("the program ended")
