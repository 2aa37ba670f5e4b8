"""After the first steps: the offer to make a recovery sheet, while losing nothing is still easy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.vault.interruptible import Work
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.vault.shown_sheet import VOID_FIRST, SheetError
from desktop_app.views import key_changes
from desktop_app.views.appearance import Appearance
from desktop_app.views.notice import explained
from desktop_app.views.panel import Panel, Text
from desktop_app.views.recovery_sheet import SheetView
from desktop_app.views.tasks import Tasks
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault


class SheetOffer(Panel):
    """Ends in `done`, with a sheet or without one."""

    done = Signal()

    def __init__(self, vault: Vault, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self._vault = vault
        self._tasks = Tasks(self)
        self._code = RecoveryCode.new()
        self._unheard: list[Exception] = []
        """Why the sheet is not in force, where that was not said on the page yet."""
        self.view: SheetView | None = None
        self._text = Text("keys.offer_means")
        self.content.setSpacing(14)
        self.content.addWidget(Text("keys.offer", "panelTitle"))
        self.content.addWidget(self._text)
        self.back.hide()
        self.main.clicked.connect(self._go_on)
        self.skip.clicked.connect(self.done)
        self._retranslate()

    def end(self) -> list[Callable[[], str]]:
        """Change nothing any more; waits for what was about to be changed.

        Returns:
            What to say of a sheet that a person may have written down and that is not in force.
        """
        self._tasks.close()
        if Work.CHANGING_KEY in self._vault.database.broke_off:
            return [partial(sentence, "lock.broke_off_changing_key")]
        return [partial(explained, error) for error in self._unheard]

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _go_on(self) -> None:
        if self.view is None:
            self._show_sheet()
        elif self.main.isEnabled():
            self._let_choose(may=False)  # the sheet would count for who has just declined it
            self.notice.clear()
            work = partial(key_changes.set_recovery, self._vault, self._code)
            noted = partial(_noted, work, self._unheard)
            self._tasks.start(noted, lambda _: self.done.emit(), self._failed)

    def _show_sheet(self) -> None:
        today = datetime.now().astimezone().date()
        sheet = RecoverySheet(self._code, self._vault.keys.envelope().vault, today)
        self.view = SheetView(sheet)
        self.view.kept_changed.connect(self.main.setEnabled)
        self._text.say("keys.sheet_means")
        self.content.addWidget(self.view)
        self.main.setEnabled(False)
        self.view.kept.setFocus()
        self._retranslate()

    def _failed(self, error: Exception) -> None:
        self._unheard.clear()
        self._let_choose(may=True)
        self.notice.say(partial(_explained_here, error))

    def _let_choose(self, *, may: bool) -> None:
        for button in (self.main, self.skip):
            button.setEnabled(may)

    def _retranslate(self) -> None:
        self.main.setText(sentence("keys.offer_make" if self.view is None else "keys.sheet_done"))
        self.skip.setText(sentence("keys.offer_later"))


def _explained_here(error: Exception) -> str:
    """Return why it is not in force; what is shown can still be: the sheet stays on the page."""
    if isinstance(error, SheetError) and error.key == VOID_FIRST:
        return f"{explained(error.reason)}\n{sentence('keys.offer_not_yet')}"
    return explained(error)


def _noted(work: Callable[[], None], unheard: list[Exception]) -> None:
    try:
        work()
    except Exception as error:
        unheard.append(error)
        raise
