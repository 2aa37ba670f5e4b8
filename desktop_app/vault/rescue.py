"""A damaged history made whole: what can be read of it is carried into a new database.

    history.rescuing.db   the new database, being written
    history.rescued.db    the same, whole: from here on it is the history
    history.damaged-2026-08-21.db, and its log beside it: the damaged one, kept

The one rename between the first two names decides. Whoever opens the history ends what a crash cut
short after it; what it cut short before is thrown away. Turns keep their ids, so what followed a
lost one still does, and in its place stands a placeholder that a backup can fill (merge.py). The
copies beside the history, void ones too, are set aside with the damaged file: they may have what is
lost, of which not all need leave a trace.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from desktop_app.atomic_file import sync_file, sync_folder
from desktop_app.dialogue import TurnState
from desktop_app.vault.branches import look_again
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.database import Database
from desktop_app.vault.documents import LOCAL, TAKEN
from desktop_app.vault.errors import (
    DamagedHistoryError,
    DiskFullError,
    NewerVaultError,
    RescuedHistoryError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lost import note_lost
from desktop_app.vault.migrations import STEPS, Version, migrate
from desktop_app.vault.pages import Pages
from desktop_app.vault.salvage import Salvage, SessionRow, salvaged
from desktop_app.vault.session_documents import outlives
from desktop_app.vault.set_aside import keys_of, set_copies_aside
from desktop_app.vault.strange_copies import NONE_OF_ITS_OWN
from desktop_app.vault.trash import SETTING
from desktop_app.vault.turn_rows import TurnRow
from desktop_app.vault.write_ahead_log import with_log

DAY: Final = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Rescued:
    """A history that was damaged, and what came of it."""

    sessions: int
    turns: int
    """Those that can be read."""
    losses: Mapping[str, int]
    """How much of what cannot, by the last words of a key of the catalogue below `rescue`."""
    aside: Path
    """Where the damaged file is now."""

    def told(self) -> RescuedHistoryError:
        """Return what a person should be told."""
        return RescuedHistoryError(
            self.losses, sessions=self.sessions, turns=self.turns, aside=self.aside
        )


def rescue(files: VaultFiles, dek: bytes) -> Rescued:
    """Carry what can be read of the history, which nobody has open, into a new one.

    Raises:
        DamagedHistoryError: nothing of it can be read; it stands as it was.
        NewerVaultError: a later version wrote it, and knows more than would be carried.
        VaultError: the disk is full, …; it stands as it was.
    """
    try:
        _settle_log(files, dek)
        rescued = _write(files, dek, _read(files, dek))
        crash_point("rescue.written")
        files.history_being_rescued.rename(files.rescued_history)
        sync_folder(files.folder)
        crash_point("rescue.decided")
        aside = aside_of(files)
        finish_rescue(files)
    except OSError as error:
        raise disk_error(error, files.history) from error
    except DiskFullError as error:  # it names the draft, which nobody would find again
        raise DiskFullError("vault.disk_full", folder=files.folder) from error
    finally:
        clear_drafts(files)
    return replace(rescued, aside=aside)


def finish_rescue(files: VaultFiles) -> None:
    """Put a rescued history in the damaged one's place, where that was decided; else do nothing.

    Raises:
        OSError: a file cannot be renamed; the next start ends it.
    """
    if not files.rescued_history.exists():
        return
    aside, log = aside_of(files), log_of(files.history)
    # The log first: under the history's name it would be taken for the new one's.
    if log.exists():
        log.replace(log_of(aside))
        sync_folder(files.folder)
    crash_point("rescue.log_moved")
    if files.history.exists():
        files.history.rename(aside)
    crash_point("rescue.moved_aside")
    set_copies_aside(files)
    crash_point("rescue.copies_aside")
    files.rescued_history.rename(files.history)
    sync_folder(files.folder)
    crash_point("rescue.renamed")


def _settle_log(files: VaultFiles, dek: bytes) -> None:
    """Move the log into the file, where the history opens so far; closing it does that."""
    with suppress(DamagedHistoryError), Database(files.history, dek) as database:
        if Version.of(database) > STEPS[-1][0]:  # it has tables and columns that are not known here
            raise NewerVaultError("vault.newer")


def _read(files: VaultFiles, dek: bytes) -> Salvage:
    """Return what stands in the history with its log; in the history alone, where that is nothing.

    Raises:
        DamagedHistoryError: that is nothing either.
    """
    log, copy = log_of(files.history), files.history_being_read
    if log.exists() and log.stat().st_size:
        shutil.copyfile(files.history, copy)
        with_log(copy, log)
        found = _read_pages(copy, dek)
        copy.unlink()
        if found:
            return found
    found = _read_pages(files.history, dek)
    if not found:
        raise DamagedHistoryError("vault.beyond_rescue", path=files.history)
    return found


def _read_pages(path: Path, dek: bytes) -> Salvage | None:
    with Pages(path, dek) as pages:
        found = salvaged(pages.records())
    return found if found.turns or found.documents else None


def _write(files: VaultFiles, dek: bytes, found: Salvage) -> Rescued:
    """Write the new database."""
    clear_drafts(files)
    conversations = {session: found.all_turns(session) for session in found.parents}
    with Database(files.history_being_rescued, dek, create=True) as database:
        migrate(database)
        with database.transaction():
            for session, rows in conversations.items():
                _write_session(database, session, found.sessions.get(session), rows)
            _write_the_rest(database, found)
            look_again(database)
        migrate(database)  # which takes the words in, and looks for what shows nothing
        database.check_encrypted()
    with files.history_being_rescued.open("rb+") as file:
        sync_file(file.fileno())
    states = Counter(row.state for rows in conversations.values() for row in rows)
    losses = {"turns": states.pop(TurnState.DAMAGED, 0), **_losses(found)}
    return Rescued(len(conversations), states.total(), losses, files.history)


def _losses(found: Salvage) -> dict[str, int]:
    """Return how much is lost besides turns."""
    local = [name.startswith(LOCAL) for name in found.lost_documents()]
    return {
        "titles": len(found.lost_sessions()),
        "plan": local.count(False),
        "local": local.count(True),
        "setting": int(found.trash_setting_is_lost()),
    }


def _write_session(
    database: Database, session: str, found: SessionRow | None, rows: list[TurnRow]
) -> None:
    title, created, deleted, key = found or ("", rows[0].created, None, None)
    database.rows(
        "INSERT INTO session(id, title, created, deleted, key) VALUES (?, ?, ?, ?, ?)",
        (session, title, created, deleted, key),
    )
    for row in rows:
        database.rows(
            "INSERT INTO turn(id, session, role, content, state, created, parent, chosen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (row.id, session, *row[1:]),
        )


def _write_the_rest(database: Database, found: Salvage) -> None:
    for blob in found.blobs:
        if blob[1] in found.parents:
            database.rows("INSERT OR IGNORE INTO blob VALUES (?, ?, ?)", blob)
    for document in found.documents:
        if not outlives(document[0], found.parents):
            database.rows(TAKEN, document)
    note_lost(database, found.lost_sessions(), found.lost_documents())
    settings = {**NONE_OF_ITS_OWN, **dict(found.own_time)}
    if found.trash_kept is not None:
        settings[SETTING] = found.trash_kept
    for setting in settings.items():
        database.rows("INSERT INTO setting(name, value) VALUES (?, ?)", setting)
    database.rows(
        "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'turn'", (found.last_turn,)
    )


def aside_of(files: VaultFiles) -> Path:
    """Return where the damaged file goes: the day is that of the rescue, also after a crash."""
    day = datetime.fromtimestamp(files.rescued_history.stat().st_mtime).astimezone()
    name = f"{files.history.stem}.damaged-{day:{DAY}}"
    number, path = 1, files.folder / f"{name}.db"
    # Nor one whose keys are there, of a damaged file that a person removed: they open another.
    while path.exists() or keys_of(path).exists():
        number += 1
        path = files.folder / f"{name}-{number}.db"
    return path


def log_of(path: Path) -> Path:
    """Return the log that lies beside a database, if one does."""
    return path.with_name(f"{path.name}-wal")


def clear_drafts(files: VaultFiles) -> None:
    """Remove what a crash, a full disk or nothing at all left of a rescue: old keys open it.

    Whoever calls this holds the vault's lock.
    """
    for path in (files.history_being_rescued, files.history_being_read):
        for each in (path, log_of(path)):
            with suppress(OSError):
                each.unlink(missing_ok=True)
