"""The last copies of the history, made by themselves once a day at most, beside the vault.

    data/vault.backups/<number>/history.db   a copy through SQLite's backup API, encrypted as it is
    data/vault.backups/<number>/vault.json   the envelope of that time

Each is a whole vault, opened by what opens the history (copied_keys.py); copies.py has the names.

What is purged, and a data key that is changed, would live on in them. So they are marked as void by
their names first, which survives a kill and takes no space; the next copy lets them go, and no
earlier: it has read every page of the history and its envelope, and what is damaged may need them.
One that another key opens, or that has turns the history never had, may be the only place of what
it holds: somebody may have put an older history in place. It is not marked, and is set aside when
the history is opened; where it cannot be, it is not let go of (strange_copies.py). Where this
program begins a new history, puts another in place or rescues one, it sets all of the copies aside
first (set_aside.py). A damaged one is known by what opens it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from desktop_app.atomic_file import make_folder, sync_file, sync_folder
from desktop_app.vault.copied_keys import is_of
from desktop_app.vault.copies import (
    BEFORE,
    OLD,
    PART,
    VOID,
    Copy,
    copies_in,
    folders_in,
    free_name,
    is_left,
    number_of,
    remove_copy,
    require_readable,
    safety_copies_in,
)
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.envelope_file import encoded
from desktop_app.vault.errors import (
    BusyVaultError,
    DamagedHistoryError,
    GivenUpError,
    VaultError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.peek import NEWEST, newest_turn
from desktop_app.vault.records import moment
from desktop_app.vault.strange_copies import StrangeCopies

KEPT: Final = 3
EVERY: Final = timedelta(days=1)
FAILING: Final = "copies_failing_since"
"""A setting: milliseconds since 1970, the first failure after which no copy could be made."""


class Backups:
    """The copies of one open history. Any thread may make one; they take turns."""

    def __init__(
        self,
        files: VaultFiles,
        database: Database,
        clock: Callable[[], float],
        strange: StrangeCopies,
        own: OwnEnvelope,
    ) -> None:
        self._files = files
        self._own = own
        self._strange = strange
        self._database = database
        self._clock = clock
        self._turn = threading.RLock()
        self._stuck: frozenset[Path] = frozenset()
        """Void copies that could not be removed, which needs no new copy: see `clear_stuck`."""
        self.put_back: Callable[[], None] = lambda: None
        """Called where a copy has its name again: what opens the history may have changed since."""

    def make_if_due(self) -> None:
        """Make a copy where the newest is not of the last day, and let the oldest go.

        Raises:
            VaultError: the disk is full, the history is damaged, …; the older copies stand.
        """
        self.clear_stuck()
        if self._due():
            self._make_and_note()

    @property
    def expired(self) -> bool:
        """Tell whether copies wait to be let go of."""
        return bool(self._void() - self._stuck)

    def clear_stuck(self) -> bool:
        """Try again to remove void copies that could not be; tell whether any are left."""
        with self._turn:
            for each in self._stuck:
                remove_copy(each)
            self._stuck &= self._void()
            return bool(self._stuck)

    def clear_outlived(self) -> None:
        """Remove void copies that a whole one came after: no other need be made for them."""
        with self._turn:
            void, copies = self._void(), copies_in(self._files.backups)
            newest = copies[-1].files.folder if copies else None
            if void and newest is not None and newest not in void:
                self._stuck = void
                self.clear_stuck()

    @contextmanager
    def expiring(self, dek: bytes) -> Iterator[Callable[[], None]]:
        """Let nobody make a copy until the block ends; give what marks those there are as void.

        To be called last before anything but the disk refuses it: what is refused costs no copy.
        `dek` is the data key in force until now. What it gives raises VaultError where the folder
        cannot be written to.

        Raises:
            VaultError: a copy cannot be looked into, or not be set aside: it would keep what is to
                go, where nobody is told of it.
        """
        with self._turn:
            self._own.put_back_if_possible()  # a damaged copy is known by it
            require_readable(self._files.backups)
            self._require_strangers_aside()
            yield partial(self._expire, dek)

    def renew(self) -> None:
        """Make a copy in place of those that are void, if there are any.

        Raises:
            VaultError: see `make_if_due`; they are still there.
        """
        if self.expired:
            self._make_and_note()

    def failing_since(self) -> datetime | None:
        """Return when a copy that was due failed, if none could be made since."""
        rows = readable_rows(
            self._database, "SELECT value FROM setting WHERE name = ?", [(FAILING,)]
        )
        return moment(rows[0][0]) if rows else None

    def missed(self) -> bool:
        """Tell whether a copy is due of what was there before: it failed, or there was no time."""
        if self.failing_since() is not None:
            return True
        copies = copies_in(self._files.backups)
        changed = datetime.fromtimestamp(self._files.history.stat().st_mtime, UTC)
        return bool(copies) and copies[-1].made < changed and self._due()

    def make(self) -> Copy:
        """Make a copy now, and let the oldest go, and what is void.

        Raises:
            DamagedHistoryError: it is known to be damaged, so that the older ones may be needed.
            VaultError: see `make_if_due`.
        """
        if self._database.damaged:
            raise DamagedHistoryError("vault.history_damaged", path=self._files.history)
        folder = self._files.backups
        try:
            with self._turn:
                self._own.put_back()  # what lies beside another's history is another's
                make_folder(folder)
                strange = self._strange.left()
                made = self._copied(VaultFiles(folder / f"{self._next_number():06}"))
                _remove_all_but_the_last(self._files, strange)
                self._stuck = self._void()
        except OSError as error:
            raise disk_error(error, folder / "history.db", self._files.folder) from error
        return made

    def make_safety_copy(self) -> Copy:
        """Make a copy apart from the daily ones, before much is changed; the last such one goes.

        Raises:
            VaultError: see `make_if_due`, or the last such copy is of another history and cannot be
                set aside; it stands.
        """
        safe = VaultFiles(self._files.backups / BEFORE)
        with self._turn:
            # The others stay where they are: what they hold may be what is to be brought back.
            self._require_strangers_aside(safe.folder)
            self._own.put_back()
            try:
                make_folder(safe.folder.parent)
                older = free_name(safe.folder.with_name(f"{BEFORE}{OLD}"))
                try:
                    return self._copied(safe, older)
                finally:
                    if safe.folder.exists():
                        remove_copy(older)
            except OSError as error:
                raise disk_error(error, safe.history, self._files.folder) from error

    def _make_and_note(self) -> None:
        """Make a copy that is due; a failure is noted, for a person to hear of, until one is made.

        What is given up, or waits for a rescue that the person is asked for, is none.
        """
        try:
            self.make()
        except (GivenUpError, BusyVaultError, DamagedHistoryError):
            raise
        except VaultError:
            with suppress(VaultError):
                self._note_failure()
            raise
        if self.failing_since() is not None:
            with self._database.transaction():
                self._database.rows("DELETE FROM setting WHERE name = ?", (FAILING,))

    def _note_failure(self) -> None:
        if self.failing_since() is not None:
            return  # writing again would have the next copy tried again, without end
        with self._database.transaction():
            values = (FAILING, int(self._clock() * 1000))
            self._database.rows("INSERT INTO setting(name, value) VALUES (?, ?)", values)

    def _next_number(self) -> int:
        """Return one that no copy has, nor one of another history that is known by its name."""
        there = [path.name for path in self._files.backups.iterdir()]
        numbers = [number_of(Path(name)) for name in (*there, *self._strange.noted())]
        return max(numbers, default=0) + 1

    def _require_strangers_aside(self, needed: Path | None = None) -> None:
        try:
            self._strange.require_aside(needed)
        except OSError as error:
            raise disk_error(error, self._files.backups, self._files.folder) from error

    def _expire(self, dek: bytes) -> None:
        ((newest,),) = self._database.rows(NEWEST)
        try:
            # The newest first: one that is not void was made after those that are.
            copies = reversed(copies_in(self._files.backups))
            for copy in (*copies, *safety_copies_in(self._files.backups)):
                folder = copy.files.folder
                if folder.suffix != VOID and self._is_behind(copy, dek, newest):
                    folder.rename(_void_name(folder))
            if self.expired:
                sync_folder(self._files.backups)
                crash_point("backups.expired")
        except OSError as error:
            raise disk_error(error, self._files.backups, self._files.folder) from error

    def _void(self) -> frozenset[Path]:
        copies = folders_in(self._files.backups)
        return frozenset(copy for copy in copies if copy.suffix == VOID and is_left(copy))

    def _is_behind(self, copy: Copy, dek: bytes, newest: int) -> bool:
        """Tell whether a copy holds no turn but this history's, as far as it can be told."""
        held = newest_turn(copy.files.history, dek)
        if held is None:  # damaged, it gives away all the same what can be read of it
            return is_of(self._files, copy.files, dek)
        return held <= newest

    def _due(self) -> bool:
        copies = copies_in(self._files.backups)
        now = datetime.fromtimestamp(self._clock(), UTC)
        return self.expired or not copies or not timedelta(0) <= now - copies[-1].made < EVERY

    def _copied(self, into: VaultFiles, older: Path | None = None) -> Copy:
        draft = VaultFiles(free_name(into.folder.with_name(f"{into.folder.name}{PART}")))
        now = self._clock()
        try:
            draft.folder.mkdir(mode=0o700)
            snapshot(self._files, self._database, draft, self._own)
            os.utime(draft.history, (now, now))
            sync_folder(draft.folder)
            crash_point("backups.copied")
            if older is not None and into.folder.exists():
                into.folder.rename(older)
            draft.folder.rename(into.folder)
            sync_folder(into.folder.parent)
            _require_same_keys(self._own, into)
        except BaseException:
            remove_copy(draft.folder)
            if older is not None and older.exists() and not into.folder.exists():
                with suppress(OSError, VaultError):  # else the next opening does both
                    older.rename(into.folder)
                    self.put_back()
            raise
        return Copy(into, datetime.fromtimestamp(now, UTC))


