"""The messages of one conversation as rows: what is said, by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_app.dialogue import Role
from resources.messages import sentence

MESSAGE: Final = Qt.ItemDataRole.UserRole
"""The role under which a row's whole `Message` is found."""

Index = QModelIndex | QPersistentModelIndex


class State(StrEnum):
    """How a message stands; the catalogue's `message_state` says it in words."""

    WRITING = "writing"
    WHOLE = "whole"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    """The engine died while writing it."""
    CUT = "cut"
    """It reached the greatest length of a reply."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row."""

    role: Role
    text: str = field(repr=False)
    state: State = State.WHOLE

    @property
    def note(self) -> str:
        """What stands below the message in small type; empty for a whole one."""
        if self.state in {State.WHOLE, State.WRITING}:
            return ""
        return sentence(f"message_state.{self.state}")

    def spoken(self) -> str:
        """Return the row as a screen reader says it."""
        return sentence(f"speaker.{self.role}", text=self.text, note=self.note).rstrip()


class Messages(QAbstractListModel):
    """Rows of `Message`, oldest first. Only the last one ever changes."""

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

    def end(self, state: State) -> None:
        """Say how the last message ended."""
        self._change(replace(self._rows[-1], state=state))

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
