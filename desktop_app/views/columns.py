"""How the window's width is shared out: the list, the conversation, the crisis card.

The list gives way where the conversation would be narrow, unless the person wants it. What leaves
the conversation hardly any room stands in its place; the card goes before the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from desktop_app.views import theme
from desktop_app.views.appearance import Look

LEAST_MIDDLE: Final = 480
LEAST_BESIDE_A_WANTED_LIST: Final = 300


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in pixels; None for a part that is not shown."""

    side: int | None
    card: int | None
    middle: bool
    """Whether the conversation is shown; where it is not, the other one has all the width."""


def columns(width: int, look: Look, *, card_shown: bool, side_wanted: bool | None) -> Columns:
    """Share out `width` pixels.

    Args:
        width: of the window.
        look: list and card grow with its text.
        card_shown: there is a card to find room for.
        side_wanted: whether the person asked for the list; None lets the room decide.
    """
    side, card = look.px(theme.SIDE_WIDTH), look.px(theme.CARD_WIDTH)
    if card_shown and width - card < LEAST_MIDDLE:
        return Columns(None, width, middle=False)
    taken = card if card_shown else 0
    fits = width - taken - side >= LEAST_MIDDLE
    shown_card = card if card_shown else None
    if not (fits if side_wanted is None else side_wanted):
        return Columns(None, shown_card, middle=True)
    if width - taken - side < LEAST_BESIDE_A_WANTED_LIST:
        return Columns(width - taken, shown_card, middle=False)
    return Columns(side, shown_card, middle=True)


def margin_beside(width: int, look: Look) -> int:
    """Return how far from either edge the column stands in which one reads and writes.

    The messages and the field share it, so `width` is of the place they stand in, scroll bar
    included.
    """
    return max(theme.GAP, (width - look.px(theme.COLUMN_EM * theme.BODY_PX)) // 2)
