"""The middle column: the conversation or a word of welcome, the notice, the composer."""

from __future__ import annotations

import html
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.columns import margin_beside
from desktop_app.views.composer import Composer
from desktop_app.views.notice import Notice
from desktop_app.views.styling import spacious
from desktop_app.views.tab_order import as_one_reads
from desktop_app.views.transcript import Transcript
from resources.messages import sentence

LEAST_HEIGHT_FOR_ALL: Final = 220
"""Pixels in which a notice, the field and the line below it have room beside a conversation."""


class Middle(QWidget):
    """Shows the conversation, or that it is empty."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("middle")
        self._appearance = appearance
        self._empty = QLabel(self)
        self._empty.setObjectName("empty")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(2 * theme.GAP)
        self._welcome = QScrollArea(self)
        self._welcome.setWidgetResizable(True)
        self._welcome.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._welcome.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._welcome.setWidget(self._empty)
        self.transcript = Transcript(appearance, self)
        self._pages = QStackedWidget(self)
        # Where the window is too low for all, the pages give way: they can be scrolled.
        self._pages.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        for page in (self._welcome, self.transcript):
            self._pages.addWidget(page)
        self.notice = Notice(self)
        self.notice.shown.connect(self._set_widths)
        self.notice.shown.connect(partial(as_one_reads, self))
        self.composer = Composer(self)
        self._below = QVBoxLayout()
        self._below.setSpacing(10)
        self._below.addWidget(self.notice)
        self._below.addWidget(self.composer)
        self._program = QLabel(self)
        self._program.setObjectName("quiet")
        self._program.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._program.setWordWrap(True)
        self._below.addWidget(self._program)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addLayout(self._below, 0)
        appearance.changed.connect(self._set_widths)
        self._set_widths()
        self._retranslate()

    def take_keyboard(self) -> None:
        """Have what is typed go into the next message."""
        self.composer.take_keyboard()

    def show_conversation(self, *, empty: bool) -> None:
        """Show the transcript, or a word of welcome in its place."""
        self._pages.setCurrentWidget(self._welcome if empty else self.transcript)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _set_widths(self) -> None:
        """Keep composer and conversation in one column, in the pass in which the width changes.

        The last line, which the first steps say at length, makes way where a notice needs its room.
        """
        low = self.height() < self._appearance.look.px(LEAST_HEIGHT_FOR_ALL)
        self._program.setVisible(not low or self.notice.isHidden())
        side = margin_beside(self.width(), self._appearance.look)
        self._below.setContentsMargins(side, 8, side, 12)
        # Qt has laid the parts out by the margins of before, and would do it again one frame later.
        self._column.activate()

    def resizeEvent(self, _event: QEvent) -> None:
        """See Qt."""
        self._set_widths()

    def _retranslate(self) -> None:
        self._empty.setText(spacious(html.escape(sentence("window.empty"))))
        self._empty.setAccessibleName(sentence("window.empty"))
        self._program.setText(sentence("window.program"))
