"""Locking goes through whatever fails on the way, and does not wait for a copy."""

from __future__ import annotations

import gc
import time
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.errors import BugError
from desktop_app.vault.backups import Backups
from desktop_app.vault.copies import copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, DiskFullError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views import left_open
from desktop_app.views import lock as lock_module
from desktop_app.views.privacy import Privacy
from desktop_app.views.unsent import Unsent
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import WAIT_MS, unlock_page_of
from tests.support.locking import (
    DRAFT,
    MESSAGE,
    UNRECORDED,
    OpenedWindow,
    enter,
    is_open,
    lock,
    lock_of,
    wait_for_page,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

MEGABYTE = 1_000_000
TWO_DAYS = 2 * 24 * 60 * 60


def fails(*_: object, **__: object) -> None:
    raise BugError("something nobody thought of")


STEPS: list[tuple[object, str]] = [
    (lock_module, "hide_all_but_windows"),
    (lock_module, "close_all_but_windows"),
    (lock_module, "forget_copies"),
    (MainWindow, "leave"),
    (left_open, "noted"),
    (MainWindow, "close_history"),
    (MainWindow, "repaint"),
    (Backups, "make_if_due"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_bug_in_any_step_keeps_nothing_open(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
) -> None:
    window = opened()
    locking = lock_of(window)
    assert locking._vault is not None
    locking._vault.sessions.add("a", Turn(Role.USER, "你好"))  # something to bring to the disk
    with (
        qtbot.capture_exceptions(),
        qtbot.waitSignal(locking.shut, timeout=WAIT_MS),
        monkeypatch.context() as broken,
    ):
        broken.setattr(owner, name, fails)
        qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not is_open(closed)
    keys = [each._key for each in gc.get_objects() if isinstance(each, Database)]
    assert not any(keys)
    if name == "close_history":
        assert not window.isVisible()
        return
    wait_for_page(qtbot, window)
    assert sentence("cli.bug", name="BugError") in unlock_page_of(window).notice.text
    enter(qtbot, window)


def test_a_full_disk_is_said_and_locks_all_the_same(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()

    def full() -> None:
        raise DiskFullError("vault.disk_full", folder=closed)

    monkeypatch.setattr(window, "leave", full)
    lock(qtbot, window)
    monkeypatch.undo()
    assert not is_open(closed)
    assert unlock_page_of(window).notice.text.startswith(sentence("lock.not_all_kept"))


def test_what_was_sealed_before_a_history_that_could_not_be_read_comes_back_with_the_next(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    damage = DamagedHistoryError("vault.history_damaged", path=closed)
    window.begin_conversation(off_the_record=True)
    window.conversation.say(UNRECORDED)
    lock(qtbot, window)
    with monkeypatch.context() as unreadable:

        def damaged(*_: object) -> None:
            raise damage

        unreadable.setattr(Unsent, "open", damaged)
        enter(qtbot, window)
    assert str(damage) in window.middle.notice.text
    type_text(window.middle.composer.field, DRAFT)
    lock(qtbot, window)
    enter(qtbot, window)
    conversations = map(window.sessions.conversation, range(window.sessions.rowCount()))
    messages = [each.messages for each in conversations]
    said = [[each.message(row).text for row in range(each.rowCount())] for each in messages]
    assert [UNRECORDED] in said  # a question that waits is on the screen, and in no turns yet
    assert window.middle.composer.text == DRAFT


def fill(closed: Path, data_key: bytes, megabytes: int) -> None:
    with Database(closed / "history.db", data_key) as database, database.transaction():
        database.rows("INSERT INTO session(id, created) VALUES ('a', 0)")
        for number in range(megabytes):
            database.rows(
                "INSERT INTO turn(session, role, state, content, created, parent, indexed)"
                " VALUES ('a', 'user', 'complete', ?, ?, 0, 1)",
                ("话" * (MEGABYTE // 3), number),
            )


def test_a_backup_in_progress_is_given_up_and_that_is_said(
    opened: OpenedWindow, closed: Path, data_key: bytes, qtbot: QtBot, tmp_path: Path
) -> None:
    fill(closed, data_key, megabytes=60)
    window = opened()
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.backup is not None
    file = tmp_path / "backup"
    page.backup.back_up(file)
    lock(qtbot, window)
    assert not is_open(closed)
    assert sentence("lock.broke_off_writing_out") in unlock_page_of(window).notice.text
    assert not list(tmp_path.glob("backup*"))
    assert not list(tmp_path.glob(".*"))
    keys = [each._key for each in gc.get_objects() if isinstance(each, Database)]
    assert not any(keys)


def test_no_daily_copy_is_made_while_locking(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    make_old_copy(closed)
    window = opened()
    say(window)
    lock(qtbot, window)
    assert len(copies_in(VaultFiles(closed).backups)) == 1


def test_the_copy_that_locking_left_out_is_made_by_whoever_opens_next(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    make_old_copy(closed)
    window = opened()
    say(window)
    lock(qtbot, window)
    open_with_passphrase(closed, PASSPHRASE).close()
    old, new = copies_in(VaultFiles(closed).backups)
    assert new.made - old.made > timedelta(days=1)


def say(window: MainWindow) -> None:
    window.conversation.say(MESSAGE)


def make_old_copy(closed: Path) -> None:
    """Make the daily copy, as of two days ago."""
    with open_with_passphrase(closed, PASSPHRASE, clock=lambda: time.time() - TWO_DAYS) as vault:
        vault.backups.make()
