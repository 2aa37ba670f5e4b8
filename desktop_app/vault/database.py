"""The encrypted SQLite file: opening it rightly, transactions, and one seam for its errors.

Pragmas and key form were measured on apsw-sqlite3mc 3.54: only `raw:` and 64 hexadecimal
digits is the key itself, anything else is silently hashed as a passphrase; a forgotten key
gives a plaintext file without an error. So the file's first bytes are looked at each time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import apsw

from desktop_app.errors import BugError
from desktop_app.vault.errors import (
    BusyVaultError,
    DamagedHistoryError,
    DiskFullError,
    ReadOnlyVaultError,
    VaultError,
    disk_error,
)
from desktop_app.vault.sealing import KEY_BYTES

PLAINTEXT_HEADER: Final = b"SQLite format 3\0"
SMALLEST_PAGE: Final = 512
Value = str | int | None


class Database:
    """One exclusive connection. Any thread may use it; they take turns."""

    def __init__(self, path: Path, key: bytes, *, create: bool = False) -> None:
        """Open the database at `path` with its 32-byte key; `create` makes a new, empty one.

        Raises:
            DamagedHistoryError: it is missing, damaged, or of another key.
            BusyVaultError: another connection has it.
            ReadOnlyVaultError: the file or its folder may not be written to.
        """
        if len(key) != KEY_BYTES:
            raise ValueError("the key must be 32 bytes")  # any other length is hashed instead
        self.path = path
        self._turn = threading.RLock()
        with self._translated():
            self.unclean = _ready(path, create=create)
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            self._prepare(key)
        except BaseException:
            # A file that cannot be trusted is left as it was found, its log beside it.
            self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._connection.close()
            raise

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._turn, self._translated():
            return list(self._connection.execute(statement, values))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block's statements all or not at all; on the disk when the block has ended."""
        with self._turn, self._translated(), self._connection:
            yield

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        return self._connection.changes()

    def check_encrypted(self) -> None:
        """Look at the bytes on the disk, which alone prove that they are not plain text."""
        with self._translated(), self.path.open("rb") as file:
            header = file.read(len(PLAINTEXT_HEADER))
        if len(header) < len(PLAINTEXT_HEADER) or header == PLAINTEXT_HEADER:
            raise BugError("the history would not be encrypted")

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; the write-ahead log goes away with it."""
        with self._turn, self._translated():
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, key: bytes) -> None:
        if self._connection.readonly("main"):  # where SQLite may not write it opens to read
            raise ReadOnlyVaultError("vault.read_only", folder=self.path.parent)
        for statement in (  # one a call: apsw runs the rest of several only when asked for rows
            "PRAGMA cipher='chacha20'",
            f"PRAGMA key='raw:{key.hex()}'",  # before anything else touches the file
            "PRAGMA temp_store=MEMORY",
            "PRAGMA secure_delete=ON",
            "PRAGMA foreign_keys=ON",
            "PRAGMA locking_mode=EXCLUSIVE",
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
        ):
            self.rows(statement)
        if self.unclean and self.rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise DamagedHistoryError("vault.history_damaged", path=self.path)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours. Their text may name statements, never values."""
        folder = self.path.parent
        try:
            yield
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise DamagedHistoryError("vault.history_damaged", path=self.path) from error
        except (apsw.BusyError, apsw.LockedError) as error:
            raise BusyVaultError("vault.busy") from error
        except apsw.FullError as error:
            raise DiskFullError("vault.disk_full", folder=folder) from error
        except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
            raise ReadOnlyVaultError("vault.read_only", folder=folder) from error
        except apsw.IOError as error:
            raise VaultError("vault.disk_failed", path=self.path, reason=str(error)) from error
        except apsw.Error as error:
            raise BugError(f"SQLite: {error}") from error
        except OSError as error:
            raise disk_error(error, self.path) from error


def _ready(path: Path, *, create: bool) -> bool:
    """Look at the file before SQLite does, and return whether its last user never closed it.

    SQLite takes a missing or very short file for a new database; here that is a loss.
    """
    if create:
        path.touch(mode=0o600, exist_ok=False)  # SQLite gives its log the same mode
    elif not path.exists():
        raise DamagedHistoryError("vault.history_missing", path=path)
    elif path.stat().st_size < SMALLEST_PAGE:
        raise DamagedHistoryError("vault.history_damaged", path=path)
    log = path.with_name(f"{path.name}-wal")  # closing takes it away
    return log.exists() and log.stat().st_size > 0
