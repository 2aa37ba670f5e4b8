"""What is purged is in no copy once the window is locked or closed, however soon that comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault import sessions as sessions_module
from desktop_app.vault.copies import copies_in
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import IN_HASTE_S
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.decrypted import decrypted
from tests.support.gate_fixtures import unlock_page_of
from tests.support.locking import OpenedWindow, is_open, lock, lock_of, unlock
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

PURGED, STAYS = "要彻底删掉的话", "留下来的话"


@pytest.fixture
def with_copies(closed: Path) -> Path:
    """A history with a conversation in the trash, and copies that hold it."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, PURGED))
        vault.sessions.add("b", Turn(Role.USER, STAYS))
        vault.sessions.delete("a")
        vault.backups.make()
        vault.backups.make_safety_copy()
    return closed


def copied(closed: Path, data_key: bytes) -> list[bytes]:
    """Return each database beside the history, decrypted."""
    beside = VaultFiles(closed).backups.rglob("history.db")
    return [decrypted(path, data_key) for path in beside]


def pressed_twice(window: MainWindow) -> TrashDialog:
    """Have it removed for good as a person does."""
    parts = window.side.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.show_trash()
    dialog = window.side.findChild(TrashDialog)
    assert isinstance(dialog, TrashDialog)
    dialog.purge.click()
    dialog.purge.click()
    return dialog


def purge(qtbot: QtBot, window: MainWindow) -> None:
    """Remove it for good, and close the list."""
    dialog = pressed_twice(window)
    qtbot.waitUntil(lambda: dialog.list.count() == 0)
    dialog.close()


def check_gone(closed: Path, data_key: bytes) -> None:
    assert not is_open(closed)
    assert not any(PURGED.encode() in copy for copy in copied(closed, data_key))


def test_locked_at_once_no_copy_holds_what_was_purged(
    opened: OpenedWindow, with_copies: Path, data_key: bytes, qtbot: QtBot
) -> None:
    assert all(PURGED.encode() in copy for copy in copied(with_copies, data_key))
    window = opened()
    purge(qtbot, window)
    lock(qtbot, window)
    check_gone(with_copies, data_key)


def test_locked_without_a_trash_no_copy_holds_what_was_deleted(
    opened: OpenedWindow, with_copies: Path, data_key: bytes, qtbot: QtBot
) -> None:
    window = opened()
    vault = lock_of(window)._vault
    assert vault is not None
    vault.trash.keep(False)  # closing purges it, when no copy is begun any more
    lock(qtbot, window)
    check_gone(with_copies, data_key)


def test_quit_at_once_no_copy_holds_what_was_purged(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    with_copies: Path,
    data_key: bytes,
    qtbot: QtBot,
) -> None:
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        purge(qtbot, window)
        window.close()
    check_gone(with_copies, data_key)


def test_there_is_a_copy_all_the_same(
    opened: OpenedWindow, with_copies: Path, data_key: bytes, qtbot: QtBot
) -> None:
    window = opened()
    purge(qtbot, window)
    lock(qtbot, window)
    assert len(copies_in(VaultFiles(with_copies).backups)) == 1
    assert all(STAYS.encode() in copy for copy in copied(with_copies, data_key))
    check_gone(with_copies, data_key)


def vault_of(window: MainWindow) -> Vault:
    vault = lock_of(window)._vault
    assert vault is not None
    return vault


@contextmanager
def copying(vault: Vault) -> Iterator[threading.Event]:
    """Have a copy being made that has its turn until what is given is set, or the block ends."""
    begun, may_end = threading.Event(), threading.Event()

    def copy() -> None:
        with vault.backups.expiring(b""):  # has the turn that a copy has
            begun.set()
            assert may_end.wait(60)

    thread = threading.Thread(target=copy)
    thread.start()
    try:
        assert begun.wait(20)
        yield may_end
    finally:
        may_end.set()
        thread.join(20)


def wait_for_tasks() -> None:
    for thread in threading.enumerate():
        if thread.name == "task":
            thread.join(20)


def check_in_trash(closed: Path, *sessions: str) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert tuple(each.id for each in vault.sessions.trashed()) == sessions


def test_a_copy_that_is_being_made_holds_up_what_is_removed_and_not_the_window(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot
) -> None:
    assert with_copies.exists()
    window = opened()
    vault = vault_of(window)
    with copying(vault):
        dialog = pressed_twice(window)

        assert not dialog.purge.isEnabled()
        assert not dialog.back.isEnabled()
        assert dialog._says.text() == sentence("window.purging")
        assert [session.id for session in vault.sessions.trashed()] == ["a"]
    qtbot.waitUntil(lambda: dialog.list.count() == 0)
    assert vault.sessions.trashed() == ()
    dialog.close()


