"""A history that opens no more: a copy or a backup takes its place, in the window alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views.bring_back_page import BringBackPage
from desktop_app.views.key_step import KeyStep
from desktop_app.views.panel import Text
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
from tests.support.locking import DRAFT, OpenedWindow, enter, lock
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

SAID = Turn(Role.USER, "睡不着")
CODE = RecoveryCode("0123456789ABCDEF" * 2)
FORGOTTEN = "谁也不记得的口令"


def offered(qtbot: QtBot, window: MainWindow) -> BringBackPage:
    """Press what the unlocking page offers, and wait for the page of copies."""
    page = unlock_page_of(window)
    button = way(page, "bring_back.offer")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    page_of_copies = gate_of(window).currentWidget()
    assert isinstance(page_of_copies, BringBackPage)
    return page_of_copies


def way(page: UnlockPage, key: str) -> QPushButton | None:
    buttons = page.notice.findChildren(QPushButton)
    return next((each for each in buttons if each.text() == sentence(key)), None)


def told(qtbot: QtBot, page: BringBackPage) -> str:
    qtbot.waitUntil(lambda: page.notice.text != "", timeout=WAIT_MS)
    return page.notice.text


@pytest.mark.usefixtures("no_keyring")
def test_a_copy_takes_the_place_of_a_history_that_is_damaged(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
    (closed / "history.db").write_bytes(b"?" * 8192)
    window = start()
    wait_for_sentence(qtbot, try_passphrase(qtbot, window, PASSPHRASE))

    page = offered(qtbot, window)
    qtbot.waitUntil(page.copies.isVisible, timeout=WAIT_MS)
    page.copies.buttons[0].click()
    assert told(qtbot, page) == sentence("error.backup.secret_wanted")
    page.notice.clear()
    type_text(page.secret.line, PASSPHRASE)
    page.main.click()
    assert "1 段对话" in told(qtbot, page)
    assert (closed / "history.db").read_bytes() == b"?" * 8192
    page.main.click()

    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), UnlockPage), timeout=WAIT_MS
    )
    assert "vault.damaged-1" in unlock_page_of(window).notice.text
    try_passphrase(qtbot, window, PASSPHRASE)
    wait_for_conversation(qtbot, window)
    titles = [window.sessions.index(row).data() for row in range(window.sessions.rowCount())]
    assert "睡不着" in " ".join(map(str, titles))


def said_in(folder: Path) -> list[str]:
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        return [session.id for session in vault.sessions.kept()]


def test_a_backup_takes_the_place_of_a_history_whose_only_keyring_lost_its_key(
    start: StartWindow, secret_service: Keychain, folder: Path, vault_elsewhere: Vault, qtbot: QtBot
) -> None:
    vault_elsewhere.sessions.add("a", SAID)
    write_backup(vault_elsewhere, folder.parent.parent / "b")
    create(folder, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)
    window = start()
    wait_for_sentence(qtbot, unlock_page_of(window))

    page = offered(qtbot, window)
    page.look_into(folder.parent.parent / "b", PASSPHRASE)
    told(qtbot, page)
    page.main.click()
    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), UnlockPage), timeout=WAIT_MS
    )
    window.close()

    assert said_in(folder) == ["a"]


@pytest.fixture
def vault_elsewhere(tmp_path: Path) -> Iterator[Vault]:
    """Another open history, of PASSPHRASE."""
    with create(tmp_path / "elsewhere" / "vault", passphrase=PASSPHRASE) as vault:
        yield vault


@pytest.mark.usefixtures("no_keyring")
def test_a_wrong_passphrase_offers_to_replace_nothing(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    window = start()
    page = try_passphrase(qtbot, window, "不是这一句")
    wait_for_sentence(qtbot, page)

    assert page.notice.findChildren(QPushButton) == []
    assert closed.exists()


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("secret", [PASSPHRASE, CODE.text()])
def test_a_backup_that_opens_another_way_takes_the_place_of_one_whose_passphrase_is_forgotten(
    start: StartWindow, folder: Path, vault_elsewhere: Vault, qtbot: QtBot, secret: str
) -> None:
    vault_elsewhere.sessions.add("a", SAID)
    vault_elsewhere.keys.set_recovery(CODE)
    backup = folder.parent.parent / "b"
    write_backup(vault_elsewhere, backup)
    create(folder, passphrase=FORGOTTEN).close()
    window = start()
    assert asked(qtbot, window).older.isHidden()
    wait_for_sentence(qtbot, try_passphrase(qtbot, window, "不是这一句"))

    unlock_page_of(window).older.click()
    page = gate_of(window).currentWidget()
    assert isinstance(page, BringBackPage)
    page.look_into(backup)
    assert told(qtbot, page) == sentence("error.backup.secret_wanted")
    page.notice.clear()
    type_text(page.secret.line, secret)
    page.main.click()
    assert "1 段对话" in told(qtbot, page)
    page.main.click()

    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), UnlockPage), timeout=WAIT_MS
    )
    assert "vault.damaged-1" in unlock_page_of(window).notice.text
    window.close()
    assert said_in(folder) == ["a"]
    open_with_passphrase(folder.with_name("vault.damaged-1"), FORGOTTEN).close()


def says(page: QWidget, key: str) -> bool:
    return any(each.isVisible() for each in texts(page, key))


def texts(page: QWidget, key: str) -> list[Text]:
    return [each for each in page.findChildren(Text) if each.accessibleName() == sentence(key)]


def older(qtbot: QtBot, window: MainWindow) -> BringBackPage:
    """Mistype the passphrase, and press what is offered then."""
    wait_for_sentence(qtbot, try_passphrase(qtbot, window, "不是这一句"))
    unlock_page_of(window).older.click()
    page = gate_of(window).currentWidget()
    assert isinstance(page, BringBackPage)
    return page


@pytest.mark.usefixtures("no_keyring")
def test_what_opens_the_history_that_is_here_leads_back_to_it(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    """A slip and two clicks would put an older copy in its place."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
        copy = vault.backups.make().files.folder
    window = start()
    page = older(qtbot, window)
    assert not says(page, "bring_back.sealed")
    page.look_into(copy, PASSPHRASE)

    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), UnlockPage), timeout=WAIT_MS
    )
    assert unlock_page_of(window).notice.text == sentence("error.backup.opens_here")
    enter(qtbot, window)
    window.close()
    assert not closed.with_name("vault.damaged-1").exists()


