"""The copies beside the history, one row each: when it was made and how, and a button."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.local_time import local
from desktop_app.views.panel import Text
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.kept_copies import KeptCopy


class CopiesList(QWidget):
    """Hidden where there are none."""

    chosen = Signal(Path)
    """The folder of a copy a person wants to look into."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        """One for each copy, the newest first."""
        self._copies: tuple[KeptCopy, ...] = ()
        self._rows: list[QWidget] = []
        self._labels: list[QLabel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(Text("copies.means"))
        self.hide()

    @property
    def lines(self) -> list[str]:
        """What the rows say."""
        return [label.text() for label in self._labels]

    def show_copies(self, copies: Sequence[KeptCopy]) -> None:
        """Show these instead of others."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self._copies = tuple(copies)
        self._rows, self._labels, self.buttons = [], [], []
        for copy in self._copies:
            self._add(copy.files.folder)
        self._retranslate()
        self.setVisible(bool(copies))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _add(self, folder: Path) -> None:
        row = QWidget(self)
        label, button = QLabel(row), QPushButton(row)
        label.setObjectName("panelText")
        label.setWordWrap(True)
        button.clicked.connect(partial(self.chosen.emit, folder))
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(label, 1)
        across.addWidget(button)
        self._column.addWidget(row)
        self._rows.append(row)
        self._labels.append(label)
        self.buttons.append(button)

    def _retranslate(self) -> None:
        for copy, label, button in zip(self._copies, self._labels, self.buttons, strict=True):
            made = f"{local(copy.made):%Y-%m-%d %H:%M}"
            label.setText(sentence(f"copies.{copy.kind}", made=made))
            button.setText(sentence("copies.look"))
            button.setAccessibleName(sentence("copies.look_into", made=made))
