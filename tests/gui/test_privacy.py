"""The privacy page: minutes, trash, keys, the table; and it goes when the window locks."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.paths import Paths
from desktop_app.settings import read
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.privacy import Privacy
from desktop_app.views.privacy_sections import (
    QUESTIONS,
    SET_UPS,
    LockSection,
    SnapshotSection,
    TrashSection,
)
from desktop_app.views.window import MainWindow
from resources.messages import catalogue, sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    gate_of,
    unlock_page_of,
    wait_for_conversation,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import send, type_text, wait_for_end, wait_for_model
from tests.test_threat_model import LIMITS

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

Found = TypeVar("Found", bound=QWidget)


@pytest.fixture
def window(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    assert closed.exists()
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    type_text(page.field.line, PASSPHRASE)
    page.main.click()
    wait_for_conversation(qtbot, window)
    return window


@pytest.fixture
def page(window: MainWindow) -> Privacy:
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    return page


def last_page(window: MainWindow) -> Privacy:
    return window.findChildren(Privacy)[-1]


def section(page: Privacy, kind: type[Found]) -> Found:
    found = page.findChild(kind)
    assert isinstance(found, kind)
    return found


def test_the_minutes_chosen_are_kept(page: Privacy, paths: Paths) -> None:
    minutes = section(page, LockSection).minutes
    assert minutes.currentData() == 10
    minutes.setCurrentIndex(minutes.findData(5))
    minutes.activated.emit(minutes.currentIndex())
    assert read(paths.settings)[0].lock_minutes == 5


def test_the_trash_can_be_turned_off(
    page: Privacy, window: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    keep = section(page, TrashSection).keep
    assert keep.isChecked()
    keep.click()
    window.header.settings.lock_wanted.emit()
    asking = unlock_page_of(window)
    qtbot.waitUntil(asking.field.isVisible, timeout=WAIT_MS)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert not vault.trash.kept


def test_what_lies_in_the_trash_goes_only_when_that_was_said_and_is_wanted(
    page: Privacy, window: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    page.reject()
    send(qtbot, window, "删掉的话")
    wait_for_end(qtbot, window)
    window.deleting.delete(0)
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    trash = section(last_page(window), TrashSection)

    trash.keep.click()
    assert trash.keep.isChecked()
    assert trash.notice.text == sentence("privacy.trash_dooms", count=1)
    let_go = trash.notice.button("privacy.trash_let_go")
    assert let_go is not None
    let_go.click()
    assert not trash.keep.isChecked()
    assert trash.notice.text == ""

    window.header.settings.lock_wanted.emit()
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert not vault.trash.kept
        assert vault.trash.held() == ()


def test_what_lies_in_the_trash_stays_where_one_only_looks_at_what_that_means(
    page: Privacy, window: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    page.reject()
    send(qtbot, window, "删掉的话")
    wait_for_end(qtbot, window)
    window.deleting.delete(0)
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    section(last_page(window), TrashSection).keep.click()

    window.header.settings.lock_wanted.emit()
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert vault.trash.kept
        assert len(vault.trash.held()) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_for_each_set_up_what_it_survives(
    page: Privacy, window: MainWindow, language: str
) -> None:
    window.choose_language("en")
    window.choose_language("zh" if language == "zh" else "en")
    said = {label.accessibleName() for label in page.findChildren(QLabel)}
    words = catalogue("zh" if language == "zh" else "en")
    for set_up in SET_UPS:
        for question in QUESTIONS:
            assert words[f"privacy.{set_up}_{question}"] in said
    assert words["privacy.unprotected_disk"] in said


def test_it_says_what_is_not_protected(page: Privacy) -> None:
    said = {label.accessibleName() for label in page.findChildren(QLabel)}
    assert {sentence(key) for key, _, _ in LIMITS.values()} <= said


def test_locking_closes_it(page: Privacy, window: MainWindow, qtbot: QtBot) -> None:
    assert page.isVisible()
    window.header.settings.lock_wanted.emit()
    asking = unlock_page_of(window)
    qtbot.waitUntil(asking.field.isVisible, timeout=WAIT_MS)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, Privacy)]


def test_it_does_not_open_while_locked(window: MainWindow, qtbot: QtBot) -> None:
    window.header.settings.lock_wanted.emit()
    asking = unlock_page_of(window)
    qtbot.waitUntil(asking.field.isVisible, timeout=WAIT_MS)
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    assert window.findChild(Privacy) is None


def test_erasing_leaves_no_history_and_asks_for_a_new_one(
    page: Privacy, window: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    assert page.keys is not None
    page.keys.erase_wanted.emit()
    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), FirstSteps), timeout=WAIT_MS
    )
    assert not (closed / "vault.json").exists()
    assert not (closed / "history.db").exists()
    qtbot.waitUntil(lambda: window.header.status == sentence("window.locked"), timeout=WAIT_MS)


def test_keeping_no_snapshots_removes_them_at_once(
    window: MainWindow, paths: Paths, closed: Path, qtbot: QtBot
) -> None:
    window.read_ahead._idle.setInterval(50)
    wait_for_model(qtbot, window)
    send(qtbot, window, "好" * 20)
    sealed = closed / "blobs"
    qtbot.waitUntil(lambda: len(list(sealed.glob("*"))) == 1, timeout=WAIT_MS)
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    offered = section(page, SnapshotSection).megabytes

    offered.setCurrentIndex(offered.findData(0))
    offered.activated.emit(offered.currentIndex())

    assert list(sealed.glob("*")) == []
    assert read(paths.settings)[0].snapshot_mb == 0
