"""What repairs set aside: the button that removes it, and how much of the disk it takes."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop_app.errors import KnownError
from desktop_app.views import backup_work
from desktop_app.views.notice import explained
from desktop_app.views.styling import spacious
from resources.messages import sentence
from resources.sizes import megabytes

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault


class SetAsideButton(QPushButton):
    """Asks twice; hidden where there is nothing to remove."""

    removed = Signal()

    def __init__(
        self, vault: Vault, begun: Callable[[], None], says: Callable[[str], None], parent: QWidget
    ) -> None:
        """`begun` is called when it is pressed, before `says` is told what that means."""
        super().__init__(parent)
        self._vault = vault
        self._begun = begun
        self._says = says
        self._sure = False
        self.setAutoDefault(False)
        self.clicked.connect(self._pressed)
        self.forget()

    def forget(self) -> None:
        """Forget a wish to remove them, and look whether there are some."""
        self._sure = False
        self.setText(sentence("window.remove_aside"))
        self.setVisible(bool(backup_work.aside(self._vault)))

    def _pressed(self) -> None:
        sure = self._sure
        self._begun()
        if not sure:
            self._sure = True
            self.setText(sentence("window.remove_aside_sure"))
            count = len(backup_work.aside(self._vault))
            self._says(sentence("window.remove_aside_means", count=count))
            return
        try:
            backup_work.remove_aside(self._vault)
        except KnownError as error:
            self._says(explained(error))
        else:
            self._says(sentence("sessions.aside_removed"))
            self.removed.emit()
        self.forget()


class SetAsideRow(QWidget):
    """The button on the privacy page, and how much it is about; hidden where there is nothing."""

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
