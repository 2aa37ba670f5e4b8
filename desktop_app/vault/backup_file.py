"""A backup: one file with all of the history, opened by what a person knows or has on paper.

    backup.json   {"format": 1, "vault": …, "created": …, "history": {"bytes": …, "sha256": …}}
    vault.json    the envelope without the keyring's slot, which is of use on one computer only
    history.db    the database, encrypted as ever

A ZIP archive of these three, stored as they are (docs/backup_format.md). The folders that
backups.py makes hold the last two and can be read here as well.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from desktop_app.new_file import new_file
from desktop_app.vault.archive import archive_at
from desktop_app.vault.backups import snapshot
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import decoded, encoded, read_envelope, write_envelope
from desktop_app.vault.errors import (
    BackupError,
    DamagedEnvelopeError,
    NewerVaultError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import Work
from desktop_app.vault.scratch import COPYING, scratch
from desktop_app.vault.vault import Vault

FORMAT: Final = 1
MANIFEST, ENVELOPE, HISTORY = "backup.json", "vault.json", "history.db"
PIECE: Final = 1 << 20
MOST_BYTES: Final = 1_000_000
"""Of the two small files: many times what they have."""
SUFFIX: Final = ".soulchat-backup"


def write_backup(vault: Vault, path: Path) -> None:
    """Write all of an open history into a new file at `path`.

    Raises:
        GivenUpError: the history is being closed; there is no file of that name.
        BackupError: neither passphrase nor recovery code opens this history, so nothing but this
            computer could open the backup; or there is a file of that name.
        VaultError: the disk is full, …; there is no file of that name.
    """
    _portable(vault.keys.envelope())  # refused before a long copy is made
    # Also where the history has lost its name: a backup is then what is left to be made.
    vault.own_envelope.put_back_if_possible()
    try:
        with (
            vault.database.at(Work.WRITING_OUT),
            new_file(path, vault.database.check_given_up_at_last) as file,
            _copied(vault) as copy,
        ):
            # That of the copy: the vault's own may have been another before, or be by now.
            envelope = _portable(read_envelope(copy.envelope))
            _pack(copy, envelope, file, vault.database.check_given_up)
            crash_point("backup_file.written")
    except FileExistsError as error:
        raise BackupError("backup.exists", path=path) from error
    except OSError as error:
        raise disk_error(error, path) from error


def unpack(path: Path, into: VaultFiles, check: Callable[[], None]) -> None:
    """Copy envelope and database out of a backup into a folder that is there.

    A folder may be a history that was set aside: its log comes along, and an envelope that is
    damaged stays away. `check` is called between two pieces; what it raises ends it.

    Raises:
        BackupError: it is no backup, or not as it was written.
        NewerVaultError: a later version wrote it.
        VaultError: it cannot be read, or the disk is full.
    """
    with _told_of(path):
        if path.is_dir():
            _unpack_folder(VaultFiles(path), into, check)
            return
        with archive_at(path) as archive:
            _unpack_archive(archive, into, check)


def sealed_in(path: Path) -> tuple[Envelope, ...]:
    """Return the envelope of a backup, or of a copy, as it lies there.

    A history that was set aside while its key was being changed has two; one may be damaged.

    Raises:
        BackupError, NewerVaultError, VaultError: see `unpack`.
    """
    with _told_of(path):
        if path.is_dir():
            return _envelopes_of(VaultFiles(path))
        with archive_at(path) as archive:
            return (decoded(_envelope_in(archive)),)


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Turn what reading the backup at `path` raises into what a person is told."""
    try:
        yield
    except (zipfile.BadZipFile, ValueError, TypeError, LookupError, RecursionError) as error:
        raise BackupError("backup.damaged", path=path) from error
    except FileNotFoundError as error:
        raise BackupError("backup.missing", path=path) from error
    except OSError as error:
        raise disk_error(error, path) from error


