"""Without a key: locked, nothing is in reach; never opened, no setting is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.errors import ModelError
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.bring_back_page import BringBackPage
from desktop_app.views.privacy import Privacy
from desktop_app.views.privacy_sections import LockSection, SnapshotSection
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
from tests.support.locking import OpenedWindow, enter, lock, wait_for_page
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

MODELS = ("settings.models", "settings.choose_model")


@pytest.fixture
def off_the_record(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    """Somebody talks beside a history which they have not opened."""
    assert closed.exists()
    window = start()
    page = asked(qtbot, window)
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    return window


def may(window: MainWindow, *keys: str) -> list[bool]:
    actions = window.header.settings.actions_by_key()
    return [actions[key].isEnabled() for key in keys]


def test_locked_there_is_no_way_past_the_history(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    lock(qtbot, window)

    page = unlock_page_of(window)
    assert page.skip.isHidden()
    assert not page.exercises.isHidden()
    assert may(window, *MODELS, "settings.privacy") == [False, False, False]
    enter(qtbot, window)


def test_a_talk_off_the_record_that_was_locked_is_over_too(
    off_the_record: MainWindow, qtbot: QtBot
) -> None:
    lock(qtbot, off_the_record)

    assert unlock_page_of(off_the_record).skip.isHidden()


@pytest.mark.usefixtures("closed")
def test_a_page_that_is_locked_before_anything_was_typed_loses_the_way_past_it(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    page = asked(qtbot, window)
    assert not page.skip.isHidden()

    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)

    assert unlock_page_of(window) is page
    assert page.skip.isHidden()


def test_who_would_open_it_after_all_may_go_on_talking(
    off_the_record: MainWindow, qtbot: QtBot
) -> None:
    off_the_record.side.history.click()
    wait_for_page(qtbot, off_the_record)

    qtbot.mouseClick(unlock_page_of(off_the_record).skip, Qt.MouseButton.LeftButton)

    wait_for_conversation(qtbot, off_the_record)


@pytest.mark.parametrize("locked", [False, True])
def test_looking_for_a_copy_leads_back_to_the_same(
    start: StartWindow, closed: Path, qtbot: QtBot, *, locked: bool
) -> None:
    (closed / "history.db").write_bytes(b"?" * 8192)
    window = start()
    page = asked(qtbot, window)
    if locked:
        qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    wait_for_sentence(qtbot, try_passphrase(qtbot, window, PASSPHRASE))
    button = page.notice.button("bring_back.offer")
    assert button is not None
    button.click()
    copies = gate_of(window).currentWidget()
    assert isinstance(copies, BringBackPage)

    copies.left.emit()

    assert unlock_page_of(window).skip.isHidden() is locked
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)


def test_without_a_key_no_model_is_brought_or_chosen(off_the_record: MainWindow) -> None:
    window = off_the_record

    assert may(window, *MODELS) == [False, False]
    window.model.error = ModelError("model.missing", path="there", model="there")
    assert "settings.choose_model" not in [way.key for way in window.model.ways()]


def test_without_a_key_the_privacy_page_can_be_read_and_not_changed(
    off_the_record: MainWindow,
) -> None:
    off_the_record.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = off_the_record.findChild(Privacy)
    assert isinstance(page, Privacy)

    lock_section, kept = page.findChild(LockSection), page.findChild(SnapshotSection)
    assert isinstance(lock_section, LockSection)
    assert isinstance(kept, SnapshotSection)
    assert not lock_section.minutes.isEnabled()
    assert not kept.megabytes.isEnabled()
    said = [label.accessibleName() for label in page.findChildren(QLabel)]
    assert said.count(sentence("privacy.after_opening")) == 2
    page.close()


def test_opened_after_all_everything_can_be_set(
    off_the_record: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    off_the_record.side.history.click()
    wait_for_page(qtbot, off_the_record)
    enter(qtbot, off_the_record)

    assert may(off_the_record, *MODELS) == [True, True]
    off_the_record.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = off_the_record.findChild(Privacy)
    assert isinstance(page, Privacy)
    lock_section = page.findChild(LockSection)
    assert isinstance(lock_section, LockSection)
    assert lock_section.minutes.isEnabled()
    page.close()
    lock(qtbot, off_the_record)
    open_with_passphrase(closed, PASSPHRASE).close()


def test_where_there_is_no_history_nothing_is_out_of_reach(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    steps_of(window).skip.click()
    wait_for_conversation(qtbot, window)

    assert may(window, *MODELS, "settings.privacy") == [True, True, True]
