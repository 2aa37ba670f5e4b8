"""Writing before the history is open: while a keyring is asked, nobody has to wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.records import Draft
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import unlocking
from desktop_app.views.composer import MessageField
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    StartWindow,
    focus,
    steps_of,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

EARLY = "今天想说的是"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The keyring's answer is heard when this is set."""
    heard, open_it = threading.Event(), unlocking._open

    def open_when_heard(folder: Path, passphrase: str | None, *, rescues: bool = False) -> Vault:
        heard.wait()
        return open_it(folder, passphrase, rescues=rescues)

    monkeypatch.setattr(unlocking, "_open", open_when_heard)
    yield heard
    heard.set()


@pytest.fixture
def by_keyring(secret_service: Keychain, folder: Path) -> Path:
    """A history that only the keyring opens."""
    create(folder, keychain=secret_service).close()
    return folder


@pytest.fixture
def by_both(secret_service: Keychain, folder: Path) -> Path:
    """A history that the keyring opens, and PASSPHRASE too."""
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    return folder


@pytest.fixture
def asked(closed: Path, data_key: bytes) -> None:
    """A history whose keyring waits for a person."""
    path = closed / "vault.json"
    write_envelope(path, read_envelope(path).with_keyring(data_key, b"k" * 32, "SecretService"))


def write_early(window: MainWindow, text: str = EARLY) -> MessageField:
    field = unlock_page_of(window).early.field
    type_text(field, text)
    return field


@pytest.mark.usefixtures("by_keyring")
def test_what_was_written_meanwhile_stands_in_the_conversation(
    start: StartWindow, answers: threading.Event, qtbot: QtBot
) -> None:
    window = start()
    assert focus() is write_early(window)
    answers.set()
    wait_for_conversation(qtbot, window)
    assert window.middle.composer.text == EARLY
    assert focus() is window.middle.composer.field


@pytest.mark.usefixtures("by_keyring")
def test_one_writes_on_where_the_caret_was(
    start: StartWindow, answers: threading.Event, qtbot: QtBot
) -> None:
    window = start()
    field = write_early(window)
    for _ in range(2):
        qtbot.keyClick(field, Qt.Key.Key_Left)
    answers.set()
    wait_for_conversation(qtbot, window)
    type_text(window.middle.composer.field, "很")
    assert window.middle.composer.text == "今天想说很的是"


def test_it_stands_behind_what_was_left_unsent(
    start: StartWindow, answers: threading.Event, qtbot: QtBot, by_both: Path
) -> None:
    with open_with_passphrase(by_both, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "在吗"))
        vault.sessions.drafts.keep({"a": Draft("昨天没写完的", shown=True)})
    window = start()
    write_early(window)
    answers.set()
    wait_for_conversation(qtbot, window)
    assert window.middle.composer.text == f"昨天没写完的\n\n{EARLY}"


@pytest.mark.usefixtures("by_keyring")
def test_a_word_is_composed_to_its_end_first(
    start: StartWindow, answers: threading.Event, qtbot: QtBot
) -> None:
    window = start()
    field = write_early(window)
    QApplication.sendEvent(field, QInputMethodEvent("ni hao", []))
    with qtbot.waitSignal(window.gate._unlocking.opened):
        answers.set()
    assert not window.passed
    chosen = QInputMethodEvent()
    chosen.setCommitString("你好")
    QApplication.sendEvent(field, chosen)
    assert window.passed
    assert window.middle.composer.text == f"{EARLY}你好"


