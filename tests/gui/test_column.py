"""The column one reads and writes in: one for both, and one's own words in sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import Vault
from desktop_app.views import theme
from desktop_app.views.columns import margin_beside
from desktop_app.views.window import LEAST_SIZE, MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.window_run import rows, send, wait_for_end, wait_for_model, wait_for_words

pytestmark = pytest.mark.gui


def talk(vault: Vault, count: int) -> None:
    """Keep so many messages, alternating, each longer than a line."""
    for number in range(count):
        role = Role.ASSISTANT if number % 2 else Role.USER
        vault.sessions.add("talk", Turn(role, f"{number}。" + "说一句话，" * 12))


@pytest.fixture
def long_talk(open_window: OpenWindow, vault: Vault, tiny_model: Path, qtbot: QtBot) -> MainWindow:
    talk(vault, 40)
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    return window


def row_reaches(window: MainWindow, row: int) -> tuple[int, int]:
    """The left and right edge of a message's ground, in pixels of the window's middle."""
    view = window.middle.transcript
    ground = view._bubble(row).ground
    left = view.viewport().mapTo(window.middle, QPoint(0, 0)).x()
    return left + round(ground.left()), left + round(ground.right())


def test_a_message_sent_while_one_reads_further_up_is_in_sight(
    long_talk: MainWindow, qtbot: QtBot
) -> None:
    view = long_talk.middle.transcript
    view.verticalScrollBar().setValue(0)
    send(qtbot, long_talk, "我想说一件新的事情。")
    said = next(at for at, row in enumerate(rows(long_talk)) if row.text.startswith("我想说"))
    assert view.viewport().rect().intersects(view.visualRect(view.row_index(said)))
    wait_for_end(qtbot, long_talk)
    assert view.at_end()


def test_who_scrolls_up_while_a_reply_is_written_is_left_where_they_are(
    open_window: OpenWindow, vault: Vault, endless_model: Path, qtbot: QtBot
) -> None:
    talk(vault, 40)
    window = open_window(endless_model)
    wait_for_model(qtbot, window)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    bar = window.middle.transcript.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = bar.value()
    wait_for_words(qtbot, window, len(rows(window)[-1].text) + 20)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert bar.value() == before


@pytest.mark.parametrize("count", [2, 40])
@pytest.mark.parametrize("width", [1500, 1120, 800, LEAST_SIZE[0]])
def test_messages_and_field_share_their_edges_scroll_bar_or_not(
    open_window: OpenWindow, vault: Vault, tiny_model: Path, qtbot: QtBot, count: int, width: int
) -> None:
    talk(vault, count)
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.resize(width, 760)
    middle = window.middle
    qtbot.waitUntil(lambda: window.width() == width)
    scrolls = middle.transcript.verticalScrollBar().maximum() > 0
    assert scrolls is (count == 40)
    left, right = middle.composer.geometry().left(), middle.composer.geometry().right() + 1
    assert row_reaches(window, 1)[0] == left
    assert row_reaches(window, 0)[1] == right


def test_a_scroll_bar_with_nothing_to_scroll_is_not_to_be_seen(
    open_window: OpenWindow, vault: Vault, tiny_model: Path, qtbot: QtBot
) -> None:
    talk(vault, 2)
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    seen = window.middle.transcript.grab().toImage()
    beside = {
        seen.pixelColor(seen.width() - 1 - x, y).name()
        for x in range(theme.SCROLL_BAR)
        for y in range(0, seen.height(), 5)
    }
    assert beside == {window._appearance.look.colours.paper}


def test_the_field_is_in_its_place_as_soon_as_the_width_changes(long_talk: MainWindow) -> None:
    """Not one frame later: a picture of the window in between would show two columns."""
    middle = long_talk.middle
    for width in (980, 520, 860):
        middle.resize(width, middle.height())
        side = margin_beside(width, long_talk._appearance.look)
        assert middle.composer.geometry().left() == side
        assert middle.composer.geometry().right() + 1 == width - side
