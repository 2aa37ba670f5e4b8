"""A person talks: with the real window, the real thread, the real child."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.vault import Vault
from desktop_app.views.counselling import REPAINT_MS
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.engine_tiny import Shape, write_tiny_model
from tests.support.painted import Painted
from tests.support.window_run import (
    WAIT_MS,
    child_pid,
    is_running,
    last,
    rows,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui


def test_a_message_is_answered(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    send(qtbot, window, "最近总是睡不着。")
    wait_for_end(qtbot, window)
    said = [(message.role, message.text, message.state) for message in rows(window)]
    assert said[0] == (Role.USER, "最近总是睡不着。", TurnState.COMPLETE)
    assert said[1][0] is Role.ASSISTANT
    assert said[1][1]
    assert window.middle.composer.text == ""


def test_the_next_message_continues_the_conversation(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    for text in ("你好。", "还在吗？"):
        send(qtbot, window, text)
        wait_for_end(qtbot, window)
    shown = [message.text for message in rows(window)]
    assert [turn.content for turn in window.conversation.session.turns] == shown
    assert len(shown) == 4


def test_a_message_sent_before_the_model_is_in_memory_is_answered(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    assert not window.counselling.ready
    send(qtbot, window, "你好。")
    assert window.exchange.current is window.conversation
    wait_for_end(qtbot, window)
    assert last(window).role is Role.ASSISTANT


def test_an_unanswered_message_is_asked_again_with_the_next(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "第一句。")
    window.middle.composer.stop.click()
    send(qtbot, window, "第二句。")
    wait_for_end(qtbot, window)
    assert window.conversation.session.turns[0].content == "第一句。\n\n第二句。"


def test_a_child_killed_in_a_reply_costs_one_sentence_and_the_next_reply_works(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    os.kill(child_pid(window), signal.SIGKILL)
    wait_for_end(qtbot, window)
    assert last(window).state is TurnState.INTERRUPTED
    assert last(window).text
    assert window.middle.notice.text == sentence("error.engine.died_killed")
    send(qtbot, window, "你还在吗？")
    wait_for_words(qtbot, window)
    assert window.middle.notice.text == ""
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_enter_while_composing_never_sends(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = window.middle.composer.field
    QApplication.sendEvent(field, QInputMethodEvent("ni hao", []))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert rows(window) == []
    assert window.middle.composer.text == ""
    type_text(field, "你好")
    assert rows(window) == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert rows(window)[0].text == "你好"
    wait_for_end(qtbot, window)


def test_shift_enter_begins_a_new_line(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = window.middle.composer.field
    type_text(field, "一")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    type_text(field, "二")
    assert window.middle.composer.text == "一\n二"
    assert rows(window) == []


def test_a_message_of_a_hundred_thousand_characters_is_refused_and_kept(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.middle.composer.text = "长" * 100_000
    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Return)
    assert rows(window) == []
    assert len(window.middle.composer.text) == 100_000
    said = sentence("error.message.too_long", characters=100_000)
    assert window.middle.notice.text == said


def test_enter_while_a_reply_is_written_says_when_it_can_be_sent(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    type_text(window.middle.composer.field, "还有")
    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Return)
    assert window.middle.notice.text == sentence("window.too_early")
    assert window.middle.composer.text == "还有"
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert window.middle.notice.text == ""


def test_a_message_beyond_the_models_context_is_never_off_the_disk(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    there = []

    def on_the_disk(*_: object) -> None:
        draft = vault.sessions.drafts.of(None)
        there.append(vault.sessions.kept() != [] or (draft is not None and draft.text == text))

    text = "长" * 3000
    committed = vault.database.committed
    vault.database.committed = lambda removed: (committed(removed), on_the_disk())
    send(qtbot, window, text)
    wait_for_end(qtbot, window)
    assert window.middle.composer.text == text
    assert len(there) > 1
    assert all(there)


def test_a_message_beyond_the_models_context_returns_to_the_field(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "长" * 3000)
    wait_for_end(qtbot, window)
    assert rows(window) == []
    assert window.middle.composer.text == "长" * 3000
    said = sentence("error.message.too_long", characters=3000)
    assert window.middle.notice.text == said


def test_what_returns_to_the_field_stays_there_where_the_message_before_it_cannot_be_taken_back(
    open_window: OpenWindow,
    tiny_model: Path,
    vault: Vault,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "长" * 3000)
    window.middle.composer.stop.click()
    take_back = vault.sessions.take_back

    def once(session: str, *, as_draft: bool) -> None:
        monkeypatch.setattr(vault.sessions, "take_back", fails)
        take_back(session, as_draft=as_draft)

    def fails(*_: object, **__: object) -> None:
        raise BusyVaultError("vault.busy")

    monkeypatch.setattr(vault.sessions, "take_back", once)
    send(qtbot, window, "第二句。")
    wait_for_end(qtbot, window)

    assert [message.text for message in rows(window)] == ["长" * 3000]
    assert window.middle.composer.text == "第二句。"
    assert window.middle.notice.text == sentence("error.vault.busy")
    (session,) = vault.sessions.kept()
    draft = vault.sessions.drafts.of(session.id)
    assert draft is not None
    assert draft.text == "第二句。"


def test_a_reply_goes_into_its_own_conversation(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "第一段。")
    wait_for_words(qtbot, window)
    first = window.conversation
    window.middle.composer.text = "草稿"
    qtbot.mouseClick(window.side.new, Qt.MouseButton.LeftButton)
    assert window.conversation is not first
    assert window.middle.composer.text == ""
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert rows(window) == []
    window.side.show_current(1)
    assert window.conversation is first
    assert window.middle.composer.text == "草稿"
    assert last(window).state is TurnState.STOPPED


def test_closing_in_a_reply_ends_the_child(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    pid = child_pid(window)
    window.close()
    window.counselling.close()
    assert not is_running(pid)


def test_words_are_painted_at_most_twenty_times_a_second_and_nothing_beside_them(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    speaks_for_seconds = Shape(hidden=512, layers=6, heads=8, ffn=2048)
    model = write_tiny_model(tmp_path, speaks_for_seconds, says="你", ends=False)
    window = open_window(model)
    wait_for_model(qtbot, window)
    times: list[float] = []
    window.counselling.wrote.connect(lambda _text: times.append(time.monotonic()))
    talk = Painted(window.middle.transcript.viewport())
    beside = [Painted(window.side.list.viewport()), Painted(window.header)]
    send(qtbot, window, "你好。")
    qtbot.waitUntil(lambda: bool(times), timeout=WAIT_MS)
    for each in (talk, *beside):
        each.regions.clear()
    first = len(times)
    qtbot.waitUntil(lambda: len(times) >= first + 3, timeout=WAIT_MS)
    assert 1 <= len(talk.regions) <= len(times) - first + 1
    assert [each.regions for each in beside] == [[], []]
    wait_for_end(qtbot, window)
    shown = times[:-1]  # the rest of a reply that has ended waits for nothing
    assert shown[-1] - shown[0] >= REPAINT_MS / 1000 * 0.95 * (len(shown) - 1)


def test_a_reply_that_reached_its_greatest_length_says_so(
    open_window: OpenWindow, chatty_model: Path, qtbot: QtBot
) -> None:
    window = open_window(chatty_model)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    assert last(window).note == sentence("message_state.cut")


def test_enter_sends_again_after_the_field_was_given_other_text_while_composing(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = window.middle.composer.field
    QApplication.sendEvent(field, QInputMethodEvent("ni hao", []))
    window.middle.composer.text = "给回来的话"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert rows(window)[0].text == "给回来的话"
    wait_for_end(qtbot, window)


def test_a_reply_elsewhere_is_not_read_aloud_here(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr("desktop_app.views.window.announce", lambda _, text: spoken.append(text))
    window = open_window(tiny_model)
    send(qtbot, window, "你好。")
    window.begin_conversation(off_the_record=True)
    wait_for_end(qtbot, window)
    assert spoken == []
