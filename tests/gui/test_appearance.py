"""Light and dark, text size, language: chosen at any time, in force everywhere at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop_app.settings import Scheme
from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.finding import SearchField
from desktop_app.views.window import MainWindow
from resources.messages import catalogue, language
from tests.gui.conftest import OpenWindow
from tests.support.shown import show
from tests.support.window_run import wait_for_model

pytestmark = pytest.mark.gui

GROUNDS = {
    "text": ("paper", "side", "raised", "hover", "notice", "selection"),
    "muted": ("paper", "side", "raised", "hover"),
    "on_mine": ("mine", "selection"),
    "on_accent": ("accent", "accent_hover"),
    "on_crisis": ("crisis", "crisis_hover"),
    "crisis": ("side",),
}
PAIRS = [(ink, ground) for ink, grounds in GROUNDS.items() for ground in grounds]


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    yield opened
    look(opened).choose(Scheme.SYSTEM)
    look(opened).zoom(0)


def look(window: MainWindow) -> Appearance:
    appearance = window.header.settings._appearance
    assert isinstance(appearance, Appearance)
    return appearance


def contrast(one: QColor | str, other: QColor | str) -> float:
    """WCAG 2.2: contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: QColor | str) -> float:
    """WCAG 2.2: relative luminance."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue, _ = QColor(colour).getRgbF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(colours: theme.Colours, ink: str, ground: str) -> None:
    values = asdict(colours)
    assert contrast(values[ink], values[ground]) >= 4.5


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_a_focus_ring_stands_out_from_its_ground(colours: theme.Colours) -> None:
    for ground in (colours.paper, colours.side, colours.raised):
        assert contrast(colours.accent, ground) >= 3


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_checked_box_has_a_tick_that_stands_out(
    qtbot: QtBot, colours: theme.Colours, scale: float
) -> None:
    box = QCheckBox("")
    qtbot.addWidget(box)
    box.setStyleSheet(theme.style_sheet(colours, scale))
    box.setChecked(True)
    show(qtbot, box)
    seen = box.grab().toImage()
    dots = [seen.pixelColor(x, y) for x in range(seen.width()) for y in range(seen.height())]

    assert QColor(colours.accent) in dots
    assert dots.count(QColor(colours.on_accent)) >= 5
    assert contrast(colours.on_accent, colours.accent) >= 3


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
@pytest.mark.parametrize("field", ["search", "message"])
def test_what_a_field_says_before_anything_is_written_stands_out(
    window: MainWindow, scheme: Scheme, field: str
) -> None:
    look(window).choose(scheme)
    line = window.side.findChild(SearchField)
    widget = line if field == "search" else window.middle.composer.field.viewport()
    assert isinstance(widget, QWidget)
    window.header.crisis.setFocus()  # a caret is of another colour
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    seen = window.grab(place).toImage()
    ground = seen.pixelColor(seen.width() - 8, seen.height() // 2)
    inside = range(8, seen.width() - 8), range(8, seen.height() - 8)
    inks = {seen.pixel(x, y) for x in inside[0] for y in inside[1]}
    assert max(contrast(QColor.fromRgb(ink), ground) for ink in inks) >= 4.5


def test_the_buttons_of_the_line_above_stand_in_one_line(window: MainWindow) -> None:
    for steps in (0, 5):
        look(window).zoom(0)
        for _ in range(steps):
            look(window).zoom(1)
        window.header.grab()  # what is asked for is laid out
        tops = {
            (button.geometry().top(), button.height())
            for button in (window.header.side, window.header.crisis, window.header.settings)
        }
        assert len(tops) == 1


def test_a_scheme_is_in_force_at_once(window: MainWindow, qapp: QApplication) -> None:
    window.header.settings.actions_by_key()["settings.scheme_dark"].trigger()
    qapp.processEvents()
    corner = window.middle.grab().toImage().pixelColor(5, 5)
    assert corner.name() == theme.DARK.paper
    window.header.settings.actions_by_key()["settings.scheme_light"].trigger()
    qapp.processEvents()
    corner = window.middle.grab().toImage().pixelColor(5, 5)
    assert corner.name() == theme.LIGHT.paper


def test_the_scheme_follows_the_system_until_one_is_chosen(window: MainWindow) -> None:
    assert look(window).scheme is Scheme.SYSTEM


def test_text_grows_shrinks_and_returns_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    ctrl = Qt.KeyboardModifier.ControlModifier
    normal = look(window).look.scale
    qtbot.keyClick(window, Qt.Key.Key_Plus, ctrl)
    assert look(window).look.scale > normal
    qtbot.keyClick(window, Qt.Key.Key_0, ctrl)
    assert look(window).look.scale == normal
    qtbot.keyClick(window, Qt.Key.Key_Minus, ctrl)
    assert look(window).look.scale < normal


def test_every_text_in_sight_changes_its_language(window: MainWindow) -> None:
    window.show_card(shown=True)
    window.header.settings.actions_by_key()["settings.language_en"].trigger()
    assert language() == "en"
    shown = [label.text() for label in window.findChildren(QLabel)]
    shown += [button.text() for button in window.findChildren(QAbstractButton)]
    shown += [window.side.list.model().index(0, 0).data()]
    same = {text for key, text in catalogue("zh").items() if catalogue("en")[key] == text}
    assert [
        text
        for text in shown
        if text not in same and any("\u3400" <= letter <= "\u9fff" for letter in text)
    ] == []


def test_qts_own_menus_speak_the_language_in_force(window: MainWindow) -> None:
    def labels() -> list[str]:
        menu = window.middle.composer.field.createStandardContextMenu()
        found = [action.text() for action in menu.actions() if not action.isSeparator()]
        menu.deleteLater()
        return [label.partition("\t")[0] for label in found]

    window.choose_language("zh")
    assert labels()[:2] == ["撤消(&U)", "重做(&R)"]
    window.choose_language("en")
    assert labels()[:2] == ["&Undo", "&Redo"]
    window.choose_language("zh")
    assert labels()[:2] == ["撤消(&U)", "重做(&R)"]


def test_a_file_dialog_of_qts_own_speaks_the_language_in_force(window: MainWindow) -> None:
    window.choose_language("zh")
    window.header.settings.actions_by_key()["settings.choose_model"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    labels = {button.text() for button in dialog.findChildren(QPushButton)}
    assert {"打开(&O)", "取消"} <= labels
    dialog.reject()
