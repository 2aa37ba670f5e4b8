"""One of the first questions again, in the conversation's place: how old a person is, or where.

In reach always, as the card is: a wrong answer would leave another country's numbers on it.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.errors import KnownError
from desktop_app.views.appearance import Appearance
from desktop_app.views.notice import explained
from desktop_app.views.panel import Panel
from desktop_app.views.preferences import Preferences
from desktop_app.views.step import Step
from resources.messages import sentence


class AnswerPage(Panel):
    """Ends in `left`; whoever takes it away calls `keep` first."""

    left = Signal()

    def __init__(
        self,
        step: Step,
        preferences: Preferences,
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        """`step` asks, with the answer of before chosen."""
        super().__init__(appearance, parent)
        self.step = step
        self._preferences = preferences
        self.content.addWidget(step)
        self.back.hide()
        self.skip.hide()
        self.main.clicked.connect(self.left)
        preferences.not_kept.connect(self._not_kept)
        self._retranslate()

    def keep(self) -> None:
        """Keep what is chosen; an answer that was never given stays ungiven."""
        if self.step.answered:
            self._preferences.change(**self.step.answer())

    def first_focus(self) -> QWidget:
        """See Panel."""
        return self.step.first_focus() or self.main

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _not_kept(self, error: KnownError) -> None:
        self.notice.say(partial(explained, error))

    def _retranslate(self) -> None:
        self.main.setText(sentence("numbers.done"))
