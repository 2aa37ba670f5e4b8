"""A text to be put otherwise is seen as far as the field may grow, and the rest by a scroll bar."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop_app.views.composer import MOST_LINES, MessageField
from desktop_app.views.edit_dialog import EditDialog
from tests.support.gate_fixtures import WAIT_MS
from tests.support.shown import show

pytestmark = pytest.mark.gui

LONG = "我想离开他，" * 50


@pytest.fixture
def beside(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    show(qtbot, window)
    return window


def lines(field: MessageField) -> int:
    """Return how many lines the field is high."""
    margins = 2 * round(field.document().documentMargin()) + 2 * field.frameWidth()
    return (field.height() - margins) // field.fontMetrics().lineSpacing()


def test_a_long_text_is_opened_as_high_as_a_field_gets(qtbot: QtBot, beside: QWidget) -> None:
    dialog = EditDialog(LONG, print, beside)
    dialog.open()
    qtbot.waitUntil(dialog.isVisible)

    qtbot.waitUntil(lambda: lines(dialog.field) == MOST_LINES, timeout=WAIT_MS)
    qtbot.waitUntil(dialog.field.verticalScrollBar().isVisible, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dialog.rect().contains(dialog.field.geometry()), timeout=WAIT_MS)


def test_a_field_grows_when_it_gets_narrow_and_shrinks_when_it_gets_wide(
    qtbot: QtBot, beside: QWidget
) -> None:
    field = MessageField(beside)
    field.setPlainText(LONG[:60])
    field.resize(800, field.height())
    field.show()
    qtbot.waitUntil(lambda: lines(field) in {1, 2}, timeout=WAIT_MS)

    field.resize(120, field.height())
    assert lines(field) == MOST_LINES
    field.resize(800, field.height())
    assert lines(field) in {1, 2}