def test_the_list_closed_while_it_waits_it_is_removed_all_the_same(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot
) -> None:
    assert with_copies.exists()
    window = opened()
    vault = vault_of(window)
    with copying(vault):
        dialog = pressed_twice(window)
        began = time.monotonic()
        dialog.reject()
        assert time.monotonic() - began < 1  # nothing waits for it
    qtbot.waitUntil(lambda: vault.sessions.trashed() == ())


def test_the_list_closed_while_it_waits_a_refusal_is_said_in_the_window(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    error = VaultError("vault.disk_failed", path=with_copies, reason="…")
    may_go = threading.Event()

    def refused(*_: object, **__: object) -> None:
        assert may_go.wait(20)
        raise error

    monkeypatch.setattr(vault_of(window).sessions, "purge", refused)
    pressed_twice(window).reject()
    may_go.set()

    qtbot.waitUntil(lambda: error.sentence() in window.middle.notice.text)


def test_locked_while_it_waits_it_is_removed_before_the_key_goes(
    opened: OpenedWindow, with_copies: Path, data_key: bytes, qtbot: QtBot
) -> None:
    window = opened()
    with copying(vault_of(window)) as may_end:
        pressed_twice(window)
        threading.Timer(0.3, may_end.set).start()
        lock(qtbot, window)
    assert sentence("lock.broke_off_purging") not in unlock_page_of(window).notice.text
    check_gone(with_copies, data_key)
    check_in_trash(with_copies)


def test_locked_while_it_waits_too_long_it_is_not_removed_and_that_is_said(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot
) -> None:
    window = opened()
    with copying(vault_of(window)):
        pressed_twice(window)
        lock(qtbot, window)
        assert sentence("lock.broke_off_purging") in unlock_page_of(window).notice.text
    wait_for_tasks()
    check_in_trash(with_copies, "a")


def test_without_a_trash_what_was_not_removed_then_is_said_to_go_by_itself(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot
) -> None:
    window = opened()
    vault_of(window).trash.keep(False)
    with copying(vault_of(window)) as may_end:
        pressed_twice(window)
        threading.Timer(IN_HASTE_S + 1, may_end.set).start()  # closing waits for a copy to end
        lock(qtbot, window)
        said = unlock_page_of(window).notice.text
    assert sentence("lock.broke_off_purging_trash_off") in said
    assert sentence("lock.broke_off_purging") not in said
    wait_for_tasks()
    check_in_trash(with_copies)  # gone as the history closed, or at this opening


def test_what_is_refused_while_it_is_locked_is_said(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    vault = vault_of(window)

    def refused(_database: object) -> None:
        raise VaultError("vault.disk_failed", path=with_copies, reason="…")

    monkeypatch.setattr(sessions_module, "forget_removed", refused)
    with copying(vault) as may_end:
        pressed_twice(window)
        threading.Timer(0.3, may_end.set).start()
        lock(qtbot, window)
    assert sentence("lock.broke_off_purging") in unlock_page_of(window).notice.text


def test_quit_while_it_waits_it_is_removed_before_the_key_goes(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    with_copies: Path,
    data_key: bytes,
    qtbot: QtBot,
) -> None:
    with ExitStack() as held, running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        may_end = held.enter_context(copying(vault_of(window)))
        pressed_twice(window).reject()
        threading.Timer(0.3, may_end.set).start()
        window.close()
        assert not window.isVisible()
    check_gone(with_copies, data_key)
    check_in_trash(with_copies)


def test_quit_while_it_waits_too_long_the_window_stays_and_says_so(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot
) -> None:
    assert with_copies.exists()
    window = opened()
    vault = vault_of(window)
    said = VaultError("vault.not_purged_yet").sentence()
    with copying(vault):
        pressed_twice(window).reject()
        window.close()
        assert window.isVisible()
        assert said in window.middle.notice.text
    qtbot.waitUntil(lambda: vault.sessions.trashed() == ())
    window.close()
    assert not window.isVisible()


def test_what_could_not_be_removed_is_said_and_can_be_tried_again(
    opened: OpenedWindow, with_copies: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    error = VaultError("vault.disk_failed", path=with_copies, reason="…")

    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(vault_of(window).sessions, "purge", refused)
    dialog = pressed_twice(window)

    qtbot.waitUntil(lambda: dialog._says.text() == error.sentence())
    assert dialog.purge.isEnabled()
    assert dialog.list.count() == 1
    dialog.close()
