"""The left column: a new conversation, those of the history, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QListView,
    QMenu,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop_app.views.appearance import Appearance
from desktop_app.views.elided_button import ElidedButton
from desktop_app.views.finding import Finding
from desktop_app.views.session_row import SessionDelegate
from desktop_app.views.sessions import Sessions
from desktop_app.views.tab_order import as_one_reads
from resources.messages import sentence


class Sidebar(QFrame):
    """`chosen` and `deleted` carry a row; the others ask for a new conversation."""

    chosen = Signal(int)
    clicked = Signal()
    """The person would see the current row's conversation."""
    taken = Signal()
    """They would go on in it, and be done with the list."""
    deleted = Signal(int)
    begun = Signal()
    begun_off_the_record = Signal()
    export_wanted = Signal(str)
    """Carries the id of a conversation of the history."""
    memory_wanted = Signal()
    """What the model remembers of the current row's conversation."""
    history_wanted = Signal()
    """The gate was passed without the history; now the person wants it."""

    def __init__(
        self, sessions: Sessions, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.new = ElidedButton(self)
        self.new.clicked.connect(self.begun)
        self.off_the_record = ElidedButton(self)
        self.off_the_record.setObjectName("link")
        self.off_the_record.clicked.connect(self.begun_off_the_record)
        self.history = ElidedButton(self)
        self.history.setObjectName("link")
        self.history.clicked.connect(self.history_wanted)
        self.list = QListView(self)
        self.list.setObjectName("sessions")
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(SessionDelegate(appearance, self.list))
        self.list.setUniformItemSizes(True)
        # It can be scrolled, and gives way to the buttons where the window is low.
        self.list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.list.setSpacing(1)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu_of_row)
        self.list.clicked.connect(self.clicked)
        self.list.activated.connect(self.taken)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.setAutoRepeat(False)  # a key that is held deletes one conversation, not all of them
        delete.activated.connect(self.delete_current)
        self._means = "window.kept"
        self._kept = QLabel(self)
        self._kept.setObjectName("quiet")
        self._kept.setWordWrap(True)
        self._end_search: Callable[[], None] = lambda: None
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 14)
        column.setSpacing(8)
        for widget in (self.new, self.off_the_record, self.history, self.list, self._kept):
            column.addWidget(widget)
        column.setStretchFactor(self.list, 1)
        self.show_sessions(sessions)

    def show_sessions(self, sessions: Sessions) -> None:
        """Show other rows: the history was opened."""
        self._sessions = sessions
        self.list.setModel(sessions)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self._retranslate()

    def add_history(self, finding: Finding, trash: QWidget) -> None:
        """Put in what an open history has: a search above the list, the trash below it."""
        self._column.insertWidget(self._column.indexOf(self.list), finding)
        self._column.insertWidget(self._column.indexOf(self._kept), trash)
        finding.searching.connect(self.list.setHidden)
        self._end_search = finding.field.clear
        as_one_reads(self)

    def show_current(self, row: int) -> None:
        """Mark a row as the one on the screen."""
        self.list.setCurrentIndex(self._sessions.index(row))

    def rename_current(self) -> None:
        """Let the person write another title, in the row; nothing happens where there is none."""
        index = self.list.currentIndex()
        writes = self.list.state() is QAbstractItemView.State.EditingState
        if index.flags() & Qt.ItemFlag.ItemIsEditable and not writes:
            self._end_search()  # what was found stands in the list's place
            self.list.edit(index)

    def delete_current(self) -> None:
        """Ask for the current row to go."""
        if self.list.currentIndex().isValid():
            self.deleted.emit(self.list.currentIndex().row())

    def show_kept(self, *, kept: bool) -> None:
        """Say whether the conversation on the screen is kept."""
        self._means = "window.kept" if kept else "window.off_the_record_means"
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _choose(self, now: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(now.row())

    def show_menu(self, place: QPoint) -> None:
        """Offer what can be done with the current row, at a place of the screen."""
        index = self.list.currentIndex()
        menu = QMenu(self)
        rename = menu.addAction(sentence("window.rename"))
        rename.setShortcut(QKeySequence("F2"))
        rename.setEnabled(bool(index.flags() & Qt.ItemFlag.ItemIsEditable))
        rename.triggered.connect(self.rename_current)
        export = menu.addAction(sentence("window.export"))
        kept = self._sessions.at(index.row()) if index.isValid() else None
        export.setEnabled(kept is not None and kept.is_kept)
        if kept is not None and kept.id is not None:
            export.triggered.connect(partial(self.export_wanted.emit, kept.id))
        current = None if kept is None else kept.conversation
        if current is not None and current.session.unseen:
            menu.addAction(sentence("window.memory_shown")).triggered.connect(self.memory_wanted)
        delete = menu.addAction(sentence("window.delete"))
        delete.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        delete.triggered.connect(self.delete_current)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _show_menu_of_row(self, point: QPoint) -> None:
        index = self.list.indexAt(point)
        if index.isValid():
            self.list.setCurrentIndex(index)
        else:  # asked for with the keyboard
            point = self.list.visualRect(self.list.currentIndex()).center()
        self.show_menu(self.list.viewport().mapToGlobal(point))

    def _retranslate(self) -> None:
        self.new.setText(sentence("window.begin_conversation"))
        self.off_the_record.setText(sentence("window.begin_off_the_record"))
        self.off_the_record.setToolTip(sentence("window.off_the_record_means"))
        self.off_the_record.setVisible(self._sessions.keeps)
        self.history.setText(sentence("window.open_history"))
        self.history.setVisible(not self._sessions.keeps)
        self.list.setAccessibleName(sentence("window.conversations"))
        self._kept.setText(sentence(self._means if self._sessions.keeps else "window.not_kept"))
        self._sessions.retitle()
