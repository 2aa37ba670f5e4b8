"""A change of the whole history waits for a reply, and a reply for it: its words reach the disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault import merge, rotation, sessions
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.typed_secret import TypedSecret
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views import key_changes
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.changing import Change, Changing
from desktop_app.views.privacy import Privacy
from desktop_app.views.purging import Purging
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import unlock_page_of
from tests.support.locking import DRAFT, MESSAGE, OpenedWindow, is_open, unlock, wait_for_page
from tests.support.raising import raising
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


def page_of(window: MainWindow) -> Privacy:
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    return page


def section_of(window: MainWindow) -> BackupSection:
    backup = page_of(window).backup
    assert backup is not None
    return backup


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
    wait_until_it_waits(qtbot, replying)
    assert not idle

    with qtbot.waitSignal(section.changing.brought_in, timeout=WAIT_MS):
        replying.middle.composer.stop.click()

    assert idle == [True, True]


def rotate(window: MainWindow) -> None:
    """Have the privacy page change the data key."""
    page = page_of(window)
    assert page.keys is not None
    vault = page.keys._vault
    page.keys.change_key(partial(key_changes.rotate, vault, TypedSecret(PASSPHRASE), None))


def close_page(window: MainWindow) -> None:
    page = window.findChild(Privacy)
    assert page is not None
    page.accept()


def wait_until_it_waits(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until a change waits for the end of the reply."""
    qtbot.waitUntil(lambda: window.exchange.long_writes.changing, timeout=WAIT_MS)
    assert window.exchange.current is not None


