"""The conversation on the screen: long, selectable, quiet while a reply is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, TurnState
from desktop_app.views.appearance import Appearance
from desktop_app.views.bubble import KEPT_LAYOUTS, BubbleDelegate
from desktop_app.views.message import Index, Message, Messages
from desktop_app.views.transcript import Transcript
from tests.support.painted import Painted
from tests.support.shown import show

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transcript(qapp: QApplication, qtbot: QtBot) -> Iterator[Transcript]:
    view = Transcript(Appearance(qapp))
    qtbot.addWidget(view)
    view.resize(700, 500)
    show(qtbot, view)
    yield view
    view.setModel(None)


def talk(count: int) -> Messages:
    """So many messages of different lengths, alternating."""
    roles = cycle((Role.USER, Role.ASSISTANT))
    return Messages(
        Message(role, f"第{number}条。" + "说一句话，" * (number * 7 % 23))
        for number, role in zip(range(count), roles, strict=False)
    )


def in_sight(view: Transcript, row: int) -> bool:
    rect = view.visualRect(view.row_index(row))
    return rect.bottom() > 0 and rect.top() < view.viewport().height()


def place_of(view: Transcript, row: int, position: int) -> QPoint:
    """Where a character of a row stands in the viewport."""
    bubble = view._bubble(row)
    block = bubble.document.findBlock(position)
    line = block.layout().lineForTextPosition(position - block.position())
    x, _ = line.cursorToX(position - block.position())
    at = bubble.document.documentLayout().blockBoundingRect(block).topLeft()
    corner = view.visualRect(view.row_index(row)).topLeft().toPointF()
    inside = at.toPoint() + QPoint(round(x), round(line.y() + line.height() / 2))
    return (corner + bubble.text_at).toPoint() + inside


def test_five_thousand_messages_open_at_their_end(transcript: Transcript) -> None:
    transcript.setModel(talk(5000))
    assert in_sight(transcript, 4999)
    assert transcript.at_end()
    assert len(transcript._bubbles._layouts) <= KEPT_LAYOUTS


def test_five_thousand_messages_scroll_to_their_beginning(transcript: Transcript) -> None:
    transcript.setModel(talk(5000))
    transcript.verticalScrollBar().setValue(0)
    assert in_sight(transcript, 0)
    assert transcript.visualRect(transcript.row_index(0)).top() == 0


def test_scrolling_up_moves_what_is_read_by_exactly_that_much(transcript: Transcript) -> None:
    transcript.setModel(talk(400))
    bar = transcript.verticalScrollBar()
    for _ in range(100):
        row = transcript.row_near(QPoint(0, 5))
        before = transcript.visualRect(transcript.row_index(row)).top()
        bar.setValue(bar.value() - 90)
        assert transcript.visualRect(transcript.row_index(row)).top() == before + 90


def part_hidden(view: Transcript) -> float:
    """The row at the upper edge, and how much of it is above that: 7.25 is a quarter of row 7."""
    row = view.row_near(QPoint(0, 0))
    rect = view.visualRect(view.row_index(row))
    return row - rect.top() / rect.height()


@pytest.mark.parametrize("width", [420, 1000])
def test_another_width_leaves_what_is_read_at_the_upper_edge(
    transcript: Transcript, width: int
) -> None:
    transcript.setModel(talk(400))
    bar = transcript.verticalScrollBar()
    for value in (0, bar.maximum() // 3, bar.maximum() - 1500):
        transcript.resize(700, 500)
        bar.setValue(value)
        before = part_hidden(transcript)
        heights = [transcript.heights.height(int(before)), 0]
        transcript.resize(width, 500)
        heights[1] = transcript.heights.height(int(before))
        assert part_hidden(transcript) == pytest.approx(before, abs=1 / min(heights))


def test_another_width_stays_at_the_end_where_that_was_in_sight(transcript: Transcript) -> None:
    transcript.setModel(talk(400))
    for width, height in ((420, 500), (1000, 300), (700, 700)):
        transcript.resize(width, height)
        assert transcript.at_end()
        assert in_sight(transcript, 399)


def test_other_messages_are_shown_at_their_end(transcript: Transcript) -> None:
    transcript.setModel(talk(400))
    transcript.verticalScrollBar().setValue(100)
    transcript.setModel(talk(300))
    assert transcript.at_end()
    assert in_sight(transcript, 299)


def test_another_width_leaves_what_is_selected(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(Messages([Message(Role.ASSISTANT, "今天慢慢说就好")]))
    sight = transcript.viewport()
    qtbot.mousePress(sight, LEFT, pos=place_of(transcript, 0, 2))
    qtbot.mouseMove(sight, place_of(transcript, 0, 5))
    qtbot.mouseRelease(sight, LEFT, pos=place_of(transcript, 0, 5))
    transcript.resize(420, 500)
    assert transcript.selected_text() == "慢慢说"
    assert transcript._bubbles.spans
    transcript.setModel(talk(2))
    assert transcript.selected_text() == ""


def test_a_growing_reply_stays_in_sight(transcript: Transcript) -> None:
    messages = talk(50)
    transcript.setModel(messages)
    messages.add(Message(Role.ASSISTANT, "", TurnState.GROWING))
    for _ in range(40):
        messages.grow("这是一段正在写的回复，")
        assert transcript.at_end()


def test_a_growing_reply_leaves_someone_who_reads_above_alone(transcript: Transcript) -> None:
    messages = talk(50)
    transcript.setModel(messages)
    messages.add(Message(Role.ASSISTANT, "", TurnState.GROWING))
    transcript.verticalScrollBar().setValue(100)
    row = transcript.row_near(QPoint(0, 5))
    before = transcript.visualRect(transcript.row_index(row)).top()
    for _ in range(40):
        messages.grow("这是一段正在写的回复，")
    assert transcript.visualRect(transcript.row_index(row)).top() == before


@pytest.mark.parametrize("before", [2, 40], ids=["all in sight", "scrolled to the end"])
def test_only_the_message_that_is_written_is_painted(
    transcript: Transcript, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Lines are added to it; what stands above is moved as it is painted already."""
    messages = talk(before)
    transcript.setModel(messages)
    messages.add(Message(Role.ASSISTANT, "好", TurnState.GROWING))
    painted = Painted(transcript.viewport())

    def grow() -> None:
        painted.regions.clear()
        messages.grow("慢慢说，没有关系。")
        qtbot.waitUntil(lambda: bool(painted.regions))

    transcript.executeDelayedItemsLayout()  # of the new row
    grow()
    rows: list[int] = []
    paint = BubbleDelegate.paint

    def noted(
        delegate: BubbleDelegate, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        rows.append(index.row())
        paint(delegate, painter, option, index)

    monkeypatch.setattr(BubbleDelegate, "paint", noted)
    line = transcript.visualRect(transcript.row_index(before)).height()
    for _ in range(20):
        grow()
    assert transcript.visualRect(transcript.row_index(before)).height() > 3 * line
    assert len(rows) >= 20
    assert set(rows) == {before}


def test_dragging_selects_text_and_copies_it(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(Messages([Message(Role.ASSISTANT, "今天慢慢说就好")]))
    sight = transcript.viewport()
    qtbot.mousePress(sight, LEFT, pos=place_of(transcript, 0, 2))
    qtbot.mouseMove(sight, place_of(transcript, 0, 5))
    qtbot.mouseRelease(sight, LEFT, pos=place_of(transcript, 0, 5))
    assert transcript.selected_text() == "慢慢说"
    qtbot.keyClick(transcript, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "慢慢说"


def test_a_selection_may_run_over_messages(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(Messages([Message(Role.USER, "我很累"), Message(Role.ASSISTANT, "我在听")]))
    sight = transcript.viewport()
    qtbot.mousePress(sight, LEFT, pos=place_of(transcript, 0, 1))
    qtbot.mouseMove(sight, place_of(transcript, 1, 2))
    qtbot.mouseRelease(sight, LEFT, pos=place_of(transcript, 1, 2))
    assert transcript.selected_text() == "很累\n\n我在"


def test_a_click_selects_nothing(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(talk(2))
    qtbot.mouseClick(transcript.viewport(), LEFT, pos=place_of(transcript, 0, 1))
    assert transcript.selected_text() == ""


def test_without_a_selection_the_current_message_is_copied(
    transcript: Transcript, qtbot: QtBot
) -> None:
    transcript.setModel(Messages([Message(Role.USER, "一"), Message(Role.ASSISTANT, "二**三**")]))
    transcript.setFocus()
    qtbot.keyClick(transcript, Qt.Key.Key_End)
    qtbot.keyClick(transcript, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "二**三**"


def test_select_all_takes_every_message(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(Messages([Message(Role.USER, "一"), Message(Role.ASSISTANT, "二")]))
    qtbot.keyClick(transcript, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert transcript.selected_text() == "一\n\n二"


def test_the_keyboard_walks_through_messages(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.setModel(talk(300))
    transcript.setFocus()
    qtbot.keyClick(transcript, Qt.Key.Key_Home)
    assert in_sight(transcript, 0)
    for _ in range(12):
        qtbot.keyClick(transcript, Qt.Key.Key_Down)
        assert in_sight(transcript, transcript.currentIndex().row())
    assert transcript.currentIndex().row() == 12


SHIFT = Qt.KeyboardModifier.ShiftModifier
BY_WORD = SHIFT | Qt.KeyboardModifier.ControlModifier


def press(
    qtbot: QtBot, view: Transcript, key: Qt.Key, keys: Qt.KeyboardModifier, times: int
) -> None:
    for _ in range(times):
        qtbot.keyClick(view, key, keys)


@pytest.fixture
def spoken(transcript: Transcript) -> Transcript:
    """Two messages; the first is the current one."""
    transcript.setModel(
        Messages([Message(Role.USER, "one two three"), Message(Role.ASSISTANT, "four five six")])
    )
    transcript.setCurrentIndex(transcript.row_index(0))
    return transcript


def test_shift_and_an_arrow_select_letters_of_the_current_message(
    spoken: Transcript, qtbot: QtBot
) -> None:
    press(qtbot, spoken, Qt.Key.Key_Right, SHIFT, 4)
    assert spoken.selected_text() == "one "
    press(qtbot, spoken, Qt.Key.Key_Left, SHIFT, 1)
    qtbot.keyClick(spoken, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "one"


def test_with_ctrl_they_select_words(spoken: Transcript, qtbot: QtBot) -> None:
    press(qtbot, spoken, Qt.Key.Key_Right, BY_WORD, 2)
    assert spoken.selected_text() == "one two "


def test_backwards_they_begin_at_the_end_of_a_message(spoken: Transcript, qtbot: QtBot) -> None:
    press(qtbot, spoken, Qt.Key.Key_Left, BY_WORD, 1)
    assert spoken.selected_text() == "three"


def test_in_another_message_they_begin_anew(spoken: Transcript, qtbot: QtBot) -> None:
    press(qtbot, spoken, Qt.Key.Key_Right, BY_WORD, 1)
    qtbot.keyClick(spoken, Qt.Key.Key_Down)
    press(qtbot, spoken, Qt.Key.Key_Right, BY_WORD, 1)
    assert spoken.selected_text() == "four "


def test_they_go_on_where_the_mouse_began(spoken: Transcript, qtbot: QtBot) -> None:
    qtbot.mouseDClick(spoken.viewport(), LEFT, pos=place_of(spoken, 0, 5))
    press(qtbot, spoken, Qt.Key.Key_Right, BY_WORD, 1)
    assert spoken.selected_text() == "two "


def test_what_they_reach_below_the_window_is_scrolled_to(
    transcript: Transcript, qtbot: QtBot
) -> None:
    transcript.setModel(Messages([Message(Role.USER, "说一句话，" * 600)]))
    transcript.setCurrentIndex(transcript.row_index(0))
    transcript.verticalScrollBar().setValue(0)
    press(qtbot, transcript, Qt.Key.Key_Left, SHIFT, 1)
    assert transcript.viewport().rect().contains(place_of(transcript, 0, 5 * 600 - 1))
    press(qtbot, transcript, Qt.Key.Key_Left, SHIFT, 1)
    assert transcript.selected_text() == "话，"