def snapshot(files: VaultFiles, database: Database, into: VaultFiles, own: OwnEnvelope) -> None:
    """Copy an open history and its envelope into a folder that is there, whatever files there are.

    It is copied anew where a way of opening was changed meanwhile.

    Raises:
        BusyVaultError: the data key was being changed meanwhile.
        DamagedEnvelopeError: nothing would open the copy; see `OwnEnvelope.now`.
        VaultError, OSError: it is not all copied.
    """
    while True:
        envelope = own.now()
        changing = files.next_envelope.exists()
        database.copy_to(into.history)
        if changing or files.next_envelope.exists():
            raise BusyVaultError("vault.busy")
        if own.now() == envelope:
            break
        into.history.unlink()
    with os.fdopen(os.open(into.envelope, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
        to.write(encoded(envelope))
        to.flush()
        sync_file(to.fileno())


def _require_same_keys(own: OwnEnvelope, copy: VaultFiles) -> None:
    """Remove a copy again whose keys were changed while it had no name; later ones follow."""
    if copy.envelope.read_bytes() != encoded(own.now()):
        remove_copy(copy.folder)
        raise BusyVaultError("vault.busy")


def _void_name(copy: Path) -> Path:
    """Return a name for a copy that is void; what has become void before stays until a new one."""
    void = copy.with_name(f"{copy.name}{VOID}")
    while os.path.lexists(void):
        void = void.with_name(f"{void.name}{VOID}")
    return void


def _remove_all_but_the_last(files: VaultFiles, strange: frozenset[Path]) -> None:
    copies = [copy.files.folder for copy in copies_in(files.backups)]
    kept = {folder for folder in copies if folder.suffix != VOID} - strange
    kept = {*sorted(kept, key=number_of)[-KEPT:], *strange}
    for path in folders_in(files.backups):
        if path not in kept and path.name != BEFORE:  # an older one, or what a crash left of one
            remove_copy(path)
