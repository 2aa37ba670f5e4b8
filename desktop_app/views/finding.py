"""The search field above the list, and what it finds in the list's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from desktop_app.errors import KnownError
from desktop_app.views.appearance import Appearance
from desktop_app.views.filters import Filters
from desktop_app.views.hits import HIT, HitDelegate, Hits
from desktop_app.views.icon import icon
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.search import Search


class SearchField(QLineEdit):
    """A line whose arrow down goes on into the hits, and whose Escape empties it."""

    left_downwards = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.emptying = QAction(icon("cross"), "", self)
        self.emptying.triggered.connect(self.clear)
        self.emptying.setVisible(False)
        self.addAction(self.emptying, QLineEdit.ActionPosition.TrailingPosition)
        self.textChanged.connect(lambda text: self.emptying.setVisible(bool(text)))

    def event(self, event: QEvent) -> bool:
        """See Qt; while there is text, Escape is no shortcut of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and self.text():
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        if event.key() == Qt.Key.Key_Down:
            self.left_downwards.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class Finding(QWidget):
    """`found` carries a hit to be shown, `searching` whether there is something to look for."""

    found = Signal(object)
    searching = Signal(bool)
    wanted = Signal()
    """The keys for it were pressed; it may be out of sight."""
    failed = Signal(Exception)

    def __init__(
        self,
        search: Search,
        shown: Callable[[], str | None],
        appearance: Appearance,
        parent: QWidget,
    ) -> None:
        """Take an open history's words, and what gives the id of the session on the screen."""
        super().__init__(parent)
        self._search = search
        self._asked = False
        self.field = SearchField(self)
        self.field.textChanged.connect(self._look)
        self.field.returnPressed.connect(self._open_first)
        self.field.left_downwards.connect(self._go_down)
        self.filters = Filters(shown, self)
        self.filters.changed.connect(self._look)
        self.model = Hits(self)
        self.list = QListView(self)
        self.list.setObjectName("sessions")
        self.list.setItemDelegate(HitDelegate(appearance, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setModel(self.model)
        self.list.clicked.connect(self._open)
        self.list.activated.connect(self._open)
        self._nothing = QLabel(self)
        self._nothing.setObjectName("quiet")
        self._nothing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.field, self.filters, self.list, self._nothing):
            column.addWidget(widget)
        column.setStretchFactor(self.list, 1)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), parent.window())
        find.activated.connect(self.wanted)
        self.destroyed.connect(find.deleteLater)
        self._look()
        self._retranslate()

    def begin(self) -> None:
        """Let the person write what to look for."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def look_again(self) -> None:
        """Follow what became of the conversations: a deleted one leaves none of its words here."""
        if self._asked:
            self._look()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _look(self) -> None:
        query = self.field.text()
        asked = bool(query.strip())
        if asked and not self._asked:
            self.filters.begin()
        self._asked = asked
        filters = self.filters
        try:
            hits = self._search.find(
                query, session=filters.session, since=filters.since, until=filters.until
            )
        except KnownError as error:
            self.failed.emit(error)
            return
        self.model.show(hits)
        filters.setVisible(asked)
        self.list.setVisible(asked and bool(hits))
        incomplete = self._search.left_out > 0 or self._search.cut_short
        self._nothing.setVisible(asked and (not hits or incomplete))
        self._say_nothing()
        self.searching.emit(asked)

    def _say_nothing(self) -> None:
        """Say why the list is empty, since nobody looks for signs, or what is missing in it."""
        said = []
        if self._search.cut_short:
            said.append(sentence("search.only_newest", count=self.model.rowCount()))
        if self._search.left_out:
            said.append(sentence("search.left_out", count=self._search.left_out))
        if not said:
            found_none = self._search.holds_words(self.field.text())
            said.append(sentence("search.nothing" if found_none else "search.no_words"))
        self._nothing.setText("\n".join(said))

    def _go_down(self) -> None:
        if self.model.rowCount():
            self.list.setFocus()
            self.list.setCurrentIndex(self.model.index(0))

    def _open_first(self) -> None:
        if self.model.rowCount():
            self._open(self.model.index(0))

    def _open(self, index: QModelIndex) -> None:
        self.found.emit(index.data(HIT))

    def _retranslate(self) -> None:
        self.field.setPlaceholderText(sentence("window.search"))
        self.field.setAccessibleName(sentence("window.search"))
        self.field.emptying.setText(sentence("window.search_empty"))
        self.list.setAccessibleName(sentence("window.found"))
        self._say_nothing()
