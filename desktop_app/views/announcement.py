"""Saying something to a screen reader without moving where the person is."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say `text`, as coming from `widget`."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
