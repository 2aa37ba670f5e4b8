"""Somebody the person trusts: written down once, reached from the card with one click."""

from __future__ import annotations

import gc
import urllib.parse
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.care.safety_plan import Contact, SafetyPlan
from desktop_app.paths import Paths
from desktop_app.views.contact_reach import ContactReach
from desktop_app.views.plan_page import PlanPage
from desktop_app.views.plan_reading import PlanReading
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.support.gate_fixtures import StartWindow, focus, press, unlock_page_of
from tests.support.locking import MESSAGE, lock, talk, unlock
from tests.support.programs import Programs, no_program, programs
from tests.support.vault_disk import traces
from tests.support.what_is_left import holders
from tests.support.window_run import type_text

__all__ = ["no_program", "programs"]

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

NAME, NUMBER, ADDRESS = "教我游泳的阿蓉", "139 0000 7731", "arong@example.org"
WORDS = "泳池边的那盏灯又灭了，来陪陪我"


@pytest.fixture
def window(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    """The history is open."""
    assert closed.exists()
    window = start()
    unlock(qtbot, window)
    return window


def write_down(
    window: MainWindow, number: str = NUMBER, address: str = ADDRESS, words: str = WORDS
) -> PlanPage:
    """Go from the card to where they are written, and write."""
    window.show_card(shown=True)
    button(window, "contact.write").click()
    page = window.care.page
    assert isinstance(page, PlanPage)
    for line, text in zip(page.contacts["people"].rows[0], (NAME, number, address), strict=True):
        type_text(line, text)
    type_text(page.texts["message"], words)
    return page


def button(window: MainWindow, name: str) -> QPushButton:
    QApplication.processEvents()  # the card follows the plan a moment later
    found = window.card.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def reach(window: MainWindow) -> ContactReach:
    QApplication.processEvents()
    window.show_card(shown=True)
    found = window.card.findChild(ContactReach)
    assert isinstance(found, ContactReach)
    return found


def told(window: MainWindow) -> str:
    return reach(window).done.accessibleName()


def shown(window: MainWindow) -> str:
    return "\n".join(label.accessibleName() for label in reach(window).findChildren(QLabel))


def test_the_card_leads_to_where_somebody_is_written_down(window: MainWindow, qtbot: QtBot) -> None:
    window.show_card(shown=True)
    button(window, "contact.write").click()
    page = window.care.page
    assert isinstance(page, PlanPage)
    field = page.contacts["people"].rows[0][0]
    assert focus() is field
    qtbot.waitUntil(lambda: not field.visibleRegion().isEmpty())


def test_whom_they_trust_and_the_words_are_there_after_locking(
    window: MainWindow, qtbot: QtBot
) -> None:
    write_down(window).main.click()
    lock(qtbot, window)
    unlock(qtbot, window)
    plan = SafetyPlan(people=(Contact(NAME, NUMBER, ADDRESS),), message=WORDS)
    assert window.care.plan.read() == plan


def test_one_click_prepares_a_call_a_text_and_a_mail(
    window: MainWindow, programs: Programs
) -> None:
    write_down(window).main.click()
    for each in reach(window).buttons:
        each.click()
        assert told(window) == sentence("contact.opened")
    call, text, mail = programs.opened
    assert call == "tel:13900007731"
    assert text.startswith("sms:13900007731?body=")
    assert mail.startswith(f"mailto:{ADDRESS}?subject=")
    for made in (text, mail):
        assert made.isascii()
        assert urllib.parse.unquote(made).endswith(f"body={WORDS}")


def test_the_words_are_copied_and_nothing_is_opened(window: MainWindow, programs: Programs) -> None:
    write_down(window).main.click()
    reach(window).copy.click()
    assert QGuiApplication.clipboard().text() == WORDS
    assert told(window) == sentence("contact.message_copied")
    assert programs.opened == []


def test_beside_the_buttons_it_says_that_nothing_is_sent(window: MainWindow) -> None:
    write_down(window).main.click()
    assert sentence("contact.never_sent") in shown(window)


def test_no_word_of_the_conversation_is_in_what_is_prepared(
    window: MainWindow, programs: Programs, qtbot: QtBot
) -> None:
    talk(qtbot, window, MESSAGE)
    write_down(window, words="").main.click()
    for each in (*reach(window).buttons, reach(window).copy):
        each.click()
    prepared = [*map(urllib.parse.unquote, programs.opened), QGuiApplication.clipboard().text()]
    assert all(MESSAGE not in each for each in prepared)
    assert prepared[1].endswith(sentence("contact.message"))


@pytest.mark.usefixtures("no_program")
def test_where_no_program_opens_it_what_is_needed_is_copied_and_that_is_said(
    window: MainWindow,
) -> None:
    write_down(window).main.click()
    call, text, mail = reach(window).buttons
    call.click()
    assert QGuiApplication.clipboard().text() == "13900007731"
    assert told(window) == sentence("contact.number_copied")
    for each in (text, mail):
        each.click()
        assert QGuiApplication.clipboard().text() == WORDS
        assert told(window) == sentence("contact.message_copied_instead")


def test_the_way_to_them_stands_right_below_the_emergency_numbers(window: MainWindow) -> None:
    write_down(window).main.click()
    first = reach(window).buttons[0]
    button(window, "contact.reach").click()
    assert focus() is first
    assert not first.visibleRegion().isEmpty()


@pytest.mark.parametrize(
    ("number", "address", "key"),
    [
        ("在隔壁", ADDRESS, "contact.number_without_digits"),
        (NUMBER, "lin.example.org", "contact.address_without_at"),
    ],
    ids=["number", "address"],
)
def test_what_cannot_be_used_is_one_sentence_and_nothing_is_lost(
    window: MainWindow, number: str, address: str, key: str
) -> None:
    page = write_down(window, number, address)
    page.main.click()
    rows = page.contacts["people"]
    assert rows.notice.text == sentence(key, row=1)
    assert window.care.page is page
    assert window.care.plan.read() == page.written
    page.main.click()
    assert window.care.page is None
    plan = window.care.plan.read()
    assert plan is not None
    assert plan.people == (Contact(NAME, number, address),)
    assert reach(window).buttons


def test_nothing_is_said_of_a_row_that_is_being_written(window: MainWindow, qtbot: QtBot) -> None:
    page = write_down(window, number="在", address="")
    rows = page.contacts["people"]
    rows.rows[0][1].setFocus()
    press(qtbot, Qt.Key.Key_Tab)
    assert focus() is rows.rows[0][2]
    assert rows.notice.text == ""
    press(qtbot, Qt.Key.Key_Tab)
    assert rows.notice.text == sentence("contact.number_without_digits", row=1)


def test_while_locked_nobody_is_shown_and_nothing_of_them_is_left(
    window: MainWindow, qtbot: QtBot
) -> None:
    write_down(window).main.click()
    reach(window).copy.click()
    lock(qtbot, window)
    assert window.card.isVisible()
    assert window.card.findChild(ContactReach) is None
    assert window.card.findChild(QPushButton, "contact.write") is None
    assert QGuiApplication.clipboard().text() == ""
    gc.collect()
    assert [holders(text) for text in (NAME, NUMBER, ADDRESS, WORDS)] == [[], [], [], []]


def test_while_locked_they_are_reached_where_the_plan_may_be_read_then(
    window: MainWindow, programs: Programs, qtbot: QtBot
) -> None:
    page = write_down(window)
    page.choice.box.click()
    yes, _ = page.choice.notice.findChildren(QPushButton)
    yes.click()
    lock(qtbot, window)
    reach(window).buttons[0].click()
    assert programs.opened == ["tel:13900007731"]
    unlock_page_of(window).plan.click()
    reading = window.care.page
    assert isinstance(reading, PlanReading)
    assert reading.findChild(ContactReach) is not None


def test_they_are_in_no_file(window: MainWindow, paths: Paths) -> None:
    write_down(window).main.click()
    everything = (NAME, NUMBER, ADDRESS, WORDS)
    assert [traces(paths.data.parent, text) for text in everything] == [[], [], [], []]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_button_says_whom_it_reaches(window: MainWindow, language: Language) -> None:
    write_down(window).main.click()
    window.choose_language(language)
    for each in reach(window).buttons:
        interface = QAccessible.queryAccessibleInterface(each)
        assert interface is not None
        assert NAME in interface.text(QAccessible.Text.Name)
        assert interface.text(QAccessible.Text.Name).startswith(each.text())
