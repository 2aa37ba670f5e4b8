"""The exercises: in reach of everyone, locked or not; one step at a time, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.care.exercises import exercises
from desktop_app.paths import Paths
from desktop_app.settings import Settings, write
from desktop_app.views.exercises_page import ExercisesPage
from desktop_app.views.window import LEAST_SIZE, MainWindow
from resources.messages import LANGUAGES, Language, choose_language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import WAIT_MS, StartWindow, focus, press, unlock_page_of
from tests.support.locking import unlock
from tests.support.window_run import rows, send, wait_for_end, wait_for_model

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("no_keyring")]


@pytest.fixture
def locked(start: StartWindow, answered: None, closed: Path, qtbot: QtBot) -> MainWindow:
    """The window asks for the passphrase."""
    assert answered is None
    assert closed.exists()
    window = start()
    qtbot.waitUntil(unlock_page_of(window).field.isVisible, timeout=WAIT_MS)
    return window


def page_of(window: MainWindow) -> ExercisesPage:
    page = window.care.page
    assert isinstance(page, ExercisesPage)
    assert page.isVisible()
    return page


def by_keys(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)


def from_the_card(window: MainWindow, _: QtBot) -> None:
    window.show_card(shown=True)
    window.card.exercises.click()


def from_the_menu(window: MainWindow, _: QtBot) -> None:
    window.header.settings.actions_by_key()["settings.exercises"].trigger()


def from_the_page_that_unlocks(window: MainWindow, _: QtBot) -> None:
    unlock_page_of(window).exercises.click()


WAYS = [by_keys, from_the_card, from_the_menu]
Way = Callable[[MainWindow, QtBot], None]


@pytest.mark.parametrize("way", [*WAYS, from_the_page_that_unlocks])
def test_they_open_while_locked(locked: MainWindow, way: Way, qtbot: QtBot) -> None:
    way(locked, qtbot)
    assert list(page_of(locked).buttons_by_id) == list(exercises())
    assert not locked.passed


@pytest.mark.parametrize("way", WAYS)
def test_they_open_beside_the_first_steps(
    start: StartWindow, paths: Paths, way: Way, qtbot: QtBot
) -> None:
    write(paths.settings, Settings(language="zh"))
    window = start()
    way(window, qtbot)
    page_of(window)


@pytest.mark.parametrize("way", WAYS)
def test_they_open_in_the_conversations_place(
    open_window: OpenWindow, tiny_model: Path, way: Way, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    way(window, qtbot)
    page_of(window)
    assert not window.middle.composer.isVisible()
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert window.care.page is None
    assert window.middle.composer.isVisible()
    assert focus() is window.middle.composer.field


def test_leaving_them_while_locked_goes_back_to_the_passphrase(
    locked: MainWindow, qtbot: QtBot
) -> None:
    by_keys(locked, qtbot)
    page_of(locked).skip.click()
    assert focus() is unlock_page_of(locked).field.line


@pytest.mark.parametrize("name", exercises())
def test_the_keyboard_alone_goes_through_one(locked: MainWindow, name: str, qtbot: QtBot) -> None:
    by_keys(locked, qtbot)
    page = page_of(locked)
    for _ in range(list(exercises()).index(name)):
        press(qtbot, Qt.Key.Key_Tab)
    assert focus() is page.buttons_by_id[name]
    press(qtbot, Qt.Key.Key_Return)
    assert said(page)[0] == exercises()[name].title
    for step in exercises()[name].steps:
        press(qtbot, Qt.Key.Key_Return)
        assert step in said(page)
    assert page.main.text() == sentence("exercises.done")
    press(qtbot, Qt.Key.Key_Return)
    assert locked.care.page is None


def said(page: ExercisesPage) -> list[str]:
    return [label.accessibleName() for label in page._shown.findChildren(QLabel)]


def test_before_the_first_step_it_says_what_it_is_not_and_where_it_is_from(
    locked: MainWindow,
) -> None:
    locked.care.show_exercises(("muscles", 0))
    assert sentence("exercises.limits") in said(page_of(locked))
    assert any(exercises()["muscles"].source in line for line in said(page_of(locked)))


def test_one_goes_back_and_to_the_others(locked: MainWindow) -> None:
    locked.care.show_exercises(("grounding", 2))
    page = page_of(locked)
    page.back.click()
    assert page.place == ("grounding", 1)
    page.others.click()
    assert page.exercise is None
    assert focus() is page.buttons_by_id["breathing"]


def test_a_circle_keeps_the_time_and_can_be_stopped(locked: MainWindow, qtbot: QtBot) -> None:
    locked.care.show_exercises(("breathing", 2))
    page = page_of(locked)
    breath, pause = page.breath, page.pause
    assert breath is not None
    assert pause is not None
    qtbot.waitUntil(lambda: breath.running)
    assert breath.word == sentence("exercises.breathe_in")
    pause.click()
    assert not breath.running
    assert pause.text() == sentence("exercises.resume")
    breath.show_moment(4.5)
    assert breath.word == sentence("exercises.breathe_out")
    pause.click()
    assert breath.running
    assert breath.word == sentence("exercises.breathe_in")


def test_the_circle_stands_when_nobody_sees_it(locked: MainWindow) -> None:
    locked.care.show_exercises(("breathing", 2))
    breath = page_of(locked).breath
    assert breath is not None
    locked.hide()
    assert not breath.running


@pytest.mark.usefixtures("answered")
def test_locking_and_unlocking_interrupt_nobody(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    assert closed.exists()
    window = start()
    unlock(qtbot, window)
    window.care.show_exercises(("grounding", 3))
    window.lock_wanted.emit()
    qtbot.waitUntil(lambda: not window.passed, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.care.page is not None and window.care.page.isVisible())
    assert page_of(window).place == ("grounding", 3)
    qtbot.waitUntil(unlock_page_of(window).main.isEnabled, timeout=WAIT_MS)
    assert focus() is page_of(window).main
    window.care.leave()
    unlock(qtbot, window)
    assert window.care.page is None


def test_a_reply_that_is_being_written_goes_on_below(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    send(qtbot, window, "你好。")
    by_keys(window, qtbot)
    wait_for_end(qtbot, window)
    page_of(window)
    window.care.leave()
    assert len(rows(window)) == 2
    assert window.middle.transcript.isVisible()


def test_a_conversation_that_is_begun_takes_their_place(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    by_keys(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.care.page is None
    assert window.middle.composer.isVisible()


def test_in_a_small_window_the_card_makes_way_and_comes_back(
    locked: MainWindow, qtbot: QtBot
) -> None:
    locked.resize(*LEAST_SIZE)
    from_the_card(locked, qtbot)
    page_of(locked)
    assert not locked.card.isVisible()
    qtbot.keyClick(locked, Qt.Key.Key_F1)
    assert locked.card.isVisible()
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert not locked.card.isVisible()
    page_of(locked)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", [(None, 0), ("breathing", 0), ("breathing", 2)])
def test_everything_has_a_name_in_both_languages(
    locked: MainWindow, language: Language, place: tuple[str | None, int]
) -> None:
    locked.care.show_exercises(place)
    locked.choose_language("en" if language == "zh" else "zh")
    locked.choose_language(language)
    page = page_of(locked)
    for widget in page.findChildren(QWidget):
        if widget.isVisible() and isinstance(widget, (QAbstractButton, QLabel)):
            interface = QAccessible.queryAccessibleInterface(widget)
            assert interface is not None
            assert interface.text(QAccessible.Text.Name).strip(), widget
    choose_language(language)
    expected = exercises()["breathing"].title
    assert expected in said(page) or page.buttons_by_id["breathing"].text() == expected
    QApplication.processEvents()
