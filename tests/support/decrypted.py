"""The bytes of a history as they would be without the cipher: what a purge left shows there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import apsw


def decrypted(history: Path, key: bytes) -> bytes:
    """Return the file and its log, as they lie there, decrypted; free pages are among it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        for suffix in ("", "-wal"):
            source = history.with_name(f"{history.name}{suffix}")
            target = copy.with_name(f"{copy.name}{suffix}")
            target.write_bytes(source.read_bytes() if source.exists() else b"")
        database = apsw.Connection(str(copy))
        for statement in (
            "PRAGMA cipher='chacha20'",
            f"PRAGMA key='raw:{key.hex()}'",
            "PRAGMA journal_mode=DELETE",
            "PRAGMA rekey=''",
        ):
            database.execute(statement).fetchall()
        database.close()
        plain = copy.read_bytes()
    assert plain.startswith(b"SQLite format 3\0")
    return plain
