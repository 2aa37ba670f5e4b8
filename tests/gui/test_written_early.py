"""Writing before the history is open: while a keyring is asked, nobody has to wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.records import Draft
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.composer import Composer
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

EARLY = "今天想说的是"


@contextmanager
def just_started(
    app: QApplication, qtbot: QtBot, paths: Paths, model: Path
) -> Iterator[MainWindow]:
    """The window before the first turn of its event loop: whatever opens has not been heard of."""
    with running_window(app, str(model), paths) as window:
        window.show()
        qtbot.waitExposed(window)
        yield window


def write_early(window: MainWindow, text: str = EARLY) -> Composer:
    early = unlock_page_of(window).early
    type_text(early.field, text)
    return early


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


@pytest.mark.usefixtures("by_keyring")
def test_what_was_written_meanwhile_stands_in_the_conversation(
    qapp: QApplication, qtbot: QtBot, paths: Paths, tiny_model: Path
) -> None:
    with just_started(qapp, qtbot, paths, tiny_model) as window:
        write_early(window)
        wait_for_conversation(qtbot, window)
        assert window.middle.composer.text == EARLY
        assert window.focusWidget() is window.middle.composer.field


def test_it_stands_behind_what_was_left_unsent(
    qapp: QApplication, qtbot: QtBot, paths: Paths, tiny_model: Path, by_both: Path
) -> None:
    with open_with_passphrase(by_both, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "在吗"))
        vault.sessions.drafts.keep({"a": Draft("昨天没写完的", shown=True)})
    with just_started(qapp, qtbot, paths, tiny_model) as window:
        write_early(window)
        wait_for_conversation(qtbot, window)
        assert window.middle.composer.text == f"昨天没写完的\n\n{EARLY}"


@pytest.mark.usefixtures("silent_keyring", "asked")
def test_enter_sends_nothing_before_the_history_is_open(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    early = write_early(window)
    assert focus() is early.field
    qtbot.keyClick(early.field, Qt.Key.Key_Return)
    assert early.text == EARLY
    assert not early.send.isEnabled()


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
    assert page.early.text == ""


@pytest.mark.usefixtures("by_both")
def test_what_was_written_waits_for_the_passphrase_where_the_keyring_fails(
    start: StartWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    window = start()
    page = unlock_page_of(window)
    type_text(page.early.field, EARLY)
    wait_for_sentence(qtbot, page)
    assert page.early.isHidden()
    type_text(page.field.line, PASSPHRASE)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)
    assert window.middle.composer.text == EARLY


@pytest.mark.usefixtures("no_keyring", "closed")
def test_where_a_passphrase_is_asked_nothing_else_is_to_be_written(start: StartWindow) -> None:
    assert unlock_page_of(start()).early.isHidden()