@pytest.mark.usefixtures("no_keyring")
def test_what_only_the_key_of_the_history_here_opens_is_told_of_before_another_takes_its_place(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    window.middle.composer.field.setPlainText(DRAFT)
    lock(qtbot, window)

    assert says(older(qtbot, window), "bring_back.sealed")


@pytest.mark.usefixtures("no_keyring")
def test_where_a_history_is_gone_its_copies_are_told_of_and_one_is_brought_back(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
        vault.backups.make()
    shutil.rmtree(closed)
    window = start()
    step = steps_of(window).step
    assert isinstance(step, KeyStep)
    assert says(step, "first_steps.key_copies")

    step.copies.click()
    page = gate_of(window).currentWidget()
    assert isinstance(page, BringBackPage)
    assert says(page, "bring_back.means_new")
    qtbot.waitUntil(page.copies.isVisible, timeout=WAIT_MS)
    page.look_into(VaultFiles(closed).backups / "000001", PASSPHRASE)
    told(qtbot, page)
    page.main.click()

    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), UnlockPage), timeout=WAIT_MS
    )
    window.close()
    assert said_in(closed) == ["a"]


@pytest.mark.usefixtures("no_keyring")
def test_where_there_never_was_a_history_no_copy_is_told_of(start: StartWindow) -> None:
    step = steps_of(start()).step
    assert isinstance(step, KeyStep)
    assert step.copies.isHidden()
    assert texts(step, "first_steps.key_copies") == []
