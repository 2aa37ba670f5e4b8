"""The window's composition root: makes the application, the thread, the window, and ends them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtWidgets import QApplication

from desktop_app.conversation.opening import counsellor_for
from desktop_app.paths import Paths
from desktop_app.views.appearance import Appearance
from desktop_app.views.counselling import Counselling
from desktop_app.views.input_method import reach_fcitx
from desktop_app.views.quit_signals import signals_quit
from desktop_app.views.window import MainWindow
from resources.errors import place_of
from resources.messages import sentence


def main(model: str | None, paths: Paths) -> int:
    """Show the window until it is closed; return the exit code."""
    sys.excepthook = _say_bug
    reach_fcitx(os.environ)
    app = application()
    with signals_quit(app), running_window(app, model, paths) as window:
        window.show()
        return app.exec()


def _say_bug(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """Say where a callback failed; Python's own traceback would print the exception's text."""
    sys.stderr.write(sentence("cli.bug", name=place_of(error)) + "\n")


def application() -> QApplication:
    """Return the Qt application, named for the desktop."""
    # Its own arguments only: ours are parsed already, and Qt would take some of them for its own.
    app = QApplication(["soulchat"])
    app.setApplicationName("soulchat")
    app.setDesktopFileName("soulchat-desktop")
    app.setStyle("Fusion")
    return app


@contextmanager
def running_window(app: QApplication, model: str | None, paths: Paths) -> Iterator[MainWindow]:
    """Give the window, its model being opened; afterwards reply, child and thread are ended."""
    counselling = Counselling(partial(counsellor_for, paths=paths))
    try:
        window = MainWindow(counselling, Appearance(app))
        try:
            counselling.open(model)
            yield window
        finally:
            window.hide()
            window.deleteLater()
    finally:
        counselling.close()
