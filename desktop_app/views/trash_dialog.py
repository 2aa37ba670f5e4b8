"""Recently deleted conversations: brought back, or removed for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.errors import KnownError
from desktop_app.views import backup_work
from desktop_app.views.conversation import shortened
from desktop_app.views.notice import explained
from desktop_app.views.purging import Purging
from desktop_app.views.sessions import day_of
from desktop_app.views.set_aside import SetAsideButton
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.records import StoredSession
    from desktop_app.vault.vault import Vault


class TrashDialog(QDialog):
    """`restored` carries the id of a session that is in the history again.

    What is removed for good goes on being removed where this is closed; see purging.py.
    """

    restored = Signal(str)

    def __init__(self, vault: Vault, purging: Purging, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(sentence("window.recently_deleted"))
        self._vault = vault
        self._purging = purging
        purging.ended.connect(self._fill)
        purging.failed.connect(self._failed)
        self._sure = False
        self.list = QListWidget(self)
        self.list.setAccessibleName(sentence("window.recently_deleted"))
        self.list.currentItemChanged.connect(self._refresh)
        self._says = QLabel(self)
        self._says.setObjectName("quiet")
        self._says.setTextFormat(Qt.TextFormat.PlainText)  # an error may name a folder
        self._says.setWordWrap(True)
        buttons = QDialogButtonBox(self)
        self.back = self._button(buttons, "window.restore", self._restore)
        self.purge = self._button(buttons, "window.purge", self._purge)
        self.aside = SetAsideButton(vault, self._refresh, self._says.setText, self)
        buttons.addButton(self.aside, QDialogButtonBox.ButtonRole.ActionRole)
        self._button(buttons, "window.close", self.reject)
        column = QVBoxLayout(self)
        for widget in (self.list, self._says, buttons):
            column.addWidget(widget)
        self._fill()

    def _button(self, box: QDialogButtonBox, key: str, does: Callable[[], None]) -> QPushButton:
        button = box.addButton(sentence(key), QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(does)
        return button

    def _fill(self) -> None:
        self.list.clear()
        try:
            trashed = self._vault.sessions.trashed()
        except KnownError as error:
            self._says.setText(explained(error))
            return
        for stored in trashed:
            item = QListWidgetItem(self._line(stored))
            item.setData(Qt.ItemDataRole.UserRole, stored.id)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._refresh()

    def _line(self, stored: StoredSession) -> str:
        assert stored.deleted is not None, "it lies in the trash"
        title = stored.title or shortened(stored.opening)
        due = day_of(self._vault.trash.due(stored.deleted))
        if not self._vault.trash.kept:
            return title
        return sentence("window.purged_on", title=title, day=due)

    def _refresh(self) -> None:
        """Say how things stand; a wish to purge is forgotten."""
        self._sure = False
        self.aside.forget()
        self.purge.setText(sentence("window.purge"))
        chosen = self.list.currentItem() is not None
        for button in (self.back, self.purge):
            button.setEnabled(chosen and not self._purging.works)
        if self._purging.works:
            self._says.setText(sentence("window.purging"))
        elif not self.list.count():
            self._says.setText(sentence("sessions.trash_empty"))
        else:
            kept = "window.trash_kept" if self._vault.trash.kept else "window.trash_not_kept"
            self._says.setText(sentence(kept))

    def _restore(self) -> None:
        session = self._chosen()
        try:
            self._vault.sessions.restore(session)
        except KnownError as error:
            self._says.setText(explained(error))
        else:
            self._fill()
            self.restored.emit(session)

    def _purge(self) -> None:
        if not self._sure:  # asked for twice
            self._refresh()
            self._sure = True
            self.purge.setText(sentence("window.purge_sure"))
            self._says.setText("\n".join(self._meant()))
            return
        self._purging.begin(self._chosen())
        self._refresh()

    def _meant(self) -> list[str]:
        """Return what removing for good means: what goes, and what still holds it."""
        aside = backup_work.aside(self._vault)
        return [
            sentence("window.purge_means"),
            *(sentence("window.purge_aside", day=day_of(made)) for made in aside),
        ]

    def _chosen(self) -> str:
        return str(self.list.currentItem().data(Qt.ItemDataRole.UserRole))

    def _failed(self, error: Exception) -> None:
        self._refresh()
        self._says.setText(explained(error))
