"""The line a passphrase is typed into: what is in it never leaves it but to open the history."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QClipboard, QGuiApplication
from pytestqt.qtbot import QtBot

from desktop_app.views.passphrase_field import PassphraseField
from tests.support.shown import show
from tests.support.window_run import type_text

pytestmark = pytest.mark.gui

BEFORE = "what was there before"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
MODES = (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection)


@pytest.fixture
def clipboard(qapp: QGuiApplication) -> QClipboard:
    """X's two clipboards, with a text: that of Ctrl+C, and that of whatever is selected."""
    clipboard = qapp.clipboard()
    assert clipboard.supportsSelection()
    for mode in MODES:
        clipboard.setText(BEFORE, mode)
    return clipboard


@pytest.fixture
def field(qtbot: QtBot) -> PassphraseField:
    """The field with a passphrase in it, shown."""
    field = PassphraseField("passphrase.new")
    qtbot.addWidget(field)
    show(qtbot, field)
    field.toggle.setChecked(True)
    type_text(field.line, "银杏 ginkgo")
    return field


def contents(clipboard: QClipboard) -> list[str]:
    return [clipboard.text(mode) for mode in MODES]


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_C, CONTROL),
        (Qt.Key.Key_Insert, CONTROL),
        (Qt.Key.Key_X, CONTROL),
        (Qt.Key.Key_Delete, SHIFT),
        (Qt.Key.Key_K, CONTROL),
        (Qt.Key.Key_U, CONTROL),
    ],
)
def test_no_key_takes_what_is_shown_to_a_clipboard(
    field: PassphraseField,
    clipboard: QClipboard,
    qtbot: QtBot,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
) -> None:
    field.line.home(False)
    if key in {Qt.Key.Key_C, Qt.Key.Key_Insert, Qt.Key.Key_X, Qt.Key.Key_Delete}:
        field.line.selectAll()
    qtbot.keyClick(field.line, key, modifier)
    assert contents(clipboard) == [BEFORE, BEFORE]
    assert field.text == "银杏 ginkgo"


def test_what_is_selected_does_not_become_xs_selection(
    field: PassphraseField, clipboard: QClipboard, qtbot: QtBot
) -> None:
    qtbot.mouseDClick(field.line, Qt.MouseButton.LeftButton, pos=QPoint(15, 15))
    assert field.line.hasSelectedText()
    qtbot.mouseRelease(field.line, Qt.MouseButton.LeftButton, pos=QPoint(15, 15))
    assert contents(clipboard) == [BEFORE, BEFORE]


@pytest.mark.parametrize(
    ("start", "key", "modifier", "selected"),
    [
        (0, Qt.Key.Key_End, SHIFT, "银杏 ginkgo"),
        (9, Qt.Key.Key_Home, SHIFT, "银杏 ginkgo"),
        (0, Qt.Key.Key_Right, SHIFT, "银"),
        (9, Qt.Key.Key_Left, SHIFT, "o"),
        (0, Qt.Key.Key_Right, SHIFT | CONTROL, "银杏 "),
        (9, Qt.Key.Key_Left, SHIFT | CONTROL, "ginkgo"),
        (0, Qt.Key.Key_A, CONTROL, "银杏 ginkgo"),
    ],
)
def test_nor_does_what_is_selected_by_key(
    field: PassphraseField,
    clipboard: QClipboard,
    qtbot: QtBot,
    start: int,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    selected: str,
) -> None:
    field.line.setCursorPosition(start)
    qtbot.keyClick(field.line, key, modifier)
    assert field.line.selectedText() == selected
    assert contents(clipboard) == [BEFORE, BEFORE]


def test_another_programs_text_can_be_pasted(
    field: PassphraseField, clipboard: QClipboard, qtbot: QtBot
) -> None:
    field.line.clear()
    qtbot.keyClick(field.line, Qt.Key.Key_V, CONTROL)
    assert field.text == BEFORE
    assert contents(clipboard) == [BEFORE, BEFORE]
