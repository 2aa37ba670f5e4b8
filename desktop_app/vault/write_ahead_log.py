"""The log beside a history that does not open, put into a copy of it.

The form is that of sqlite.org/fileformat2.html, 4: a header, then frames of one page each. A page
is encrypted in the log as in the file, so its bytes can simply take their place. The checksums are
of what lies there, the encrypted bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from desktop_app.vault.pages import PAGE

HEADER: Final = 32
FRAME_HEADER: Final = 24
MAGIC: Final = {b"\x37\x7f\x06\x82": "<", b"\x37\x7f\x06\x83": ">"}
"""How the log begins, and in what order the bytes of the words stand that are summed up."""
SALTS: Final = slice(16, 24)
"""In the log's header; a frame whose own (bytes 8 to 16) differ was left by an earlier log."""
SUMMED: Final = 8
"""So many bytes of a frame's header are part of its checksum."""

Checksum = tuple[int, int]


def with_log(copy: Path, log: Path) -> None:
    """Write the pages of what was committed into `copy`; a transaction cut short is left out.

    Raises:
        OSError: the disk is full, …
    """
    with copy.open("rb+") as file:
        for number, page in sorted(committed(log.read_bytes()).items()):
            file.seek((number - 1) * PAGE)
            file.write(page)


def committed(content: bytes) -> dict[int, bytes]:
    """Return the newest of each page that a whole transaction in a log left, by its number.

    Each checksum goes on from the one before it, so with the first frame that is not as it was
    written the log ends, as it does for SQLite: where the power went, half a page may be there.
    """
    order = MAGIC.get(content[:4])
    if order is None or len(content) < HEADER:
        return {}
    sum_at = HEADER - SUMMED
    checksum = _summed(content[:sum_at], (0, 0), order)
    if checksum != _words_at(content, sum_at):
        return {}
    whole: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for at in range(HEADER, len(content) - FRAME_HEADER - PAGE + 1, FRAME_HEADER + PAGE):
        header = content[at : at + FRAME_HEADER]
        page = content[at + FRAME_HEADER : at + FRAME_HEADER + PAGE]
        checksum = _summed(header[:SUMMED] + page, checksum, order)
        if header[8:16] != content[SALTS] or checksum != _words_at(header, 16):
            break
        number, pages_after_commit = _words_at(header, 0)
        pending[number] = page
        if pages_after_commit:
            whole |= pending
            pending = {}
    return whole


def _summed(content: bytes, checksum: Checksum, order: str) -> Checksum:
    """Return the checksum after `content`, an even number of 32-bit words; section 4.2."""
    first, second = checksum
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    for even, odd in zip(words, words, strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def _words_at(content: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(">II", content, at)
    return first, second
