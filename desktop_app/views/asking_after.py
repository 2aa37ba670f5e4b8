"""Asking after a person whose last talk was about danger, soon after the history is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.conversation.follow_up import left_in_danger, note_asked
from desktop_app.views.first_paint import FirstPaint
from desktop_app.views.tasks import Tasks

if TYPE_CHECKING:
    from desktop_app.vault.vault import Vault


class AskingAfter(QObject):
    """Looks once, when `widget` has been painted, and is gone then; after `end` it says nothing.

    It reads beside the window's thread: an import that is under way keeps the history to itself.
    """

    def __init__(
        self,
        widget: QWidget,
        vault: Vault,
        say: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(widget)
        self._sessions, self._documents = vault.sessions, vault.documents
        self._say, self._say_error = say, failed
        self._tasks = Tasks(self)
        self._painted = FirstPaint(widget, self._look)

    def end(self) -> None:
        """Look no further: the history is about to be closed."""
        if isValid(self._painted):
            self._painted.end()
        self._tasks.close()

    def _look(self) -> None:
        look = partial(left_in_danger, self._sessions, self._documents)
        self._tasks.start(look, self._found, self._failed)

    def _found(self, turn: int | None) -> None:
        if turn is None:
            self.deleteLater()
            return
        self._say()
        note = partial(note_asked, self._documents, turn)
        self._tasks.start(note, lambda _: self.deleteLater(), self._failed)

    def _failed(self, error: Exception) -> None:
        self._say_error(error)
        self.deleteLater()
