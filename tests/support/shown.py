"""A widget on the screen: `waitExposed` waits where its block ends, and nowhere else."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

PATIENCE_MS: Final = 60_000


def show(qtbot: QtBot, widget: QWidget) -> None:
    """Show a widget; it is on the screen afterwards."""
    with qtbot.waitExposed(widget, timeout=PATIENCE_MS):
        widget.show()