@contextmanager
def _copied(vault: Vault) -> Iterator[VaultFiles]:
    """Give a copy of the history in a private folder, and remove it."""
    with ExitStack() as held:
        try:
            copy = held.enter_context(scratch(vault.files.folder, COPYING))
            snapshot(vault.files, vault.database, copy, vault.own_envelope)
        except OSError as error:  # of this disk, not of the one the backup is for
            raise disk_error(error, vault.files.history) from error
        crash_point("backup_file.copied")
        yield copy


def _portable(envelope: Envelope) -> Envelope:
    """Return what opens a history on any computer."""
    portable = replace(envelope, keyring=None)
    if not portable.slots():
        raise BackupError("backup.no_way")
    return portable


def _pack(copy: VaultFiles, envelope: Envelope, file: BinaryIO, check: Callable[[], None]) -> None:
    """Write the archive; `check` is called between two pieces.

    Its members are of 1980, where a ZIP archive's dates begin, whatever the clock says: one of
    before would be refused. The manifest has the time.
    """
    digest = hashlib.sha256()
    for piece in _pieces(copy.history):
        check()
        digest.update(piece)
    manifest = {
        "format": FORMAT,
        "vault": envelope.vault,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "history": {"bytes": copy.history.stat().st_size, "sha256": digest.hexdigest()},
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        manifest_bytes = json.dumps(manifest, indent=1).encode("ascii") + b"\n"
        archive.writestr(zipfile.ZipInfo(MANIFEST), manifest_bytes)
        archive.writestr(zipfile.ZipInfo(ENVELOPE), encoded(envelope))
        history = zipfile.ZipInfo(HISTORY)
        history.file_size = copy.history.stat().st_size  # tells whether it needs ZIP64
        with archive.open(history, "w") as to:
            for piece in _pieces(copy.history):
                check()
                to.write(piece)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _unpack_archive(archive: zipfile.ZipFile, into: VaultFiles, check: Callable[[], None]) -> None:
    envelope, manifest = _envelope_in(archive), json.loads(_small(archive, MANIFEST))
    decoded(envelope)
    digest = hashlib.sha256()
    _require_stored(archive, HISTORY)
    with archive.open(HISTORY) as packed, new_file(into.history) as to:
        while piece := packed.read(PIECE):
            check()
            digest.update(piece)
            to.write(piece)
    if digest.hexdigest() != manifest["history"]["sha256"]:
        raise ValueError("the history is not as it was written")
    with new_file(into.envelope) as to:
        to.write(envelope)


def _envelope_in(archive: zipfile.ZipFile) -> bytes:
    found = json.loads(_small(archive, MANIFEST))["format"]
    if not isinstance(found, int):
        raise TypeError("not a format")
    if found > FORMAT:
        raise NewerVaultError("vault.newer")
    return _small(archive, ENVELOPE)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read what is a few hundred bytes in a backup of ours, and all in memory here."""
    found = _require_stored(archive, name)
    if max(found.file_size, found.compress_size) > MOST_BYTES:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _require_stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Refuse what could grow while it is read: a backup is stored as it is."""
    found = archive.getinfo(name)
    if found.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is not stored as it is")
    return found


def _unpack_folder(folder: VaultFiles, into: VaultFiles, check: Callable[[], None]) -> None:
    for source, target in ((folder.history, into.history), (folder.log, into.log)):
        if source == folder.log and not source.exists():  # only one set aside may have one
            continue
        with new_file(target) as to:
            for piece in _pieces(source):
                check()
                to.write(piece)
    for path, copy in (
        (folder.envelope, into.envelope),
        (folder.next_envelope, into.next_envelope),
    ):
        with suppress(DamagedEnvelopeError):  # the key of an open history may open it all the same
            write_envelope(copy, read_envelope(path))


def _envelopes_of(folder: VaultFiles) -> tuple[Envelope, ...]:
    found = []
    with suppress(DamagedEnvelopeError):
        found.append(read_envelope(folder.next_envelope))
    if not found:
        return (decoded(folder.envelope.read_bytes()),)
    with suppress(DamagedEnvelopeError):
        found.insert(0, read_envelope(folder.envelope))
    return tuple(found)
