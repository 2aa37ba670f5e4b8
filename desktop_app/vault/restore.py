"""Bringing a backup back: into a history that is open, or where there is none that opens.

Into an open one it is merged (merge.py), after a copy of what is there was made. Where there is
none the backup becomes the history. One that does not open is moved aside, never removed, and can
be looked into like any copy: what can be read of it comes back. Killed on the way, nothing has
changed or all of it, at the latest when it is looked for (arrival.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from desktop_app.atomic_file import sync_folder
from desktop_app.dialogue import TurnState
from desktop_app.local_time import local
from desktop_app.paths import private_folder
from desktop_app.vault.arrival import arrive
from desktop_app.vault.backup_file import sealed_in, unpack
from desktop_app.vault.backups import FAILING
from desktop_app.vault.carried import carried_sessions
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.documents import readable_documents
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.errors import (
    BackupError,
    DamagedEnvelopeError,
    DamagedHistoryError,
    DiskFullError,
    VaultError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import Interruptible, Work
from desktop_app.vault.lock import locked
from desktop_app.vault.lost import lost_sessions
from desktop_app.vault.merge import Gain, gain, merge
from desktop_app.vault.own_names import free_numbered
from desktop_app.vault.own_time import not_before_the_newest
from desktop_app.vault.readable_copy import ReadableCopy, readable_copy
from desktop_app.vault.records import moment
from desktop_app.vault.rotation import DIFFERENT_WITH_THE_OTHER, Unsealing, settled
from desktop_app.vault.scratch import RESTORING, clear_scratch, scratch
from desktop_app.vault.strange_copies import take_copies_for_strange
from desktop_app.vault.vault import Vault
from resources.messages import sentence

HELD: Final = """
    SELECT count(*), min(created), max(created), count(DISTINCT session) FROM turn
    WHERE state <> ?"""
LOST: Final = "SELECT count(*) FROM turn WHERE state = ?"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a backup holds and what it would add."""

    sessions: int
    turns: int
    first: datetime | None
    last: datetime | None
    gain: Gain
    replaces: bool = False
    """It would be the history, not be added to one."""
    lost_turns: int | None = None
    """It is damaged, and so many of its messages cannot be read; None where it is whole."""

    def sentences(self) -> list[str]:
        """Return what a person should know before they say yes."""
        held = [self._held(), *self._damage()]
        if self.replaces:
            return [*held, *self.gain.besides("backup.would")]
        return [*held, *self._added()]

    def _held(self) -> str:
        if self.first is None or self.last is None:
            return sentence("backup.preview_empty")
        return sentence(
            "backup.preview",
            sessions=self.sessions,
            turns=self.turns,
            first=f"{local(self.first):%Y-%m-%d}",
            last=f"{local(self.last):%Y-%m-%d}",
        )

    def _damage(self) -> list[str]:
        if self.lost_turns is None:
            return []
        if not self.lost_turns:
            return [sentence("backup.preview_damaged")]
        return [
            sentence("backup.preview_damaged"),
            sentence("backup.preview_lost", count=self.lost_turns),
        ]

    def _added(self) -> list[str]:
        if not self.gain:
            return [sentence("backup.nothing_new"), *self.gain.besides("backup.would")]
        added = []
        if self.gain.new_turns:
            added.append(
                sentence(
                    "backup.preview_gain",
                    new_sessions=self.gain.new_sessions,
                    continued=self.gain.continued_sessions,
                    new_turns=self.gain.new_turns,
                )
            )
        if self.gain.newer_documents:
            added.append(sentence("backup.preview_plan"))
        return [*added, *self.gain.besides("backup.would"), sentence("backup.stays")]


@dataclass(frozen=True, slots=True)
class Became:
    """A history that was a backup."""

    sessions: int
    turns: int
    aside: Path | None
    """Where the history was put that stood there and did not open."""


class OpenBackup:
    """A backup, unpacked and readable."""

    def __init__(self, copy: ReadableCopy) -> None:
        self._database = copy.database
        self._rescued = copy.rescued

    def preview(self, vault: Vault | None = None) -> Preview:
        """Return what merging into `vault` would add; without one, what it holds."""
        ((turns, first, last, sessions),) = self._database.rows(HELD, (TurnState.DAMAGED,))
        lost = None
        if self._rescued:
            ((lost,),) = self._database.rows(LOST, (TurnState.DAMAGED,))
        untitled = lost_sessions(self._database)
        added = Gain(sessions, new_sessions=sessions, new_turns=turns, untitled_sessions=untitled)
        if vault is not None:
            added = gain(
                vault.database,
                carried_sessions(self._database, trashed=True),
                readable_documents(self._database),
            )
        return Preview(sessions, turns, _moment(first), _moment(last), added, vault is None, lost)

    def leave_its_place(self, clock: Callable[[], float] = time.time) -> None:
        """Forget what is of the place it comes from: sealed files stay there, and so do copies.

        What lies in the trash begins its days there anew: the backup may be older than these, and
        the first opening would remove it before anybody saw it. See `Sessions.delete` for a clock
        that is behind.
        """
        self._database.check_encrypted()
        now = not_before_the_newest(self._database, int(clock() * 1000))
        with self._database.transaction():
            self._database.rows("UPDATE session SET deleted = ? WHERE deleted IS NOT NULL", (now,))
            self._database.rows("DELETE FROM blob")
            self._database.rows("DELETE FROM setting WHERE name = ?", (FAILING,))
        take_copies_for_strange(self._database)

    def merge_into(self, vault: Vault, clock: Callable[[], float] = time.time) -> Gain:
        """Add what `vault` lacks, after making a copy of it; see `merge.merge`.

        Raises:
            GivenUpError: the history is being closed; nothing was added.
            VaultError: the copy or the merge failed; nothing was added.
        """
        with vault.database.at(Work.BRINGING_IN):
            expected = self.preview(vault).gain
            if not expected:
                return expected
            with vault.database.undisturbed():
                vault.backups.make_safety_copy()
                crash_point("restore.copied")
                added = merge(
                    vault.database,
                    carried_sessions(self._database, trashed=True),
                    int(clock() * 1000),
                    readable_documents(self._database),
                )
        crash_point("restore.merged")
        return added


