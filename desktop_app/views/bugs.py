"""What fails in a callback for a reason of ours is said in the window, too.

Whoever looks at the window sees no standard error; what they asked for did not happen.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from desktop_app.errors import KnownError
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.views.window import MainWindow


@contextmanager
def bugs_said(window: MainWindow) -> Iterator[None]:
    """While inside, the window says what the hooks of all threads hear, after they have."""
    teller = BugTeller(window)
    hook, hook_of_threads = sys.excepthook, threading.excepthook

    def hear(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        try:
            hook(kind, error, trace)
        finally:  # whom the hook does not reach looks at the window
            teller.tell(kind)

    def hear_of_thread(failed: threading.ExceptHookArgs) -> None:
        try:
            hook_of_threads(failed)
        finally:
            teller.tell(failed.exc_type)

    sys.excepthook, threading.excepthook = hear, hear_of_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hook, hook_of_threads


def tell_if_bug(error: Exception) -> None:
    """Have the hook hear of what a step met that others follow, where it is a fault of ours."""
    if not isinstance(error, KnownError):
        with suppress(Exception):  # it may write where nobody listens any more
            sys.excepthook(type(error), error, error.__traceback__)


class BugTeller(QObject):
    """Belongs to a window. Only the kind is told and kept: an exception holds what was said."""

    _failed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        # Later: whatever failed may be in the middle of changing what is shown.
        self._failed.connect(self._say, Qt.ConnectionType.QueuedConnection)

    def tell(self, kind: type[BaseException]) -> None:
        """Have the window say it; from any thread."""
        if isValid(self):
            self._failed.emit(kind.__name__)

    def _say(self, name: str) -> None:
        bug = partial(sentence, "cli.bug", name=name)
        with suppress(Exception):  # it would come here again, and again
            if self._window.passed:
                if bug() not in self._window.middle.notice.text:  # else it is told already
                    self._window.say(bug, *self._window.middle.notice.ways)
            elif bug() not in self._window.gate.said:
                self._window.gate.say(bug)
