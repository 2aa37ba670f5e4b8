"""Light and dark, text size, language: chosen at any time, in force everywhere at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance, Scheme
from desktop_app.views.window import MainWindow
from resources.messages import catalogue, language
from tests.gui.conftest import OpenWindow
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
    opened = open_window(tiny_model, confirmed=False)
    wait_for_model(qtbot, opened)
    yield opened
    look(opened).choose(Scheme.SYSTEM)
    look(opened).zoom(0)


def look(window: MainWindow) -> Appearance:
    appearance = window.header.settings._appearance
    assert isinstance(appearance, Appearance)
    return appearance


def luminance(colour: str) -> float:
    """WCAG 2.2: relative luminance."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue, _ = QColor(colour).getRgbF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(colours: theme.Colours, ink: str, ground: str) -> None:
    values = asdict(colours)
    light, dark = sorted((luminance(values[ink]), luminance(values[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_a_focus_ring_stands_out_from_its_ground(colours: theme.Colours) -> None:
    for ground in (colours.paper, colours.side, colours.raised):
        light, dark = sorted((luminance(colours.accent), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3


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
