"""The line above the conversation: what is open, how the model is, and help one click away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from desktop_app.views.appearance import Appearance
from desktop_app.views.settings_menu import SettingsButton
from desktop_app.views.styling import plain_tip
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.engine.placement import Why

LEAST_NAMES: Final = 200
"""Pixels; with less between the buttons the sentence stands below them, and the name is left out:
the window's frame has it."""


class Header(QFrame):
    """`status_key` is the key of the sentence under the heading."""

    crisis_wanted = Signal()
    side_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """What can be done with the conversation; carries a place of the screen."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._appearance = appearance
        self._status = "window.at_gate"
        self._place: Why | None = None
        self._unseen = 0
        self._off_the_record = False
        self.side = QPushButton("☰", self)
        self.side.clicked.connect(self.side_wanted)
        self._heading = QLabel(self)
        self._heading.setObjectName("heading")
        self._line = QLabel(self)
        self._line.setObjectName("quiet")
        self._line.setTextFormat(Qt.TextFormat.PlainText)  # it may name a device as its driver does
        self._line.setWordWrap(True)
        self.more = QPushButton("⋯", self)
        self.more.clicked.connect(self._want_menu)
        self.more.hide()
        self.crisis = QPushButton(self)
        self.crisis.setObjectName("crisis")
        self.crisis.clicked.connect(self.crisis_wanted)
        self.settings = SettingsButton(appearance, self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 9, 14, 9)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(1)
        self._grid.setColumnStretch(1, 1)
        self._narrow: bool | None = None
        appearance.changed.connect(self._arrange)
        self._retranslate()

    @property
    def status(self) -> str:
        """The sentence under the heading."""
        return self._line.text()

    def show_status(self, key: str, place: Why | None = None) -> None:
        """Say how the model is, and where it computes: beside, unless something keeps it down."""
        self._status, self._place = key, place
        self._retranslate()

    def show_conversation(self, *, unseen: int, off_the_record: bool, empty: bool) -> None:
        """Say how many early messages the model no longer reads, and whether nothing is kept."""
        self._unseen, self._off_the_record = unseen, off_the_record
        self.more.setVisible(not empty)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._arrange()

    def _want_menu(self) -> None:
        self.menu_wanted.emit(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _arrange(self) -> None:
        """Put the sentence beside the buttons, or below them where they need the width."""
        margins = self._grid.contentsMargins()
        buttons = (self.side, self.more, self.crisis, self.settings)
        taken = sum(each.sizeHint().width() + self._grid.horizontalSpacing() for each in buttons)
        room = self.width() - margins.left() - margins.right() - taken
        narrow = room < self._appearance.look.px(LEAST_NAMES)
        if narrow is self._narrow:
            return
        self._narrow = narrow
        for widget in (*buttons, self._heading, self._line):
            self._grid.removeWidget(widget)
        for column, button in zip((0, 2, 3, 4), buttons, strict=True):
            self._grid.addWidget(button, 0, column, 1 if narrow else 2, 1)
        self._heading.setHidden(narrow)
        if narrow:
            self._grid.addWidget(self._line, 1, 0, 1, 5)
        else:
            self._grid.addWidget(self._heading, 0, 1)
            self._grid.addWidget(self._line, 1, 1)

    def _retranslate(self) -> None:
        self._heading.setText(sentence("window.title"))
        line = sentence(self._status)
        if self._unseen:
            line = sentence("talk.unseen", count=self._unseen)
        elif self._off_the_record:
            line = sentence("window.off_the_record_means")
        elif self._place is not None and self._place.lowered:
            line = self._place.sentence()
        self._line.setText(line)
        self._line.setToolTip(plain_tip(self._place.sentence() if self._place else ""))
        self.side.setAccessibleName(sentence("window.conversations"))
        self.side.setToolTip(sentence("window.conversations"))
        self.more.setAccessibleName(sentence("window.this_conversation"))
        self.more.setToolTip(sentence("window.this_conversation"))
        self.crisis.setText(sentence("window.crisis_card"))
        self.crisis.setToolTip(sentence("window.crisis_key"))
        if self._narrow is not None:  # before that, the first width is yet to come
            self._arrange()
