"""Closing what stands outside the window's own page: dialogs, menus, tooltips, the clipboard."""

from __future__ import annotations

from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget
from shiboken6 import isValid


def hide_all_but_windows() -> None:
    """Take every dialog, menu, list and tooltip off the screen, which takes no time."""
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.hide()  # `close` asks, and a menu's own loop ends with either
    for widget in _beside():
        widget.hide()


def close_all_but_windows() -> None:
    """Close every dialog, menu, list and tooltip, without asking it; main windows stay."""
    hide_all_but_windows()  # none stays on the screen while another waits for what it began
    for widget in _beside():
        if not isValid(widget):  # it went with the one it belonged to
            continue
        if isinstance(widget, QDialog):
            widget.done(QDialog.DialogCode.Rejected)
        if isinstance(widget, QMenu) and widget.parent() is not None:
            continue  # belongs to a button, which goes on using it
        widget.deleteLater()


def _beside() -> list[QWidget]:
    return [each for each in QApplication.topLevelWidgets() if not isinstance(each, QMainWindow)]


def forget_copies() -> None:
    """Empty the clipboard and the selection where they hold what was copied from this program."""
    clipboard = QGuiApplication.clipboard()
    if clipboard.ownsClipboard():
        clipboard.clear(QClipboard.Mode.Clipboard)
    if clipboard.supportsSelection() and clipboard.ownsSelection():
        clipboard.clear(QClipboard.Mode.Selection)