def test_a_new_data_key_waits_for_the_end_of_a_reply(
    replying: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = when(monkeypatch, rotation, "_rekey", lambda: is_idle(replying))
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    assert not idle

    replying.middle.composer.stop.click()
    qtbot.waitUntil(lambda: bool(idle), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not replying.exchange.long_writes.changing, timeout=WAIT_MS)
    assert idle == [True]


def test_so_does_what_is_removed_for_good(
    replying: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = when(monkeypatch, sessions, "forget_removed", lambda: is_idle(replying))
    vault = section_of(replying)._vault
    close_page(replying)
    vault.sessions.add("b", Turn(Role.USER, "二"))
    vault.sessions.delete("b")
    purging = Purging(vault, replying)
    purging.begin("b")
    wait_until_it_waits(qtbot, replying)
    assert not idle

    replying.middle.composer.stop.click()
    qtbot.waitUntil(lambda: not purging.works, timeout=WAIT_MS)
    assert idle == [True]
    assert vault.sessions.trashed() == ()


def test_it_goes_on_where_its_page_is_closed_and_the_window_tells_of_it(
    replying: MainWindow, qtbot: QtBot, coming: Path
) -> None:
    """Stop cannot be pressed behind the page."""
    section_of(replying).take_in(coming)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)

    replying.middle.composer.stop.click()
    qtbot.waitUntil(lambda: "导入好了" in replying.middle.notice.text, timeout=WAIT_MS)
    assert replying.sessions.rowCount() == 2


def test_on_a_page_one_change_at_a_time_is_begun_and_one_opened_meanwhile_says_why(
    replying: MainWindow, qtbot: QtBot, coming: Path
) -> None:
    page = page_of(replying)
    assert page.backup is not None
    page.backup.take_in(coming)
    wait_until_it_waits(qtbot, replying)
    assert page.keys is not None
    assert not page.keys.rotate.isEnabled()
    page.accept()
    qtbot.waitUntil(lambda: replying.findChild(Privacy) is None, timeout=WAIT_MS)

    again = page_of(replying)
    assert again.backup is not None
    assert again.keys is not None
    assert not again.backup.buttons["import"].isEnabled()
    assert not again.keys.rotate.isEnabled()
    assert again.backup.notice.text == sentence("backup.bringing_in")

    replying.exchange.stop()
    qtbot.waitUntil(again.keys.rotate.isEnabled, timeout=WAIT_MS)
    assert again.backup.buttons["import"].isEnabled()
    assert "导入好了" in again.backup.notice.text


def test_a_second_reply_does_not_overtake_what_waits(
    replying: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = when(monkeypatch, rotation, "_rekey", lambda: is_idle(replying))
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)
    replying.begin_conversation()
    replying.send(DRAFT)
    assert replying.middle.notice.text == sentence("window.waits_for_change")

    replying.exchange.stop()
    qtbot.waitUntil(lambda: bool(idle), timeout=WAIT_MS)
    assert idle == [True]
    wait_for_words(qtbot, replying)
    assert rows(replying)[0].text == DRAFT


def test_what_is_off_the_record_waits_for_none(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    with being_changed(window):
        window.begin_conversation(off_the_record=True)
        send(qtbot, window, DRAFT)
        wait_for_end(qtbot, window)
        assert len(rows(window)) == 2


@contextmanager
def being_changed(window: MainWindow) -> Iterator[None]:
    """The whole history is being changed, in another thread, until the block ends."""
    begun, may_end = threading.Event(), threading.Event()

    def change() -> None:
        with window.exchange.long_writes.change(lambda: None):
            begun.set()
            assert may_end.wait(60)

    changing = threading.Thread(target=change)
    changing.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        may_end.set()
        changing.join()


def test_while_the_whole_history_is_being_changed_the_window_does_not_stand_still(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    """What is said then stays in the field: to write it down would be to wait."""
    window = opened()
    wait_for_model(qtbot, window)
    with being_changed(window):
        send(qtbot, window, MESSAGE)
        assert window.middle.notice.text == sentence("error.vault.being_changed")
        assert window.middle.composer.text == MESSAGE
        assert rows(window) == []

    qtbot.keyClick(window.middle.composer.field, Qt.Key.Key_Return)
    wait_for_end(qtbot, window)
    assert len(rows(window)) == 2


def test_what_waits_for_a_reply_then_has_one_afterwards(opened: OpenedWindow, qtbot: QtBot) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    window.conversation.say(MESSAGE)
    with being_changed(window):
        window.exchange.ask(window.conversation)
        assert window.middle.notice.text == sentence("window.waits_for_change")
        assert [each.text for each in rows(window)] == [MESSAGE]

    qtbot.waitUntil(lambda: len(rows(window)) == 2 and is_idle(window), timeout=WAIT_MS)
    assert rows(window)[1].text


def test_in_danger_words_written_beforehand_wait_for_no_change_that_waits_itself(
    replying: MainWindow, qtbot: QtBot
) -> None:
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)
    replying.begin_conversation()
    replying.send("我不想活了，今晚就从楼上跳下去")

    assert len(rows(replying)) == 2
    assert rows(replying)[1].text


def test_locking_does_not_wait_for_what_waits_for_a_reply(
    replying: MainWindow, closed: Path, qtbot: QtBot, coming: Path
) -> None:
    section_of(replying).take_in(coming)
    wait_until_it_waits(qtbot, replying)
    replying.lock_wanted.emit()
    assert not is_open(closed)
    wait_for_page(qtbot, replying)

    assert sentence("lock.broke_off_bringing_in") in unlock_page_of(replying).notice.text
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert [each.turns for each in vault.sessions.kept()] == [2]  # the message and its reply


def test_locking_says_that_the_data_key_is_the_old_one(
    replying: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    """The recovery sheet that was made for the new one counts for nothing."""
    before = read_envelope(closed / "vault.json")
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    replying.lock_wanted.emit()
    wait_for_page(qtbot, replying)

    assert sentence("lock.broke_off_changing_key") in unlock_page_of(replying).notice.text
    assert read_envelope(closed / "vault.json") == before
    open_with_passphrase(closed, PASSPHRASE).close()


def test_so_does_the_window_before_it_closes(
    replying: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    before = read_envelope(closed / "vault.json")
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)
    replying.close()
    assert replying.isVisible()
    qtbot.waitUntil(lambda: not tasks_of(replying), timeout=WAIT_MS)
    assert replying.middle.notice.text == sentence("error.vault.key_not_changed")
    assert replying.middle.notice.button("window.close_anyway") is not None

    replying.close()
    assert not replying.isVisible()
    assert read_envelope(closed / "vault.json") == before


def tasks_of(window: MainWindow) -> list[Change]:
    return [change for each in window.findChildren(Changing) for change in each.going_on]


def test_a_window_that_stays_says_below_why_that_nothing_was_brought_in(
    replying: MainWindow, qtbot: QtBot, coming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = section_of(replying)
    section.take_in(coming)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)
    error = DiskFullError("vault.disk_full", folder=section._vault.files.folder)
    with monkeypatch.context() as full:
        full.setattr(replying.unsent, "keep", raising(error))
        replying.close()
    qtbot.waitUntil(lambda: not tasks_of(replying), timeout=WAIT_MS)

    assert replying.middle.notice.text == f"{error}\n{sentence('window.not_brought_in')}"
    assert replying.middle.notice.button("window.close_anyway") is not None


def test_so_it_does_that_the_data_key_is_the_old_one(
    replying: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    close_page(replying)
    error = DiskFullError("vault.disk_full", folder=closed)
    with monkeypatch.context() as full:
        full.setattr(replying.unsent, "keep", raising(error))
        replying.close()
    qtbot.waitUntil(lambda: not tasks_of(replying), timeout=WAIT_MS)

    said = f"{error}\n{sentence('error.vault.key_not_changed')}"
    assert replying.middle.notice.text == said


def test_what_was_offered_before_a_change_began_begins_no_other(
    replying: MainWindow, qtbot: QtBot
) -> None:
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    page = replying.findChild(Privacy)
    assert page is not None
    assert page.backup is not None
    page.backup._bring_in(lambda: pytest.fail("begun"), lambda _: str)

    assert page.backup.notice.text == ""
    assert tasks_of(replying) == [Change.KEYS]
    page.accept()


def test_what_is_being_removed_for_good_is_not_held_up_by_a_reply_that_a_lock_ends(
    replying: MainWindow, closed: Path, qtbot: QtBot
) -> None:
    vault = section_of(replying)._vault
    close_page(replying)
    vault.sessions.add("b", Turn(Role.USER, "二"))
    vault.sessions.delete("b")
    Purging(vault, replying).begin("b")
    wait_until_it_waits(qtbot, replying)
    replying.lock_wanted.emit()
    wait_for_page(qtbot, replying)

    assert unlock_page_of(replying).notice.text == ""
    with open_with_passphrase(closed, PASSPHRASE) as again:
        assert again.sessions.trashed() == ()


def test_a_disk_that_refuses_a_new_key_behind_a_lock_is_told_of(
    replying: MainWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses, may_go = threading.Event(), threading.Event()

    def full(*_: object) -> None:
        refuses.set()
        assert may_go.wait(60)
        raise DiskFullError("vault.disk_full", folder=closed)

    monkeypatch.setattr(rotation, "_rekey", full)
    rotate(replying)
    wait_until_it_waits(qtbot, replying)
    replying.exchange.stop()
    qtbot.waitUntil(refuses.is_set, timeout=WAIT_MS)
    threading.Timer(0.2, may_go.set).start()
    replying.lock_wanted.emit()
    wait_for_page(qtbot, replying)

    assert sentence("lock.broke_off_changing_key") in unlock_page_of(replying).notice.text


def test_another_message_is_answered_after_a_change(
    opened: OpenedWindow, qtbot: QtBot, coming: Path
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    section = section_of(window)
    with qtbot.waitSignal(section.changing.brought_in, timeout=WAIT_MS):
        section.take_in(coming)
    close_page(window)

    send(qtbot, window, DRAFT)
    wait_for_end(qtbot, window)
    assert len(rows(window)) == 2
