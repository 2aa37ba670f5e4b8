"""What a person is told before the first message: this is a program, and what it cannot do."""

from __future__ import annotations

import html
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
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
from desktop_app.views.styling import spacious
from resources.messages import sentence

TEXTS: Final = ("welcome.program", "welcome.private", "welcome.crisis")


class Welcome(QScrollArea):
    """Stands in the conversation's place until it is confirmed."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setObjectName("welcome")
        panel = QFrame(page)
        panel.setObjectName("panel")
        panel.setMaximumWidth(theme.LONGEST_LINE_EM * theme.BODY_PX)
        self._title = QLabel(panel)
        self._title.setObjectName("panelTitle")
        self._title.setWordWrap(True)
        self._texts = {key: QLabel(panel) for key in TEXTS}
        self.confirm = QPushButton(panel)
        self.confirm.setObjectName("primary")
        self.confirm.clicked.connect(self.confirmed)
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(32, 28, 32, 28)
        inside.setSpacing(14)
        inside.addWidget(self._title)
        inside.addSpacing(4)
        for label in self._texts.values():
            label.setObjectName("panelText")
            label.setWordWrap(True)
            inside.addWidget(label)
        inside.addSpacing(4)
        inside.addWidget(self.confirm, 0, Qt.AlignmentFlag.AlignLeft)
        # An alignment would take the panel out of height-for-width, and its text would be cut.
        beside = QHBoxLayout()
        beside.addStretch(1)
        beside.addWidget(panel, 1000)
        beside.addStretch(1)
        around = QVBoxLayout(page)
        around.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        around.addStretch(2)
        around.addLayout(beside)
        around.addStretch(3)
        self.setWidget(page)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._title.setText(sentence("welcome.title"))
        for key, label in self._texts.items():
            label.setText(spacious(html.escape(sentence(key))))
            label.setAccessibleName(sentence(key))
        self.confirm.setText(sentence("welcome.confirm"))
