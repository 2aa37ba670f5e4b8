"""A damaged history in the window: said beside a button, and one press later all of it is back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import privacy as privacy_module
from desktop_app.views import sessions, unlocking
from desktop_app.views.changing import Changing
from desktop_app.views.notice import Notice
from desktop_app.views.preferences import Preferences
from desktop_app.views.privacy import Privacy
from desktop_app.views.privacy_sections import TrashSection
from desktop_app.views.purging import Purging
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.undeterred import Undeterred
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support import damaged_vault
from tests.support.damaged_vault import SESSIONS, damage_overflow, flip_a_byte, pages_by_kind
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.locking import OpenedWindow, lock_of
from tests.support.raising import raising
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

SAID = ["昨晚又没睡着", "长" * 9000, "还在吗", "在的"]


@pytest.fixture
def filled(vault: Vault) -> Vault:
    for text, role in zip(SAID, (Role.USER, Role.USER, Role.USER, Role.ASSISTANT), strict=True):
        vault.sessions.add("a", Turn(role, text))
    return vault


def enter(qtbot: QtBot, window: MainWindow) -> None:
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    type_text(page.field.line, PASSPHRASE)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)


def repair(notice: Notice) -> QPushButton:
    """Return the button beside the sentence that repairs the history."""
    (button,) = [button for way, button in notice._buttons if way.key == "window.rescue"]
    return button


def shown(window: MainWindow) -> list[str]:
    messages = window.conversation.messages
    return [messages.message(row).text for row in range(messages.rowCount())]


def show(window: MainWindow, session: str) -> None:
    row = window.sessions.row_of_session(session)
    assert row is not None
    window.show_conversation(row)


def rescued(qtbot: QtBot, window: MainWindow, vault: Vault) -> None:
    """Press the button, and wait until what was rescued is in the window."""
    repair(window.middle.notice).click()
    qtbot.waitUntil(lambda: not window.passed, timeout=WAIT_MS)
    wait_for_conversation(qtbot, window)
    (aside,) = vault.files.folder.glob("history.damaged-*.db")
    assert str(aside) in window.middle.notice.text


def test_one_button_beside_the_notice_repairs_it(
    start: StartWindow, filled: Vault, qtbot: QtBot
) -> None:
    damage_overflow(filled)
    window = start()
    enter(qtbot, window)
    wait_for_conversation(qtbot, window)
    said = sentence("error.vault.partly_damaged", path=filled.files.history)
    show(window, "a")
    assert window.middle.notice.text == said
    type_text(window.middle.composer.field, "没说完的")

    rescued(qtbot, window, filled)

    assert shown(window) == [SAID[0], "", *SAID[2:]]
    assert window.middle.composer.text == "没说完的"


def test_where_nothing_can_be_said_any_more_it_is_said_and_repaired(
    start: StartWindow, filled: Vault, qtbot: QtBot
) -> None:
    (page, *_) = pages_by_kind(filled)["turn_by_session/leaf"]
    filled.close()
    flip_a_byte(filled.files.history, page=page)
    window = start()
    enter(qtbot, window)
    wait_for_conversation(qtbot, window)

    window.send("今天好一点")
    said = sentence("error.vault.history_damaged", path=filled.files.history)
    assert window.middle.notice.text == said
    rescued(qtbot, window, filled)

    show(window, "a")
    assert shown(window) == SAID
    window.send("今天好一点")
    assert shown(window)[4] == "今天好一点"


def test_what_cannot_be_read_after_an_import_is_not_written_on_in(
    start: StartWindow, filled: Vault, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.close()
    window = start()
    enter(qtbot, window)
    wait_for_conversation(qtbot, window)
    show(window, "a")
    damaged = DamagedHistoryError("vault.history_damaged", path=filled.files.history)
    with monkeypatch.context() as unreadable:
        unreadable.setattr(sessions, "kept", raising(damaged))
        window.read_history_again()

    assert window.middle.notice.text == str(damaged)
    assert shown(window) == []
    window.send("今天好一点")
    assert shown(window)[0] == "今天好一点"


def test_a_history_that_does_not_open_is_repaired_where_it_is_unlocked(
    start: StartWindow, filled: Vault, qtbot: QtBot
) -> None:
    filled.close()
    flip_a_byte(filled.files.history, page=1)
    window = start()
    enter(qtbot, window)
    page = unlock_page_of(window)
    said = sentence("error.vault.history_damaged", path=filled.files.history)
    assert wait_for_sentence(qtbot, page) == said

    repair(page.notice).click()
    wait_for_conversation(qtbot, window)

    show(window, "a")
    assert shown(window) == SAID


def test_privacy_page_and_trash_open_whatever_kind_of_page_is_damaged(
    closed: Path, data_key: bytes, tmp_path: Path, qtbot: QtBot
) -> None:
    """But for page 1, without which no history opens."""
    with damaged_vault.opened(closed, data_key) as vault:
        damaged_vault.filled(vault)
        vault.sessions.delete("d")
        kinds = pages_by_kind(vault)
    parent = QWidget()
    qtbot.addWidget(parent)
    for kind in kinds.keys() - {"sqlite_schema/leaf"}:
        folder = damaged_vault.copied(closed, tmp_path / kind.replace("/", "-") / "vault")
        flip_a_byte(folder / "history.db", page=kinds[kind][0])
        with damaged_vault.opened(folder, data_key) as vault:
            preferences = Preferences(tmp_path / "settings.json")
            page = Privacy(vault, None, preferences, parent, changing=Changing(vault, parent))
            trash = page.findChild(TrashSection)
            assert trash is not None
            assert trash.keep.isChecked(), kind
            page.reject()
            dialog = TrashDialog(vault, Purging(vault, parent), parent)
            # One whose row cannot be read is taken for one that was not deleted.
            lost = set(SESSIONS) <= {session.id for session in vault.sessions.kept()}
            assert dialog.list.count() == (0 if lost else 1), kind
            dialog.reject()


def test_what_keeps_the_privacy_page_shut_is_said(
    opened: OpenedWindow, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert closed.exists()
    window = opened()

    def refused(*_given: object, **_named: object) -> None:
        raise DamagedHistoryError("vault.history_damaged", path=closed / "history.db")

    monkeypatch.setattr(privacy_module, "Privacy", refused)
    window.header.settings.actions_by_key()["settings.privacy"].trigger()

    said = sentence("error.vault.history_damaged", path=closed / "history.db")
    assert window.middle.notice.text == said


def test_a_key_that_came_into_force_while_it_was_put_away_opens_what_is_rescued(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, SAID[0]))
    window = opened()
    lock = lock_of(window)
    put_away, opened_vault = lock._put_all_away, lock._vault
    assert opened_vault is not None

    def renewed_first(steps: Undeterred) -> None:
        opened_vault.rotate(passphrase=PASSPHRASE)
        put_away(steps)

    monkeypatch.setattr(lock, "_put_all_away", renewed_first)
    window.rescue_wanted.emit()
    wait_for_conversation(qtbot, window)
    assert list(closed.glob("history.damaged-*.db"))
    show(window, "a")
    assert shown(window) == [SAID[0]]


def test_another_historys_key_file_that_comes_as_it_closes_is_not_that_of_what_is_rescued(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, SAID[0]))
    own = read_envelope(closed / "vault.json")
    window = opened()
    rescued = unlocking._open_rescued

    def replaced_first(*given: Any) -> Vault:
        write_envelope(closed / "vault.json", Envelope().with_passphrase(new_key(), "theirs"))
        return rescued(*given)

    monkeypatch.setattr(unlocking, "_open_rescued", replaced_first)
    window.rescue_wanted.emit()
    wait_for_conversation(qtbot, window)
    shown_now = lock_of(window)._vault

    assert shown_now is not None
    assert shown_now.keys.envelope() == own
