"""A person stops a reply: at once, whatever the model's child is doing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.vault import Vault
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.held_commits import held_commits
from tests.support.processes import cpu_ms
from tests.support.window_run import (
    WAIT_MS,
    child_pid,
    is_running,
    last,
    rows,
    send,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui

WITHIN_S: Final = 0.3
ROUNDS: Final = 3
"""A busy machine may hold one of them up; not most."""
LONG: Final = "长" * 1000
"""3,000 tokens to read."""


def stopped_after(qtbot: QtBot, window: MainWindow) -> float:
    """Press Stop; return the seconds until nothing is being answered."""
    began = time.monotonic()
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    return time.monotonic() - began


def ended_after(qtbot: QtBot, window: MainWindow) -> float:
    """Press Stop; return the seconds until the model itself has ended its reply."""
    ended: list[tuple[float, Reply | Exception | None]] = []

    def hear(_number: int, outcome: Reply | Exception | None) -> None:
        ended.append((time.monotonic(), outcome))  # in the model's thread

    signal_of_model = window.counselling._worker.ended
    signal_of_model.connect(hear, Qt.ConnectionType.DirectConnection)
    began = time.monotonic()
    window.middle.composer.stop.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=WAIT_MS)
    signal_of_model.disconnect(hear)
    [(at, reply)] = ended
    assert isinstance(reply, Reply)
    assert reply.finished.stop == "cancelled"
    return at - began


def hangs(window: MainWindow) -> int:
    """Have the model's child listen to nobody any more."""
    child = child_pid(window)
    os.kill(child, signal.SIGSTOP)
    return child


def send_and_wait_until_it_is_read(qtbot: QtBot, window: MainWindow) -> None:
    child = child_pid(window)
    before = cpu_ms(child)
    send(qtbot, window, LONG)
    qtbot.waitUntil(lambda: cpu_ms(child) > before + 20, timeout=WAIT_MS)
    assert last(window).text in {LONG, ""}, "no character of a reply has come yet"


def send_and_wait_until_it_is_answered(qtbot: QtBot, window: MainWindow) -> None:
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)


def test_stop_keeps_what_came_and_marks_it(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    qtbot.mouseClick(window.middle.composer.stop, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, window)
    assert last(window).state is TurnState.STOPPED
    assert window.conversation.session.turns[-1].content == last(window).text
    assert last(window).note == sentence("message_state.stopped")


def test_escape_stops_too(open_window: OpenWindow, endless_model: Path, qtbot: QtBot) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Escape)
    wait_for_end(qtbot, window)
    assert last(window).state is TurnState.STOPPED


def test_stop_while_waiting_for_the_model_leaves_the_message_unanswered(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "你好。")
    window.middle.composer.stop.click()
    assert window.exchange.current is None
    assert [message.text for message in rows(window)] == ["你好。"]
    wait_for_model(qtbot, window)


@pytest.mark.parametrize(
    "until", [send_and_wait_until_it_is_read, send_and_wait_until_it_is_answered]
)
def test_it_acts_within_300_milliseconds(
    open_window: OpenWindow,
    endless_model: Path,
    qtbot: QtBot,
    until: Callable[[QtBot, MainWindow], None],
) -> None:
    window = open_window(endless_model)
    wait_for_model(qtbot, window)
    child = child_pid(window)
    took = []
    for _ in range(ROUNDS):
        window.begin_conversation()
        until(qtbot, window)
        took.append(ended_after(qtbot, window))
        wait_for_end(qtbot, window)
    assert median(took) <= WITHIN_S
    assert child_pid(window) == child, "it has listened, and was not ended"


def test_it_acts_within_300_milliseconds_when_the_child_hangs(
    open_window: OpenWindow, slow_speaker: Path, qtbot: QtBot
) -> None:
    window = open_window(slow_speaker)
    took = []
    for _ in range(ROUNDS):
        window.begin_conversation()
        send_and_wait_until_it_is_answered(qtbot, window)
        hangs(window)
        took.append(stopped_after(qtbot, window))
    assert median(took) <= WITHIN_S


def kept_reply(vault: Vault) -> tuple[str, TurnState]:
    """What the history holds of the only reply."""
    (session,) = vault.sessions.kept()
    _, reply = vault.sessions.turns(session.id)
    return reply.turn.content, reply.state


