"""Age and region can be answered anew in the settings, also while locked; the card follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.paths import Paths
from desktop_app.settings import AgeBand, read
from desktop_app.views.answer_page import AnswerPage
from desktop_app.views.questions import AgeStep, RegionStep
from desktop_app.views.window import MainWindow
from tests.support.gate_fixtures import WAIT_MS, StartWindow, unlock_page_of

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


@pytest.fixture
def window(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    """Nobody has unlocked it."""
    assert closed.exists()
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    return window


def asked(window: MainWindow, key: str) -> AnswerPage:
    window.header.settings.actions_by_key()[key].trigger()
    page = window.care.page
    assert isinstance(page, AnswerPage)
    return page


def rows(window: MainWindow) -> list[str]:
    window.show_card(shown=True)
    return [label.accessibleName() for label in window.card.findChildren(QLabel, "cardRow")]


def choose(step: RegionStep, region: str) -> None:
    for row in range(step.list.count()):
        if step.list.item(row).data(Qt.ItemDataRole.UserRole) == region:
            step.list.setCurrentRow(row)


def test_another_region_has_its_numbers_on_the_card(window: MainWindow, paths: Paths) -> None:
    page = asked(window, "settings.region")
    assert isinstance(page.step, RegionStep)
    assert page.step.current == read(paths.settings)[0].region
    choose(page.step, "US")
    page.main.click()
    assert window.care.page is None
    assert read(paths.settings)[0].region == "US"
    assert rows(window)[0].startswith("911")


def test_another_age_has_lines_for_the_young(window: MainWindow, paths: Paths) -> None:
    before = rows(window)
    page = asked(window, "settings.age")
    assert isinstance(page.step, AgeStep)
    assert page.step.choices.current == read(paths.settings)[0].age
    page.step.choices.choose(AgeBand.YOUTH)
    page.main.click()
    assert read(paths.settings)[0].age is AgeBand.YOUTH
    assert rows(window) != before


def test_escape_leaves_it_and_keeps_what_is_chosen(window: MainWindow, paths: Paths) -> None:
    page = asked(window, "settings.region")
    assert isinstance(page.step, RegionStep)
    choose(page.step, "HK")
    window.care.go_back()
    assert window.care.page is None
    assert read(paths.settings)[0].region == "HK"
