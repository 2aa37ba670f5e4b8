"""The button that removes damaged histories which were set aside; it asks twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.errors import KnownError
from desktop_app.views import backup_work
from desktop_app.views.notice import explained
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault


class SetAsideButton(QPushButton):
    """Hidden where there are none."""

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
