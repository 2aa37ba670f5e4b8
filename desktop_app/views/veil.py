"""What hides all that a window shows, at once, while what takes its time is put away behind it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QWidget


class Veil(QFrame):
    """Lies over a window. It takes the keyboard from nobody: a field that loses it writes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("veil")
        self.hide()

    def draw(self) -> None:
        """Hide what is shown, now."""
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.repaint()