@contextmanager
def opened_backup(
    path: Path,
    beside: Path,
    unsealed: Unsealing,
    dek: Callable[[], bytes] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[OpenBackup]:
    """Give a backup, opened by what a person has, and clean up after it.

    Args:
        path: the file, or the folder of a copy.
        beside: the vault's folder; the backup is unpacked next to it, encrypted as it is.
        unsealed: opens the backup's envelope; not called where `dek` opens the database.
        dek: gives the data key of the history that is open; asked for it, and not given it,
            because `unsealed` may wait for a person, behind a lock too.
        check: called while it is unpacked; what it raises ends that.

    Raises:
        BackupError: it is no backup, or damaged.
        WrongPassphraseError, WrongRecoveryCodeError: it was made when another one was in force.
        VaultError: the disk is full, …
    """
    with (
        unpacked(path, beside, check) as files,
        _opened(path, files, unsealed, dek) as backup,
    ):
        yield backup


@contextmanager
def unpacked(path: Path, beside: Path, check: Callable[[], None]) -> Iterator[VaultFiles]:
    """Give envelope and database of a backup in a private folder next to the vault's."""
    try:
        private_folder(beside.parent)
        with scratch(beside, RESTORING) as files:
            unpack(path, files, check)
            crash_point("restore.unpacked")
            yield files
    except OSError as error:
        raise disk_error(error, beside, beside) from error
    except DiskFullError as error:  # it names what was unpacked, which nobody would find again
        raise DiskFullError("vault.disk_full", folder=beside) from error


def become(
    path: Path, folder: Path, unsealed: Unsealing, closing: Interruptible | None = None
) -> Became:
    """Make the backup the history in `folder`; one that did not open is moved aside.

    `closing` is told where somebody is about to lock; from the first rename on it is done.

    Raises:
        GivenUpError: `closing` was told in time; nothing was changed.
        BackupError, WrongPassphraseError, …: see `opened_backup`; nothing was changed.
        BusyVaultError: the history there is in use.
    """
    vault, closing = VaultFiles(folder), closing or Interruptible()
    private_folder(folder.parent)
    with closing.at(Work.BRINGING_IN):
        # Before anything is held: a keyring's prompt may outlast a lock, and the next unlocking.
        deks = _deks(path, unsealed)
        closing.check_given_up()
        with locked(vault):
            clear_scratch(vault)
            with unpacked(path, folder, closing.check_given_up) as draft:
                became = _become(path, vault, draft, deks, closing)
    crash_point("restore.renamed")
    return became


def _become(
    path: Path, vault: VaultFiles, draft: VaultFiles, deks: Unsealing, closing: Interruptible
) -> Became:
    with _opened(path, draft, deks) as backup:
        found = backup.preview()
        backup.leave_its_place()
    try:
        sync_folder(draft.folder)
        closing.check_given_up_at_last()
        shutil.rmtree(vault.arriving.folder, ignore_errors=True)  # left by a crash
        draft.folder.rename(vault.arriving.folder)
        sync_folder(vault.folder.parent)  # or a power cut might leave none where one was
        crash_point("restore.arriving")
        aside = _moved_aside(vault)
        crash_point("restore.moved_aside")
        arrive(vault)
    except OSError as error:
        if vault.folder.exists():  # else the next start ends it
            shutil.rmtree(vault.arriving.folder, ignore_errors=True)
        raise disk_error(error, vault.envelope) from error
    return Became(found.sessions, found.turns, aside)


@contextmanager
def _opened(
    path: Path, files: VaultFiles, unsealed: Unsealing, dek: Callable[[], bytes] | None = None
) -> Iterator[OpenBackup]:
    """Give what was unpacked of `path` into `files`; see `opened_backup`."""
    try:
        copy = _read(files, unsealed, dek)
    except (DamagedHistoryError, DamagedEnvelopeError) as error:
        raise BackupError("backup.damaged", path=path) from error
    with copy.database:
        yield OpenBackup(copy)


def _read(files: VaultFiles, unsealed: Unsealing, dek: Callable[[], bytes] | None) -> ReadableCopy:
    if dek is not None:
        with suppress(DamagedHistoryError):  # it has another key
            return readable_copy(files, dek())
    return readable_copy(files, settled(files, unsealed))


def _deks(path: Path, unsealed: Unsealing) -> Unsealing:
    """Open what can be opened of a backup's envelopes, and return what gives the keys again.

    Raises:
        VaultError: none could be opened; the reason of the first.
    """
    found: list[tuple[Envelope, bytes]] = []
    refused: list[VaultError] = []
    for envelope in sealed_in(path):
        try:
            found.append((envelope, unsealed(envelope)))
        except DIFFERENT_WITH_THE_OTHER as error:
            refused.append(error)
    if not found:
        raise refused[0]

    def known(envelope: Envelope) -> bytes:
        for each, dek in found:
            if each == envelope:
                return dek
        raise refused[0] if refused else BackupError("backup.damaged", path=path)

    return known


def _moved_aside(vault: VaultFiles) -> Path | None:
    if not vault.folder.exists():
        return None
    aside = free_numbered(vault.folder.with_name(f"{vault.folder.name}.damaged"))
    vault.folder.rename(aside)
    return aside


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
