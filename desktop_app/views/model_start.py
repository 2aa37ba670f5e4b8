"""When the model is loaded at a start: after the history, where a keyring opens that by itself."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from desktop_app.views.counselling import Counselling
from desktop_app.views.gate import Gate

PATIENCE_MS: Final = 2000
"""A keyring that takes longer asks the person something; the model can be loaded meanwhile."""


class ModelStart(QObject):
    """Has the model loaded once, unless one is in memory by then."""

    def __init__(self, counselling: Counselling, *, wished: bool, parent: QObject) -> None:
        """`wished`: a person named the model for this start."""
        super().__init__(parent)
        self._counselling = counselling
        self._wished = wished
        self._patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(self._load)

    def after(self, gate: Gate) -> None:
        """Load when the gate has opened the history, or asks a person to."""
        if not gate.works:
            self._load()
            return
        gate.settled.connect(self._load)
        self._patience.start()

    def end(self) -> None:
        """Load nothing any more: the window goes."""
        self._patience.stop()

    def _load(self) -> None:
        self._patience.stop()
        if not self._counselling.ready:  # a person may have been quicker, and have chosen another
            self._counselling.open_again(wished=self._wished)
