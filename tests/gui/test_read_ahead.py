"""The model reads while a person writes: the real window, the real thread, the model that ships."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.conversation.continuity import Continuity
from desktop_app.engine.protocol import Finished
from desktop_app.models.library import SHIPPED, shipped_folder
from desktop_app.paths import Paths
from desktop_app.views.counselling import Counselling
from desktop_app.views.lock import SEAL_PATIENCE_S
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.faults import order, with_faults
from tests.support.locking import OpenedWindow, is_open, lock, lock_of, unlock
from tests.support.shown import show
from tests.support.vault_disk import traces
from tests.support.what_is_left import holders, unwritten
from tests.support.window_run import (
    WAIT_MS,
    child_pid,
    is_running,
    last,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
)

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

FIRST = "最近总是睡不好，躺下以后脑子里停不下来。"
SECOND = "主要是工作上的事，上个月换了新的组长，他对每件事都要求得很细。"
TEMPLATE_TOKENS = 10
"""T of the model that ships."""
TINY = 21
"""T of the tiny model, to which each byte is a token."""
A_BUSY_MACHINE_S = 5.0
UNSENT = unwritten("改天想带孩子", "去公园划船")


def sealed(vault: Path) -> list[Path]:
    """Return the files of what was sealed beside a history."""
    return list((vault / "blobs").glob("*"))


def counselling(window: MainWindow) -> Counselling:
    return window.counselling


class Reader:
    """What a window has read ahead, from when this was made."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot = qtbot
        self._window = window
        self._read = QSignalSpy(counselling(window).read)
        self._told = 0

    def settle(self) -> int:
        """Wait until all is read that is to be; return the tokens since the last time."""
        pause, worker = self._window.read_ahead._pause, counselling(self._window)._worker
        newest = -1
        while newest != worker.newest_reading or pause.isActive():
            self._qtbot.waitUntil(lambda: not pause.isActive(), timeout=WAIT_MS)
            newest, passed = worker.newest_reading, threading.Event()
            counselling(self._window)._seal.emit(passed, 0.0)  # all before it is done by then
            self._qtbot.waitUntil(passed.is_set, timeout=WAIT_MS)
            QApplication.processEvents()
        tokens = sum(self._read.at(row)[0] for row in range(self._told, self._read.count()))
        self._told = self._read.count()
        return int(tokens)

    def write(self, text: str) -> int:
        """Write at the cursor and wait as `settle` does."""
        type_text(self._window.middle.composer.field, text)
        return self.settle()


def cost_of_reply(qtbot: QtBot, window: MainWindow) -> Finished:
    """Press Enter, and return what the reply cost."""
    with qtbot.waitSignal(counselling(window).replied, timeout=WAIT_MS) as replied:
        qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Return)
    assert replied.args is not None
    finished: Finished = replied.args[0].finished
    wait_for_end(qtbot, window)
    return finished


@pytest.fixture
def shipped_model() -> Path:
    return shipped_folder() / f"{SHIPPED}.gguf"


def test_what_was_typed_is_read_before_enter(
    open_window: OpenWindow, shipped_model: Path, qtbot: QtBot
) -> None:
    window = open_window(shipped_model)
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    send(qtbot, window, FIRST)
    wait_for_end(qtbot, window)
    assert reader.settle() > 0

    assert reader.write(SECOND) > 10
    cost = cost_of_reply(qtbot, window)

    assert cost.prompt_tokens > 50
    assert cost.evaluated_tokens <= TEMPLATE_TOKENS + 2


def test_what_is_edited_in_its_middle_is_rolled_back(
    open_window: OpenWindow, shipped_model: Path, qtbot: QtBot
) -> None:
    window = open_window(shipped_model)
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    whole = reader.write(FIRST)
    window.middle.composer.text = FIRST.replace("不下来", "不住")
    assert 0 < reader.settle() < whole

    cost = cost_of_reply(qtbot, window)

    assert cost.evaluated_tokens <= TEMPLATE_TOKENS + 2
    assert window.conversation.session.turns[0].content == FIRST.replace("不下来", "不住")


def test_a_conversation_is_read_when_the_model_is_in_memory(
    open_window: OpenWindow, shipped_model: Path, qtbot: QtBot
) -> None:
    window = open_window(shipped_model)
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    assert reader.settle() > 0

    send(qtbot, window, "你好。")
    with qtbot.waitSignal(counselling(window).replied, timeout=WAIT_MS) as replied:
        pass
    assert replied.args is not None
    finished: Finished = replied.args[0].finished
    assert finished.evaluated_tokens < finished.prompt_tokens


