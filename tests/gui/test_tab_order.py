"""Tab reaches every part of the window, in the order in which one reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.views.notice import WayOn
from desktop_app.views.tab_order import stops
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    steps_of,
    unlock_page_of,
    wait_for_sentence,
)
from tests.support.window_run import type_text, wait_for_model

pytestmark = pytest.mark.gui


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> MainWindow:
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    return opened


def tab_round(qtbot: QtBot) -> list[QWidget]:
    """Return what Tab meets until it is where it began."""
    met = [focus()]
    while True:
        qtbot.keyClick(focus(), Qt.Key.Key_Tab)
        if focus() is met[0]:
            return met
        assert focus() not in met, "it comes round without what it began with"
        met.append(focus())


def in_sight(window: MainWindow) -> list[QWidget]:
    """Return what Tab should meet, in the order in which the layouts have it."""
    return [each for each in stops(window.centralWidget()) if each.isVisible() and each.isEnabled()]


def turned(met: list[QWidget], first: QWidget) -> list[QWidget]:
    """Return a round as it is met from `first` on."""
    at = met.index(first)
    return met[at:] + met[:at]


def test_tab_goes_through_the_conversation_as_one_reads_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.say(lambda: "一句话", WayOn("window.undo", lambda: None))
    type_text(window.middle.composer.field, "在")
    window.middle.take_keyboard()
    met = tab_round(qtbot)
    assert met == turned(in_sight(window), window.middle.composer.field)
    header, side, middle = window.header, window.side, window.middle
    parts = [header.crisis, header.settings, side.new, side.list, middle.composer.field]
    assert [each for each in turned(met, in_sight(window)[0]) if each in parts] == parts


def test_tab_goes_through_the_card_as_one_reads_it(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1400, 900)
    window.show_card(shown=True)
    window.middle.take_keyboard()
    assert tab_round(qtbot) == turned(in_sight(window), window.middle.composer.field)


@pytest.mark.usefixtures("answered", "no_keyring", "closed")
def test_tab_goes_through_the_page_that_unlocks_as_one_reads_it(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    type_text(page.field.line, "not the one")
    page.main.click()
    wait_for_sentence(qtbot, page)
    met = tab_round(qtbot)
    assert met == turned(in_sight(window), page.field.line)
    own = [page.field.line, page.field.toggle, page.main, page.exercises, page.skip, page.erase]
    assert [each for each in met if each in own] == own


@pytest.mark.usefixtures("answered", "silent_keyring", "closed")
def test_tab_reaches_every_part_while_a_keyring_is_asked(
    start: StartWindow, closed: Path, data_key: bytes, qtbot: QtBot
) -> None:
    path = closed / "vault.json"
    write_envelope(path, read_envelope(path).with_keyring(data_key, b"k" * 32, "SecretService"))
    window = start()
    page = unlock_page_of(window)
    met = tab_round(qtbot)
    assert met == turned(in_sight(window), page.early.field)
    assert {page.exercises, page.skip, page.early.field} <= set(met)


@pytest.mark.usefixtures("no_keyring")
def test_tab_goes_through_the_first_steps_as_one_reads_them(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    steps = steps_of(window)
    met = tab_round(qtbot)
    assert steps.main in met or not steps.main.isEnabled()
    assert {window.header.crisis, steps.skip} <= set(met)
