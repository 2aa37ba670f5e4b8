"""Bringing the conversations of a file into a history that is open, after a copy of it was made."""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop_app.vault.import_file import FileRead
from desktop_app.vault.interruptible import Work
from desktop_app.vault.merge import Gain, gain, merge
from desktop_app.vault.vault import Vault


def bring_in(vault: Vault, found: FileRead, clock: Callable[[], float] = time.time) -> Gain:
    """Add what `vault` lacks of what a file held; see `merge.merge`.

    Raises:
        GivenUpError: the history is being closed; nothing was added.
        VaultError: the copy or the merge failed; nothing was added.
    """
    with vault.database.at(Work.BRINGING_IN):
        expected = gain(vault.database, found.sessions)
        if not expected:
            return expected
        with vault.database.undisturbed():
            vault.backups.make_safety_copy()
            return merge(vault.database, found.sessions, int(clock() * 1000))
