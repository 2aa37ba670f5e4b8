"""Locking and quitting go through while a keyring asks a person, who may have gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import KeyringUnavailableError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.typed_secret import TypedSecret
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import backup_work, key_changes
from desktop_app.views.key_dialogs import RotateDialog
from desktop_app.views.keys_section import KeysSection
from desktop_app.views.privacy import Privacy
from desktop_app.views.tasks import PATIENCE_SECONDS
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.frames import holding_frames
from tests.support.gate_fixtures import WAIT_MS, StartWindow, unlock_page_of
from tests.support.locking import OpenedWindow, is_open, unlock, wait_for_page
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import holders, unwritten
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

AT_MOST_SECONDS = 5.0
"""So long logind waits before the machine sleeps."""


class Prompt:
    """Stands in front of the keyring, and nobody answers it until the test is over."""

    def __init__(self) -> None:
        self.stands = threading.Event()
        self.answered = threading.Event()
        self.asked = 0

    def wait(self) -> bytes:
        self.asked += 1
        self.stands.set()
        self.answered.wait(4 * AT_MOST_SECONDS)
        raise KeyringUnavailableError("vault.keyring_unavailable", keyring="SecretService")


@pytest.fixture
def prompt(no_keyring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prompt]:
    assert no_keyring is None
    prompt = Prompt()
    monkeypatch.setattr(Keychain, "read", lambda *_: prompt.wait())
    yield prompt
    prompt.answered.set()


def keys_of(window: MainWindow) -> KeysSection:
    """Open the privacy page."""
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.keys is not None
    return page.keys


def add_it(keys: KeysSection) -> None:
    keys.set[SlotKind.KEYRING].click()


def take_it_out(keys: KeysSection) -> None:
    keys.remove[SlotKind.KEYRING].click()


def change_the_key(keys: KeysSection) -> None:
    keys.change_key(partial(key_changes.rotate, keys._vault, TypedSecret(PASSPHRASE), None))


def look_whether_the_key_can_be_changed(keys: KeysSection) -> None:
    """Have the passphrase and the keyring checked, as before a new sheet is shown."""
    dialog = RotateDialog(keys._vault, asks=True, parent=keys)
    dialog.open()
    type_text(dialog.field.line, PASSPHRASE)
    dialog.act.click()


def look_into_a_copy(keys: KeysSection) -> None:
    """Have a backup opened that has another key, kept by the keyring alone."""
    page = keys.window()
    assert isinstance(page, Privacy)
    assert page.backup is not None
    page.backup.restore(another_key(keys._vault).folder)


def bring_a_copy_back(keys: KeysSection) -> None:
    page = keys.window()
    assert isinstance(page, Privacy)
    assert page.backup is not None
    copy = another_key(keys._vault).folder
    page.backup._bring_in(partial(backup_work.restore, keys._vault, copy, ""), lambda _: str)


def another_key(vault: Vault) -> VaultFiles:
    """Make a backup folder of another key, kept by the keyring alone."""
    copy = VaultFiles(vault.files.folder.with_name("elsewhere"))
    copy.folder.mkdir()
    Database(copy.history, b"d" * 32, create=True).close()
    write_envelope(copy.envelope, Envelope().with_keyring(b"d" * 32, b"k" * 32, "SecretService"))
    return copy


def give_a_slot(vault: Vault) -> None:
    """Have the history take this keyring for a way of opening it, with a copy beside it."""
    vault.keys._change(lambda found: found.with_keyring(vault.keys.dek, b"k" * 32, "SecretService"))
    vault.backups.make()
    vault.sessions.add("a", Turn(Role.USER, "你好"))  # what is brought to the disk at the end


CHANGES: list[Callable[[KeysSection], None]] = [
    add_it,
    take_it_out,
    change_the_key,
    look_whether_the_key_can_be_changed,
    look_into_a_copy,
    bring_a_copy_back,
]


@pytest.mark.parametrize("change", CHANGES, ids=[each.__name__ for each in CHANGES])
def test_locking_waits_for_nobody_and_leaves_no_key_with_who_waits(
    opened: OpenedWindow,
    closed: Path,
    data_key: bytes,
    qtbot: QtBot,
    prompt: Prompt,
    change: Callable[[KeysSection], None],
) -> None:
    window = opened()
    keys = keys_of(window)
    if change is not add_it:
        give_a_slot(keys._vault)
        keys._show()
    change(keys)
    qtbot.waitUntil(prompt.stands.is_set)
    before = read_envelope(closed / "vault.json")

    began = time.monotonic()
    window.lock_wanted.emit()

    assert time.monotonic() - began < AT_MOST_SECONDS
    assert not is_open(closed)
    assert read_envelope(closed / "vault.json") == before
    assert not prompt.answered.is_set()
    assert holding_frames(data_key, data_key.hex(), PASSPHRASE) == []
    open_with_passphrase(closed, PASSPHRASE).close()


def test_who_waits_for_a_keyring_before_a_new_sheet_is_told_so_and_can_leave(
    opened: OpenedWindow, qtbot: QtBot, prompt: Prompt
) -> None:
    keys = keys_of(opened())
    give_a_slot(keys._vault)
    look_whether_the_key_can_be_changed(keys)
    qtbot.waitUntil(prompt.stands.is_set)
    (dialog,) = keys.findChildren(RotateDialog)
    assert dialog.notice.text == sentence("keys.rotate_looking")

    dialog.cancel.click()
    assert not dialog.isVisible()
    assert keys.rotate.isEnabled()


def test_what_two_sections_began_is_waited_for_once(
    opened: OpenedWindow, qtbot: QtBot, prompt: Prompt
) -> None:
    window = opened()
    keys = keys_of(window)
    add_it(keys)
    look_into_a_copy(keys)
    qtbot.waitUntil(lambda: prompt.asked == 2)

    began = time.monotonic()
    window.lock_wanted.emit()

    assert time.monotonic() - began < 2 * PATIENCE_SECONDS


def test_quitting_waits_for_nobody(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    closed: Path,
    qtbot: QtBot,
    prompt: Prompt,
) -> None:
    assert closed.exists()
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        add_it(keys_of(window))
        page = window.findChild(Privacy)
        assert isinstance(page, Privacy)
        qtbot.waitUntil(prompt.stands.is_set)
        page.reject()  # the prompt stands
        began = time.monotonic()
        window.close()
    assert time.monotonic() - began < AT_MOST_SECONDS
    assert not is_open(closed)


def test_quitting_while_the_key_is_being_changed_says_once_that_it_is_not_done(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    closed: Path,
    qtbot: QtBot,
    prompt: Prompt,
) -> None:
    before = read_envelope(closed / "vault.json")
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        keys = keys_of(window)
        give_a_slot(keys._vault)
        change_the_key(keys)
        qtbot.waitUntil(prompt.stands.is_set)
        page = window.findChild(Privacy)
        assert page is not None
        page.reject()
        began = time.monotonic()
        window.close()
        assert window.isVisible()
        assert window.middle.notice.text == sentence("error.vault.key_not_changed_yet")

        button = window.middle.notice.button("window.close_anyway")
        assert button is not None
        button.click()
    assert time.monotonic() - began < AT_MOST_SECONDS
    assert not is_open(closed)
    assert read_envelope(closed / "vault.json").passphrase == before.passphrase


def test_at_the_gate_a_lock_closes_what_a_keyring_shall_open_from_now_on(
    start: StartWindow, closed: Path, prompt: Prompt, qtbot: QtBot
) -> None:
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    passphrase = unwritten("correct ", "horse battery")
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.keys.set_passphrase(passphrase)
    page.adopt.setChecked(True)
    type_text(page.field.line, passphrase)
    page.main.click()
    qtbot.waitUntil(prompt.stands.is_set, timeout=WAIT_MS)
    assert is_open(closed)
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not is_open(closed), timeout=WAIT_MS)
    wait_for_page(qtbot, window)
    assert holders(passphrase) == []
