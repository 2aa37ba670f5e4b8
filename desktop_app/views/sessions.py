"""The conversations of this window as rows, newest first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from desktop_app.views.conversation import Conversation
from desktop_app.views.message import Index


class Sessions(QAbstractListModel):
    """Rows of `Conversation`; always at least one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Conversation] = []
        self.begin()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """See Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._rows[index.row()].title

    def conversation(self, row: int) -> Conversation:
        """Return the conversation of a row."""
        return self._rows[row]

    def begin(self, conversation: Conversation | None = None) -> None:
        """Put `conversation`, or an empty one, on top."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        begun = conversation or Conversation()
        begun.titled.connect(self.retitle)
        self._rows.insert(0, begun)
        self.endInsertRows()

    def retitle(self) -> None:
        """Have every title read again: a first message came, or the language changed."""
        self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
