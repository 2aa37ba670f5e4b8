"""A lock that comes before the gate is passed: what was about to open does not open."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import restore as restore_module
from desktop_app.vault import vault as vault_module
from desktop_app.vault.copies import VOID
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import Work
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import key_changes
from desktop_app.views import tasks as tasks_module
from desktop_app.views.bring_back_page import BringBackPage
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.sheet_offer import SheetOffer
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    gate_of,
    steps_of,
    unlock_page_of,
    wait_for_sentence,
)
from tests.support.locking import enter, is_open
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


def press_lock(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)


def asked(start: StartWindow, qtbot: QtBot) -> tuple[MainWindow, UnlockPage]:
    """Start with a history that is there, and wait until its passphrase is asked for."""
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    return window, page


def asked_anew(qtbot: QtBot, window: MainWindow, before: UnlockPage) -> UnlockPage:
    page = unlock_page_of(window)
    assert page is not before
    qtbot.waitUntil(lambda: page.field.isVisible() and page.main.isEnabled(), timeout=WAIT_MS)
    return page


def choose_passphrase(qtbot: QtBot, window: MainWindow) -> FirstSteps:
    steps = steps_of(window)
    step = steps.step
    assert isinstance(step, KeyStep)
    qtbot.waitUntil(lambda: step.choices.current == Way.PASSPHRASE, timeout=WAIT_MS)
    type_text(step.first.line, PASSPHRASE)
    type_text(step.second.line, PASSPHRASE)
    return steps


def wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name == "task":
            thread.join()


@pytest.mark.usefixtures("closed")
def test_a_passphrase_that_was_typed_is_gone(start: StartWindow, qtbot: QtBot) -> None:
    window, page = asked(start, qtbot)
    type_text(page.field.line, PASSPHRASE)
    press_lock(qtbot, window)
    assert asked_anew(qtbot, window, page).field.text == ""


def test_what_was_being_opened_stays_closed(start: StartWindow, closed: Path, qtbot: QtBot) -> None:
    window, page = asked(start, qtbot)
    type_text(page.field.line, PASSPHRASE)
    page.main.click()
    press_lock(qtbot, window)
    asked_anew(qtbot, window, page)
    wait_for_threads()
    qtbot.waitUntil(lambda: not is_open(closed), timeout=WAIT_MS)
    assert not window.passed
    enter(qtbot, window)


def test_a_history_that_was_just_made_is_closed_and_its_code_gone(
    start: StartWindow, folder: Path, qtbot: QtBot
) -> None:
    window = start()
    choose_passphrase(qtbot, window).main.click()
    gate = gate_of(window)
    qtbot.waitUntil(lambda: isinstance(gate.currentWidget(), SheetOffer), timeout=WAIT_MS)
    page = gate.currentWidget()
    assert isinstance(page, SheetOffer)
    page.main.click()
    assert page.view is not None
    code = page.view.findChildren(QLabel, "code")[0].text()
    press_lock(qtbot, window)
    assert not is_open(folder)
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    assert not [label for label in window.findChildren(QLabel) if label.text() == code]
    enter(qtbot, window)


@pytest.mark.parametrize("ended", [False, True])
def test_a_sheet_that_is_not_in_force_is_told(
    start: StartWindow, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, ended: bool
) -> None:
    """It was not in time, or the disk has refused it and the page has not come to say so."""
    reached, may_go = threading.Event(), threading.Event()
    full = DiskFullError("vault.disk_full", folder=folder)

    def refused(*_: object) -> None:
        reached.set()
        if not ended:
            assert may_go.wait(60)
        raise full

    monkeypatch.setattr(key_changes, "set_recovery", refused if ended else waiting(refused))
    window = start()
    choose_passphrase(qtbot, window).main.click()
    gate = gate_of(window)
    qtbot.waitUntil(lambda: isinstance(gate.currentWidget(), SheetOffer), timeout=WAIT_MS)
    page = gate.currentWidget()
    assert isinstance(page, SheetOffer)
    page.main.click()
    assert page.view is not None
    page.view.kept.click()
    page.main.click()
    assert reached.wait(60)
    if ended:
        wait_for_threads()
    gate.lock()
    told = str(full) if ended else sentence("lock.broke_off_changing_key")
    assert told in unlock_page_of(window).notice.text
    may_go.set()
    wait_for_threads()


def waiting(work: Callable[..., None]) -> Callable[..., None]:
    """Do it as what changes a way of opening."""

    def changing(vault: Vault, *given: object) -> None:
        with vault.database.at(Work.CHANGING_KEY):
            work(*given)

    return changing


def test_a_history_that_is_being_made_is_there_and_closed(
    start: StartWindow, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks_module, "PATIENCE_SECONDS", 60.0)  # the machine may be busy
    window = start()
    choose_passphrase(qtbot, window).main.click()
    press_lock(qtbot, window)
    assert not is_open(folder)
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    enter(qtbot, window)


@pytest.mark.usefixtures("closed")
def test_a_page_that_knows_nothing_stays_as_it_is(start: StartWindow, qtbot: QtBot) -> None:
    window, page = asked(start, qtbot)
    press_lock(qtbot, window)
    assert unlock_page_of(window) is page


def holding_passphrase() -> list[partial[object]]:
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, partial) and PASSPHRASE in (*each.args, *each.keywords.values())
    ]


def test_a_passphrase_that_met_damage_is_forgotten_with_the_way_to_a_rescue(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    (closed / "history.db").write_bytes(b"?" * 8192)
    window, page = asked(start, qtbot)
    type_text(page.field.line, PASSPHRASE)
    page.main.click()
    wait_for_sentence(qtbot, page)
    assert holding_passphrase()
    page.field.line.clear()

    press_lock(qtbot, window)

    assert asked_anew(qtbot, window, page).notice.text == ""
    assert holding_passphrase() == []


@pytest.mark.usefixtures("closed")
def test_a_passphrase_that_opened_nothing_is_not_kept_for_a_rescue(
    start: StartWindow, qtbot: QtBot
) -> None:
    window, page = asked(start, qtbot)
    type_text(page.field.line, "another one")
    page.main.click()
    wait_for_sentence(qtbot, page)
    assert not gate_of(window)._unlocking.remembers


def test_what_was_typed_for_a_copy_is_forgotten_and_the_copy_takes_no_place(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        copy = vault.backups.make().files.folder
    (closed / "history.db").write_bytes(b"?" * 8192)
    window, _ = asked(start, qtbot)
    gate = gate_of(window)
    gate._bring_back()
    page = gate.currentWidget()
    assert isinstance(page, BringBackPage)
    page.look_into(copy, PASSPHRASE)
    qtbot.waitUntil(lambda: page._seen, timeout=WAIT_MS)

    press_lock(qtbot, window)

    assert (page._secret, page._seen) == ("", False)
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    wait_for_threads()
    assert (closed / "history.db").read_bytes() == b"?" * 8192
    assert holding_passphrase() == []


def test_what_opened_meanwhile_is_closed_in_haste(
    start: StartWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy is due in place of those that hold what was purged, and has no time at all here."""
    monkeypatch.setattr(vault_module, "IN_HASTE_S", 0.0)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        vault.backups.make()
        vault.sessions.delete("a")
        vault.sessions.purge("a")
        vault.database.give_up()
    backups = VaultFiles(closed).backups
    due = list(backups.iterdir())
    assert [path.suffix for path in due] == [VOID]
    opened, may_go = threading.Event(), threading.Event()

    def open_slowly(*given: object, **named: object) -> Vault:
        vault = open_with_passphrase(*given, **named)  # type: ignore[arg-type]
        opened.set()
        assert may_go.wait(60)
        return vault

    monkeypatch.setattr(vault_module, "open_with_passphrase", open_slowly)
    window, page = asked(start, qtbot)
    type_text(page.field.line, PASSPHRASE)
    page.main.click()
    qtbot.waitUntil(opened.is_set, timeout=WAIT_MS)
    press_lock(qtbot, window)
    may_go.set()
    wait_for_threads()

    assert not is_open(closed)
    assert list(backups.iterdir()) == due


