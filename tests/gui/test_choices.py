"""Answers to choose from, and the note below each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QRadioButton, QStyle, QStyleOptionButton
from pytestqt.qtbot import QtBot

from desktop_app.settings import Scheme
from desktop_app.views.appearance import Appearance
from desktop_app.views.choices import Choices
from tests.support.shown import show

pytestmark = pytest.mark.gui

LABELS = {"keyring": "first_steps.key_keyring", "passphrase": "first_steps.key_passphrase"}
NOTES = {name: f"{key}_means" for name, key in LABELS.items()}


@pytest.fixture
def choices(qapp: QApplication, qtbot: QtBot) -> Iterator[Choices]:
    appearance = Appearance(qapp, Scheme.LIGHT)
    made = Choices(LABELS, NOTES)
    qtbot.addWidget(made)
    made.resize(500, 300)
    show(qtbot, made)
    yield made
    appearance.choose(Scheme.SYSTEM)


def words_of_notes(choices: Choices) -> dict[str, int]:
    """How far in the words of each note begin, in pixels."""
    return {name: note.contentsRect().left() for name, note in choices._notes.items()}


def words_of_answer(button: QRadioButton) -> int:
    """How far in the words of an answer begin, in pixels."""
    option = QStyleOptionButton()
    button.initStyleOption(option)
    element = QStyle.SubElement.SE_RadioButtonContents
    return button.style().subElementRect(element, option, button).left()


def test_a_note_stands_below_the_words_of_its_answer_also_of_one_left_alone(
    choices: Choices,
) -> None:
    before = words_of_notes(choices)
    assert before == {name: words_of_answer(each) for name, each in choices.buttons.items()}
    choices.offer("keyring", offered=False)
    alone = words_of_notes(choices)["passphrase"]
    assert alone == words_of_answer(choices.buttons["passphrase"])
    assert alone < before["passphrase"]
    choices.offer("keyring", offered=True)
    assert words_of_notes(choices) == before
