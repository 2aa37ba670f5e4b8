"""A change of the whole history waits for a reply, and a reply for it: its words reach the disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.paths import Paths
from desktop_app.vault import merge, rotation
from desktop_app.vault import vault as vault_module
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.privacy import Privacy
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import unlock_page_of
from tests.support.locking import DRAFT, MESSAGE, OpenedWindow, is_open, unlock, wait_for_page
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import (
    WAIT_MS,
    is_idle,
    rows,
    send,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


@pytest.fixture
def coming(tmp_path: Path) -> Path:
    """A file with one conversation."""
    said = [{"role": role, "content": f"{role}"} for role in ("user", "assistant")]
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps({"id": "coming", "source": "test", "messages": said}))
    return path


@pytest.fixture
def replying(
    qapp: QApplication, qtbot: QtBot, paths: Paths, closed: Path, endless_model: Path
) -> Iterator[MainWindow]:
    """The window while a reply is coming, which does not end by itself."""
    assert closed.exists()
    with running_window(qapp, str(endless_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        wait_for_model(qtbot, window)
        send(qtbot, window, MESSAGE)
        wait_for_words(qtbot, window)
        yield window


def section_of(window: MainWindow) -> BackupSection:
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.backup is not None
    return page.backup


def when(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, note: Callable[[], object]
) -> list[object]:
    """Note something whenever a function of a module begins."""
    noted: list[object] = []
    function = getattr(module, name)

    def noting(*given: object, **named: object) -> object:
        noted.append(note())
        return function(*given, **named)

    monkeypatch.setattr(module, name, noting)
    return noted


def test_what_is_brought_in_waits_for_the_end_of_a_reply(
    replying: MainWindow, qtbot: QtBot, coming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = when(monkeypatch, merge, "_add_turn", lambda: is_idle(replying))
    section = section_of(replying)
    section.take_in(coming)
    assert section.notice.text == sentence("backup.bringing_in")
    before = section._vault.files.backups / "before"
    qtbot.waitUntil(before.is_dir, timeout=WAIT_MS)  # all but the transaction is done
    assert not idle

    with qtbot.waitSignal(section.changed, timeout=WAIT_MS):
        replying.middle.composer.stop.click()

    assert idle == [True, True]


def test_a_new_data_key_waits_for_the_end_of_a_reply(
    replying: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = when(monkeypatch, vault_module, "renewal", lambda: None)
    idle = when(monkeypatch, rotation, "_rekey", lambda: is_idle(replying))
    vault = section_of(replying)._vault
    rotating = threading.Thread(target=lambda: vault.rotate(passphrase=PASSPHRASE))
    rotating.start()
    qtbot.waitUntil(lambda: bool(waits), timeout=WAIT_MS)
    replying.middle.composer.stop.click()
    qtbot.waitUntil(lambda: not rotating.is_alive(), timeout=WAIT_MS)

    assert idle == [True]


def test_no_reply_begins_while_the_whole_history_is_being_changed(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    begun, may_end = threading.Event(), threading.Event()

    def change() -> None:
        with window.exchange.long_writes.change(lambda: None):
            begun.set()
            assert may_end.wait(60)

    changing = threading.Thread(target=change)
    changing.start()
    assert begun.wait(60)
    send(qtbot, window, MESSAGE)
    assert window.middle.notice.text == sentence("window.waits_for_change")
    assert [each.text for each in rows(window)] == [MESSAGE]

    may_end.set()
    qtbot.waitUntil(lambda: len(rows(window)) == 2 and is_idle(window), timeout=WAIT_MS)
    assert rows(window)[1].text
    changing.join()


def test_locking_does_not_wait_for_what_waits_for_a_reply(
    replying: MainWindow, closed: Path, qtbot: QtBot, coming: Path
) -> None:
    section = section_of(replying)
    section.take_in(coming)
    before = section._vault.files.backups / "before"
    qtbot.waitUntil(before.is_dir, timeout=WAIT_MS)
    replying.lock_wanted.emit()
    assert not is_open(closed)
    wait_for_page(qtbot, replying)

    assert sentence("lock.broke_off_bringing_in") in unlock_page_of(replying).notice.text
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert [each.turns for each in vault.sessions.kept()] == [2]  # the message and its reply


def test_another_message_is_answered_after_a_change(
    opened: OpenedWindow, qtbot: QtBot, coming: Path
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    section = section_of(window)
    with qtbot.waitSignal(section.changed, timeout=WAIT_MS):
        section.take_in(coming)
    page = window.findChild(Privacy)
    assert page is not None
    page.accept()

    send(qtbot, window, DRAFT)
    wait_for_end(qtbot, window)
    assert len(rows(window)) == 2
