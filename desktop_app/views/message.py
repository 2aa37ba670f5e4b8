"""The messages of one conversation as rows: what is said, by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_app.care.guard.provenance import provenance
from desktop_app.dialogue import Role, TurnState
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.records import StoredTurn

MESSAGE: Final = Qt.ItemDataRole.UserRole
"""The role under which a row's whole `Message` is found."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Message:
    """One row."""

    role: Role
    text: str = field(repr=False)
    state: TurnState = TurnState.COMPLETE
    version: int = 1
    versions: int = 1
    """So many versions there are, and which one this is."""

    @classmethod
    def of(cls, stored: StoredTurn) -> Message:
        """Return the row of a turn of the history."""
        turn, versions = stored.turn, len(stored.versions)
        return cls(turn.role, turn.content, stored.state, stored.version, versions)

    @property
    def pages(self) -> str:
        """Which of several versions it is; empty where there is one."""
        if self.versions == 1:
            return ""
        return sentence("window.version", number=self.version, count=self.versions)

    @property
    def note(self) -> str:
        """What stands below the message in small type; empty for a whole one said once."""
        return "  ".join(filter(None, (self.pages, self._ending(), self._provenance())))

    def _ending(self) -> str:
        if self.state in {TurnState.COMPLETE, TurnState.GROWING}:
            return ""
        return sentence(f"message_state.{self.state}")

    def _provenance(self) -> str:
        return provenance(self.text) if self.role is Role.ASSISTANT else ""

    def spoken(self) -> str:
        """Return the row as a screen reader says it."""
        return sentence(f"speaker.{self.role}", text=self.text, note=self.note).rstrip()


class Messages(QAbstractListModel):
    """Rows of `Message`, oldest first. Only the last one changes, or all at once."""

    def __init__(self, messages: Iterable[Message] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = list(messages)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """See Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        if not index.isValid():
            return None
        message = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return message.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return message.spoken()
            case _ if role == MESSAGE:
                return message
        return None

    def message(self, row: int) -> Message:
        """Return the message of a row."""
        return self._rows[row]

    def add(self, message: Message) -> None:
        """Append a row."""
        row = len(self._rows)
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.append(message)
        self.endInsertRows()

    def grow(self, text: str) -> None:
        """Append `text` to the last message."""
        last = self._rows[-1]
        self._change(replace(last, text=last.text + text))

    def end(self, state: TurnState) -> None:
        """Say how the last message ended."""
        self._change(replace(self._rows[-1], state=state))

    def show(self, messages: Iterable[Message]) -> None:
        """Show other rows: another version was chosen."""
        self.beginResetModel()
        self._rows = list(messages)
        self.endResetModel()

    def remove_last(self, count: int = 1) -> None:
        """Drop the last `count` rows."""
        first = len(self._rows) - count
        self.beginRemoveRows(QModelIndex(), first, len(self._rows) - 1)
        del self._rows[first:]
        self.endRemoveRows()

    def _change(self, message: Message) -> None:
        self._rows[-1] = message
        index = self.index(len(self._rows) - 1)
        self.dataChanged.emit(index, index)
