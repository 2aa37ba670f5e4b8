"""The conversations as rows, the one last spoken in first: those of the history, those of now.

A conversation of the history is read when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QDate,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    Qt,
    QTime,
    QTimeZone,
    Signal,
)

from desktop_app.conversation.open_session import begun, kept, off_the_record
from desktop_app.dialogue import Turn
from desktop_app.errors import KnownError
from desktop_app.local_time import local
from desktop_app.vault.records import StoredSession, new_session_id, title_of
from desktop_app.views.conversation import Conversation, shortened
from desktop_app.views.message import Index, Message
from desktop_app.views.styling import plain_tip
from resources.messages import language, sentence

if TYPE_CHECKING:
    from desktop_app.vault.sessions import Sessions as History

DAY: Final = Qt.ItemDataRole.UserRole
"""The role under which stands when a conversation was last spoken in."""


def day_of(moment: datetime) -> str:
    """Return when something was, as briefly as a list can say it, in the language in force."""
    here, today = local(moment), local(datetime.now(UTC)).date()
    day = here.date()
    key = "today" if day == today else "this_year" if day.year == today.year else "long_ago"
    # What the clock shows, without its zone: Qt might know another than Python.
    clock = QTime(here.hour, here.minute)
    there = QDateTime(QDate(day.year, day.month, day.day), clock, QTimeZone.utc())
    return QLocale(language()).toString(there, sentence(f"day.{key}"))


@dataclass(slots=True)
class Row:
    """A conversation of the list."""

    stored: StoredSession | None = None
    conversation: Conversation | None = None
    """None while it has not been read."""
    spoken: datetime | None = None
    """When something was said in it by this window."""

    @property
    def title(self) -> str:
        """What the list shows."""
        if self.conversation is not None:
            return self.conversation.title
        assert self.stored is not None, "a row is stored, or here"
        return self.stored.title or shortened(self.stored.opening)

    @property
    def day(self) -> str:
        """When it was last spoken in, in the language in force; empty where nobody spoke."""
        spoken = self.spoken or (self.stored and self.stored.updated)
        return day_of(spoken) if spoken else ""

    @property
    def id(self) -> str | None:
        """The session's name in the history; None off the record."""
        if self.conversation is not None:
            return self.conversation.id
        return None if self.stored is None else self.stored.id

    @property
    def empty(self) -> bool:
        """Tell whether nothing has been said in it."""
        return self.conversation is not None and self.conversation.empty

    @property
    def draft(self) -> str:
        """What was written in it and not sent."""
        return "" if self.conversation is None else self.conversation.draft

    @property
    def is_kept(self) -> bool:
        """Tell whether it stands in the history."""
        return self.id is not None and not self.empty


