"""What came of what was begun with an open history: said on its page, or in the window without."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop_app.vault.errors import GivenUpError, VaultError
from desktop_app.views.changing import NOT_DONE, Change, Changing, Said, said_of
from desktop_app.views.notice import explained

if TYPE_CHECKING:
    from desktop_app.views.window import MainWindow


class Outcomes(QObject):
    """Belongs to what goes on with the history."""

    def __init__(self, changing: Changing, window: MainWindow) -> None:
        super().__init__(changing)
        self._changing = changing
        self._window = window
        changing.ended.connect(self._tell)
        changing.failed.connect(self._tell_failed)

    def _tell(self, change: Change, said: Said) -> None:
        self._unsay_not_yet(change)
        if not self._page_tells(change):
            self._window.standing.say_besides(said)

    def _tell_failed(self, change: Change, error: Exception) -> None:
        not_yet = self._unsay_not_yet(change)
        if isinstance(error, GivenUpError):  # the window was to close, and stays
            if change is Change.CONVERSATIONS:
                self._window.standing.say_besides(said_of(change, error))
            elif not_yet:  # else it was said when it was to close
                not_done, _ = NOT_DONE[change]
                self._window.standing.say_error_besides(VaultError(not_done))
        elif error is not self._changing.told and not self._page_tells(change):
            self._window.standing.say_error_besides(error)

    def _unsay_not_yet(self, change: Change) -> bool:
        """Take back that it is not done yet; tell whether that was said."""
        not_yet = self._changing.take_not_yet(change)
        if not_yet is not None:
            self._window.standing.unsay(partial(explained, not_yet))
        return not_yet is not None

    def _page_tells(self, change: Change) -> bool:
        from desktop_app.views import export_dialog
        from desktop_app.views.privacy import Privacy

        if change is Change.WRITING_OUT and export_dialog.is_open(self._window):
            return True
        return any(each.isVisible() for each in self._window.findChildren(Privacy))
