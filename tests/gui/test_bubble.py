"""A message laid out: its words, and the grounds and bars beneath them, inside its bubble."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from desktop_app.dialogue import Role
from desktop_app.settings import Scheme
from desktop_app.views import theme
from desktop_app.views.appearance import SCALES, Appearance
from desktop_app.views.bubble import Bubble, BubbleDelegate
from desktop_app.views.message import Message

pytestmark = pytest.mark.gui

CODE = "```\nprint(1)\nprint(2)\n```"
SAID = {
    "code": CODE,
    "words and code": f"试试这个：\n\n{CODE}",
    "code and words": f"{CODE}\n\n好。",
    "indented code": "试试这个：\n\n    print(1)",
    "code in a quotation": "> 一\n>\n> ```\n> print(1)\n> ```",
    "code in a list": "1. 一\n\n   ```\n   print(1)\n   ```",
    "quotation": "他说：\n\n> 一\n>\n> 二",
}


@pytest.fixture(params=range(len(SCALES)))
def delegate(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[BubbleDelegate]:
    """At each text size."""
    appearance = Appearance(qapp, Scheme.LIGHT, request.param - SCALES.index(1.0))
    yield BubbleDelegate(appearance, appearance)
    appearance.choose(Scheme.SYSTEM)
    appearance.zoom(0)


def room_around(bubble: Bubble) -> tuple[float, float]:
    """Pixels of the bubble above what is painted beneath the words, and below it."""
    beneath = [each.translated(bubble.text_at) for each in (*bubble.code, *bubble.bars)]
    above = min(each.top() for each in beneath) - bubble.ground.top()
    return above, bubble.ground.bottom() - max(each.bottom() for each in beneath)


@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_what_is_painted_beneath_the_words_stays_inside_the_bubble(
    delegate: BubbleDelegate, text: str
) -> None:
    bubble = delegate.bubble(Message(Role.ASSISTANT, text), 700)
    assert bubble.code or bubble.bars
    assert min(room_around(bubble)) >= theme.BUBBLE_PADDING[1]


def test_code_alone_has_as_much_room_below_it_as_above(delegate: BubbleDelegate) -> None:
    above, below = room_around(delegate.bubble(Message(Role.ASSISTANT, CODE), 700))
    assert below == pytest.approx(above, abs=1)
