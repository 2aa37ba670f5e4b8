"""How the list, the conversation and the crisis card share the window's width.

What they get is worked out in columns.py; here it is known which of them is wanted, what makes way
for what, and where the keyboard goes then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_app.views.announcement import announce
from desktop_app.views.appearance import Appearance
from desktop_app.views.columns import columns
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.views.window import MainWindow


class Sharing:
    """Speaks of the window's parts, which are made anew when it locks."""

    def __init__(self, window: MainWindow, appearance: Appearance) -> None:
        self._window = window
        self._appearance = appearance
        self.side_wanted: bool | None = None
        """Whether the person would have the list beside the rest; None where they have not said."""

    def share(self) -> None:
        """Share out the width between the list, the conversation and the card."""
        window = self._window
        shared = columns(
            window.width(),
            self._appearance.look,
            card_shown=not window.card.isHidden(),
            side_wanted=self.side_wanted if window.passed else False,
        )
        if window.passed:
            window.side.setVisible(shared.side is not None)
            window.side.setFixedWidth(shared.side or 0)
        window.card.setFixedWidth(shared.card or 0)
        focus: QWidget | None = window.focusWidget()  # also where the window is not active
        if not shared.middle and shared.side is None and focus and window.room.isAncestorOf(focus):
            # Before it is hidden: Qt would give the keyboard to a button of the card, and the next
            # space of a sentence would press it. On a number, a key that writes does nothing.
            window.card.first_number().setFocus()
        window.room.setVisible(shared.middle)
        window.header.side.setVisible(window.passed)

    def show_card(self, *, shown: bool) -> None:
        """Show or hide the crisis card."""
        window = self._window
        window.card.setVisible(shown)
        self.share()
        page = window.care.page
        if shown:
            window.card.first_number().setFocus()
        elif page is not None:
            page.first_focus().setFocus()
        else:
            window.room.take_keyboard()

    def toggle_card(self) -> None:
        """Show the crisis card, or hide it."""
        self.show_card(shown=self._window.card.isHidden())

    def bring_card(self) -> None:
        """Show the card by itself: nothing that is typed on may press anything on it.

        Beside the conversation, the person goes on writing where they were. Where the window is too
        narrow for both it stands in its place, with the keyboard on a number (see `share`).
        """
        self._window.card.show()
        self.share()
        announce(self._window.card, sentence("card.title"))

    def cover(self, page: QWidget) -> None:
        """Show `page` in the conversation's place; what leaves no room for it makes way."""
        self._window.room.cover(page)
        self.clear_room()

    def clear_room(self) -> None:
        """Have the conversation's place in sight; what leaves no room for it makes way."""
        self.put_side_away()
        if self._window.room.isHidden():
            self._window.card.hide()
            self.share()

    def put_side_away(self) -> None:
        """Have a list that stands in the conversation's place make way for it."""
        if self._window.room.isHidden() and self.side_wanted:
            self.side_wanted = None
            self.share()

    def toggle_side(self) -> None:
        """Show or hide the list; a card that stands in the place of all the rest makes way."""
        window = self._window
        if window.room.isHidden() and window.side.isHidden():
            window.card.hide()
        self.side_wanted = window.side.isHidden()
        self.share()

    def show_side(self) -> None:
        """Show the list, which may have given way to the conversation."""
        if self._window.side.isHidden():
            self.toggle_side()

    def take_keyboard(self) -> None:
        """Give the keyboard to the field, or to the card that stands in its place."""
        window = self._window
        covered = window.room.isHidden() and not window.card.isHidden()
        if covered:
            window.card.first_number().setFocus()
        else:
            window.middle.take_keyboard()
