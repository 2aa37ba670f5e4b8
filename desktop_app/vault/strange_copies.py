"""Copies beside a history that are not its own: of another key, or of turns it never had.

Somebody may have put an older history in the place of the newer one, or one of another computer.
What was copied before is then the only place of what it holds, so it may not grow old and go. It is
set aside when the history is opened, before a turn is added: turns get the ids that others had, so
later nobody could tell. Where that fails, the history itself remembers which copies they are, until
they have been set aside; where it cannot be written to either, no turn is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from desktop_app.vault.copied_keys import is_of
from desktop_app.vault.copies import VOID, Copy, copies_in, safety_copies_in
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.peek import NEWEST, newest_turn
from desktop_app.vault.set_aside import set_some_aside
from resources.system_errors import reason_of

NOTED: Final = "strange_copy:"
"""Settings, each with the name of a copy's folder after it: what it is, is said by being there."""
UNSEEN: Final = "copies_unseen_since"
"""A setting: the newest turn's id when the copies could first not be looked into."""
LEFT: Final = "vault.strange_copies_left"
"""The error that says that some could not be set aside."""
REMEMBERED: Final = "SELECT name, value FROM setting WHERE name LIKE ? || '%'"


class StrangeCopies:
    """Those of an open history. Whoever calls it lets nobody else make a copy meanwhile."""

    def __init__(self, files: VaultFiles, database: Database, dek: bytes) -> None:
        """Take what there is now as what the history had when it was opened."""
        self._files, self._database, self._dek = files, database, dek
        self._newest: int | None = None
        """The newest turn's id then; None where it cannot be read."""
        with suppress(DamagedHistoryError):
            ((newest,),) = database.rows(NEWEST)
            self._newest = min([newest, *_remembered(database, UNSEEN).values()])
        self._found: frozenset[Path] | None = None
        """Those that are not set aside; None as long as nobody could look."""

    def set_aside(self) -> None:
        """Set them aside, where it was not done before.

        Raises:
            OSError, DamagedHistoryError: nobody can tell which they are.
            VaultError: some are left where they are; they are remembered.
        """
        found = self._looked_for()
        copies = [copy for copy in _copies(self._files) if copy.files.folder in found]
        try:
            set_some_aside(self._files, copies)
        except OSError as error:
            self._found = found & {copy.files.folder for copy in _copies(self._files)}
            self._remember({f"{NOTED}{path.name}": 1 for path in self._found})
            values = {"folder": self._files.backups, "reason": reason_of(error)}
            raise VaultError(LEFT, **values) from error
        self._found = frozenset()
        with suppress(VaultError):  # then it is done at the next opening
            _forget(self._database, {UNSEEN, *(f"{NOTED}{path.name}" for path in found)})

    def left(self) -> frozenset[Path]:
        """Set aside what can be, and return what cannot, which may not be let go of.

        Raises:
            OSError, DamagedHistoryError: nobody can tell which they are.
        """
        found = self._looked_for()
        with suppress(VaultError):
            self.set_aside()
        return found if self._found is None else self._found

    def _looked_for(self) -> frozenset[Path]:
        if self._found is None:
            try:
                _require_listed(self._files.backups)
            except OSError:
                if self._newest is not None:
                    self._remember({UNSEEN: self._newest})
                raise
            noted = _remembered(self._database, NOTED)
            self._found = frozenset(
                copy.files.folder
                for copy in _copies(self._files)
                if f"{NOTED}{copy.files.folder.name}" in noted or self._is_strange(copy)
            )
        return self._found

    def _is_strange(self, copy: Copy) -> bool:
        held = newest_turn(copy.files.history, self._dek)
        if held is None:
            return not is_of(self._files, copy.files, self._dek)
        if self._newest is None:
            raise DamagedHistoryError("vault.history_damaged", path=self._files.history)
        return held > self._newest

    def _remember(self, settings: dict[str, int]) -> None:
        """Note what is not noted yet: each change has a copy tried again, and so this, too."""
        known = _all_remembered(self._database)
        new = [each for each in settings.items() if each[0] not in known]
        if new:
            with suppress(VaultError), self._database.transaction():
                for each in new:
                    self._database.rows("INSERT INTO setting(name, value) VALUES (?, ?)", each)


def forget_strange_copies(database: Database) -> None:
    """Forget which copies are strange: the history has come to another place.

    Raises:
        VaultError: nothing can be written.
    """
    _forget(database, _all_remembered(database))


def _forget(database: Database, names: Iterable[str]) -> None:
    """Forget what is known of these; one that is not there may be so only now, its disk away."""
    known = [name for name in names if name in _all_remembered(database)]
    if known:
        with database.transaction():
            for name in known:
                database.rows("DELETE FROM setting WHERE name = ?", (name,))


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
