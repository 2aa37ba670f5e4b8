"""Small windows and large text: nothing a person needs is cut, help least of all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.message import Message
from desktop_app.views.notice import WayOn
from desktop_app.views.window import LEAST_SIZE, MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import wait_for_model

pytestmark = pytest.mark.gui

LARGEST = 5
"""Steps from the normal text size to 200 %."""
WIDE = (1120, 760)
EVERY = pytest.mark.parametrize(
    ("size", "steps", "language"),
    list(itertools.product([LEAST_SIZE, WIDE], [0, LARGEST], LANGUAGES)),
)


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    yield opened
    opened._appearance.zoom(0)


def arrange(
    qtbot: QtBot, window: MainWindow, size: tuple[int, int], steps: int, language: Language
) -> None:
    """Give the window a size, a text size and a language; a conversation is on the screen."""
    window.conversation.messages.add(Message(Role.USER, "你好"))
    window._refresh()
    window.choose_language(language)
    window._appearance.zoom(0)
    for _ in range(steps):
        window._appearance.zoom(1)
    window.resize(*size)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)


def is_whole(window: MainWindow, widget: QWidget) -> bool:
    """Whether a widget is as large as it has to be, and inside the window."""
    least = widget.minimumSizeHint()
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    return (
        widget.isVisible()
        and widget.width() >= least.width()
        and widget.height() >= least.height()
        and window.rect().contains(place)
    )


@EVERY
def test_no_button_of_the_line_above_is_cut(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], steps: int, language: Language
) -> None:
    arrange(qtbot, window, size, steps, language)
    header = window.header
    for wanted in (None, True):
        window.sharing.side_wanted = wanted
        window.sharing.share()
        for button in (header.crisis, header.side, header.more, header.settings):
            qtbot.waitUntil(partial(is_whole, window, button))
        assert header.crisis.width() >= header.crisis.sizeHint().width()


@EVERY
def test_what_is_written_into_is_whole_also_below_a_notice(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], steps: int, language: Language
) -> None:
    arrange(qtbot, window, size, steps, language)
    ways = [WayOn(key, lambda: None) for key in ("settings.choose_model", "window.try_again")]
    window.middle.notice.say(lambda: sentence("error.model.missing", path="/model.gguf"), *ways)
    composer = window.middle.composer
    for part in (composer, composer.send, window.middle.notice):
        qtbot.waitUntil(partial(is_whole, window, part))
    qtbot.waitUntil(lambda: composer.rect().contains(composer.field.geometry()))


@EVERY
def test_what_the_field_says_before_anything_is_written_is_one_line(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], steps: int, language: Language
) -> None:
    arrange(qtbot, window, size, steps, language)
    for wanted in (None, True):
        window.sharing.side_wanted = wanted
        window.sharing.share()
        field = window.middle.composer.field
        field.grab()  # what is asked for is laid out
        said = field.placeholderText()
        assert said
        assert field.fontMetrics().horizontalAdvance(said) <= field.viewport().width()


@EVERY
def test_the_program_is_named_below_the_field(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], steps: int, language: Language
) -> None:
    arrange(qtbot, window, size, steps, language)
    line = window.middle._program
    qtbot.waitUntil(lambda: line.height() >= line.heightForWidth(line.width()))
    assert is_whole(window, line)


@pytest.mark.parametrize(("width", "beside"), [(1120, True), (800, False), (LEAST_SIZE[0], False)])
def test_the_card_stands_beside_the_conversation_or_in_its_place(
    window: MainWindow, width: int, *, beside: bool
) -> None:
    window.resize(width, 700)
    window.show_card(shown=True)
    assert window.middle.isVisible() is beside
    assert window.card.width() == (theme.CARD_WIDTH if beside else width)
    window.show_card(shown=False)
    assert window.middle.composer.field.hasFocus()


def test_the_list_grows_with_the_text(window: MainWindow) -> None:
    window.resize(1120, 760)
    assert window.side.width() == theme.SIDE_WIDTH
    for _ in range(LARGEST):
        window._appearance.zoom(1)
    assert window.side.width() == 2 * theme.SIDE_WIDTH


def test_a_list_that_stands_in_the_conversations_place_goes_when_one_was_chosen(
    window: MainWindow,
) -> None:
    for _ in range(LARGEST):
        window._appearance.zoom(1)
    window.resize(*LEAST_SIZE)
    assert window.side.isHidden()
    window.header.side.click()
    assert window.side.isVisible()
    assert not window.middle.isVisible()
    window.side.new.click()
    assert window.side.isHidden()
    assert window.middle.composer.field.hasFocus()


def test_who_goes_through_that_list_by_keys_has_it_until_enter(
    window: MainWindow, qtbot: QtBot
) -> None:
    for text in ("一", "二", "三"):
        window.begin_conversation(off_the_record=True)
        window.conversation.say(text)
    for _ in range(LARGEST):
        window._appearance.zoom(1)
    window.resize(*LEAST_SIZE)
    window.header.side.click()
    window.side.list.setFocus()
    window.side.list.setCurrentIndex(window.sessions.index(0))

    for _ in range(2):
        qtbot.keyClick(window.side.list, Qt.Key.Key_Down)
    assert window.side.isVisible()
    qtbot.keyClick(window.side.list, Qt.Key.Key_Return)

    assert window.side.isHidden()
    assert window.conversation.messages.message(0).text == "一"
    assert window.middle.composer.field.hasFocus()


@pytest.mark.parametrize("way", ["click", "enter"])
@pytest.mark.parametrize(
    ("size", "steps"), [(LEAST_SIZE, LARGEST), (WIDE, 0)], ids=["narrow", "wide"]
)
def test_who_takes_up_the_conversation_behind_a_page_sees_it(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], steps: int, way: str
) -> None:
    arrange(qtbot, window, size, steps, "zh")
    window.care.show_exercises()
    window.sharing.show_side()

    if way == "click":
        click_current_row(qtbot, window)
    else:
        window.side.list.setFocus()
        qtbot.keyClick(window.side.list, Qt.Key.Key_Return)

    assert window.care.page is None
    assert window.middle.composer.isVisible()
    assert window.middle.composer.field.hasFocus()


def test_delete_after_a_click_on_a_row_is_about_the_row(window: MainWindow, qtbot: QtBot) -> None:
    arrange(qtbot, window, WIDE, 0, "zh")

    click_current_row(qtbot, window)

    assert window.side.list.hasFocus()


def test_a_click_on_a_row_of_a_list_that_makes_way_leads_to_the_field(
    window: MainWindow, qtbot: QtBot
) -> None:
    arrange(qtbot, window, LEAST_SIZE, LARGEST, "zh")
    window.sharing.show_side()
    assert window.room.isHidden()

    click_current_row(qtbot, window)

    assert window.side.isHidden()
    assert window.middle.composer.field.hasFocus()


def click_current_row(qtbot: QtBot, window: MainWindow) -> None:
    rows = window.side.list
    QApplication.processEvents()  # where a row stands is known once it has been laid out
    place = rows.visualRect(rows.currentIndex()).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.mark.parametrize("way", ["list", "menu"])
def test_a_card_in_the_place_of_all_the_rest_makes_way_for_the_list_one_asks_for(
    window: MainWindow, qtbot: QtBot, way: str
) -> None:
    arrange(qtbot, window, LEAST_SIZE, 0, "zh")
    window.show_card(shown=True)
    assert not window.room.isVisible()
    button = window.header.side if way == "list" else window.header.more
    button.click()
    for menu in window.side.findChildren(QMenu):
        menu.close()
    assert window.side.isVisible()
    assert window.side.list.isVisible()
    assert not window.card.isVisible()
    assert window.header.crisis.isVisible()  # the card is one click away, as ever
    if way == "list":
        button.click()
        assert not window.side.isVisible()
        assert window.middle.isVisible()


def test_a_button_of_the_list_leaves_out_what_does_not_fit_in_the_middle(
    window: MainWindow,
) -> None:
    button = window.side.off_the_record
    window.choose_language("en")
    button.setFixedWidth(button.minimumSizeHint().width())
    head, _, tail = button.shown_text().partition("…")
    assert head
    assert button.text().startswith(head)
    assert button.text().endswith(tail)
    assert button.text() == sentence("window.begin_off_the_record")