@pytest.mark.usefixtures("by_keyring")
def test_a_key_meant_for_the_card_sends_nothing(
    start: StartWindow, answers: threading.Event, qtbot: QtBot
) -> None:
    window = start()
    write_early(window)
    window.show_card(shown=True)
    answers.set()
    wait_for_conversation(qtbot, window)
    assert window.card.isAncestorOf(focus())
    qtbot.keyClick(focus(), Qt.Key.Key_Return)
    assert window.middle.composer.text == EARLY
    assert window.conversation.empty


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_enter_sends_nothing_before_the_history_is_open_and_it_is_said(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    field = write_early(window)
    assert focus() is field
    qtbot.keyClick(field, Qt.Key.Key_Return)
    page = unlock_page_of(window)
    assert field.toPlainText() == EARLY
    assert page.notice.text == sentence("unlock.too_early")
    assert field.toolTip() == sentence("unlock.too_early")
    assert not page.early.send.isEnabled()


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_a_lock_forgets_what_was_written_early_and_says_so(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    write_early(window)
    window.lock_wanted.emit()
    page = unlock_page_of(window)
    assert wait_for_sentence(qtbot, page) == sentence("lock.unsent_gone")
    assert page.early.isHidden()
    assert not window.gate.words.text


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_closing_says_first_that_it_is_not_kept(start: StartWindow) -> None:
    window = start()
    write_early(window)
    assert not window.close()
    assert unlock_page_of(window).notice.text == sentence("unlock.words_go")
    assert window.close()


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_it_goes_along_off_the_record_and_the_way_back_asks(start: StartWindow) -> None:
    window = start()
    write_early(window)
    unlock_page_of(window).skip.click()
    assert window.middle.composer.text == EARLY
    window.side.history_wanted.emit()
    assert window.middle.notice.text == sentence("window.open_history_means")
    assert window.middle.composer.text == EARLY


@pytest.mark.usefixtures("by_both")
def test_where_the_keyring_fails_it_stays_in_sight_until_the_passphrase_opens_the_history(
    start: StartWindow, answers: threading.Event, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    window = start()
    field, page = write_early(window), unlock_page_of(window)
    answers.set()
    assert wait_for_sentence(qtbot, page).endswith("\n" + sentence("unlock.words_kept"))
    assert field.isVisible()
    assert focus() is field  # what is written on goes into no secret
    type_text(page.field.line, PASSPHRASE)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)
    assert window.middle.composer.text == EARLY


@pytest.mark.usefixtures("by_both")
def test_where_nothing_was_written_the_field_makes_way_for_the_passphrase(
    start: StartWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    window = start()
    page = unlock_page_of(window)
    wait_for_sentence(qtbot, page)
    assert page.early.isHidden()
    assert focus() is page.field.line


def test_nothing_of_it_comes_into_a_history_begun_anew(
    start: StartWindow, qtbot: QtBot, by_keyring: Path, secret_service: Keychain
) -> None:
    secret_service.delete(read_envelope(by_keyring / "vault.json").vault)
    window = start()
    write_early(window)
    wait_for_sentence(qtbot, unlock_page_of(window))
    with qtbot.waitSignal(window.gate._unlocking.erased):
        window.gate.erase_wanted.emit()
    assert steps_of(window).isVisible()
    assert not window.gate.words.text


@pytest.mark.usefixtures("no_keyring", "closed")
def test_where_a_passphrase_is_asked_nothing_else_is_to_be_written(start: StartWindow) -> None:
    assert unlock_page_of(start()).early.isHidden()


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_words_that_were_deleted_after_the_warning_do_not_come_back(start: StartWindow) -> None:
    window = start()
    field = write_early(window)
    assert not window.close()
    field.clear()
    unlock_page_of(window).skip.click()
    assert window.middle.composer.text == ""


@pytest.mark.usefixtures("by_both")
def test_the_warning_leaves_the_ways_on(
    start: StartWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answers: threading.Event
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    window = start()
    write_early(window)
    page = unlock_page_of(window)
    answers.set()
    wait_for_sentence(qtbot, page)
    assert not window.close()
    assert page.notice.button("window.try_again") is not None


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_the_warning_is_seen_behind_the_exercises(start: StartWindow) -> None:
    window = start()
    write_early(window)
    unlock_page_of(window).exercises.click()
    assert not window.close()
    assert unlock_page_of(window).notice.isVisible()


@pytest.mark.usefixtures("by_both")
def test_a_first_word_that_is_being_composed_stays_where_it_is(
    start: StartWindow, answers: threading.Event, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    window = start()
    page = unlock_page_of(window)
    QApplication.sendEvent(page.early.field, QInputMethodEvent("ni hao", []))
    answers.set()
    wait_for_sentence(qtbot, page)
    assert focus() is page.early.field


@pytest.mark.usefixtures("by_keyring")
def test_a_history_that_waits_for_a_word_is_closed_by_a_lock(
    start: StartWindow, answers: threading.Event, qtbot: QtBot
) -> None:
    window = start()
    field = write_early(window)
    QApplication.sendEvent(field, QInputMethodEvent("ni hao", []))
    with qtbot.waitSignal(window.gate._unlocking.opened) as opened:
        answers.set()
    window.lock_wanted.emit()
    vault = opened.args[0]
    assert isinstance(vault, Vault)
    assert not vault.database.is_open
    assert not window.passed
