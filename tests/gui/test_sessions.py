"""The conversations of the history in the window: kept, renamed, deleted, off the record."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QInputMethodEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.vault import Vault
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import (
    WAIT_MS,
    last,
    rows,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui


@pytest.fixture
def two_sessions(vault: Vault) -> list[str]:
    """A history of two conversations, `yesterday` and `today`, the latter spoken in last."""
    for name in ("yesterday", "today"):
        vault.sessions.add(name, Turn(Role.USER, f"{name} 的第一句话"))
        reply = vault.sessions.begin_reply(name)
        vault.sessions.extend(reply, f"{name} 的回复")
        vault.sessions.finish(reply, TurnState.COMPLETE)
    return ["today", "yesterday"]


def titles(window: MainWindow) -> list[str]:
    model = window.side.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def kept(vault: Vault) -> list[str]:
    return [session.id for session in vault.sessions.kept()]


def rename(qtbot: QtBot, window: MainWindow, title: str) -> None:
    """Press F2 in the list, write, press Enter."""
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_F2)
    editor = window.side.list.findChild(QLineEdit)
    assert editor is not None
    if title:
        type_text(editor, title)  # in place of what is selected: all of it
    else:
        editor.clear()
    with qtbot.waitSignal(editor.destroyed, timeout=WAIT_MS):
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def way_on(window: MainWindow, key: str) -> QPushButton:
    button = window.middle.notice.button(key)
    assert button is not None
    return button


@pytest.mark.usefixtures("two_sessions")
def test_the_conversation_last_spoken_in_is_on_the_screen(
    open_window: OpenWindow, tiny_model: Path
) -> None:
    window = open_window(tiny_model)
    assert titles(window) == ["today 的第一句话", "yesterday 的第一句话"]
    assert [message.text for message in rows(window)] == ["today 的第一句话", "today 的回复"]


@pytest.mark.usefixtures("two_sessions")
def test_a_conversation_of_the_history_goes_on(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.side.list.setCurrentIndex(window.sessions.index(1))
    send(qtbot, window, "还是睡不着。")
    wait_for_end(qtbot, window)
    stored = vault.sessions.turns("yesterday")
    assert [each.turn.content for each in stored] == [message.text for message in rows(window)]
    assert [turn.content for turn in window.conversation.session.turns][:2] == [
        "yesterday 的第一句话",
        "yesterday 的回复",
    ]
    assert len(stored) == 4


@pytest.mark.usefixtures("two_sessions")
def test_the_conversation_spoken_in_moves_to_the_top(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.side.list.setCurrentIndex(window.sessions.index(1))
    send(qtbot, window, "还是睡不着。")
    assert titles(window)[0] == "yesterday 的第一句话"
    assert window.side.list.currentIndex().row() == 0
    wait_for_end(qtbot, window)


def test_how_a_reply_ended_is_seen_again_later(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    vault.sessions.add("talk", Turn(Role.USER, "你好"))
    reply = vault.sessions.begin_reply("talk")
    vault.sessions.extend(reply, "我")
    vault.sessions.finish(reply, TurnState.INTERRUPTED)
    window = open_window(tiny_model)
    assert last(window).note == sentence("message_state.interrupted")


def test_a_message_is_in_the_history_before_the_model_is_asked(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    assert not window.counselling.ready
    send(qtbot, window, "你好。")
    (session,) = kept(vault)
    assert [each.turn.content for each in vault.sessions.turns(session)] == ["你好。"]
    wait_for_end(qtbot, window)


def test_a_stopped_reply_is_kept_as_stopped(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    (session,) = kept(vault)
    reply = vault.sessions.turns(session)[-1]
    assert (reply.state, reply.turn.content) == (TurnState.STOPPED, last(window).text)


def test_closing_the_window_keeps_what_came_of_a_reply(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    shown = last(window).text
    window.leave()
    (session,) = kept(vault)
    reply = vault.sessions.turns(session)[-1]
    assert reply.state is TurnState.STOPPED
    assert reply.turn.content.startswith(shown)


@pytest.mark.usefixtures("two_sessions")
def test_f2_renames(open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot) -> None:
    window = open_window(tiny_model)
    rename(qtbot, window, "  工作的  事 ")
    assert titles(window)[0] == "工作的 事"
    assert vault.sessions.kept()[0].title == "工作的 事"


@pytest.mark.usefixtures("two_sessions")
def test_an_emptied_title_gives_back_the_first_words(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    rename(qtbot, window, "工作")
    rename(qtbot, window, "")
    assert titles(window)[0] == "today 的第一句话"


def title_field(qtbot: QtBot, window: MainWindow) -> QLineEdit:
    """Press F2 in the list and return what a title is written into."""
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_F2)
    field = window.side.list.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    return field


@pytest.mark.usefixtures("two_sessions")
def test_enter_that_ends_composing_leaves_the_title_open(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = title_field(qtbot, window)
    QApplication.sendEvent(field, QInputMethodEvent("gongzuo", []))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert titles(window)[0] == "today 的第一句话"
    type_text(field, "工作")
    with qtbot.waitSignal(field.destroyed, timeout=WAIT_MS):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert titles(window)[0] == "工作"


@pytest.mark.usefixtures("two_sessions")
def test_what_is_typed_as_a_title_stays_when_the_list_is_read_again(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = title_field(qtbot, window)
    type_text(field, "工")
    window.sessions.retitle()
    assert field.text() == "工"
    qtbot.keyClick(field, Qt.Key.Key_Escape)


@pytest.mark.usefixtures("two_sessions")
def test_a_screen_reader_hears_what_is_written_into_the_row(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    field = title_field(qtbot, window)
    interface = QAccessible.queryAccessibleInterface(field)
    assert interface.text(QAccessible.Text.Name) == sentence("window.title_of_conversation")
    qtbot.keyClick(field, Qt.Key.Key_Escape)


@pytest.mark.usefixtures("two_sessions")
def test_f2_in_the_message_field_renames_the_conversation_on_the_screen(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.middle.composer.field.setFocus()
    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_F2)
    field = window.side.list.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    assert field.hasFocus()
    qtbot.keyClick(field, Qt.Key.Key_F2)  # what Qt prints about a second editor fails the test
    type_text(field, "工作")
    with qtbot.waitSignal(field.destroyed, timeout=WAIT_MS):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert titles(window)[0] == "工作"


def test_what_has_no_title_is_not_renamed(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.begin_conversation(off_the_record=True)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_F2)
    window.side.rename_current()  # what Qt prints about it would fail the test
    assert window.side.list.findChild(QLineEdit) is None


def test_an_empty_conversation_has_no_title_to_change(
    open_window: OpenWindow, tiny_model: Path
) -> None:
    window = open_window(tiny_model)
    assert not window.sessions.index(0).flags() & Qt.ItemFlag.ItemIsEditable


@pytest.mark.usefixtures("two_sessions")
def test_delete_takes_a_conversation_into_the_trash_and_undo_brings_it_back(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    assert titles(window) == ["yesterday 的第一句话"]
    assert rows(window)[0].text == "yesterday 的第一句话"
    assert [session.id for session in vault.sessions.trashed()] == ["today"]
    assert window.middle.notice.text == sentence("window.deleted")
    qtbot.mouseClick(way_on(window, "window.undo"), Qt.MouseButton.LeftButton)
    assert titles(window) == ["today 的第一句话", "yesterday 的第一句话"]
    assert rows(window)[0].text == "today 的第一句话"
    assert kept(vault) == ["today", "yesterday"]
    assert window.middle.notice.text == ""


@pytest.mark.usefixtures("two_sessions")
def test_where_the_trash_keeps_nothing_a_deletion_says_until_when_it_can_be_undone(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.trash.keep(kept=False)
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    assert window.middle.notice.text == sentence("window.deleted_until_closed")
    qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    assert window.middle.notice.text == sentence("window.several_until_closed", count=2)
    way_on(window, "window.undo").click()
    assert window.middle.notice.text == sentence("window.deleted_until_closed")


@pytest.mark.usefixtures("two_sessions")
@pytest.mark.parametrize(
    ("act", "said"), [("purge", "undo_too_late"), ("restore", "undone_already")]
)
def test_undo_after_the_trash_was_looked_through_says_what_became_of_it(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot, act: str, said: str
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    {"purge": vault.sessions.purge, "restore": vault.sessions.restore}[act]("today")
    qtbot.mouseClick(way_on(window, "window.undo"), Qt.MouseButton.LeftButton)
    assert window.middle.notice.text == sentence(f"window.{said}")
    assert titles(window) == ["yesterday 的第一句话"]


def test_a_delete_key_that_is_held_deletes_one_conversation(
    open_window: OpenWindow, tiny_model: Path
) -> None:
    window = open_window(tiny_model)
    shortcuts = window.side.list.findChildren(QShortcut)
    (delete,) = (each for each in shortcuts if each.key() == QKeySequence("Del"))
    assert not delete.autoRepeat()


@pytest.mark.usefixtures("two_sessions")
def test_undo_gives_back_one_deletion_after_the_other_the_last_one_first(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    before = titles(window)
    window.side.list.setFocus()
    for _ in range(2):
        qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    assert kept(vault) == []
    assert window.middle.notice.text == sentence("window.deleted_several", count=2)
    way_on(window, "window.undo").click()
    assert rows(window)[0].text == "yesterday 的第一句话"
    assert window.middle.notice.text == sentence("window.deleted")
    way_on(window, "window.undo").click()
    assert titles(window)[:2] == before
    assert kept(vault) == ["today", "yesterday"]
    assert window.middle.notice.text == ""


def test_off_the_record_undo_gives_back_every_conversation_that_was_deleted(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model, history=None)
    for text in ("第一段。", "第二段。"):
        window.begin_conversation()
        send(qtbot, window, text)
        wait_for_end(qtbot, window)
    for _ in range(2):
        window.deleting.delete(0)
    said = []
    for _ in range(2):
        way_on(window, "window.undo").click()
        said.append(rows(window)[0].text)
    assert said == ["第一段。", "第二段。"]
    assert window.middle.notice.way("window.undo") is None


@pytest.mark.usefixtures("two_sessions")
def test_what_is_gone_for_good_keeps_nobody_from_undoing_the_deletion_before_it(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    for _ in range(2):
        window.deleting.delete(0)
    vault.sessions.purge("yesterday")
    way_on(window, "window.undo").click()
    assert window.middle.notice.text == sentence("window.undo_too_late")
    way_on(window, "window.undo").click()
    assert kept(vault) == ["today"]


def test_after_the_last_conversation_is_deleted_there_is_an_empty_one(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("talk", Turn(Role.USER, "你好"))
    window = open_window(tiny_model)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_Delete)
    assert rows(window) == []
    assert titles(window) == [sentence("window.new_conversation")]


def test_a_conversation_deleted_while_it_is_answered_keeps_what_came_and_comes_back(
    open_window: OpenWindow, endless_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    window.deleting.delete(0)
    wait_for_end(qtbot, window)
    assert rows(window) == []
    way_on(window, "window.undo").click()
    assert last(window).state is TurnState.STOPPED
    (session,) = kept(vault)
    assert vault.sessions.turns(session)[-1].turn.content == last(window).text


def test_what_is_deleted_beside_one_that_cannot_be_read_leaves_the_screen(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b", "a"):
        vault.sessions.add(name, Turn(Role.USER, name))
    window = open_window(tiny_model)
    deleted = window.conversation

    def fails(session: str) -> None:
        raise DamagedHistoryError("vault.history_damaged", path=Path(session))

    monkeypatch.setattr(vault.sessions, "turns", fails)

    window.deleting.delete(0)

    assert window.conversation is not deleted
    assert window.conversation.empty


def test_off_the_record_nothing_is_kept(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    qtbot.mouseClick(window.side.off_the_record, Qt.MouseButton.LeftButton)
    send(qtbot, window, "别记下来。")
    wait_for_end(qtbot, window)
    assert len(rows(window)) == 2
    assert titles(window)[0] == sentence("window.off_the_record") + " · 别记下来。"
    assert window.header.status == sentence("window.off_the_record_means")
    assert kept(vault) == []


def test_off_the_record_is_said_where_something_may_be_written_and_below_the_list(
    open_window: OpenWindow, tiny_model: Path
) -> None:
    window = open_window(tiny_model)

    def said() -> tuple[str, set[str]]:
        labels = {label.text() for label in window.side.findChildren(QLabel)}
        return window.middle.composer.field.placeholderText(), labels

    window.begin_conversation(off_the_record=True)
    invitation, labels = said()
    assert invitation == sentence("window.write_off_the_record")
    assert sentence("window.off_the_record_means") in labels
    assert sentence("window.kept") not in labels

    window.begin_conversation()
    invitation, labels = said()
    assert invitation == sentence("window.write_here")
    assert sentence("window.kept") in labels


def test_without_a_history_every_conversation_is_off_the_record(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model, history=None)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    window.begin_conversation()
    assert window.conversation.id is None
    assert not window.side.off_the_record.isVisible()
    general = sentence("window.off_the_record")
    assert titles(window) == [general, f"{general} · 你好。"]


def test_ctrl_shift_n_begins_off_the_record_and_ctrl_n_on_it(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_N, both)
    assert window.conversation.id is None
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.conversation.id is not None


def test_a_message_that_cannot_be_kept_stays_in_the_field(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    vault.sessions._database.rows("PRAGMA max_page_count=1")  # SQLite's own full disk
    text = "话" * 20_000
    send(qtbot, window, text)
    assert rows(window) == []
    assert window.middle.composer.text == text
    folder = vault.sessions._database.path.parent
    assert window.middle.notice.text == sentence("error.vault.disk_full", folder=folder)
    vault.sessions._database.rows("PRAGMA max_page_count=1000000")
    QApplication.processEvents()


def test_who_passed_the_gate_without_the_history_can_have_it_after_all(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model, history=None)
    send(qtbot, window, "你好。")
    wait_for_end(qtbot, window)
    window.side.history.click()
    assert window.passed
    assert window.middle.notice.text == sentence("window.open_history_means")
    with qtbot.waitSignal(window.history_wanted):
        way_on(window, "window.open_history").click()
    assert not window.passed


@pytest.mark.usefixtures("two_sessions")
def test_what_was_added_to_the_history_is_in_the_list_and_nothing_here_is_lost(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    window = open_window(tiny_model)
    window.middle.composer.text = "还没发出去"
    window.show_conversation(1)
    vault.sessions.add("yesterday", Turn(Role.USER, "从备份来的"))
    vault.sessions.add("restored", Turn(Role.USER, "另一段"))
    window.read_history_again()
    assert titles(window) == ["另一段", "yesterday 的第一句话", "today 的第一句话"]
    assert [message.text for message in rows(window)][-1] == "从备份来的"
    assert window.side.list.currentIndex().row() == 1
    window.show_conversation(2)
    assert window.middle.composer.text == "还没发出去"
