"""A message being said otherwise: its text in a field; Enter sends it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desktop_app.views.text_dialog import TextDialog
from resources.messages import sentence


class EditDialog(TextDialog):
    """An empty message is none: it is sent as little as one that has not changed."""

    def __init__(self, text: str, say: Callable[[str], None], parent: QWidget) -> None:
        """Put `text` otherwise; `say` is given the other one, and may refuse it (KnownError)."""
        means, does = sentence("window.edit_means"), sentence("window.send")
        super().__init__(text, say, sentence("window.edit"), means, does, parent)
        self.field.selectAll()

    def accept(self) -> None:
        """See Qt."""
        if self.text.strip():
            super().accept()
        else:
            self.reject()
