"""Locking empties the window and closes the history; unlocking shows what was left."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, TurnState
from desktop_app.paths import Paths
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.conversation import Conversation
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.single_instance import bring_forward
from resources.messages import sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_conversation,
)
from tests.support.locking import (
    DRAFT,
    MESSAGE,
    UNRECORDED,
    OpenedWindow,
    enter,
    lock,
    talk,
    unlock,
    wait_for_page,
)
from tests.support.shown import PATIENCE_MS
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import holders
from tests.support.window_run import (
    child_pid,
    is_running,
    rows,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

SECRETS = (MESSAGE, DRAFT, UNRECORDED)


def test_nothing_of_it_is_left_in_the_window(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    window.middle.transcript.selectAll()
    window.middle.transcript.copy()
    window.begin_conversation(off_the_record=True)
    talk(qtbot, window, UNRECORDED)
    type_text(window.middle.composer.field, DRAFT)
    assert all(holders(secret) for secret in SECRETS)
    lock(qtbot, window)
    assert [holders(secret) for secret in SECRETS] == [[], [], []]
    gc.collect()
    left = [thing for thing in gc.get_objects() if isinstance(thing, Conversation)]
    assert all(thing.empty and thing.draft == "" for thing in left)


def test_the_history_is_closed_and_the_child_gone(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    child = child_pid(window)
    lock(qtbot, window)
    with locked(VaultFiles(closed)):
        assert not (closed / "history.db-wal").exists()
    assert not is_running(child)


def test_unlocking_shows_the_same_conversation_and_the_draft(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    before = rows(window)
    window.begin_conversation()
    talk(qtbot, window, UNRECORDED)
    window.show_conversation(1)
    type_text(window.middle.composer.field, DRAFT)
    lock(qtbot, window)
    unlock(qtbot, window)
    assert rows(window) == before
    assert window.middle.composer.text == DRAFT
    assert focus() is window.middle.composer.field
    talk(qtbot, window, MESSAGE)
    assert len(rows(window)) == len(before) + 2


def test_a_conversation_off_the_record_comes_back_and_is_never_on_the_disk(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    window.begin_conversation(off_the_record=True)
    talk(qtbot, window, UNRECORDED)
    before = rows(window)
    lock(qtbot, window)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert vault.sessions.kept() == ()
    unlock(qtbot, window)
    assert rows(window) == before
    assert window.conversation.id is None
    assert window.conversation.session.turns[0].content == UNRECORDED


def test_without_a_history_what_is_lost_is_said(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    assert closed.exists()
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    page.skip.click()
    wait_for_conversation(qtbot, window)
    talk(qtbot, window, UNRECORDED)
    lock(qtbot, window)
    assert unlock_page_of(window).notice.text == sentence("lock.off_the_record_gone")
    assert holders(UNRECORDED) == []


def test_what_came_of_a_reply_is_kept(
    qapp: QApplication, closed: Path, paths: Paths, endless_model: Path, qtbot: QtBot
) -> None:
    with running_window(qapp, str(endless_model), paths) as window:
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        unlock(qtbot, window)
        wait_for_model(qtbot, window)
        send(qtbot, window, MESSAGE)
        wait_for_words(qtbot, window)
        lock(qtbot, window)
        with open_with_passphrase(closed, PASSPHRASE) as vault:
            (session,) = vault.sessions.kept()
            said, reply = vault.sessions.turns(session.id)
        assert (said.turn.role, said.turn.content) == (Role.USER, MESSAGE)
        assert len(reply.turn.content) >= 3
        assert reply.state is TurnState.STOPPED
        unlock(qtbot, window)
        assert rows(window)[-1].text == reply.turn.content


def test_a_message_without_a_reply_can_be_asked_again(
    opened: OpenedWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    monkeypatch.setattr(window.counselling, "answer", lambda *_: None)
    send(qtbot, window, MESSAGE)
    monkeypatch.undo()
    lock(qtbot, window)
    unlock(qtbot, window)
    wait_for_model(qtbot, window)
    assert window.middle.notice.text == sentence("window.no_reply")
    ((_, again),) = window.middle.notice._buttons
    again.click()
    wait_for_end(qtbot, window)
    assert [row.role for row in rows(window)] == [Role.USER, Role.ASSISTANT]


def test_dialogs_menus_and_tooltips_are_closed(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    window.model.choose()
    asking = QDialog(window)
    QLineEdit(MESSAGE, asking)
    asking.open()
    QToolTip.showText(window.mapToGlobal(window.rect().center()), MESSAGE, window)
    window.side.show_menu(window.mapToGlobal(window.rect().center()))
    window.header.settings.lock_wanted.emit()
    wait_for_page(qtbot, window)
    assert not window.findChildren(QFileDialog)
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert shown == [window]
    assert holders(MESSAGE) == []


def test_a_message_being_said_otherwise_comes_back(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    parts = window.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.versions.edit(0)
    dialog = window.findChild(EditDialog)
    assert isinstance(dialog, EditDialog)
    dialog.field.clear()
    type_text(dialog.field, DRAFT)
    lock(qtbot, window)
    assert holders(DRAFT) == []
    unlock(qtbot, window)
    back = window.findChild(EditDialog)
    assert isinstance(back, EditDialog)
    assert back.text == DRAFT
    back.accept()
    wait_for_model(qtbot, window)
    wait_for_end(qtbot, window)
    assert rows(window)[0].text == DRAFT
    assert rows(window)[0].versions == 2


def test_an_edit_that_was_given_up_does_not_come_back(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    parts = window.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.versions.edit(0)
    dialog = window.findChild(EditDialog)
    assert isinstance(dialog, EditDialog)
    dialog.reject()
    lock(qtbot, window)
    unlock(qtbot, window)
    assert window.findChild(EditDialog) is None


@pytest.mark.parametrize("choose", ["settings.models", "settings.choose_model"])
def test_while_locked_no_model_can_be_chosen(
    opened: OpenedWindow, qtbot: QtBot, choose: str
) -> None:
    window = opened()
    assert window.header.settings.actions_by_key()[choose].isEnabled()
    lock(qtbot, window)
    assert not window.header.settings.actions_by_key()[choose].isEnabled()
    unlock(qtbot, window)
    assert window.header.settings.actions_by_key()[choose].isEnabled()


def test_a_title_being_written_is_dropped_with_its_editor(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    window.side.list.setFocus()
    qtbot.keyClick(window.side.list, Qt.Key.Key_F2)
    editor = window.side.list.findChild(QLineEdit)
    assert editor is not None
    type_text(editor, DRAFT)
    window.header.settings.lock_wanted.emit()
    wait_for_page(qtbot, window)
    assert holders(DRAFT) == []


def test_what_another_program_put_on_the_clipboard_stays(
    opened: OpenedWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("别处来的文字")
    monkeypatch.setattr(clipboard, "ownsClipboard", lambda: False)
    lock(qtbot, window)
    assert clipboard.text() == "别处来的文字"


def test_the_crisis_card_opens_while_locked(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    lock(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.card.isVisible()
    assert window.header.status == sentence("window.locked")
    lock_again = window.card
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert window.card is lock_again
    assert window.card.isVisible()


def test_a_card_that_was_open_stays_open(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    window.show_card(shown=True)
    lock(qtbot, window)
    assert window.card.isVisible()


def test_no_conversation_can_be_begun_while_locked(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    lock(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert not window.passed


def test_hiding_takes_the_window_away_and_locks(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    qtbot.keyClick(window, Qt.Key.Key_F9)
    assert not window.isVisible()
    assert not window.passed
    with qtbot.waitExposed(window, timeout=PATIENCE_MS):
        bring_forward(window)
    wait_for_page(qtbot, window)
    enter(qtbot, window)
    assert rows(window)[0].text == MESSAGE


def test_a_menu_that_waits_does_not_hold_the_lock_up(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    menu = QMenu(window)
    menu.addAction(MESSAGE)
    menu.aboutToShow.connect(window.header.settings.lock_wanted, Qt.ConnectionType.QueuedConnection)
    menu.exec()
    wait_for_page(qtbot, window)
