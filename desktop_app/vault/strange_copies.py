"""Copies beside a history that are not its own: of another key, or of turns it never had.

Somebody may have put an older history in the place of the newer one, or one of another computer.
What was copied before is then the only place of what it holds, so it may not grow old and go.
"""

from __future__ import annotations

from desktop_app.vault.copied_keys import is_of
from desktop_app.vault.copies import VOID, Copy, copies_in, safety_copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.peek import NEWEST, newest_turn
from desktop_app.vault.set_aside import set_some_aside


def set_strangers_aside(files: VaultFiles, database: Database, dek: bytes) -> None:
    """Keep them apart from those of the history, which is open; void ones are to go anyway.

    Raises:
        OSError: not all could be renamed.
    """
    copies = (*copies_in(files.backups), *safety_copies_in(files.backups))
    if copies:
        ((newest,),) = database.rows(NEWEST)
        strange = [
            copy
            for copy in copies
            if copy.files.folder.suffix != VOID and _is_strange(files, copy, dek, newest)
        ]
        set_some_aside(files, strange)


def _is_strange(files: VaultFiles, copy: Copy, dek: bytes, newest: int) -> bool:
    held = newest_turn(copy.files.history, dek)
    return not is_of(files, copy.files, dek) if held is None else held > newest
