"""The crisis card comes by itself where the guard sees grave danger; it is never pressed on anyone.

At high danger it stands beside the conversation once; who closes it is not shown it again there.
In an emergency it comes each time.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from PySide6.QtCore import QObject

from desktop_app.care.guard.verdict import Action, Verdict
from desktop_app.views.conversation import Conversation
from desktop_app.views.exchange import Exchange


class Alarm(QObject):
    """Hears what the guard says of each message."""

    def __init__(
        self,
        exchange: Exchange,
        show_card: Callable[[], None],
        shown: Callable[[], Conversation],
        parent: QObject,
    ) -> None:
        """Call `show_card` where it is time; `shown` gives the conversation on the screen."""
        super().__init__(parent)
        self._show_card = show_card
        self._shown = shown
        self._stood: WeakSet[Conversation] = WeakSet()
        """Where the card has come by itself."""
        exchange.alarmed.connect(self._alarmed)

    def _alarmed(self, conversation: Conversation, verdict: Verdict) -> None:
        if conversation is not self._shown():
            return
        first = conversation not in self._stood
        if verdict.action is Action.CARD_FIRST or (verdict.action is Action.CARD and first):
            self._stood.add(conversation)
            self._show_card()
