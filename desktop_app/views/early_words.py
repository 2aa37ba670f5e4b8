"""Where a person writes while a keyring opens the history: nobody has to wait for it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_app.views.composer import Composer


class EarlyWords(Composer):
    """A composer that sends nothing; what stands in it is taken over by the conversation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.let_send(may=False, replying=False)
        self.hide()

    def take(self) -> str:
        """Return what was written; it is nowhere here then."""
        if self.field.hasFocus():
            QGuiApplication.inputMethod().commit()  # what is being composed belongs to it
        written, self.text = self.text, ""
        return written
