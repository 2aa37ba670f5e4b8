"""A framed page in the conversation's place: heading, what it asks, what went wrong, buttons."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.notice import Notice
from desktop_app.views.styling import spacious
from desktop_app.views.tab_order import as_one_reads
from resources.messages import sentence


class Text(QLabel):
    """A paragraph of the catalogue, in the language in force."""

    def __init__(self, key: str, name: str = "panelText", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setIndent(0)  # else one with a padding adds half a letter to it
        self.say(key)

    def say(self, key: str) -> None:
        """Show another sentence."""
        self._key = key
        self.setText(spacious(html.escape(sentence(key))))
        self.setAccessibleName(sentence(key))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.say(self._key)


class Panel(QScrollArea):
    """Enter does what the main button does, unless another button has the focus."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("page")
        self._frame = QFrame(page)
        self._frame.setObjectName("panel")
        self.content = QVBoxLayout()
        self.notice = Notice(self._frame)
        self.back = QPushButton(self._frame)
        self.main = QPushButton(self._frame)
        self.main.setObjectName("primary")
        self.skip = QPushButton(page)
        self.skip.setObjectName("link")
        self.buttons = QHBoxLayout()
        self.buttons.addWidget(self.back)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.main)
        inside = QVBoxLayout(self._frame)
        inside.setContentsMargins(32, 26, 32, 26)
        inside.setSpacing(18)
        inside.addLayout(self.content)
        inside.addWidget(self.notice)
        inside.addLayout(self.buttons)
        # An alignment would take the panel out of height-for-width, and its text would be cut.
        self._column: list[QWidget] = []
        self._around = around = QVBoxLayout(page)
        around.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        around.setSpacing(10)
        around.addStretch(2)
        around.addLayout(self._beside(self._frame))
        self.links = QVBoxLayout()
        """Below the frame: what else can be done."""
        self.links.setSpacing(2)
        self.links.addWidget(self.skip, 0, Qt.AlignmentFlag.AlignHCenter)
        around.addLayout(self.links)
        around.addStretch(3)
        self.setWidget(page)
        appearance.changed.connect(self._set_width)
        self.notice.shown.connect(self.order_tabs)
        self._set_width()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)
            return
        focus = self.focusWidget()
        (focus if isinstance(focus, QPushButton) and focus.hasFocus() else self.main).click()

    def order_tabs(self) -> None:
        """Have Tab go through the page as one reads it; for whoever has added to it."""
        as_one_reads(self)

    def showEvent(self, event: QShowEvent) -> None:
        """See Qt."""
        super().showEvent(event)
        self.order_tabs()

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.main

    def take_keyboard(self) -> None:
        """Have a keyboard land on that."""
        self.first_focus().setFocus()

    def add_at_foot(self, widget: QWidget) -> None:
        """Put a widget at the foot of the page, as wide as the frame."""
        self._around.addLayout(self._beside(widget))
        self._set_width()

    def _beside(self, widget: QWidget) -> QHBoxLayout:
        self._column.append(widget)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(widget, 1000)
        row.addStretch(1)
        return row

    def _set_width(self) -> None:
        px = self._appearance.look.px
        for widget in self._column:
            widget.setMaximumWidth(px(theme.LONGEST_LINE_EM * theme.BODY_PX))
