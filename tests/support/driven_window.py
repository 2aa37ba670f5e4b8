"""The real program with somebody at its window: `python -m tests.support.driven_window FD ARGS…`.

ARGS are soulchat's own. What to do comes on stdin, one JSON object a line; what was seen goes to
the pipe FD, so that stdout and stderr stay the program's. Widgets are used as a person uses them:
text through the input method, keys, clicks.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from typing import IO, Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.cli import main
from desktop_app.dialogue import Role, TurnState
from desktop_app.settings import AgeBand
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.gate import Gate
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.logind import Logind
from desktop_app.views.questions import AgeStep
from desktop_app.views.sheet_offer import SheetOffer
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow
from tests.support.window_run import child_pid, is_idle, type_text

LOOK_MS = 5
LONGEST_REPLY = 170
"""Characters; 512 bytes, the most tokens a reply takes, are 170 Chinese characters."""

Seen = dict[str, Any]
Doing = Generator[None, None, Seen]
"""Yields where it has to wait."""


def numbered(number: int) -> str:
    """A message that says which one it is, of varying length."""
    return f"{number}:" + "话" * (number * 37 % 40)


class Person(QObject):
    """Does one thing after another, looking every few milliseconds whether it can go on."""

    def __init__(self, says: IO[str]) -> None:
        super().__init__()
        self._says = says
        self._wanted: deque[Seen] = deque()
        self._doing: Doing | None = None
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))  # the first turn of the loop

    def customEvent(self, _event: QEvent) -> None:  # noqa: N802 - Qt's name
        windows = [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)]
        (self.window,) = windows
        os.set_blocking(0, False)
        self._ear = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._ear.activated.connect(self._hear)
        self._eye = QTimer(self, interval=LOOK_MS)
        self._eye.timeout.connect(self._go_on)
        self._eye.start()

    def say(self, seen: Seen) -> None:
        self._says.write(json.dumps(seen | {"at": time.monotonic()}) + "\n")
        self._says.flush()

    def _hear(self) -> None:
        lines = sys.stdin.buffer.readlines()
        self._wanted += map(json.loads, lines)
        if not lines:  # whoever drove is gone
            self._ear.setEnabled(False)

    def _go_on(self) -> None:
        if self._doing is None and self._wanted:
            wanted = self._wanted.popleft()
            do: Callable[..., Doing | Seen] = getattr(self, wanted.pop("do"))
            doing = do(**wanted)
            if isinstance(doing, dict):
                self.say(doing)
            else:
                self._doing = doing
        if self._doing is not None:
            try:
                next(self._doing)
            except StopIteration as done:
                self._doing = None
                self.say(done.value)

    def pass_gate(self, passphrase: str) -> Doing:
        """Answer the first steps, or unlock, until there is a field to write into."""
        gate = self.window.findChild(Gate)
        assert isinstance(gate, Gate)
        while not self.window.passed:
            match gate.currentWidget():
                case FirstSteps() as steps:
                    self._answer(steps, passphrase)
                case SheetOffer() as offer:
                    offer.skip.click()
                case UnlockPage() as page if page.main.isEnabled() and page.field.isVisible():
                    type_text(page.field.line, passphrase)
                    page.main.click()
            yield
        return {"passed": True}

    def _answer(self, steps: FirstSteps, passphrase: str) -> None:
        match steps.step:
            case AgeStep() as age:
                age.choices.choose(AgeBand.UNSAID)
            case KeyStep() as key:
                if steps.main.isEnabled() and key.choices.current == Way.PASSPHRASE:
                    for field in (key.first, key.second):
                        field.wipe()
                        type_text(field.line, passphrase)
        steps.main.click()

    def talk(self, first: int) -> Doing:
        """Say one message after another in a new conversation, and tell what is promised.

        A message is acknowledged when its field is empty. Of a reply it is told what can be
        read; each is stopped at another length.
        """
        middle = self.window.middle
        self.window.side.new.click()
        self.window.counselling.wrote.connect(self._tell_shown)
        for number in itertools.count(first):
            type_text(middle.composer.field, numbered(number))
            QTest.keyClick(middle.composer.field, Qt.Key.Key_Return)
            if middle.composer.text:
                return {"refused": middle.notice.text}
            self.say({"acknowledged": number})
            enough = number * 37 % LONGEST_REPLY
            yield from self._load_it_anyway()
            while self.window.exchange.current and len(self._reply()) <= enough:
                yield
            middle.composer.stop.click()
            while not is_idle(self.window):
                yield
            self.say({"ended": number, "shown": self._reply()})
        return {}

    def _load_it_anyway(self) -> Generator[None]:
        """Wish for the model where a kill while it was loaded keeps it from being loaded.

        That a message is answered by nobody is said when its exchange has ended.
        """
        counselling = self.window.counselling
        while not counselling.ready and self.window.exchange.current:
            yield
        if self._wish_for_model():
            yield from self.wait_for_model()

    def _wish_for_model(self) -> bool:
        anyway = self.window.middle.notice.button("window.load_anyway")
        if anyway is not None:
            anyway.click()
        return anyway is not None

    def _tell_shown(self) -> None:
        self.say({"shown": self._reply()})

    def _reply(self) -> str:
        """Return what is on the screen of a reply; nothing below a message that has none."""
        messages = self.window.conversation.messages
        last = messages.message(messages.rowCount() - 1) if messages.rowCount() else None
        return last.text if last is not None and last.role is Role.ASSISTANT else ""

    def write(self, text: str) -> Doing:
        """Write a message and press Enter; acknowledged when the field is empty."""
        composer = self.window.middle.composer
        while not is_idle(self.window):
            yield
        type_text(composer.field, text)
        QTest.keyClick(composer.field, Qt.Key.Key_Return)
        return {"acknowledged": composer.text == "", "notice": self.window.middle.notice.text}

    def read_along(self, text: str) -> Doing:
        """Write a message, and tell each state of the reply that was on the screen.

        The model's child rests at each piece until that is on the screen: a quick one would be
        done before a repaint.
        """
        states: list[str] = []
        counselling, child = self.window.counselling, child_pid(self.window)
        rests = counselling._worker.wrote.connect(
            partial(_signal, child, signal.SIGSTOP), Qt.ConnectionType.DirectConnection
        )

        def look(_text: str) -> None:
            states.append(self._last_text() or "")
            os.kill(child, signal.SIGCONT)

        looks = counselling.wrote.connect(look)
        yield from self.write(text)
        ended = yield from self.wait_for_end()
        counselling.disconnect(looks)
        counselling._worker.disconnect(rests)
        os.kill(child, signal.SIGCONT)
        return {"states": states} | ended

    def lose_the_child(self, text: str) -> Doing:
        """Write a message, and have the model's child killed at the first characters of a reply.

        Again where the rest of a short reply was quicker than the kill.
        """
        worker = self.window.counselling._worker
        state: TurnState = TurnState.COMPLETE
        while state is TurnState.COMPLETE:
            child = child_pid(self.window)
            kills = worker.wrote.connect(
                partial(_signal, child, signal.SIGKILL), Qt.ConnectionType.DirectConnection
            )
            yield from self.write(text)
            yield from self.wait_for_end()
            worker.disconnect(kills)
            messages = self.window.conversation.messages
            state = messages.message(messages.rowCount() - 1).state
        return {"state": state, "notice": self.window.middle.notice.text}

    def wait_for_model(self) -> Doing:
        while not self.window.counselling.ready:
            self._wish_for_model()
            yield
        return {"ready": True}

    def wait_for_words(self, count: int) -> Doing:
        """Wait until so many characters of a reply are on the screen."""
        while self.window.exchange.current is None or len(self._last_text() or "") < count:
            yield
        return {"shown": self._last_text()}

    def stop(self) -> Seen:
        self.window.middle.composer.stop.click()
        return {"stopped": True}

    def wait_for_end(self) -> Doing:
        """Tell the last message on the screen when nothing is being answered any more."""
        while not is_idle(self.window):
            yield
        return {"reply": self._last_text(), "notice": self.window.middle.notice.text}

    def look(self) -> Seen:
        """Tell all that is said in the conversation on the screen: role, text, state."""
        messages = self.window.conversation.messages
        rows = [messages.message(row) for row in range(messages.rowCount())]
        return {"messages": [[row.role, row.text, row.state] for row in rows]}

    def rename(self, title: str) -> Seen:
        """Name the conversation on the screen, as the list's editor does."""
        sessions = self.window.sessions
        row = sessions.index(sessions.row_of(self.window.conversation))
        return {"renamed": sessions.setData(row, title)}

    def off_the_record(self) -> Doing:
        """Begin a conversation of which nothing is kept."""
        self.window.activateWindow()
        while not self.window.isActiveWindow():  # shortcuts are the active window's
            yield
        QTest.keyClick(
            self.window,
            Qt.Key.Key_N,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
        return {"kept": self.window.conversation.id is not None}

    def draft(self, text: str) -> Seen:
        """Write a message and leave it."""
        type_text(self.window.middle.composer.field, text)
        return {"draft": self.window.middle.composer.text == text}

    def show_privacy(self) -> Doing:
        """Open the privacy page from the menu."""
        self.window.header.settings.actions_by_key()["settings.privacy"].trigger()
        while QApplication.activeModalWidget() is None:
            yield
        return {"shown": True}

    def hide(self) -> Doing:
        """Press F9 where the keyboard is, and tell what is left when all of it is done."""
        (QApplication.activeModalWidget() or self.window).activateWindow()
        while QGuiApplication.focusWindow() is None:
            yield
        QTest.keyClick(QGuiApplication.focusWindow(), Qt.Key.Key_F9)
        yield  # what was closed is deleted
        shown = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
        return {"passed": self.window.passed, "shown": len(shown)}

    def listen(self) -> Doing:
        """Wait until the program hears its session and holds sleep up."""
        (logind,) = [thing for thing in gc.get_objects() if type(thing) is Logind]
        while not (logind.follows and logind.holds_sleep_up):
            yield
        return {"listens": True}

    def brought_back(self) -> Doing:
        """Wait until the window is on the screen again, and asks."""
        while not self.window.isVisible():
            yield
        return (yield from self.locked())

    def locked(self) -> Doing:
        """Wait for the page that unlocks."""
        page = None
        while page is None or page.field.isHidden():
            gate = self.window.findChild(Gate)
            shown = gate.currentWidget() if gate is not None else None
            page = shown if isinstance(shown, UnlockPage) else None
            yield
        return {"asks": page.field.isVisible()}

    def quit(self) -> Seen:
        self.window.close()
        return {"closed": True}

    def _last_text(self) -> str | None:
        messages = self.window.conversation.messages
        return messages.message(messages.rowCount() - 1).text if messages.rowCount() else None


def _signal(child: int, which: signal.Signals, *_what: object) -> None:
    os.kill(child, which)


if __name__ == "__main__":
    with os.fdopen(int(sys.argv.pop(1)), "w", encoding="utf-8") as says:
        person = Person(says)
        sys.exit(main())
