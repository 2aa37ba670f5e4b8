"""What belongs to a session and is too large for the database: files sealed by its key.

    data/vault/blobs/<32 hex digits>     12 bytes nonce, ciphertext, 16 bytes tag

The name says nothing; which session and what for stands in the database. A file is written before
its row and removed after it, so a crash leaves at most a file that nobody names: `sweep` takes it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.atomic_file import make_folder, write_atomically
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.database import Database
from desktop_app.vault.errors import (
    DamagedBlobError,
    DiskFullError,
    SessionMissingError,
    disk_error,
)
from desktop_app.vault.own_names import own_blobs
from desktop_app.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from desktop_app.vault.session_keys import SessionKeys


@dataclass(frozen=True, slots=True)
class Held:
    """A sealed file, from outside."""

    session: str
    size: int
    """Bytes on the disk."""
    used: float
    """When it was last written or read; seconds since 1970."""


class Blobs:
    """The sealed files of one open vault. Any thread may use them; they take turns."""

    def __init__(self, folder: Path, database: Database, keys: SessionKeys) -> None:
        self._folder = folder
        self._database = database
        self._keys = keys
        self._turn = threading.Lock()
        """Held from a file to its row: `sweep` takes what has none, `get` wants both."""

    def put(self, session: str, name: str, content: bytes) -> None:
        """Keep `content` under a name of the program's own; what was there before is gone.

        Raises:
            SessionMissingError: there is no such session.
            VaultError: the disk is full, …; what was there before stands.
        """
        while not self._put(session, name, content):
            pass  # the data key was changed meanwhile, and the session's with it

    def _put(self, session: str, name: str, content: bytes) -> bool:
        """Keep `content`; or tell that what it was sealed with is the session's key no more."""
        file, key = secrets.token_hex(16), self._keys.key(session)
        sealed = seal(content, key, self._context(session, name, file))
        with self._turn:
            before = self._file(session, name)
            try:
                make_folder(self._folder)
                write_atomically(self._folder / file, sealed)
                crash_point("blobs.written")
                named = self._name(session, name, file, key)
                crash_point("blobs.named")
            except OSError as error:
                raise disk_error(error, self._folder) from error
            except (DiskFullError, SessionMissingError):  # after other errors the row may be there
                self._remove(file)
                raise
            if not named:
                self._remove(file)
            elif before is not None:
                self._remove(before)
        return named

    def get(self, session: str, name: str) -> bytes | None:
        """Return what is kept under a name; None where nothing was.

        Raises:
            DamagedBlobError: it is missing or not as it was written.
        """
        with self._turn:
            file = self._file(session, name)
            if file is None:
                return None
            try:
                sealed = (self._folder / file).read_bytes()
            except FileNotFoundError as error:
                raise DamagedBlobError("vault.blob_damaged", path=self._folder / file) from error
            except OSError as error:
                raise disk_error(error, self._folder / file) from error
            with suppress(OSError):  # a disk that cannot be written to is read all the same
                os.utime(self._folder / file)
        content = unseal(sealed, self._keys.key(session), self._context(session, name, file))
        if content is None:
            raise DamagedBlobError("vault.blob_damaged", path=self._folder / file)
        return content

    def delete(self, session: str, name: str) -> None:
        """Keep nothing under a name."""
        with self._turn:
            file = self._file(session, name)
            if file is not None:
                with self._database.transaction():
                    self._database.rows("DELETE FROM blob WHERE file = ?", (file,))
                self._remove(file)

    def held(self, name: str) -> list[Held]:
        """Return what is kept under a name, of all sessions; what is missing is left out."""
        held = []
        with self._turn:
            for file, session in self._database.rows(
                "SELECT file, session FROM blob WHERE name = ?", (name,)
            ):
                with suppress(OSError):
                    found = (self._folder / file).stat()
                    held.append(Held(session, found.st_size, found.st_mtime))
        return held

    def free_bytes(self) -> int:
        """Return what the disk has left.

        Raises:
            VaultError: it does not say.
        """
        try:
            return shutil.disk_usage(self._folder.parent).free
        except OSError as error:
            raise disk_error(error, self._folder) from error

    def sweep(self) -> None:
        """Remove the files that no session names: it was purged, has another key, or a crash came.

        Raises:
            VaultError: the folder cannot be written to.
        """
        with self._turn:
            named = {file for (file,) in self._database.rows("SELECT file FROM blob")}
            try:
                for path in own_blobs(self._folder):
                    if path.name not in named:
                        self._remove(path.name)
            except OSError as error:
                raise disk_error(error, self._folder) from error

    def _name(self, session: str, name: str, file: str, key: bytes) -> bool:
        with self._database.transaction():
            if not self._database.rows("SELECT 1 FROM session WHERE id = ?", (session,)):
                raise SessionMissingError("vault.session_missing")  # purged meanwhile
            if not self._keys.is_key(session, key):
                return False
            self._database.rows(
                "INSERT INTO blob(file, session, name) VALUES (?, ?, ?)"
                " ON CONFLICT(session, name) DO UPDATE SET file = excluded.file",
                (file, session, name),
            )
        return True

    def _file(self, session: str, name: str) -> str | None:
        rows = self._database.rows(
            "SELECT file FROM blob WHERE session = ? AND name = ?", (session, name)
        )
        return rows[0][0] if rows else None

    def _context(self, session: str, name: str, file: str) -> str:
        return f"{self._keys.context(session)}/blob/{name}/{file}"

    def _remove(self, file: str) -> None:
        try:
            (self._folder / file).unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(error, self._folder / file) from error
