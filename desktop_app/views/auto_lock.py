"""When the system has the window lock: the screen is locked, the machine sleeps, the user changes.

One seam for what each system says; app.py opens it beside the window, after the first paint: the
buses and what speaks to them take longer to load than the rest of a page. idle.py is the other one
who locks by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QApplication

from desktop_app.views.lock import Lock
from desktop_app.views.logind import Logind
from desktop_app.views.screen_savers import ScreenSavers
from desktop_app.views.window import MainWindow


@contextmanager
def system_locks(app: QApplication, lock: Lock, window: MainWindow) -> Iterator[None]:
    """While inside, lock `window` whenever the system says that the person is away."""
    if sys.platform == "win32":
        from desktop_app.views.windows_signals import WindowsSignals  # noqa: PLC0415 - its API

        windows = WindowsSignals(int(window.winId()))
        windows.leaving.connect(lock.lock)
        app.installNativeEventFilter(windows.filter)
        try:
            yield
        finally:
            app.removeNativeEventFilter(windows.filter)
            windows.close()
    elif sys.platform == "darwin":
        from desktop_app.views.macos_signals import MacSignals  # noqa: PLC0415 - its API

        mac = MacSignals()
        mac.leaving.connect(lock.lock)
        try:
            yield
        finally:
            mac.close()
    else:
        logind = Logind(QDBusConnection.systemBus())
        savers = ScreenSavers(QDBusConnection.sessionBus())
        for said in (logind.leaving, savers.leaving):
            said.connect(lock.lock)
        lock.shut.connect(logind.locked)
        try:
            yield
        finally:
            for each in (logind, savers):
                each.deleteLater()
