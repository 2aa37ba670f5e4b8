"""The encrypted SQLite file: opening it rightly, transactions, and one seam for its errors.

Pragmas and key form were measured on apsw-sqlite3mc 3.54: only `raw:` and 64 hexadecimal
digits is the key itself, anything else is silently hashed as a passphrase; a forgotten key
gives a plaintext file without an error. So the file's first bytes are looked at each time.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Self

import apsw

from desktop_app.atomic_file import sync_file
from desktop_app.errors import BugError
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.errors import (
    BusyVaultError,
    DamagedHistoryError,
    DiskFullError,
    GivenUpError,
    ReadOnlyVaultError,
    VaultError,
    disk_error,
)
from desktop_app.vault.interruptible import Interruptible
from desktop_app.vault.sealing import KEY_BYTES
from resources.system_errors import SystemReason

PLAINTEXT_HEADER: Final = b"SQLite format 3\0"
SMALLEST_PAGE: Final = 512
COPIED_PAGES: Final = 64
"""So many at a time, some milliseconds: nobody who speaks meanwhile waits for a whole copy."""
GIVEN_WAY_S: Final = 0.001
"""Between two steps of a copy: a lock given back is else taken again before who waits wakes up."""
Value = str | int | bytes | None


class Database(Interruptible):
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
        super().__init__()
        self.path = path
        self.committed: Callable[[bool], None] = _nobody
        """Called after each transaction, and told whether it removed something."""
        self.undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
        """Around what keeps others from the file for long: whoever must not wait gives another.

        Taken before the turns of copies, keys and this, and once: it may be a lock.
        """
        self.damaged = False
        """A damaged page was met, if only one was looked for after an unclean end."""
        self.is_open = True
        self._turn = threading.RLock()
        self._key = key
        self._removed = False
        with self._translated():
            self.unclean = _ready(path, create=create)
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            self._prepare(key)
            # After SQLite and closed after it: closing any handle of a file drops all its locks.
            with self._translated():
                self._file = os.open(path, os.O_RDONLY)
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
    def transaction(self, *, removes: bool = False) -> Iterator[None]:
        """Run the block's statements all or not at all; on the disk when the block has ended.

        `removes`: a person asked for it to go, though no row goes.

        Raises:
            VaultError: the disk is full, the file is gone, …; nothing has changed.
        """
        with self._turn, self._translated():
            self.rows("BEGIN IMMEDIATE")
            self._removed = removes
            try:
                yield
                crash_point("database.changed")
                self.check_there()
                self.rows("COMMIT")
                crash_point("database.committed")
                self.committed(self._removed)
            except BaseException:
                # A full disk has ended the transaction already (sqlite.org/lang_transaction).
                if self._connection.in_transaction:
                    self.rows("ROLLBACK")
                raise

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Run the block's statements, then undo them: nothing is written."""
        with self._turn, self._translated():
            self.rows("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self.rows("ROLLBACK")

    def check_there(self) -> None:
        """Refuse to write into a file that has lost its name: it would be gone with this program.

        Raises:
            GivenUpError: the history was closed.
            VaultError: the file was removed or replaced while it was open. Windows allows neither.
        """
        with self._turn, self._translated():
            if not self.is_open:
                raise GivenUpError("vault.given_up")
            try:
                found = self.path.stat()
            except (FileNotFoundError, NotADirectoryError) as error:
                raise VaultError("vault.history_gone", path=self.path) from error
            # Device and number, of the name and of the open file, both asked now: some file systems
            # number a file anew while it is open, so what was noted at opening proves nothing.
            if not os.path.samestat(found, os.fstat(self._file)):
                raise VaultError("vault.history_replaced", path=self.path)

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        return self._connection.changes()

    def check_encrypted(self) -> None:
        """Look at the bytes on the disk, which alone prove that they are not plain text."""
        with self._translated(), self.path.open("rb") as file:
            header = file.read(len(PLAINTEXT_HEADER))
        if len(header) < len(PLAINTEXT_HEADER) or header == PLAINTEXT_HEADER:
            raise BugError("the history would not be encrypted")

    def check_whole(self) -> None:
        """Read every page.

        Raises:
            DamagedHistoryError: one is not as it was written, or not where it belongs.
        """
        if self.damaged or not self._pages_are_whole():
            raise DamagedHistoryError("vault.history_damaged", path=self.path)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread in until the block has ended."""
        with self._turn:
            yield

    @contextmanager
    def unless_busy(self) -> Iterator[bool]:
        """Let no other thread in, and tell so; where one is in, tell that and wait for nobody."""
        free = self._turn.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._turn.release()

    def rekey(self, key: bytes) -> None:
        """Encrypt the file with another 32-byte key; a crash leaves it with one of both.

        Raises:
            DiskFullError: the file and this connection keep the key they had.
            VaultError: see `_translated`; the file has one of both keys.
        """
        if len(key) != KEY_BYTES:
            raise ValueError("the key must be 32 bytes")
        with self._turn:
            self.checkpoint()
            self.rows(f"PRAGMA rekey='raw:{key.hex()}'")
            self._key = key

    def close(self) -> None:
        """Close the file; the write-ahead log goes away with it."""
        with self._turn, self._translated():
            try:
                self._connection.close()
            finally:
                self._key = b""
                if self.is_open:
                    os.close(self._file)
                self.is_open = False

    def copy_to(self, path: Path) -> None:
        """Copy the whole database, with its key, into a new file at `path`; on the disk on return.

        Others may write in between: SQLite then carries their change over. The file is half
        written until the end, so it belongs under another name until then.

        Raises:
            GivenUpError: `give_up` was called.
            VaultError: the disk is full, …
        """
        with self._translated():
            path.touch(mode=0o600, exist_ok=False)
            with self._open_in_turn():  # a closed one holds no key, and none is none for the copy
                key = self._key
            copy = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                for statement in (
                    "PRAGMA cipher='chacha20'",
                    f"PRAGMA key='raw:{key.hex()}'",
                    "PRAGMA journal_mode=OFF",  # a half copy is thrown away, not rolled back
                    "PRAGMA synchronous=OFF",  # brought to the disk below, while others write
                ):
                    copy.execute(statement).fetchall()
                self._copy_in_steps(copy)
            finally:
                copy.close()
            with path.open("rb+") as file:
                sync_file(file.fileno())

    def _copy_in_steps(self, copy: apsw.Connection) -> None:
        """Use the connection in this thread's turns alone, from making the backup to ending it."""
        with self._open_in_turn():
            copying = copy.backup("main", self._connection, "main")
        try:
            while not copying.done:
                self.check_given_up()
                with self._open_in_turn():
                    copying.step(COPIED_PAGES)
                time.sleep(GIVEN_WAY_S)
            with self._open_in_turn():
                copying.finish()  # writes the last pages, so it may say that the disk is full
        finally:
            with self._turn:
                copying.close(force=True)

    @contextmanager
    def _open_in_turn(self) -> Iterator[None]:
        """Let no other thread in, where nobody has closed this since the last turn.

        Raises:
            GivenUpError: somebody has: who closes waits for a step and not for the next.
        """
        with self._turn:
            if not self.is_open:
                raise GivenUpError("vault.given_up")
            yield

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, key: bytes) -> None:
        if self._connection.readonly("main"):  # where SQLite may not write it opens to read
            raise ReadOnlyVaultError("vault.read_only", folder=self.path.parent)
        self._connection.set_update_hook(self._note)
        for statement in (  # one a call: apsw runs the rest of several only when asked for rows
            "PRAGMA cipher='chacha20'",
            f"PRAGMA key='raw:{key.hex()}'",  # before anything else touches the file
            "PRAGMA temp_store=MEMORY",
            "PRAGMA secure_delete=ON",
            "PRAGMA foreign_keys=ON",
            "PRAGMA locking_mode=EXCLUSIVE",
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA fullfsync=ON",  # see atomic_file.py; nothing but macOS heeds it
            "PRAGMA checkpoint_fullfsync=ON",
        ):
            self.rows(statement)
        self.damaged = self.unclean and not self._pages_are_whole()

    def _pages_are_whole(self) -> bool:
        try:
            return self.rows("PRAGMA quick_check(1)") == [("ok",)]
        except DamagedHistoryError:
            return False

    def _note(self, kind: int, _database: str, _table: str, _row: int) -> None:
        if kind == apsw.SQLITE_DELETE:
            self._removed = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours. Their text may name statements, never values."""
        try:
            yield
        except (apsw.NotADBError, apsw.CorruptError) as error:
            self.damaged = True
            raise DamagedHistoryError("vault.history_damaged", path=self.path) from error
        except (apsw.BusyError, apsw.LockedError) as error:
            raise BusyVaultError("vault.busy") from error
        except apsw.FullError as error:
            raise DiskFullError("vault.disk_full", folder=self.path.parent) from error
        except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
            raise ReadOnlyVaultError("vault.read_only", folder=self.path.parent) from error
        except apsw.IOError as error:
            reason = SystemReason(errno.EIO)
            raise VaultError("vault.disk_failed", path=self.path, reason=reason) from error
        except apsw.Error as error:
            raise BugError(f"SQLite: {error}") from error
        except OSError as error:
            raise disk_error(error, self.path) from error


def _nobody(_removed: bool) -> None:
    """Hear of nothing."""


def _ready(path: Path, *, create: bool) -> bool:
    """Look at the file before SQLite does, and return whether its last user never closed it.

    SQLite takes a missing or very short file for a new database; here that is a loss.
    """
    log = path.with_name(f"{path.name}-wal")
    for each in (path, log):  # before their size is looked at, which is any with a folder
        if each.is_dir():  # SQLite would say that it may not be written to
            raise disk_error(IsADirectoryError(errno.EISDIR, "a folder"), each)
    if create:
        path.touch(mode=0o600, exist_ok=False)  # SQLite gives its log the same mode
    elif not path.exists():
        raise DamagedHistoryError("vault.history_missing", path=path)
    elif path.stat().st_size < SMALLEST_PAGE:
        raise DamagedHistoryError("vault.history_damaged", path=path)
    # Closing takes the log away; one that is empty was there when the power went, too.
    return log.exists()
