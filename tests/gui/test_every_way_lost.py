"""Who lost every way of opening the history has it erased at its gate, and begins anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import erase as erase_module
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.lock import locked
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.key_dialogs import EraseDialog
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    asked,
    gate_of,
    steps_of,
    try_passphrase,
    unlock_page_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.locking import (
    DRAFT,
    MESSAGE,
    UNRECORDED,
    OpenedWindow,
    enter,
    lock,
    lock_of,
    talk,
    unlock,
)
from tests.support.unreadable import refuse_to_list
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import rows, type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

ANOTHER = "另一句口令 battery staple"


def forgotten(qtbot: QtBot, window: MainWindow) -> UnlockPage:
    """Type a passphrase that does not open it."""
    page = try_passphrase(qtbot, window, ANOTHER)
    wait_for_sentence(qtbot, page)
    return page


def question(page: UnlockPage) -> EraseDialog:
    assert page.erase.isVisible()
    page.erase.click()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, EraseDialog)
    return dialog


def erase(qtbot: QtBot, window: MainWindow) -> FirstSteps:
    """Say and type that all shall go, and wait for what comes then."""
    dialog = question(forgotten(qtbot, window))
    type_text(dialog.line, sentence("keys.erase_word"))
    dialog.act.click()
    gate = gate_of(window)
    qtbot.waitUntil(lambda: isinstance(gate.currentWidget(), FirstSteps), timeout=WAIT_MS)
    return steps_of(window)


def begin_anew(qtbot: QtBot, window: MainWindow, steps: FirstSteps) -> None:
    step = steps.step
    assert isinstance(step, KeyStep)
    qtbot.waitUntil(lambda: step.choices.current == Way.PASSPHRASE, timeout=WAIT_MS)
    type_text(step.first.line, ANOTHER)
    type_text(step.second.line, ANOTHER)
    steps.main.click()
    wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("closed")
def test_nobody_meets_it_before_something_did_not_open_it(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    assert asked(qtbot, window).erase.isHidden()

    assert forgotten(qtbot, window).erase.isVisible()


def test_where_a_keyring_keeps_a_key_it_is_said_what_of_a_copied_folder_goes_with_that(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        dek = vault.keys.dek
    path = VaultFiles(closed).envelope
    write_envelope(path, read_envelope(path).with_keyring(dek, b"k" * 32, "SecretService"))

    dialog = question(forgotten(qtbot, start()))

    said = [label.accessibleName() for label in dialog.findChildren(QLabel)]
    assert sentence("keys.erase_keyring") in said
    dialog.reject()


def test_it_is_erased_and_the_key_of_a_new_one_asked_for(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.backups.make()
    window = start()

    steps = erase(qtbot, window)

    assert [path.name for path in closed.parent.iterdir() if "vault" in path.name] == ["vault.lock"]
    begin_anew(qtbot, window, steps)
    assert window.sessions.keeps
    assert window.middle.notice.text == ""


def test_where_a_copy_cannot_be_read_that_is_said_and_what_follows_removes_for_good(
    start: StartWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy may open as before; it is set aside from what the new history keeps."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        copy = vault.backups.make().files.folder
    window = start()
    refuse_to_list(copy, monkeypatch)

    steps = erase(qtbot, window)
    # The keyring, which is not there, is said beside it and not in its place.
    no_keyring = sentence("first_steps.key_no_keyring")
    qtbot.waitUntil(lambda: no_keyring in steps.notice.text, timeout=WAIT_MS)
    assert str(copy) in steps.notice.text

    begin_anew(qtbot, window, steps)
    vault = lock_of(window)._vault
    assert vault is not None
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    vault.sessions.purge("a")
    assert (closed.with_name("vault.backups-1") / copy.name).is_dir()


def test_locked_it_is_the_same_and_nothing_sealed_is_missed_afterwards(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    type_text(window.middle.composer.field, DRAFT)
    lock(qtbot, window)

    begin_anew(qtbot, window, erase(qtbot, window))

    assert window.middle.notice.text == ""
    assert window.middle.composer.text == ""
    assert window.conversation.empty


def locked_and_gone(qtbot: QtBot, window: MainWindow, go: Callable[[], object]) -> UnlockPage:
    """Lock the window with a draft in it, let the history `go`, and try to open it."""
    talk(qtbot, window, MESSAGE)
    type_text(window.middle.composer.field, DRAFT)
    lock(qtbot, window)
    go()
    page = try_passphrase(qtbot, window, PASSPHRASE)
    assert wait_for_sentence(qtbot, page) == sentence("error.vault.none")
    return page


def make_new(page: UnlockPage) -> None:
    button = page.notice.button("unlock.make_new")
    assert button is not None
    button.click()


def test_one_that_a_terminal_erased_meanwhile_leads_on_to_a_new_one(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    page = locked_and_gone(qtbot, window, lambda: erase_module.erase(closed, Keychain()))
    assert page.notice.button("window.try_again") is None

    make_new(page)

    steps = steps_of(window)
    assert steps.notice.text == sentence("bring_back.sealed")
    begin_anew(qtbot, window, steps)
    assert window.sessions.keeps
    assert window.middle.notice.text == ""
    assert window.middle.composer.text == ""
    assert window.conversation.empty


def test_where_it_was_only_away_meanwhile_it_is_asked_for_as_before(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    window = opened()
    away = closed.with_name("away")
    page = locked_and_gone(qtbot, window, lambda: closed.rename(away))
    away.rename(closed)

    make_new(page)

    enter(qtbot, window)
    assert window.middle.composer.text == DRAFT


@pytest.mark.parametrize("typed", ["", "全部", "erase"])
def test_without_the_word_it_stays(
    start: StartWindow, closed: Path, qtbot: QtBot, typed: str
) -> None:
    window = start()
    dialog = question(forgotten(qtbot, window))
    type_text(dialog.line, typed)
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    dialog.cancel.click()

    assert unlock_page_of(window).field.isVisible()
    open_with_passphrase(closed, PASSPHRASE).close()


def test_a_lock_takes_the_question_away_and_erases_nothing(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    window = start()
    dialog = question(forgotten(qtbot, window))
    type_text(dialog.line, sentence("keys.erase_word"))

    window.lock_wanted.emit()

    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=WAIT_MS)
    open_with_passphrase(closed, PASSPHRASE).close()


def refused(qtbot: QtBot, window: MainWindow, closed: Path, erases: Callable[[], None]) -> None:
    """Have it erased while another program has it open."""
    with ExitStack() as elsewhere:
        elsewhere.enter_context(locked(VaultFiles(closed)))
        erases()
        wait_for_refusal(qtbot, window)


def wait_for_refusal(qtbot: QtBot, window: MainWindow) -> None:
    said = sentence("error.vault.busy")
    qtbot.waitUntil(lambda: said in unlock_page_of(window).notice.text, timeout=WAIT_MS)


def test_one_that_is_open_elsewhere_is_not_erased(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    window = start()
    dialog = question(forgotten(qtbot, window))
    type_text(dialog.line, sentence("keys.erase_word"))

    refused(qtbot, window, closed, dialog.act.click)

    open_with_passphrase(closed, PASSPHRASE).close()


@pytest.mark.parametrize("when", ["locked", "open"])
def test_an_erasing_that_is_refused_loses_nothing_that_only_the_window_holds(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    window = opened()
    window.begin_conversation(off_the_record=True)
    talk(qtbot, window, UNRECORDED)
    type_text(window.middle.composer.field, DRAFT)
    before = rows(window)

    if when == "locked":
        lock(qtbot, window)
        dialog = question(forgotten(qtbot, window))
        type_text(dialog.line, sentence("keys.erase_word"))
        refused(qtbot, window, closed, dialog.act.click)
    else:  # another program takes it between closing and erasing
        with monkeypatch.context() as patched:
            patched.setattr(erase_module, "locked", busy)
            lock_of(window).erase()
            wait_for_refusal(qtbot, window)

    unlock(qtbot, window)
    assert rows(window) == before
    assert window.middle.composer.text == DRAFT


def busy(_: VaultFiles) -> None:
    raise BusyVaultError("vault.busy")


def test_a_keyring_that_lost_the_only_key_leaves_it_too(
    start: StartWindow, secret_service: Keychain, folder: Path, qtbot: QtBot
) -> None:
    from desktop_app.vault.creation import create
    from desktop_app.vault.envelope_file import read_envelope

    create(folder, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)
    page = unlock_page_of(start())
    wait_for_sentence(qtbot, page)

    assert page.erase.isVisible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_that_nothing_undoes_it_and_what_is_left(
    start: StartWindow, closed: Path, qtbot: QtBot, language: str
) -> None:
    assert closed.exists()
    window = start()
    window.choose_language("zh" if language == "zh" else "en")
    dialog = question(forgotten(qtbot, window))

    said = sentence("keys.erase_ask_means")
    assert {"zh": "没有办法撤销", "en": "cannot be undone"}[language] in said
    assert {"zh": "另存的备份", "en": "Backup files"}[language] in said
    assert said in sentence("keys.erase", word="x")  # a terminal says the same
    dialog.reject()
    window.choose_language("zh")