@pytest.mark.parametrize(
    ("point", "becomes"), [("restore.unpacked", False), ("restore.arriving", True)]
)
def test_a_copy_that_takes_the_place_has_it_or_not(
    start: StartWindow,
    closed: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    *,
    becomes: bool,
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        copy = vault.backups.make().files.folder
    (closed / "history.db").write_bytes(b"?" * 8192)
    window, _ = asked(start, qtbot)
    gate_of(window)._bring_back()
    page = gate_of(window).currentWidget()
    assert isinstance(page, BringBackPage)
    page.look_into(copy, PASSPHRASE)
    qtbot.waitUntil(lambda: page._seen, timeout=WAIT_MS)
    reached, may_go = threading.Event(), threading.Event()

    def held(name: str) -> None:
        if name == point:
            reached.set()
            assert may_go.wait(60)

    monkeypatch.setattr(restore_module, "crash_point", held)
    monkeypatch.setattr(tasks_module, "PATIENCE_SECONDS", 0.1)
    page.main.click()
    qtbot.waitUntil(reached.is_set, timeout=WAIT_MS)
    press_lock(qtbot, window)
    stopped = sentence("lock.broke_off_taking_place") in unlock_page_of(window).notice.text
    may_go.set()
    wait_for_threads()

    assert stopped is not becomes
    aside = closed.with_name("vault.damaged-1")
    old = (aside if becomes else closed) / "history.db"
    assert old.read_bytes() == b"?" * 8192
    assert aside.exists() is becomes
    assert not is_open(closed)
    assert not [path for path in closed.parent.iterdir() if "restoring" in path.name]
    assert holding_passphrase() == []
    if becomes:
        with open_with_passphrase(closed, PASSPHRASE) as vault:
            assert [session.turns for session in vault.sessions.kept()] == [1]
