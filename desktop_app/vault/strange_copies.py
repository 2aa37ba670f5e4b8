"""Copies beside a history that are not its own: of another key, or of turns it never had.

Somebody may have put an older history in the place of the newer one, or one of another computer.
What was copied before is then the only place of what it holds, so it may not grow old and go. It is
set aside when the history is opened, before a turn is added: turns get the ids that others had, so
later nobody could tell. Where that fails, the history itself remembers which copies they are, until
they have been set aside; where it cannot be written to either, no turn is added.

Of a history that was rescued, or that a backup has become, all copies there are strange: it has
made none yet. Whoever makes it sets them aside before it has its name; what the disk refuses then
is found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final

from desktop_app.vault.copied_keys import is_of
from desktop_app.vault.copies import VOID, Copy, copies_in, safety_copies_in
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, GivenUpError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.peek import NEWEST, newest_turn
from desktop_app.vault.set_aside import set_some_aside
from resources.system_errors import reason_of

NOTED: Final = "strange_copy:"
"""Settings, each with the name of a copy's folder after it: what it is, is said by being there.
The value tells whether nobody knows yet how it came to be so, or it was `KNOWN`."""
KNOWN: Final = 0
"""The history was rescued, or a backup became it: all copies there were strange, as was to be."""
UNKNOWN: Final = 1
UNSEEN: Final = "copies_unseen_since"
"""A setting: the newest turn's id when the copies could first not be looked into."""
NONE_OF_ITS_OWN: Final = {UNSEEN: -1}
"""The settings of a history that has made no copy yet where it is about to lie."""
LEFT: Final = "vault.strange_copies_left"
"""The error that says that some could not be set aside."""
REMEMBERED: Final = "SELECT name, value FROM setting WHERE name LIKE ? || '%'"


class StrangeCopies:
    """Those of an open history. Whoever calls it lets nobody else make a copy meanwhile."""

    def __init__(self, files: VaultFiles, database: Database, dek: bytes) -> None:
        """Take what there is now as what the history had when it was opened."""
        self._files, self._database = files, database
        self._dek: bytes | None = dek
        """Until they have been looked for, which is before the data key is changed, or `forget`."""
        self._newest: int | None = None
        """The newest turn's id then; None where it cannot be read."""
        with suppress(DamagedHistoryError):
            ((newest,),) = database.rows(NEWEST)
            self._newest = min([newest, *_remembered(database, UNSEEN).values()])
        self._found: frozenset[Path] | None = None
        """Those that are not set aside; None as long as nobody could look."""
        self._gone: frozenset[str] = frozenset()
        """The names of those that are no longer among the copies."""
        self._aside: Path | None = None
        """Where those are that were set aside here, if it is to be told how they came to be so."""
        self._known: frozenset[str] = frozenset()
        """The names of those of which that is known."""

    def forget(self) -> None:
        """Hold no key any more. Python cannot wipe it; see THREAT_MODEL.md."""
        self._dek = None

    def set_aside(self) -> Path | None:
        """Set them aside, where it was not done before; return where they are now, None for none.

        Nor is it returned where it is known how they came to be strange: nobody need be told.

        Raises:
            OSError, DamagedHistoryError: nobody can tell which they are.
            VaultError: some are left where they are; they are remembered.
        """
        error = self._moved()
        if error is not None:
            values = {"folder": self._files.backups, "reason": reason_of(error)}
            raise VaultError(LEFT, **values) from error
        return self._aside

    def require_aside(self, needed: Path | None = None) -> None:
        """Set them aside before something is done that cannot be done beside them.

        Args:
            needed: the one that it cannot be done beside; any of them, where none is named.

        Raises:
            OSError, DamagedHistoryError: nobody can tell which they are.
            VaultError: some are left where they are, of all or that one.
        """
        error = self._moved()
        left = [path for path in self._looked_for() if needed in {None, path}]
        if error is not None and left:
            values = {"paths": ", ".join(map(str, sorted(left))), "reason": reason_of(error)}
            raise VaultError("vault.strange_copies_in_the_way", **values) from error

    def left(self) -> frozenset[Path]:
        """Set aside what can be, and return what cannot, which may not be let go of.

        Raises:
            OSError, DamagedHistoryError: nobody can tell which they are.
        """
        self._moved()
        return self._looked_for()

    def noted(self) -> frozenset[str]:
        """Return the names of those that are remembered, also where their disk is away."""
        return frozenset(name.removeprefix(NOTED) for name in _remembered(self._database, NOTED))

    def perhaps_away(self) -> bool:
        """Tell whether there are or may be some, though the folder cannot be looked into."""
        return bool(_all_remembered(self._database))

    def _moved(self) -> OSError | None:
        """Set aside what can be; return what stood in the way where some are left."""
        found = self._looked_for()
        copies = [copy for copy in _copies(self._files) if copy.files.folder in found]
        failed: OSError | None = None
        try:
            aside = set_some_aside(self._files, copies)
            if {copy.files.folder.name for copy in copies} - self._known:
                self._aside = aside
        except OSError as error:
            failed = error
        self._found = _that_stay(self._files, found)
        self._gone |= {path.name for path in found - self._found}
        # Each that is left is known by its name now, and so is what was made since by its turns:
        # with UNSEEN, a copy that this history makes itself would be taken for a strange one.
        # Where it cannot be written, it is done the next time.
        with suppress(VaultError):
            _change(
                self._database,
                forgotten={UNSEEN, *(f"{NOTED}{name}" for name in self._gone)},
                noted={
                    f"{NOTED}{path.name}": KNOWN if path.name in self._known else UNKNOWN
                    for path in self._found
                },
            )
        return failed if self._found else None

    def _looked_for(self) -> frozenset[Path]:
        if self._found is None:
            dek = self._dek
            if dek is None:
                raise GivenUpError("vault.given_up")
            try:
                _require_listed(self._files.backups)
            except OSError:
                if self._newest is not None:
                    with suppress(VaultError):
                        _change(self._database, noted={UNSEEN: self._newest})
                raise
            remembered = _remembered(self._database, NOTED)
            noted = self.noted()
            self._found = frozenset(
                copy.files.folder
                for copy in _copies(self._files)
                if copy.files.folder.name in noted or self._is_strange(copy, dek)
            )
            self._known = frozenset(
                path.name
                for path in self._found
                if self._is_first() or remembered.get(f"{NOTED}{path.name}") == KNOWN
            )
            self._dek = None
        return self._found

    def _is_first(self) -> bool:
        """Tell whether the history has made no copy yet where it lies."""
        return self._newest == NONE_OF_ITS_OWN[UNSEEN]

    def _is_strange(self, copy: Copy, dek: bytes) -> bool:
        if self._is_first():  # also one that is damaged
            return True
        held = newest_turn(copy.files.history, dek)
        if held is None:
            return not is_of(self._files, copy.files, dek)
        if self._newest is None:
            raise DamagedHistoryError("vault.history_damaged", path=self._files.history)
        return held > self._newest


