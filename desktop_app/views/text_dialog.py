"""A text to be put otherwise: in a field, with a word on what that means; Enter is done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from desktop_app.errors import KnownError
from desktop_app.views.announcement import announce
from desktop_app.views.composer import MessageField
from resources.messages import sentence


class TextDialog(QDialog):
    """What is refused stays in the field, and why is said below it."""

    def __init__(
        self,
        text: str,
        take: Callable[[str], None],
        title: str,
        means: str,
        does: str,
        parent: QWidget,
    ) -> None:
        """Show `text` under a title, with what it means and what the button says.

        `take` is given another text; it raises KnownError where that cannot be.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._take = take
        self.before = text
        """What it was when the dialog was opened."""
        self.field = MessageField(self)
        self.field.setPlainText(text)
        self.field.setAccessibleName(title)
        self.field.setMinimumWidth(self.fontMetrics().averageCharWidth() * 60)
        self.field.entered.connect(self.accept)
        self._below = QLabel(means, self)
        self._below.setObjectName("quiet")
        self._below.setWordWrap(True)
        buttons = QDialogButtonBox(self)
        done = buttons.addButton(does, QDialogButtonBox.ButtonRole.AcceptRole)
        done.clicked.connect(self.accept)
        leave = buttons.addButton(sentence("window.cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        leave.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.field, self._below, buttons):
            column.addWidget(widget)

    @property
    def text(self) -> str:
        """What is in the field."""
        return self.field.toPlainText()

    def go_on_with(self, text: str) -> None:
        """Put into the field what had been begun, to be gone on with at its end."""
        self.field.setPlainText(text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)

    def say(self, text: str) -> None:
        """Say `text` in the place of what it means."""
        self._below.setText(text)
        announce(self._below, text)

    def accept(self) -> None:
        """See Qt."""
        if self.text.strip() == self.before:
            self.reject()
            return
        try:
            self._take(self.text)
        except KnownError as error:
            self.say(error.sentence())
            return
        super().accept()
