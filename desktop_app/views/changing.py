"""A change of the whole history, which goes on where the page it was asked for on is closed.

It waits for a reply in progress (long_writes.py), and who would stop that leaves the page.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from desktop_app.views import key_changes
from desktop_app.views.tasks import Tasks

if TYPE_CHECKING:
    from desktop_app.vault.vault import Vault

Said = Callable[[], str]
"""A sentence, in the language in force when it is asked for."""
MOMENT_S: Final = 0.5
"""What is given up ends within it, but for what waits for a person."""


class Change(StrEnum):
    """What is changed, and by that which section tells of it."""

    KEYS = auto()
    CONVERSATIONS = auto()


class Changing(QObject):
    """Of one open history, in a thread; one change at a time, and each ends in one signal."""

    began = Signal()
    ended = Signal(Change, object)
    """What to say of it: a Said."""
    failed = Signal(Change, Exception)
    brought_in = Signal()
    """There may be other conversations, and another safety plan."""

    def __init__(self, vault: Vault, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._vault = vault
        self._tasks = Tasks(self)
        self.current: Change | None = None
        """What is being changed, or waits to be."""

    def begin(
        self, change: Change, work: Callable[[], object], said: Callable[[Any], Said]
    ) -> None:
        """Do `work`; of what it returns `said` makes what is to be said. Nothing else goes on."""
        assert self.current is None

        def done(outcome: object) -> None:
            self.current = None
            self.ended.emit(change, said(outcome))
            if change is Change.CONVERSATIONS:
                self.brought_in.emit()

        def failed(error: Exception) -> None:
            self.current = None
            self.failed.emit(change, error)

        self.current = change
        self._tasks.start(work, done, failed)
        self.began.emit()

    def finish(self) -> None:
        """Wait a moment for what is given up; the history is about to be closed.

        Where the window stays, that is told of as given up then, and not begun after all.

        Raises:
            VaultError: the key is not changed, or not yet.
        """
        ended = self._tasks.joined(MOMENT_S)
        if self.current is Change.KEYS:
            key_changes.check_rotated(self._vault, ended=ended)

    def close(self) -> None:
        """Tell of nothing any more, and wait for what was begun."""
        self._tasks.close()
