"""A lost passphrase or keyring is no lost history: the recovery code, and a keyring adopted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

CODE = RecoveryCode.new()


@pytest.fixture
def with_code(closed: Path) -> Path:
    """A history that PASSPHRASE and CODE open."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.keys.set_recovery(CODE)
    return closed


@pytest.fixture
def lost(secret_service: Keychain, folder: Path) -> Keychain:
    """A history whose keyring has lost the key; CODE opens it."""
    with create(folder, keychain=secret_service) as vault:
        vault.keys.set_recovery(CODE)
    secret_service.delete(read_envelope(folder / "vault.json").vault)
    return secret_service


def asked_for_code(qtbot: QtBot, page: UnlockPage) -> None:
    qtbot.waitUntil(lambda: focus() is page.code.line, timeout=WAIT_MS)


def enter_code(qtbot: QtBot, page: UnlockPage, typed: str) -> None:
    type_text(page.code.line, typed)
    qtbot.keyClick(page.code.line, Qt.Key.Key_Return)


def started(start: StartWindow, qtbot: QtBot) -> tuple[MainWindow, UnlockPage]:
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    return window, page


@pytest.mark.usefixtures("no_keyring", "with_code")
def test_the_code_opens_where_the_passphrase_is_forgotten(start: StartWindow, qtbot: QtBot) -> None:
    window, page = started(start, qtbot)
    qtbot.mouseClick(page.by_code, Qt.MouseButton.LeftButton)
    asked_for_code(qtbot, page)
    assert page.code.line.echoMode() == page.code.line.EchoMode.Normal
    enter_code(qtbot, page, CODE.text().lower().replace("-", " "))
    wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("no_keyring", "with_code")
def test_a_slip_is_told_from_a_wrong_code_and_typed_over(start: StartWindow, qtbot: QtBot) -> None:
    window, page = started(start, qtbot)
    qtbot.mouseClick(page.by_code, Qt.MouseButton.LeftButton)
    asked_for_code(qtbot, page)
    enter_code(qtbot, page, "0" * 33 + "1")
    assert wait_for_sentence(qtbot, page) == sentence("error.vault.recovery_slip")
    page.notice.clear()
    enter_code(qtbot, page, RecoveryCode.new().text())
    assert wait_for_sentence(qtbot, page) == sentence("error.vault.wrong_recovery")
    enter_code(qtbot, page, CODE.text())
    wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("no_keyring", "with_code")
def test_one_can_go_back_to_the_passphrase(start: StartWindow, qtbot: QtBot) -> None:
    window, page = started(start, qtbot)
    qtbot.mouseClick(page.by_code, Qt.MouseButton.LeftButton)
    asked_for_code(qtbot, page)
    assert page.by_code.text() == sentence("unlock.by_passphrase")
    qtbot.mouseClick(page.by_code, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: focus() is page.field.line)
    type_text(page.field.line, PASSPHRASE)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("no_keyring", "closed")
def test_without_a_code_none_is_offered(start: StartWindow, qtbot: QtBot) -> None:
    _, page = started(start, qtbot)
    assert page.by_code.isHidden()
    assert page.adopt.isHidden()


def test_a_lost_keyring_leads_to_the_code_and_can_be_adopted(
    start: StartWindow, lost: Keychain, folder: Path, qtbot: QtBot
) -> None:
    window = start()
    page = unlock_page_of(window)
    asked_for_code(qtbot, page)
    said = sentence("error.vault.keyring_absent", keyring="SecretService")
    assert page.notice.text == said
    page.adopt.click()
    assert page.adopt.isChecked()
    enter_code(qtbot, page, CODE.text())
    wait_for_conversation(qtbot, window)
    window.close()

    assert len(lost.read(read_envelope(folder / "vault.json").vault)) == 32


@pytest.mark.usefixtures("lost")
def test_a_keyring_is_adopted_only_when_that_is_asked_for(
    start: StartWindow, folder: Path, qtbot: QtBot
) -> None:
    before = (folder / "vault.json").read_bytes()
    window = start()
    page = unlock_page_of(window)
    asked_for_code(qtbot, page)
    enter_code(qtbot, page, CODE.text())
    wait_for_conversation(qtbot, window)

    assert (folder / "vault.json").read_bytes() == before