def test_it_ends_the_reply_on_the_screen_while_the_disk_takes_its_time(
    open_window: OpenWindow, slow_speaker: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(slow_speaker)
    send_and_wait_until_it_is_answered(qtbot, window)
    composer = window.middle.composer
    with held_commits(vault.database) as held:
        qtbot.waitUntil(held.one_waits.is_set, timeout=WAIT_MS)
        wait_for_words(qtbot, window, len(last(window).text) + 3)
        composer.stop.click()
        qtbot.waitUntil(lambda: last(window).state is TurnState.STOPPED, timeout=WAIT_MS)
        assert window.exchange.current is None
        assert composer.stop.isHidden()
        shown = last(window).text
    wait_for_end(qtbot, window)
    assert kept_reply(vault) == (shown, TurnState.STOPPED)


def test_a_window_that_goes_waits_for_a_stopped_reply_that_is_on_its_way_to_the_disk(
    open_window: OpenWindow,
    slow_speaker: Path,
    vault: Vault,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window(slow_speaker)
    send_and_wait_until_it_is_answered(qtbot, window)
    with held_commits(vault.database) as held:
        window.middle.composer.stop.click()
        qtbot.waitUntil(lambda: window.exchange.current is None, timeout=WAIT_MS)
        settle = window.conversation.settle

        def wait_for_disk() -> None:
            held.let_go()
            settle()

        monkeypatch.setattr(window.conversation, "settle", wait_for_disk)
        window.leave()
        assert kept_reply(vault) == (last(window).text, TurnState.STOPPED)


def test_a_message_that_is_still_being_read_stays_unanswered(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    wait_for_model(qtbot, window)
    send_and_wait_until_it_is_read(qtbot, window)
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    assert [message.role for message in rows(window)] == [Role.USER]
    assert window.middle.notice.text == sentence("window.no_reply")


def test_a_child_that_hangs_is_ended_by_stop_and_the_next_reply_works(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    os.kill(child_pid(window), signal.SIGSTOP)
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    assert last(window).state is TurnState.STOPPED
    assert window.middle.notice.text == ""
    send(qtbot, window, "还在吗？")
    wait_for_words(qtbot, window)
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_stop_frees_the_window_before_a_child_that_hangs_is_ended(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    child = child_pid(window)
    os.kill(child, signal.SIGSTOP)
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    assert is_running(child)
    assert last(window).state is TurnState.STOPPED
    kept = len(last(window).text)
    send(qtbot, window, "还在吗？")
    wait_for_words(qtbot, window)
    assert len(rows(window)[1].text) == kept
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_a_second_stop_is_not_lost_with_the_end_of_the_reply_before(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send_and_wait_until_it_is_answered(qtbot, window)
    child = hangs(window)
    stopped_after(qtbot, window)
    send(qtbot, window, "还在吗？")
    window.middle.composer.stop.click()
    os.kill(child, signal.SIGCONT)  # the first reply ends now, the second would begin
    wait_for_end(qtbot, window)
    send_and_wait_until_it_is_answered(qtbot, window)
    stopped_after(qtbot, window)


def test_a_reply_given_up_before_it_began_is_never_written(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send_and_wait_until_it_is_answered(qtbot, window)
    child = hangs(window)
    stopped_after(qtbot, window)
    send(qtbot, window, "还在吗？")
    stopped_after(qtbot, window)
    written: set[int] = set()
    window.counselling._worker.wrote.connect(lambda number, _text: written.add(number))
    send_and_wait_until_it_is_answered(qtbot, window)
    assert written == {3}
    assert not is_running(child)
    stopped_after(qtbot, window)


def when_kept_in_haste(window: MainWindow, act: Callable[[], None]) -> None:
    """Have `act` called once, when a reply has ended and its end is on its way to the disk."""

    def look() -> None:
        if window.exchange.keeps(window.conversation):
            window.exchange.changed.disconnect(look)
            act()

    window.exchange.changed.connect(look)


def test_a_screen_reader_says_the_reply_though_the_person_has_gone_on(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr("desktop_app.views.window.announce", lambda _, text: spoken.append(text))
    window = open_window(tiny_model)
    when_kept_in_haste(window, partial(window.send, "还有一句。"))
    send(qtbot, window, "你好。")
    qtbot.waitUntil(lambda: len(spoken) == 2, timeout=WAIT_MS)
    replies = [each for each in rows(window) if each.role is Role.ASSISTANT]
    assert spoken == [each.spoken() for each in replies]


def test_what_went_wrong_with_a_reply_is_not_said_where_the_person_has_gone_on(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send_and_wait_until_it_is_answered(qtbot, window)
    told: list[object] = []
    window.exchange.failed.connect(told.append)
    when_kept_in_haste(window, partial(window.send, "还在吗？"))
    os.kill(child_pid(window), signal.SIGKILL)
    qtbot.waitUntil(lambda: len(rows(window)) == 4, timeout=WAIT_MS)
    assert window.conversation.trouble is None
    assert told == []
    wait_for_words(qtbot, window)
    stopped_after(qtbot, window)
