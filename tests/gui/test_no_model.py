"""Without a model the window says so in one sentence, shows the way on, and still helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import WAIT_MS, last, rows, send, wait_for_end

pytestmark = pytest.mark.gui


def wait_for_refusal(qtbot: QtBot, window: object) -> None:
    qtbot.waitUntil(lambda: window.model.error is not None, timeout=WAIT_MS)  # type: ignore[attr-defined]


def test_a_missing_model_is_one_sentence_in_place(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    wait_for_refusal(qtbot, window)
    said = sentence("error.model.missing", path=tmp_path / "gone.gguf")
    assert window.middle.notice.text == said
    assert window.header.status == sentence("window.model_missing")


def test_a_damaged_model_is_one_sentence_in_place(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"not a model")
    window = open_window(path)
    wait_for_refusal(qtbot, window)
    assert window.middle.notice.text == sentence("error.model.not_gguf", file="bad.gguf")


def test_the_crisis_card_needs_no_model(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    wait_for_refusal(qtbot, window)
    qtbot.mouseClick(window.header.crisis, Qt.MouseButton.LeftButton)
    assert window.card.isVisible()
    assert "12356" in " ".join(label.text() for label in window.card.findChildren(QLabel))


def test_a_message_written_without_a_model_is_answered_once_there_is_one(
    open_window: OpenWindow, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    wait_for_refusal(qtbot, window)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    assert [message.text for message in rows(window)] == ["你好。"]
    window.model.open(str(tiny_model))
    qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
    wait_for_end(qtbot, window)
    assert last(window).role is Role.ASSISTANT
    assert window.middle.notice.text == ""


def test_without_a_model_what_waits_is_answered_where_there_is_danger(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "gone.gguf")
    wait_for_refusal(qtbot, window)
    waiting = ("今天去超市买了菜", "晚上做了番茄炒蛋", "明天要开会", "我想自杀", "想好了", "今晚")
    for text in waiting:
        send(qtbot, window, text)
        wait_for_end(qtbot, window)
    said = [each.text for each in rows(window) if each.role is Role.ASSISTANT]
    assert len(said) == len(set(said)) == 3
    assert window.card.isVisible()
