"""After the first steps a recovery sheet is offered; it counts when the person has it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import open_with_passphrase, slots
from desktop_app.views import key_changes
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.sheet_offer import SheetOffer
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    gate_of,
    steps_of,
    unlock_page_of,
    wait_for_conversation,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


def offered(start: StartWindow, qtbot: QtBot) -> tuple[MainWindow, SheetOffer]:
    """Make a history with PASSPHRASE and wait for the offer."""
    window = start()
    steps = steps_of(window)
    step = steps.step
    assert isinstance(step, KeyStep)
    qtbot.waitUntil(lambda: step.choices.current == Way.PASSPHRASE, timeout=WAIT_MS)
    type_text(step.first.line, PASSPHRASE)
    type_text(step.second.line, PASSPHRASE)
    steps.main.click()
    gate = gate_of(window)
    qtbot.waitUntil(lambda: isinstance(gate.currentWidget(), SheetOffer), timeout=WAIT_MS)
    page = gate.currentWidget()
    assert isinstance(page, SheetOffer)
    return window, page


def test_the_offer_can_be_declined(start: StartWindow, qtbot: QtBot, folder: Path) -> None:
    window, page = offered(start, qtbot)
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    assert slots(folder) == {SlotKind.PASSPHRASE}


def test_the_sheet_that_was_kept_opens_the_history(
    start: StartWindow, qtbot: QtBot, folder: Path
) -> None:
    window, page = offered(start, qtbot)
    page.main.click()
    assert page.view is not None
    assert not page.main.isEnabled()
    code = "".join(label.text() for label in page.view.findChildren(QLabel, "code"))
    page.view.kept.click()
    page.main.click()
    qtbot.waitUntil(lambda: window.passed, timeout=WAIT_MS)
    assert slots(folder) == {SlotKind.PASSPHRASE, SlotKind.RECOVERY}
    envelope = read_envelope(folder / "vault.json")
    opened = envelope.open_with_recovery(RecoveryCode.read(code))
    assert opened == envelope.open_with_passphrase(PASSPHRASE)


def test_a_sheet_that_the_disk_refuses_does_not_count_yet_and_can_be_tried_again(
    start: StartWindow, qtbot: QtBot, folder: Path
) -> None:
    window, page = offered(start, qtbot)
    page.main.click()
    assert page.view is not None
    in_the_way = folder / "vault.json.part"
    in_the_way.mkdir()
    page.view.kept.click()
    page.main.click()
    qtbot.waitUntil(lambda: page.notice.text != "", timeout=WAIT_MS)
    assert page.notice.text.splitlines()[1:] == [sentence("keys.offer_not_yet")]

    in_the_way.rmdir()
    page.main.click()
    qtbot.waitUntil(lambda: window.passed, timeout=WAIT_MS)
    assert slots(folder) == {SlotKind.PASSPHRASE, SlotKind.RECOVERY}


def test_it_cannot_be_declined_while_it_is_put_in_force_and_can_when_that_failed(
    start: StartWindow, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = offered(start, qtbot)
    may_go = threading.Event()

    def held(*_: object) -> None:
        assert may_go.wait(60)
        raise DiskFullError("vault.disk_full", folder=folder)

    monkeypatch.setattr(key_changes, "set_recovery", held)
    page.main.click()
    assert page.view is not None
    assert page.skip.isEnabled()
    page.view.kept.click()
    page.main.click()
    assert not page.skip.isEnabled()

    may_go.set()
    qtbot.waitUntil(page.skip.isEnabled, timeout=WAIT_MS)
    assert page.main.isEnabled()
    assert page.notice.text


def test_leaving_at_the_offer_closes_the_history(
    start: StartWindow, qtbot: QtBot, folder: Path
) -> None:
    window, _ = offered(start, qtbot)
    gate_of(window).end()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_closed_history_is_erased_and_the_steps_begin_anew(
    start: StartWindow, qtbot: QtBot, folder: Path
) -> None:
    create(folder, passphrase=PASSPHRASE).close()
    window = start()
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    gate_of(window).erase()
    gate = gate_of(window)
    qtbot.waitUntil(lambda: isinstance(gate.currentWidget(), FirstSteps), timeout=WAIT_MS)
    assert isinstance(steps_of(window).step, KeyStep)
    assert not folder.exists()
