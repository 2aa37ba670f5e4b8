"""The card's numbers corrected by the person: at once, also while locked and without a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.paths import Paths
from desktop_app.settings import read
from desktop_app.views.numbers_page import NumbersPage
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, choose_language, sentence
from tests.support.gate_fixtures import WAIT_MS, StartWindow, focus, press, unlock_page_of
from tests.support.locking import lock, unlock
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

OWN = ("学校心理老师", "021-6289 0000", "工作日白天")
EMERGENCY, FIRST_LINE = 0, 3


@pytest.fixture
def window(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    """Nobody has unlocked it."""
    assert closed.exists()
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    return window


def open_page(window: MainWindow) -> NumbersPage:
    window.show_card(shown=True)
    button = window.card.findChild(QPushButton, "numbers.correct")
    assert isinstance(button, QPushButton)
    button.click()
    page = window.care.page
    assert isinstance(page, NumbersPage)
    return page


def rewrite(page: NumbersPage, at: int, number: str) -> None:
    line = page.shipped[at].fields["number"]
    line.setFocus()
    line.clear()
    type_text(line, number)


def add_own(page: NumbersPage) -> None:
    page.add.click()
    for part, text in zip(("name", "number", "hours"), OWN, strict=True):
        type_text(page.added[-1].fields[part], text)


def rows(window: MainWindow) -> list[str]:
    window.show_card(shown=True)
    return [label.accessibleName() for label in window.card.findChildren(QLabel, "cardRow")]


def test_a_correction_is_on_the_card_once_the_keyboard_is_elsewhere(
    window: MainWindow, qtbot: QtBot
) -> None:
    page = open_page(window)
    rewrite(page, FIRST_LINE, "12356-1")
    press(qtbot, Qt.Key.Key_Tab)
    assert rows(window)[FIRST_LINE].startswith("12356-1")
    assert sentence("card.own") in rows(window)[FIRST_LINE]


def test_what_ships_is_put_back_with_one_click(window: MainWindow) -> None:
    page = open_page(window)
    before = rows(window)
    rewrite(page, FIRST_LINE, "12356-1")
    page.main.click()
    row = open_page(window).shipped[FIRST_LINE]
    assert row.button.isVisible()
    row.button.click()
    assert rows(window) == before
    assert row.fields["number"].text() == "12356"
    assert not row.button.isVisible()


def test_ones_own_is_added_and_taken_away(window: MainWindow) -> None:
    page = open_page(window)
    before = rows(window)
    add_own(page)
    page.main.click()
    assert [row for row in rows(window) if row not in before] == [
        "021-6289 0000　学校心理老师（工作日白天；你自己写的）"
    ]
    (added,) = open_page(window).added
    assert tuple(added.text(part) for part in ("name", "number", "hours")) == OWN
    added.button.click()
    assert rows(window) == before


def test_it_is_there_locked_after_a_restart_and_without_a_model(
    window: MainWindow, paths: Paths, qtbot: QtBot
) -> None:
    page = open_page(window)
    rewrite(page, EMERGENCY, "999")
    add_own(page)
    page.main.click()
    settings, problem = read(paths.settings)
    assert problem is None
    assert {each.number for each in settings.numbers} == {"999", OWN[1]}
    unlock(qtbot, window)
    lock(qtbot, window)
    assert rows(window)[EMERGENCY].startswith("999")
    assert any(row.startswith(OWN[1]) for row in rows(window))


def test_the_emergency_number_can_be_corrected_and_not_removed(window: MainWindow) -> None:
    page = open_page(window)
    before = rows(window)
    rewrite(page, EMERGENCY, "")
    page.main.click()
    row = page.shipped[EMERGENCY]
    assert window.care.page is page
    assert row.notice.text == sentence("error.care.number_without_digits")
    assert focus() is row.fields["number"]
    assert rows(window) == before
    assert not hasattr(row, "take_away")
    rewrite(page, EMERGENCY, "120")
    page.main.click()
    assert window.care.page is None


def test_nothing_is_said_while_a_number_of_ones_own_is_being_written(
    window: MainWindow, qtbot: QtBot
) -> None:
    page = open_page(window)
    page.add.click()
    (row,) = page.added
    assert focus() is row.fields["name"]
    type_text(row.fields["name"], OWN[0])
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is row.fields["number"]
    assert row.notice.text == ""
    page.shipped[EMERGENCY].fields["number"].setFocus()
    assert row.notice.text == sentence("error.care.number_without_digits")
    assert row.text("name") == OWN[0]


def test_it_says_that_this_is_not_encrypted(window: MainWindow) -> None:
    page = open_page(window)
    said = [label.accessibleName() for label in page.findChildren(QLabel)]
    assert sentence("numbers.kept") in said


def test_escape_leaves_and_keeps_what_was_written(window: MainWindow, qtbot: QtBot) -> None:
    page = open_page(window)
    rewrite(page, FIRST_LINE, "12356-1")
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert window.care.page is None
    assert rows(window)[FIRST_LINE].startswith("12356-1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_hours_that_were_not_touched_follow_the_language(
    window: MainWindow, language: Language
) -> None:
    page = open_page(window)
    rewrite(page, FIRST_LINE, "12356-1")
    page.keep()
    window.choose_language("en" if language == "zh" else "zh")
    window.choose_language(language)
    page.main.click()
    expected = {"zh": "每天至少 18 小时", "en": "at least 18 hours"}[language]
    assert expected in rows(window)[FIRST_LINE]
    choose_language(None)


@ONLY_ROOT
def test_what_a_full_disk_refuses_is_said_in_place(
    window: MainWindow, paths: Paths, small_disk: Path
) -> None:
    window._preferences._path = small_disk / "settings.json"
    fill(small_disk)
    page = open_page(window)
    rewrite(page, FIRST_LINE, "12356-1")
    page.keep()
    assert sentence("system_error.disk_full") in page.notice.text
    assert rows(window)[FIRST_LINE].startswith("12356-1")
    assert read(paths.settings)[0].numbers == ()


def test_escape_shows_a_number_that_cannot_be_called_and_then_says_that_it_is_lost(
    window: MainWindow, qtbot: QtBot
) -> None:
    unlock(qtbot, window)
    page = open_page(window)
    before = rows(window)
    rewrite(page, FIRST_LINE, "在隔壁")
    row = page.shipped[FIRST_LINE]
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert window.care.page is page
    assert row.notice.text == sentence("error.care.number_without_digits")
    assert focus() is row.fields["number"]
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert window.care.page is None
    assert window.middle.notice.text == sentence("error.care.number_not_kept")
    assert rows(window) == before


@pytest.mark.parametrize("way", ["another conversation", "exercises"])
def test_where_the_page_goes_with_such_a_number_the_conversation_says_so(
    window: MainWindow, qtbot: QtBot, way: str
) -> None:
    unlock(qtbot, window)
    rewrite(open_page(window), FIRST_LINE, "在隔壁")
    if way == "exercises":
        window.care.show_exercises()
        window.care.leave()
    else:
        window.begin_conversation(off_the_record=True)
    assert window.care.page is None
    assert window.middle.notice.text == sentence("error.care.number_not_kept")


def test_locking_says_that_such_a_number_is_lost(window: MainWindow, qtbot: QtBot) -> None:
    unlock(qtbot, window)
    rewrite(open_page(window), FIRST_LINE, "在隔壁")
    lock(qtbot, window)
    assert unlock_page_of(window).notice.text == sentence("error.care.number_not_kept")


@pytest.mark.parametrize("locked", [True, False])
def test_closing_says_it_once_and_goes_the_next_time(
    window: MainWindow, qtbot: QtBot, *, locked: bool
) -> None:
    if not locked:
        unlock(qtbot, window)
    rewrite(open_page(window), FIRST_LINE, "在隔壁")
    window.close()
    assert window.isVisible()
    assert window.care.page is None
    notice = unlock_page_of(window).notice if locked else window.middle.notice
    assert notice.text == sentence("error.care.number_not_kept")
    window.close()
    assert not window.isVisible()
