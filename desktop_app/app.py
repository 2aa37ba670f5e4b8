"""The window's composition root: makes the application, the thread, the window, and ends them."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLoggingCategory, Qt
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from desktop_app.core_files import refuse_tracing
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.errors import AlreadyOpenError, KnownError
from desktop_app.paths import Paths
from desktop_app.vault.files import VaultFiles
from desktop_app.views import qt_words
from desktop_app.views.appearance import Appearance
from desktop_app.views.bugs import bugs_said, tell_if_bug
from desktop_app.views.capture import OutOfCaptures
from desktop_app.views.counselling import Counselling
from desktop_app.views.first_paint import FirstPaint
from desktop_app.views.gate import Gate
from desktop_app.views.idle import Idle
from desktop_app.views.input_method import reach_fcitx
from desktop_app.views.lock import Lock
from desktop_app.views.model_start import ModelStart
from desktop_app.views.preferences import Preferences
from desktop_app.views.quit_signals import signals_quit
from desktop_app.views.single_instance import bring_forward, single_instance
from desktop_app.views.window import MainWindow
from resources.errors import EXIT_DONE, place_of
from resources.messages import language, sentence

if TYPE_CHECKING:
    from desktop_app.conversation.counsellor import Counsellor
    from desktop_app.views.transfers import Transfers

SEAL_AT_QUIT_S: Final = 6.0
"""What the model has read may take so long to seal when the window has gone: nobody waits for it
but a computer that is being shut down, which gives some ten seconds."""


def main(model: str | None, paths: Paths) -> int:
    """Show the window until it is closed; return the exit code."""
    sys.excepthook = _say_bug
    threading.excepthook = _say_bug_of_thread
    reach_fcitx(os.environ)
    app = application()
    try:
        with (
            single_instance(paths) as instance,
            signals_quit(app),
            running_window(app, model, paths) as window,
            bugs_said(window),
        ):
            instance.raised.connect(partial(bring_forward, window))
            window.show()
            refuse_tracing()  # after Qt has asked the desktop: see core_files.py
            status = app.exec()
            instance.leave()
            return status
    except AlreadyOpenError as error:  # what was asked for is there, and in front now
        _say_in_terminal(error.in_terminal())
        return EXIT_DONE


def _say_in_terminal(line: str) -> None:
    """Write to standard error, which may be closed, none at all, or a terminal that has hung up.

    The window goes on all the same: what fails here would keep the next step from being taken.
    """
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(line + "\n")


def _say_bug(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """Say where a callback failed; Python's own traceback would print the exception's text."""
    _say_in_terminal(sentence("cli.bug", name=place_of(error)))


def _say_bug_of_thread(failed: threading.ExceptHookArgs) -> None:
    _say_bug(failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback)


def application() -> QApplication:
    """Return the Qt application, named for the desktop."""
    # Its own arguments only: ours are parsed already, and Qt would take some of them for its own.
    if sys.platform == "linux":  # a portal refuses whoever refuses tracing: see core_files.py
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    # It names the script of a character no font has; what is written here is nobody's business.
    QLoggingCategory.setFilterRules("qt.text.font.db=false")
    app = QApplication(["soulchat"])
    app.setApplicationName("soulchat")
    app.setDesktopFileName("soulchat-desktop")
    app.setStyle("Fusion")
    qt_words.speak(language())
    return app


@contextmanager
def running_window(app: QApplication, model: str | None, paths: Paths) -> Iterator[MainWindow]:
    """Give the window, model and history being opened; afterwards all of it is ended.

    The end goes in this order: what came of a reply is written down, the model's child and
    thread end, the history is closed.
    """
    preferences = Preferences(paths.settings)
    appearance = _appearance(app, preferences)
    new_gate = partial(Gate, paths.vault, preferences, appearance)
    with ExitStack() as history, ExitStack() as held:
        gate = new_gate()
        counselling = Counselling(
            partial(_counsellor_for, paths=paths, markers=LoadMarkers(paths.load_markers)),
            model or preferences.settings.model,
        )
        held.callback(counselling.close)

        def new_transfers() -> Transfers:
            from desktop_app.views.transfers import Transfers

            made = Transfers(paths, preferences, window)
            held.callback(made.close)
            return made

        plan_copy = VaultFiles(paths.vault).readable_plan
        window = MainWindow(counselling, preferences, appearance, gate, plan_copy, new_transfers)
        lock = Lock(app, window, counselling, preferences, new_gate, history)
        held.callback(lock.end)
        held.callback(_put_away, window, counselling)
        held.callback(lock.give_up)
        held.callback(OutOfCaptures(app).close)
        idle = Idle(app, preferences, parent=window)
        held.callback(idle.close)
        idle.over.connect(lock.lock)
        window.exchange.changed.connect(idle.touch)  # a reply ends: the person reads it now
        lock.begin(gate)

        model_start = ModelStart(counselling, wished=model is not None, parent=window)
        held.callback(model_start.end)

        def settle() -> None:
            """Do what the first paint need not wait for.

            The first event of an object whose class PySide does not know has it load all the
            classes it knows: some 50 ms. Every event of the program comes by the filters of the
            keys and of `idle`.
            """
            from desktop_app.views.auto_lock import system_locks

            gc.freeze()  # what a start made stays, and a full collection of it takes 100 ms
            gc.enable()  # cli.py keeps it off until here
            model_start.after(gate)
            lock.watch_keys()
            idle.watch()
            held.enter_context(system_locks(app, lock, window))

        painted = FirstPaint(window, settle)
        try:
            yield window
        finally:
            if isValid(painted):
                painted.end()


def _counsellor_for(
    name: str | None, wished: bool, paths: Paths, markers: LoadMarkers
) -> AbstractContextManager[Counsellor]:
    from desktop_app.conversation.opening import counsellor_for  # the model's thread loads it

    return counsellor_for(name, paths, markers=markers, wished=wished)


def _put_away(window: MainWindow, counselling: Counselling) -> None:
    window.hide()
    try:
        window.leave()
    except KnownError as error:
        _say_in_terminal(error.in_terminal())
    except Exception as error:  # noqa: BLE001 - the person knows, and closed the window anyway
        tell_if_bug(error)
    window.read_ahead.end()
    counselling.seal(SEAL_AT_QUIT_S)
    window.deleteLater()


def _appearance(app: QApplication, preferences: Preferences) -> Appearance:
    """Return the look the person chose last; what they choose from now on is kept."""
    chosen = preferences.settings
    appearance = Appearance(app, chosen.scheme, chosen.text_step)
    appearance.changed.connect(
        lambda: preferences.change(scheme=appearance.scheme, text_step=appearance.text_step)
    )
    return appearance
