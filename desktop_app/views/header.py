"""The line above the conversation: what is open, how the model is, and help one click away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.views.appearance import Appearance
from desktop_app.views.settings_menu import SettingsButton
from resources.messages import sentence


class Header(QFrame):
    """`status_key` is the key of the sentence under the heading."""

    crisis_wanted = Signal()
    side_wanted = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._status = "window.model_opening"
        self._unseen = 0
        self.side = QPushButton("☰", self)
        self.side.clicked.connect(self.side_wanted)
        self._heading = QLabel(self)
        self._heading.setObjectName("heading")
        self._line = QLabel(self)
        self._line.setObjectName("quiet")
        self.crisis = QPushButton(self)
        self.crisis.setObjectName("crisis")
        self.crisis.clicked.connect(self.crisis_wanted)
        self.settings = SettingsButton(appearance, self)
        names = QVBoxLayout()
        names.setSpacing(1)
        names.addWidget(self._heading)
        names.addWidget(self._line)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(10)
        row.addWidget(self.side)
        row.addLayout(names, 1)
        row.addWidget(self.crisis)
        row.addWidget(self.settings)
        self._retranslate()

    @property
    def status(self) -> str:
        """The sentence under the heading."""
        return self._line.text()

    def show_status(self, key: str) -> None:
        """Say how the model is."""
        self._status = key
        self._retranslate()

    def show_unseen(self, count: int) -> None:
        """Say how many early messages the model no longer reads."""
        self._unseen = count
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._heading.setText(sentence("window.title"))
        unseen = sentence("talk.unseen", count=self._unseen) if self._unseen else ""
        self._line.setText(unseen or sentence(self._status))
        self.side.setAccessibleName(sentence("window.conversations"))
        self.side.setToolTip(sentence("window.conversations"))
        self.crisis.setText(sentence("window.crisis_card"))
        self.crisis.setToolTip(sentence("window.crisis_key"))