def take_copies_for_strange(database: Database) -> None:
    """Forget which copies are strange: the history comes to another place, where all of them are.

    Raises:
        VaultError: nothing can be written.
    """
    _change(database, forgotten=_all_remembered(database))
    _change(database, noted=NONE_OF_ITS_OWN)


def _change(
    database: Database,
    forgotten: Iterable[str] = (),
    noted: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Forget and note in one step; nothing is written where nothing changes.

    Each change has a copy tried again, and so this, too. One that is not there is not forgotten
    for that: it may be so only now, its disk away.
    """
    known = _all_remembered(database)
    old = [name for name in forgotten if name in known]
    new = [each for each in noted.items() if each[0] not in known]
    if old or new:
        with database.transaction():
            for name in old:
                database.rows("DELETE FROM setting WHERE name = ?", (name,))
            for each in new:
                database.rows("INSERT INTO setting(name, value) VALUES (?, ?)", each)


def _that_stay(files: VaultFiles, found: frozenset[Path]) -> frozenset[Path]:
    """Return those that were not moved; all of them where nobody can tell, the disk being away."""
    try:
        _require_listed(files.backups)
    except OSError:
        return found
    return found & {copy.files.folder for copy in _copies(files)}


def _all_remembered(database: Database) -> dict[str, int]:
    return _remembered(database, NOTED) | _remembered(database, UNSEEN)


def _remembered(database: Database, beginning: str) -> dict[str, int]:
    return dict(readable_rows(database, REMEMBERED, [(beginning,)]))


def _require_listed(folder: Path) -> None:
    """Raise OSError where nobody can tell which copies there are; where there are none, do not."""
    try:
        next(folder.iterdir(), None)
    except FileNotFoundError:
        if folder.is_symlink():
            raise


def _copies(files: VaultFiles) -> list[Copy]:
    """Return the copies there are; void ones are to go anyway."""
    copies = (*copies_in(files.backups), *safety_copies_in(files.backups))
    return [copy for copy in copies if copy.files.folder.suffix != VOID]
