"""Removing conversations for good, which goes on where the list they were chosen from is closed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.views import backup_work
from desktop_app.views.tasks import PATIENCE_SECONDS, Tasks

if TYPE_CHECKING:
    from desktop_app.vault.vault import Vault


class Purging(QObject):
    """Of one open history, in a thread: it may wait for a copy that is being made."""

    ended = Signal()
    failed = Signal(Exception)

    def __init__(self, vault: Vault, parent: QObject) -> None:
        super().__init__(parent)
        self._vault = vault
        self._tasks = Tasks(self)

    @property
    def works(self) -> bool:
        """Tell whether something is being removed."""
        return self._tasks.works

    def begin(self, session: str) -> None:
        """Remove one that is in the trash; ends in `ended` or `failed`, but for a lock."""
        work = partial(backup_work.purge, self._vault, session)
        self._tasks.start(work, lambda _: self.ended.emit(), self.failed.emit)

    def finish(self) -> None:
        """Wait for it, as long as a lock would; the history is about to be closed.

        Raises:
            VaultError: it is not done.
        """
        if self.works:
            self._tasks.joined(PATIENCE_SECONDS)
            backup_work.check_purged(self._vault)
