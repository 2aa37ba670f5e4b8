"""What a person answers to the dialogs of the keys' section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop_app.views.key_dialogs import KeyDialog, PassphraseDialog, SheetDialog
from desktop_app.views.keys_section import KeysSection
from tests.support.window_run import type_text

ANOTHER: Final = "另一句口令 battery staple"
LOOK_MS: Final = 5


class Answers(QObject):
    """Does one thing after another with the dialogs that come."""

    def __init__(self, section: KeysSection, *answers: Callable[[KeyDialog], None]) -> None:
        super().__init__(section)
        self._left = list(answers)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._answered: QWidget | None = None

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, KeyDialog) and dialog is not self._answered and self._left:
            self._answered = dialog
            self._left.pop(0)(dialog)
            if not self._left:
                self._timer.stop()


def give_passphrase(dialog: KeyDialog) -> None:
    assert isinstance(dialog, PassphraseDialog)
    type_text(dialog.first.line, ANOTHER)
    type_text(dialog.second.line, ANOTHER)
    dialog.act.click()


class Sheet:
    """Copies the code of the sheet that is shown, and keeps it."""

    code = ""

    def __call__(self, dialog: KeyDialog) -> None:
        assert isinstance(dialog, SheetDialog)
        assert not dialog.act.isEnabled()
        labels = dialog.findChildren(QLabel, "code")
        self.code = "-".join(label.text() for label in labels)
        dialog.view.kept.click()
        dialog.act.click()
