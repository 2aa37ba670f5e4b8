"""The middle column: the conversation or what stands in its place, the notice, the composer."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.composer import Composer
from desktop_app.views.notice import Notice
from desktop_app.views.styling import spacious
from desktop_app.views.transcript import Transcript
from desktop_app.views.welcome import Welcome
from resources.messages import sentence


class Middle(QWidget):
    """Shows the welcome until it is confirmed, then the conversation or that it is empty."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("middle")
        self._appearance = appearance
        self.welcome = Welcome(self)
        self._empty = QLabel(self)
        self._empty.setObjectName("empty")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(2 * theme.GAP)
        self.transcript = Transcript(appearance, self)
        self._pages = QStackedWidget(self)
        for page in (self.welcome, self._empty, self.transcript):
            self._pages.addWidget(page)
        self.notice = Notice(self)
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
        self._centre = QWidget(self)
        self._centre.setLayout(self._below)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(self._centre, 0)
        appearance.changed.connect(self._set_widths)
        self._set_widths()
        self._retranslate()

    def show_page(self, *, welcome: bool, empty: bool) -> None:
        """Show what the situation asks for."""
        page = self.welcome if welcome else self._empty if empty else self.transcript
        self._pages.setCurrentWidget(page)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _set_widths(self) -> None:
        """Keep composer and conversation in one column."""
        column = self._appearance.look.px(theme.COLUMN_EM * theme.BODY_PX)
        side = max(theme.GAP, (self.width() - column) // 2)
        self._below.setContentsMargins(side, 8, side, 12)

    def resizeEvent(self, _event: QEvent) -> None:
        """See Qt."""
        self._set_widths()

    def _retranslate(self) -> None:
        self._empty.setText(spacious(html.escape(sentence("window.empty"))))
        self._empty.setAccessibleName(sentence("window.empty"))
        self._program.setText(sentence("window.program"))