def test_a_child_that_dies_of_it_is_nobodys_trouble(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    reader.settle()
    os.kill(child_pid(window), signal.SIGKILL)

    assert reader.write("在") > 0
    assert window.middle.notice.isHidden()
    cost = cost_of_reply(qtbot, window)

    assert cost.text == "你"


def test_a_message_is_not_kept_waiting_by_a_reading(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    """The reading would take many seconds; the reply to another conversation begins first."""
    window = open_window(endless_model)
    wait_for_model(qtbot, window)
    type_text(window.middle.composer.field, "长" * 900)
    worker = counselling(window)._worker
    qtbot.waitUntil(lambda: worker._is_reading, timeout=WAIT_MS)

    window.begin_conversation(off_the_record=True)
    read = QSignalSpy(counselling(window).read)
    send(qtbot, window, "在")
    with qtbot.waitSignal(counselling(window).wrote, timeout=WAIT_MS):
        pass
    assert not worker._is_reading
    assert all(tokens < 2700 for (tokens,) in [read.at(row) for row in range(read.count())])
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_a_child_that_hangs_in_a_reading_keeps_a_message_waiting_for_seconds_only(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    counselling(window)._hurrier.setInterval(200)
    type_text(window.middle.composer.field, "长" * 900)
    qtbot.waitUntil(lambda: counselling(window)._worker._is_reading, timeout=WAIT_MS)
    child = child_pid(window)
    os.kill(child, signal.SIGSTOP)

    window.begin_conversation()
    send(qtbot, window, "在")
    wait_for_end(qtbot, window)

    assert last(window).text == "你"
    assert window.middle.notice.isHidden()
    assert child_pid(window) != child


def test_a_child_that_loads_its_model_is_not_hurried_by_a_message(
    open_window: OpenWindow,
    tiny_model: Path,
    paths: Paths,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ended, it would have to begin anew, and the message would wait for longer."""
    with_faults(monkeypatch)
    window = open_window(tiny_model)
    Reader(qtbot, window).settle()
    wait_for_model(qtbot, window)
    order(paths.engine_workdir(), "load", "stop")
    os.kill(child_pid(window), signal.SIGKILL)
    type_text(window.middle.composer.field, "写")
    qtbot.waitUntil(lambda: counselling(window)._worker._is_reading, timeout=WAIT_MS)
    loading = os.waitid(os.P_ALL, 0, os.WSTOPPED | os.WNOWAIT)
    assert loading is not None

    window.begin_conversation()
    hurrier = counselling(window)._hurrier
    hurrier.setInterval(50)
    with qtbot.waitSignal(hurrier.timeout, timeout=WAIT_MS):
        send(qtbot, window, "字")
    os.kill(loading.si_pid, signal.SIGCONT)
    wait_for_end(qtbot, window)

    assert last(window).text == "你"
    assert window.middle.notice.isHidden()
    assert child_pid(window) == loading.si_pid


def test_unlocked_little_is_read_and_no_draft_was_sealed(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    wait_for_end(qtbot, window)
    reader.settle()
    assert reader.write(UNSENT) == len(UNSENT.encode())

    lock(qtbot, window)

    assert len(list((closed / "blobs").iterdir())) == 1
    assert traces(closed, UNSENT) == []
    reader = Reader(qtbot, window)
    unlock(qtbot, window)
    wait_for_model(qtbot, window)
    assert 0 < reader.settle() <= len(UNSENT.encode()) + TINY + 2
    assert window.middle.composer.text == UNSENT
    cost = cost_of_reply(qtbot, window)
    assert cost.prompt_tokens > 3 * 20 + len(UNSENT.encode())
    assert cost.evaluated_tokens <= TINY + 2


def test_locked_nothing_of_what_was_read_ahead_is_left(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    reader = Reader(qtbot, window)
    reader.settle()
    assert reader.write(UNSENT) == len(UNSENT.encode())

    lock(qtbot, window)

    assert holders(UNSENT) == []


def test_what_is_idle_is_sealed(opened: OpenedWindow, closed: Path, qtbot: QtBot) -> None:
    window = opened()
    window.read_ahead._idle.setInterval(50)
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    wait_for_end(qtbot, window)

    qtbot.waitUntil(lambda: len(sealed(closed)) == 1, timeout=WAIT_MS)


def test_what_was_said_is_sealed_before_a_person_has_read_the_reply(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    wait_for_end(qtbot, window)

    assert window.read_ahead._idle.interval() <= 3000
    qtbot.waitUntil(lambda: len(sealed(closed)) == 1, timeout=WAIT_MS)


def test_a_few_words_more_wait_for_a_longer_rest_and_a_lock_seals_them_anyway(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    monkeypatch.setattr(Continuity, "due_after", 3600.0)
    window.read_ahead._idle.setInterval(50)
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    wait_for_end(qtbot, window)

    qtbot.waitUntil(window.read_ahead._rest.isActive, timeout=WAIT_MS)
    assert window.read_ahead._rest.interval() == 3_600_000 - 50
    assert sealed(closed) == []
    lock(qtbot, window)

    assert len(sealed(closed)) == 1


def test_a_quit_has_time_for_more_than_a_lock(
    closed: Path,
    qapp: QApplication,
    paths: Paths,
    tiny_model: Path,
    qtbot: QtBot,
) -> None:
    """On a disk so slow that what was said, some 50 kB, would take a lock too long."""
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        window.read_ahead.end()  # it is not sealed before
        wait_for_model(qtbot, window)
        send(qtbot, window, "好" * 20)
        wait_for_end(qtbot, window)
        snapshots = lock_of(window)._snapshots
        assert snapshots is not None
        snapshots._bytes_a_second = 25_000
        counselling(window).seal(SEAL_PATIENCE_S)
        assert sealed(closed) == []
    (only,) = sealed(closed)
    assert 25_000 < only.stat().st_size < 75_000


def test_a_child_that_hangs_is_not_waited_for(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    wait_for_end(qtbot, window)
    child = child_pid(window)
    os.kill(child, signal.SIGSTOP)

    began = time.monotonic()
    counselling(window).seal(SEAL_PATIENCE_S)

    assert time.monotonic() - began < SEAL_PATIENCE_S + A_BUSY_MACHINE_S
    lock(qtbot, window)
    assert not is_running(child)
    assert not is_open(closed)
