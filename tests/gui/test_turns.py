"""Whose turn it is: two conversations, one model, and a model or child that gives trouble."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.paths import Paths
from desktop_app.vault.vault import Vault
from desktop_app.views.changing import Changing
from desktop_app.views.versions import Versions
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import (
    WAIT_MS,
    child_pid,
    last,
    rows,
    send,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui


def ways(window: MainWindow) -> list[str]:
    buttons = window.middle.notice.findChildren(QPushButton)
    return [button.text() for button in buttons if button.isVisible()]


def test_a_bad_model_chosen_while_a_good_one_is_opened_leaves_no_one_waiting(
    open_window: OpenWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"not a model")
    window = open_window(tiny_model)
    window.model.open(str(bad))
    said = sentence("error.model.not_gguf", file="bad.gguf")
    qtbot.waitUntil(lambda: window.middle.notice.text == said, timeout=WAIT_MS)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    assert [message.text for message in rows(window)] == ["你好。"]
    qtbot.waitUntil(lambda: window.middle.notice.text == said, timeout=WAIT_MS)


def test_a_good_model_chosen_after_a_bad_one_is_the_one_that_counts(
    open_window: OpenWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    window.model.open(str(tmp_path / "gone_too.gguf"))
    window.model.open(str(tiny_model))
    wait_for_model(qtbot, window)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    assert last(window).role is Role.ASSISTANT
    assert window.middle.notice.text == ""


def test_a_message_in_a_second_conversation_waits_its_turn_and_is_answered(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "第一段。")
    wait_for_words(qtbot, window)
    first = window.exchange.current
    window.begin_conversation()
    send(qtbot, window, "第二段。")
    assert window.exchange.current is first
    assert window.middle.notice.text == sentence("window.waits")
    assert len(vault.sessions.kept()) == 2
    window.exchange.stop()
    qtbot.waitUntil(lambda: window.exchange.current is window.conversation, timeout=WAIT_MS)
    assert window.middle.notice.text == ""
    wait_for_words(qtbot, window)
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_a_message_sent_before_the_first_paint_is_answered_by_the_model_that_was_named(
    qapp: QApplication, qtbot: QtBot, paths: Paths, vault: Vault, tiny_model: Path
) -> None:
    with running_window(qapp, str(tiny_model), paths) as window:
        window.open_history(vault, changing=Changing(vault, window))
        window.send("你好。")  # the window is not shown, so nothing has been painted
        wait_for_end(qtbot, window)
        assert last(window).text == "你"


def test_escape_stops_the_conversation_on_the_screen_and_no_other(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "第一段。")
    wait_for_words(qtbot, window)
    first = window.exchange.current
    window.begin_conversation()
    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Escape)
    assert window.exchange.current is first
    assert not window.middle.composer.stop.isVisible()
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_what_went_wrong_elsewhere_is_said_when_its_conversation_is_on_the_screen(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    window.begin_conversation()
    os.kill(child_pid(window), signal.SIGKILL)
    wait_for_end(qtbot, window)
    assert window.middle.notice.text == ""
    window.show_conversation(1)
    assert window.middle.notice.text == sentence("error.engine.died_killed")


def test_a_message_without_a_reply_can_be_tried_again_when_it_is_come_back_to(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "你好。")
    window.middle.composer.stop.click()
    wait_for_model(qtbot, window)
    window.begin_conversation()
    assert ways(window) == []
    window.show_conversation(1)
    assert window.middle.notice.text == sentence("window.no_reply")
    window.middle.notice.findChild(QPushButton).click()
    wait_for_end(qtbot, window)
    assert last(window).role is Role.ASSISTANT


def test_undo_outlives_a_model_that_is_opened(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    window.deleting.delete(0)
    with qtbot.waitSignal(window.model.opened, timeout=WAIT_MS):
        window.model.open(str(tiny_model))
    assert window.middle.notice.text == sentence("window.deleted")
    assert ways(window) == [sentence("window.undo")]


def test_a_deleted_conversation_is_answered_no_more(
    open_window: OpenWindow, tmp_path: Path, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    window.deleting.delete(0)
    with qtbot.waitSignal(window.model.opened, timeout=WAIT_MS):
        window.model.open(str(tiny_model))
    assert window.exchange.current is None
    (deleted,) = vault.sessions.trashed()
    vault.sessions.restore(deleted.id)
    assert len(vault.sessions.turns(deleted.id)) == 1


def test_an_earlier_message_stays_when_a_later_one_is_too_long_for_the_model(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "第一句。")
    window.middle.composer.stop.click()
    wait_for_model(qtbot, window)
    send(qtbot, window, "长" * 3000)
    wait_for_end(qtbot, window)
    assert [message.text for message in rows(window)] == ["第一句。"]
    assert window.middle.composer.text == "长" * 3000
    assert window.middle.notice.text == sentence("error.message.too_long", characters=3000)
    (session,) = vault.sessions.kept()
    assert [each.turn.content for each in vault.sessions.turns(session.id)] == ["第一句。"]


def test_a_draft_in_a_deleted_conversation_comes_back_with_it(
    open_window: OpenWindow, tiny_model: Path
) -> None:
    window = open_window(tiny_model)
    window.middle.composer.text = "还没发出去"
    window.deleting.delete(0)
    assert window.middle.composer.text == ""
    window.middle.notice.findChild(QPushButton).click()
    assert window.middle.composer.text == "还没发出去"


def test_all_that_is_too_long_comes_back_and_what_was_said_after_it(
    open_window: OpenWindow, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    for text in ("长" * 3000, "短的一句"):
        send(qtbot, window, text)
        wait_for_end(qtbot, window)
    window.model.open(str(tiny_model))
    qtbot.waitUntil(lambda: rows(window) == [], timeout=WAIT_MS)
    assert window.middle.composer.text == "长" * 3000 + "\n\n短的一句"
    assert window.middle.notice.text == sentence("error.message.too_long", characters=3000)


def test_a_message_that_waits_for_a_model_is_answered_by_another_one(
    open_window: OpenWindow, tiny_model: Path, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "你好。")
    assert not window.counselling.ready
    window.model.open(str(endless_model))
    wait_for_words(qtbot, window)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert last(window).role is Role.ASSISTANT


def test_stop_pressed_again_and_again_ends_a_child_that_hangs(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    os.kill(child_pid(window), signal.SIGSTOP)
    again = QTimer(interval=200)
    again.timeout.connect(window.exchange.stop)
    again.start()
    wait_for_end(qtbot, window)
    again.stop()
    assert last(window).state is TurnState.STOPPED


def test_undo_outlives_the_end_of_another_reply(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("other", Turn(Role.USER, "另一段"))
    window = open_window(endless_model)
    window.begin_conversation()
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    window.deleting.delete(1)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert ways(window) == [sentence("window.undo")]


def test_a_title_stays_when_the_only_message_had_to_be_said_otherwise(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "长" * 3000)
    index = window.sessions.index(0)
    window.sessions.setData(index, "我的标题")
    wait_for_end(qtbot, window)
    assert rows(window) == []
    assert vault.sessions.kept() == ()
    window.middle.composer.text = ""
    send(qtbot, window, "短一点")
    wait_for_end(qtbot, window)
    assert [each.title for each in vault.sessions.kept()] == ["我的标题"]


def test_no_reply_is_made_anew_while_another_is_written(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "嗯")
    vault.sessions.finish(reply, TurnState.COMPLETE)
    window = open_window(endless_model)
    window.begin_conversation()
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    window.show_conversation(1)
    versions = window.middle.transcript.findChild(Versions)
    versions.regenerate(1)
    send(qtbot, window, "第二句")
    window.exchange.stop()
    qtbot.waitUntil(lambda: window.exchange.current is window.conversation, timeout=WAIT_MS)
    wait_for_words(qtbot, window)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert [message.text for message in rows(window)][:3] == ["第一句", "嗯", "第二句"]
    stored = vault.sessions.turns("a")
    assert [each.turn.content for each in stored][:3] == ["第一句", "嗯", "第二句"]


def test_what_is_said_while_a_reply_waits_for_a_model_to_be_made_anew_is_not_lost(
    open_window: OpenWindow, tmp_path: Path, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "嗯")
    vault.sessions.finish(reply, TurnState.COMPLETE)
    window = open_window(tmp_path / "gone.gguf")
    qtbot.waitUntil(lambda: window.model.error is not None, timeout=WAIT_MS)
    window.middle.transcript.findChild(Versions).regenerate(1)
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
    send(qtbot, window, "第二句")
    wait_for_end(qtbot, window)
    window.model.open(str(tiny_model))
    qtbot.waitUntil(lambda: len(rows(window)) == 4, timeout=WAIT_MS)
    wait_for_end(qtbot, window)
    assert [message.text for message in rows(window)][:3] == ["第一句", "嗯", "第二句"]


def test_a_message_that_waits_for_a_model_is_answered_after_the_history_is_read_again(
    open_window: OpenWindow, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    send(qtbot, window, "你好。")
    qtbot.waitUntil(lambda: window.exchange.current is None, timeout=WAIT_MS)
    window.read_history_again()
    window.model.open(str(tiny_model))
    qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
    wait_for_end(qtbot, window)
    assert [each.text for each in rows(window)] == ["你好。", "你"]
