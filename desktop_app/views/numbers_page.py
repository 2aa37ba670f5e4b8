"""The numbers of the crisis card, to be corrected, in the conversation's place.

In reach always, as the card is. What is written is kept, with the settings, whenever the keyboard
leaves a field; of a number that cannot be called it is said, and what was kept before stands.
"""

from __future__ import annotations

import itertools
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from desktop_app.care.hotlines import find_region, known_region
from desktop_app.care.own_numbers import added, place_of
from desktop_app.errors import KnownError
from desktop_app.settings import OwnNumber
from desktop_app.views.appearance import Appearance
from desktop_app.views.notice import explained
from desktop_app.views.number_fields import AddedNumber, NumberRow, ShippedNumber
from desktop_app.views.panel import Panel, Text
from desktop_app.views.preferences import Preferences
from resources.messages import sentence


class NumbersPage(Panel):
    """Ends in `left`; whoever takes it away calls `keep` first."""

    left = Signal()

    def __init__(
        self, preferences: Preferences, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self._preferences = preferences
        self._held_up_by: list[str] | None = None
        """What stood in the fields when a number that cannot be called held up last."""
        self._lost: list[str] | None = None
        """What stood there when it was last told that such a number is lost."""
        settings = preferences.settings
        region = find_region(known_region(settings.region))
        self._place = place_of(region)
        shipped = (*region.emergency, *region.lines) if region else ()
        self.shipped = [ShippedNumber(line, self._place, settings.numbers) for line in shipped]
        self.added: list[AddedNumber] = []
        self.add = QPushButton()
        self.add.setObjectName("link")
        self.add.clicked.connect(self._add_empty)
        self.content.setSpacing(8)
        for key, name in (
            ("numbers.title", "panelTitle"),
            (f"region.{self._place}", "hint"),
            ("numbers.means", "panelText"),
            ("numbers.kept", "quiet"),
        ):
            self.content.addWidget(Text(key, name))
        for row in self.shipped:
            self._take_in(row)
        self.content.addSpacing(10)
        self.content.addWidget(Text("numbers.own", "planStep"))
        self.content.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        for each in added(region, settings.numbers):
            self._add(each)
        self.notice.shown.connect(self._bring_into_sight, Qt.ConnectionType.QueuedConnection)
        preferences.not_kept.connect(self._not_kept)
        self.back.hide()
        self.skip.hide()
        self.main.clicked.connect(self._done)
        self._retranslate()

    def keep(self, *, finished: bool = False) -> NumberRow | None:
        """Keep what is written; return the first row whose number cannot be called.

        It is said there, once the keyboard is elsewhere or the person has `finished`; what was
        kept before stays.
        """
        wrong: NumberRow | None = None
        rows: list[NumberRow] = [*self.shipped, *self.added]
        for row in rows:
            row.notice.clear()
            try:
                row.take()
            except KnownError as error:
                wrong = wrong or row
                if finished or not row.in_use:
                    row.notice.say(partial(explained, error))
        elsewhere = (n for n in self._preferences.settings.numbers if n.region != self._place)
        here = (row.kept for row in rows if row.kept is not None)
        self._preferences.change(numbers=(*elsewhere, *here))
        return wrong

    def loses(self) -> bool:
        """Keep what is written; tell, once of the same words, whether a number could not be."""
        if self.keep() is None or self._lost == self._written():
            return False
        self._lost = self._written()
        return True

    def may_go(self) -> bool:
        """Tell whether the page may go; a wrong number is shown first, and holds up once."""
        wrong = self.keep(finished=True)
        if wrong is None or self._held_up_by == self._written():
            return True
        self._held_up_by = self._written()
        wrong.fields["number"].setFocus()
        return False

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.shipped[0].fields["number"] if self.shipped else self.add

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt; Enter in a line goes to the next field and does not end the page."""
        enters = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if not (enters and isinstance(self.focusWidget(), QLineEdit)):
            super().keyPressEvent(event)

    def _take_in(self, row: NumberRow) -> None:
        row.left.connect(self._row_left)
        self.content.addSpacing(8)
        self.content.addWidget(row)

    def _add(self, written: OwnNumber | None) -> AddedNumber:
        row = AddedNumber(written, self._place)
        row.left.connect(self._row_left)
        self.added.append(row)
        self.content.insertWidget(self.content.indexOf(self.add), row)
        row.show()
        fields = (*row.fields.values(), row.button, self.add, self.main)
        for one, following in itertools.pairwise(fields):
            self.setTabOrder(one, following)
        return row

    def _written(self) -> list[str]:
        rows = (*self.shipped, *self.added)
        return [field.text() for row in rows for field in row.fields.values()]

    def _row_left(self) -> None:
        self.keep()

    def _add_empty(self) -> None:
        self._add(None).fields["name"].setFocus()

    def _not_kept(self, error: Exception) -> None:
        self.notice.say(partial(explained, error))

    def _bring_into_sight(self) -> None:
        if not self.notice.isHidden():
            self.ensureWidgetVisible(self.notice)

    def _done(self) -> None:
        wrong = self.keep(finished=True)
        if wrong is None:
            self.left.emit()
        else:
            wrong.fields["number"].setFocus()

    def _retranslate(self) -> None:
        self.add.setText(sentence("numbers.add"))
        self.main.setText(sentence("numbers.done"))
