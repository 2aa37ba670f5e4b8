"""Opening the history that is there: each thing that can be wrong says so, and nothing is lost."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.lock import locked
from desktop_app.vault.migrations import Version
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views import tasks as tasks_module
from desktop_app.views.unlock_page import UnlockPage
from resources.messages import catalogue, sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    asked,
    focus,
    press,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.small_disk import ONLY_ROOT, make_read_only
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection, unlock_default_collection
from tests.support.window_run import child_pid, last, send, type_text, wait_for_end

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

# keyring 25.7 drops its bus connection unclosed when the keyring stays locked.
DROPS_CONNECTION = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SAID = Turn(Role.USER, "在吗")


def enter(qtbot: QtBot, page: UnlockPage, passphrase: str) -> None:
    type_text(page.field.line, passphrase)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def by_keyring(secret_service: Keychain, folder: Path) -> Keychain:
    """A history that only the keyring opens."""
    create(folder, keychain=secret_service).close()
    return secret_service


@pytest.fixture
def by_both(secret_service: Keychain, folder: Path) -> Keychain:
    """A history that the keyring opens, and PASSPHRASE too."""
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    return secret_service


@pytest.mark.usefixtures("by_keyring")
def test_a_history_of_the_keyring_opens_by_itself(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    wait_for_conversation(qtbot, window)
    assert focus() is window.middle.composer.field


@pytest.mark.usefixtures("no_keyring")
def test_the_passphrase_opens_the_history_and_is_forgotten(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
    window = start()
    page = asked(qtbot, window)
    line = page.field.line
    forgotten: list[str] = []
    line.textChanged.connect(forgotten.append)
    enter(qtbot, page, PASSPHRASE)
    wait_for_conversation(qtbot, window)
    assert forgotten == [PASSPHRASE, ""]
    titles = [window.sessions.index(row).data() for row in range(window.sessions.rowCount())]
    assert "在吗" in " ".join(map(str, titles))


@pytest.mark.usefixtures("no_keyring", "closed")
def test_a_wrong_passphrase_is_said_in_place_and_can_be_typed_over(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    page = asked(qtbot, window)
    enter(qtbot, page, "不是这一句")
    assert wait_for_sentence(qtbot, page) == sentence("error.vault.wrong_passphrase")
    assert focus() is page.field.line
    assert page.field.line.selectedText() != ""
    enter(qtbot, page, PASSPHRASE)
    wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("no_keyring", "closed")
def test_an_empty_passphrase_is_not_tried(start: StartWindow, qtbot: QtBot) -> None:
    page = asked(qtbot, start())
    press(qtbot, Qt.Key.Key_Return)
    assert page.main.isEnabled()
    assert page.notice.text == ""


@pytest.mark.usefixtures("no_keyring", "closed")
def test_the_passphrase_can_be_shown(start: StartWindow, qtbot: QtBot) -> None:
    page = asked(qtbot, start())
    type_text(page.field.line, PASSPHRASE)
    assert page.field.line.displayText() != PASSPHRASE
    assert page.field.toggle.text() == sentence("passphrase.show")
    qtbot.mouseClick(page.field.toggle, Qt.MouseButton.LeftButton)
    assert page.field.line.displayText() == PASSPHRASE
    assert page.field.toggle.text() == sentence("passphrase.hide")


@pytest.mark.usefixtures("no_keyring", "closed")
@pytest.mark.parametrize("shown", [True, False])
def test_input_methods_may_write_and_may_not_remember(
    start: StartWindow, qtbot: QtBot, *, shown: bool
) -> None:
    line = asked(qtbot, start()).field.line
    line.show_text(shown=shown)
    hints = Qt.InputMethodHint(line.inputMethodQuery(Qt.InputMethodQuery.ImHints))
    assert line.inputMethodQuery(Qt.InputMethodQuery.ImEnabled) is True
    assert hints & Qt.InputMethodHint.ImhSensitiveData
    assert not hints & Qt.InputMethodHint.ImhHiddenText


@DROPS_CONNECTION
@pytest.mark.usefixtures("by_keyring")
def test_a_locked_keyring_is_said_and_can_be_tried_again(start: StartWindow, qtbot: QtBot) -> None:
    lock_default_collection()
    window = start()
    page = unlock_page_of(window)
    said = sentence("error.vault.keyring_locked", keyring="SecretService")
    assert wait_for_sentence(qtbot, page) == said
    assert page.field.isHidden()
    assert page.older.isVisible()  # it may be locked for good, and nothing else opens it here
    unlock_default_collection()
    again(page)
    wait_for_conversation(qtbot, window)
    gc.collect()


@DROPS_CONNECTION
@pytest.mark.usefixtures("by_both")
def test_a_locked_keyring_leaves_the_passphrase(start: StartWindow, qtbot: QtBot) -> None:
    lock_default_collection()
    window = start()
    page = asked(qtbot, window)
    said = sentence("error.vault.keyring_locked", keyring="SecretService")
    assert wait_for_sentence(qtbot, page) == said
    assert page.older.isHidden()
    enter(qtbot, page, PASSPHRASE)
    wait_for_conversation(qtbot, window)
    gc.collect()


def test_a_key_that_is_gone_from_the_keyring_is_said(
    start: StartWindow, by_both: Keychain, folder: Path, qtbot: QtBot
) -> None:
    by_both.delete(read_envelope(folder / "vault.json").vault)
    page = asked(qtbot, start())
    said = sentence("error.vault.keyring_absent", keyring="SecretService")
    assert wait_for_sentence(qtbot, page) == said


def test_a_key_that_was_replaced_in_the_keyring_is_said(
    start: StartWindow, by_both: Keychain, folder: Path, qtbot: QtBot
) -> None:
    by_both.store(read_envelope(folder / "vault.json").vault, new_key())
    page = asked(qtbot, start())
    said = sentence("error.vault.keyring_changed", keyring="SecretService")
    assert wait_for_sentence(qtbot, page) == said


@pytest.mark.usefixtures("by_both")
def test_a_keyring_that_is_not_there_any_more_is_said(
    start: StartWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    page = asked(qtbot, start())
    said = sentence("error.vault.keyring_unavailable", keyring="SecretService")
    assert wait_for_sentence(qtbot, page) == said


def damage_envelope(folder: Path, _key: bytes) -> None:
    path = folder / "vault.json"
    path.write_bytes(path.read_bytes().replace(b'"format"', b'"farmot"'))


def lose_envelope(folder: Path, _key: bytes) -> None:
    (folder / "vault.json").unlink()


def newer_envelope(folder: Path, _key: bytes) -> None:
    path = folder / "vault.json"
    plain = json.loads(path.read_bytes()) | {"format": 99}
    del plain["check"]
    body = json.dumps(plain, indent=1, sort_keys=True).encode() + b"\n"
    plain["check"] = hashlib.sha256(body).hexdigest()
    path.write_bytes(json.dumps(plain, indent=1, sort_keys=True).encode() + b"\n")


def damage_history(folder: Path, _key: bytes) -> None:
    (folder / "history.db").write_bytes(b"?" * 8192)


def lose_history(folder: Path, _key: bytes) -> None:
    (folder / "history.db").unlink()


def newer_history(folder: Path, key: bytes) -> None:
    with Database(folder / "history.db", key) as database:
        database.rows(f"PRAGMA user_version={int(Version(2, 0))}")


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(
    ("spoil", "key", "file"),
    [
        (damage_envelope, "envelope_damaged", "vault.json"),
        (lose_envelope, "envelope_missing", "vault.json"),
        (newer_envelope, "newer", ""),
    ],
)
def test_an_envelope_that_cannot_be_used_is_said_and_left_alone(
    start: StartWindow,
    closed: Path,
    data_key: bytes,
    qtbot: QtBot,
    spoil: Callable[[Path, bytes], None],
    key: str,
    file: str,
) -> None:
    spoil(closed, data_key)
    before = contents(closed)
    window = start()
    page = unlock_page_of(window)
    assert wait_for_sentence(qtbot, page) == sentence(f"error.vault.{key}", path=closed / file)
    assert page.field.isHidden()
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    assert contents(closed) == before


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(
    ("spoil", "lands_on"),
    [
        (damage_envelope, "bring_back.offer"),
        (lose_envelope, "bring_back.offer"),
        (newer_envelope, "window.try_again"),
    ],
)
def test_where_nothing_opens_it_the_keyboard_is_on_what_may_mend_that(
    start: StartWindow,
    closed: Path,
    data_key: bytes,
    qtbot: QtBot,
    spoil: Callable[[Path, bytes], None],
    lands_on: str,
) -> None:
    spoil(closed, data_key)
    page = unlock_page_of(start())
    wait_for_sentence(qtbot, page)
    landed = focus()
    assert isinstance(landed, QPushButton)
    assert landed.text() == sentence(lands_on)


@pytest.mark.usefixtures("no_keyring", "closed")
def test_settings_that_cannot_be_written_are_said_in_the_conversation(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    page = asked(qtbot, window)
    paths.settings.unlink()
    paths.config.rmdir()
    paths.config.write_bytes(b"a file where the folder should be")
    enter(qtbot, page, PASSPHRASE)
    wait_for_conversation(qtbot, window)
    said = sentence("error.path.not_writable", folder=paths.config)
    assert window.middle.notice.text == said


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (damage_history, "history_damaged"),
        (lose_history, "history_missing"),
        (newer_history, "newer"),
    ],
)
def test_a_history_that_cannot_be_used_is_said_and_left_alone(
    start: StartWindow,
    closed: Path,
    data_key: bytes,
    qtbot: QtBot,
    spoil: Callable[[Path, bytes], None],
    key: str,
) -> None:
    spoil(closed, data_key)
    before = contents(closed)
    window = start()
    page = asked(qtbot, window)
    enter(qtbot, page, PASSPHRASE)
    path = closed / "history.db"
    assert wait_for_sentence(qtbot, page) == sentence(f"error.vault.{key}", path=path)
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    assert contents(closed) == before


@pytest.mark.usefixtures("no_keyring")
def test_a_history_in_use_elsewhere_opens_when_it_is_free_again(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with ExitStack() as elsewhere:
        elsewhere.enter_context(locked(VaultFiles(closed)))
        window = start()
        page = asked(qtbot, window)
        enter(qtbot, page, PASSPHRASE)
        assert wait_for_sentence(qtbot, page) == sentence("error.vault.busy")
    again(page)
    wait_for_conversation(qtbot, window)


@ONLY_ROOT
@pytest.mark.usefixtures("no_keyring")
def test_a_read_only_history_is_said_and_left_alone(
    qapp: QApplication,
    closed: Path,
    small_disk: Path,
    paths: Paths,
    tiny_model: Path,
    qtbot: QtBot,
) -> None:
    shutil.copytree(closed, small_disk / "vault")
    VaultFiles(small_disk / "vault").lock.touch()
    make_read_only(small_disk)
    # As --data-dir has them: all that the program keeps is in the folder.
    there = replace(paths, data=small_disk, cache=small_disk / "cache")
    with running_window(qapp, str(tiny_model), there) as window:
        window.show()
        page = unlock_page_of(window)
        qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
        enter(qtbot, page, PASSPHRASE)
        said = wait_for_sentence(qtbot, page)
        assert said == sentence("error.vault.read_only", folder=small_disk)
        page.skip.click()
        wait_for_conversation(qtbot, window)
        send(qtbot, window, "你好。")
        wait_for_end(qtbot, window)
        assert last(window).role is Role.ASSISTANT
        workdir = Path(f"/proc/{child_pid(window)}/cwd").readlink()
        assert stat.S_IMODE(workdir.stat().st_mode) == 0o700
        assert not list(workdir.iterdir())
    assert not workdir.exists()


@pytest.mark.usefixtures("no_keyring", "closed")
def test_who_would_rather_not_open_it_talks_off_the_record(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    before = contents(closed)
    window = start()
    page = asked(qtbot, window)
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    assert window.conversation.id is None
    assert contents(closed) == before


@pytest.mark.usefixtures("no_keyring", "closed")
def test_the_page_speaks_the_language_chosen_meanwhile(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    page = asked(qtbot, window)
    enter(qtbot, page, "不是这一句")
    wait_for_sentence(qtbot, page)
    window.choose_language("en")
    english = catalogue("en")
    assert page.notice.text == english["error.vault.wrong_passphrase"]
    assert page.main.text() == english["unlock.open"]
    assert page.field.line.accessibleName() == english["unlock.passphrase"]


@pytest.mark.usefixtures("no_keyring")
def test_closing_while_it_opens_leaves_it_closed(
    qapp: QApplication,
    closed: Path,
    paths: Paths,
    tiny_model: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks_module, "PATIENCE_SECONDS", 60.0)  # the machine may be busy
    with running_window(qapp, str(tiny_model), paths) as window:
        window.show()
        page = unlock_page_of(window)
        qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
        enter(qtbot, page, PASSPHRASE)
    open_with_passphrase(closed, PASSPHRASE).close()


def again(page: UnlockPage) -> None:
    """Press the button beside the sentence."""
    (button,) = [button for _, button in page.notice._buttons]
    button.click()
