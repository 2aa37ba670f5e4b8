"""The left column: a new conversation, those of this window, and what becomes of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.views import theme
from desktop_app.views.sessions import Sessions
from resources.messages import sentence


class Sidebar(QFrame):
    """`chosen` carries a row, `begun` asks for a new conversation."""

    chosen = Signal(int)
    begun = Signal()

    def __init__(self, sessions: Sessions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setFixedWidth(theme.SIDE_WIDTH)
        self._sessions = sessions
        self.new = QPushButton(self)
        self.new.clicked.connect(self.begun)
        self.list = QListView(self)
        self.list.setObjectName("sessions")
        self.list.setModel(sessions)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSpacing(1)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self._not_kept = QLabel(self)
        self._not_kept.setObjectName("quiet")
        self._not_kept.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 14)
        column.setSpacing(10)
        for widget in (self.new, self.list, self._not_kept):
            column.addWidget(widget)
        self._retranslate()

    def show_current(self, row: int) -> None:
        """Mark a row as the one on the screen."""
        self.list.setCurrentIndex(self._sessions.index(row))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _choose(self, now: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(now.row())

    def _retranslate(self) -> None:
        self.new.setText(sentence("window.begin_conversation"))
        self.list.setAccessibleName(sentence("window.conversations"))
        self._not_kept.setText(sentence("talk.not_kept"))
        self._sessions.retitle()