class Sessions(QAbstractListModel):
    """Rows of conversations; always at least one."""

    failed = Signal(Exception)
    """A title could not be kept."""

    def __init__(self, history: History | None = None, parent: QObject | None = None) -> None:
        """Take the open history; without one every conversation is off the record."""
        super().__init__(parent)
        self._history = history
        stored = () if history is None else history.kept()
        self._rows = [Row(each) for each in stored]
        if not self._rows:
            self._rows.append(Row(conversation=self._begun(private=history is None)))

    @property
    def keeps(self) -> bool:
        """Tell whether there is a history to keep conversations in."""
        return self._history is not None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """See Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.title
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(row.title)
            case Qt.ItemDataRole.AccessibleTextRole:
                day = row.day
                return sentence("window.session", title=row.title, day=day) if day else row.title
            case _ if role == DAY:
                return row.day
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """See Qt; what stands in the history can be renamed."""
        flags = super().flags(index)
        if index.isValid() and self._rows[index.row()].is_kept:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename; an empty title gives the conversation's beginning back to the list."""
        row = self._rows[index.row()]
        title = title_of(str(value))
        if role != Qt.ItemDataRole.EditRole or title == row.title or not row.is_kept:
            return False
        try:
            conversation = self.conversation(index.row())
            assert row.id is not None
            self._open_history().rename(row.id, title)
        except KnownError as error:
            self.failed.emit(error)
            return False
        conversation.name = title
        self.dataChanged.emit(index, index)
        return True

    def conversation(self, row: int) -> Conversation:
        """Return the conversation of a row, read from the history the first time, with its draft.

        Raises:
            VaultError: it cannot be read.
        """
        at = self._rows[row]
        if at.conversation is None:
            assert at.stored is not None
            opened, turns = kept(self._open_history(), at.stored.id)
            messages = map(Message.of, turns)
            at.conversation = self._joined(Conversation(opened, messages, title=at.stored.title))
            with suppress(KnownError):  # a damaged one keeps nobody from the conversation
                draft = self._open_history().drafts.of(at.stored.id)
                at.conversation.draft = "" if draft is None else draft.text
        return at.conversation

    def at(self, row: int) -> Row:
        """Return what stands in a row, read from the history or not."""
        return self._rows[row]

    def row_of(self, conversation: Conversation) -> int:
        """Return where a conversation stands; -1 when it is not in the list."""
        rows = (row for row, at in enumerate(self._rows) if at.conversation is conversation)
        return next(rows, -1)

    def row_of_session(self, session: str) -> int | None:
        """Return where a session of the history stands; None when it is not in the list."""
        return next((row for row, at in enumerate(self._rows) if at.id == session), None)

    def bring_back(self, session: str) -> int:
        """Show a session that was taken out of the trash, in its place, and return its row.

        Raises:
            VaultError: the list of conversations cannot be read.
        """
        kept = self._open_history().kept()
        places = {each.id: place for place, each in enumerate(kept)}
        row = sum(places.get(at.id or "", -1) < places[session] for at in self._rows)
        self._insert(row, Row(kept[places[session]]))
        return row

    def begin(self, *, private: bool = False) -> int:
        """Give an empty conversation, kept or off the record, and return its row."""
        private = private or self._history is None
        for row, at in enumerate(self._rows):
            titled = at.conversation is not None and at.conversation.name
            if at.empty and not titled and (at.id is None) == private:
                return row
        self._insert(0, Row(conversation=self._begun(private=private)))
        return 0

    def go_on_off_the_record(self, messages: Sequence[Message], memory: str | None) -> int:
        """Add a conversation off the record that was here before locking; return its row.

        `memory` is what was remembered of it.
        """
        if not messages:
            return self.begin(private=True)
        opened = off_the_record((Turn(each.role, each.text) for each in messages), memory)
        row = Row(conversation=self._joined(Conversation(opened, messages)))
        row.spoken = datetime.now(UTC)
        self._insert(0, row)
        return 0

    def delete(self, row: int) -> Row:
        """Take a conversation out of the list, into the trash of the history if it is in there.

        Raises:
            VaultError: it could not be; it stays in the list.
        """
        at = self._rows[row]
        if at.conversation is not None:
            at.conversation.settle()
        if at.is_kept:
            assert at.id is not None
            self._open_history().delete(at.id)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self.endRemoveRows()
        if not self._rows:
            self.begin()
        return at

    def restore(self, row: int, deleted: Row) -> int:
        """Put back what `delete` took out, and return its row.

        Raises:
            VaultError: it could not be; it is still in the trash.
        """
        if deleted.is_kept:
            assert deleted.id is not None
            self._open_history().restore(deleted.id)
        row = min(row, len(self._rows))
        self._insert(row, deleted)
        return row

    def _insert(self, row: int, what: Row) -> None:
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.insert(row, what)
        self.endInsertRows()

    def read_again(self, busy: Callable[[Conversation], bool]) -> None:
        """Read the history anew: a backup or an import added to it.

        What is being answered or waits for it (`busy`), has a draft, or is not kept stays as it is.

        Raises:
            VaultError: it cannot be read, or the end of a reply not be written; the list stays.
        """
        self.settle()
        stored = self._open_history().kept()
        before = {row.id: row for row in self._rows if row.is_kept}
        here = [row for row in self._rows if not row.is_kept]
        self.beginResetModel()
        for each in stored:
            row = before.pop(each.id, Row())
            row.stored = each
            conversation = row.conversation
            if conversation is not None and not busy(conversation) and not row.draft:
                row.conversation = None
                conversation.deleteLater()
            here.append(row)
        self._rows = here
        self.endResetModel()

    def settle(self) -> None:
        """Write down every reply that has ended, and is not on the disk yet.

        Raises:
            VaultError: one cannot be.
        """
        for row in self._rows:
            if row.conversation is not None:
                row.conversation.settle()

    def retitle(self) -> None:
        """Have every title read again: a first message came, or the language changed."""
        self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _open_history(self) -> History:
        assert self._history is not None, "nothing is kept without a history"
        return self._history

    def _begun(self, *, private: bool) -> Conversation:
        if private or self._history is None:
            return self._joined(Conversation(off_the_record()))
        return self._joined(Conversation(begun(self._history, new_session_id())))

    def _joined(self, conversation: Conversation) -> Conversation:
        conversation.titled.connect(self.retitle)
        conversation.said.connect(self._to_top)
        return conversation

    def _to_top(self) -> None:
        """Move the conversation that sent the signal; a slot that knew it would keep it alive."""
        conversation = self.sender()
        assert isinstance(conversation, Conversation)
        row = self.row_of(conversation)
        assert row >= 0, "something is said in the conversation on the screen: that is in the list"
        self._rows[row].spoken = datetime.now(UTC)
        if conversation.name and conversation.id and conversation.messages.rowCount() == 1:
            # Its only message had been taken back, and in the history its title with it.
            try:
                self._open_history().rename(conversation.id, conversation.name)
            except KnownError as error:
                self.failed.emit(error)
        if row > 0:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), 0)
            self._rows.insert(0, self._rows.pop(row))
            self.endMoveRows()
