"""What repairs set aside, on the privacy page: how much it takes, and a way to be rid of it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop_app.views import backup_work
from desktop_app.views.set_aside_button import SetAsideButton
from desktop_app.views.styling import spacious
from resources.messages import sentence
from resources.sizes import megabytes

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault


class SetAsideRow(QWidget):
    """Hidden where there is nothing of it."""

    removed = Signal()

    def __init__(
        self, vault: Vault, begun: Callable[[], None], says: Callable[[str], None], parent: QWidget
    ) -> None:
        """`begun` and `says` are those of SetAsideButton."""
        super().__init__(parent)
        self._vault = vault
        self._takes = QLabel(self)
        self._takes.setObjectName("panelText")
        self._takes.setWordWrap(True)
        self.button = SetAsideButton(vault, begun, says, self)
        self.button.removed.connect(self._gone)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(self._takes, 1)
        across.addWidget(self.button)
        self._show()

    @property
    def text(self) -> str:
        """What it says."""
        return self._takes.accessibleName()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.button.forget()
            self._show()

    def _gone(self) -> None:
        self._show()
        self.removed.emit()

    def _show(self) -> None:
        sizes = backup_work.aside_sizes(self._vault)
        size = megabytes(sum(sizes))
        said = sentence("copies.kept_aside", count=len(sizes), megabytes=size)
        self._takes.setText(spacious(html.escape(said)))
        self._takes.setAccessibleName(said)
        self.setVisible(bool(sizes))
