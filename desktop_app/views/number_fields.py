"""What a number of the crisis card is written into: one that ships, or one of the person's own."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QPushButton, QWidget

from desktop_app.care.hotlines import Line
from desktop_app.care.own_numbers import (
    LONGEST,
    Numbers,
    as_corrected,
    checked_number,
    correction,
    hours_of,
    one_line,
)
from desktop_app.settings import OwnNumber
from desktop_app.views.notice import Notice
from desktop_app.views.plan_fields import PlanLine
from resources.messages import language, sentence

WIDTHS: Final = (2, 3)
"""Number and hours share a row so."""


class NumberFields(QWidget):
    """Fields side by side, and a button for what else can be done with them."""

    left = Signal()
    """The keyboard went from one of the fields."""
    kept: OwnNumber | None
    """What is to be kept of it; None where there is nothing."""

    def __init__(self, *parts: str, parent: QWidget | None = None) -> None:
        """`parts` name the fields: number, hours, and where it can be written the name."""
        super().__init__(parent)
        self.fields = {part: PlanLine(parent=self) for part in parts}
        self.button = QPushButton(self)
        self.button.setObjectName("link")
        self.notice = Notice(self)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(6)
        for column, share in enumerate(WIDTHS):
            self.grid.setColumnStretch(column, share)
        for column, part in enumerate(("number", "hours")):
            self.grid.addWidget(self.fields[part], 1, column)
        self.grid.addWidget(self.notice, 2, 0, 1, 2)
        self.grid.addWidget(self.button, 3, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        for field in self.fields.values():
            field.setMaxLength(LONGEST)
            field.left.connect(self.left)
            field.returnPressed.connect(partial(self.focusNextPrevChild, True))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Say what each field is for, in the language in force."""
        for part, field in self.fields.items():
            said = sentence(f"numbers.{part}")
            field.setPlaceholderText(said)
            field.setAccessibleName(f"{said} {self.name}".strip() if part != "name" else said)

    @property
    def in_use(self) -> bool:
        """Whether the keyboard is in it."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    @property
    def name(self) -> str:
        """Whose number it is."""
        return self.text("name")

    def text(self, part: str) -> str:
        """Return what stands in a field."""
        return one_line(self.fields[part].text())


class ShippedNumber(NumberFields):
    """A number that ships: as the person corrected it, with the way back."""

    def __init__(
        self, line: Line, place: str, numbers: Numbers, parent: QWidget | None = None
    ) -> None:
        super().__init__("number", "hours", parent=parent)
        self.kept = correction(numbers, line, place)
        self._line = line
        self._place = place
        self._heading = QLabel(self)
        self._heading.setObjectName("planStep")
        self._heading.setWordWrap(True)
        self.grid.addWidget(self._heading, 0, 0, 1, 2)
        self.button.clicked.connect(self._put_back)
        self._show_kept()
        self.retranslate()

    @property
    def name(self) -> str:
        """See NumberFields."""
        return self._line.name[language()]

    def take(self) -> None:
        """Have what stands in the fields kept.

        Raises:
            CareError: the number has no digit; what was kept before stands.
        """
        number, hours = self.text("number"), self.text("hours")
        self.kept = as_corrected(self._line, self._place, number=number, hours=hours)
        self.button.setVisible(self.kept is not None)

    def retranslate(self) -> None:
        """See NumberFields; hours that were not changed are those of the language."""
        super().retranslate()
        self._heading.setText(self.name)
        self._heading.setAccessibleName(self.name)
        self.button.setText(sentence("numbers.put_back", number=self._line.number))
        self.button.setAccessibleName(f"{self.button.text()} {self.name}")
        if self.kept is None or self.kept.hours is None:
            self.fields["hours"].setText(hours_of(self._line))

    def _show_kept(self) -> None:
        kept, line = self.kept, self._line
        hours = hours_of(line) if kept is None or kept.hours is None else kept.hours
        self.fields["number"].setText(line.number if kept is None else kept.number)
        self.fields["hours"].setText(hours)
        self.fields["hours"].setCursorPosition(0)  # longer than the field, it shows its beginning
        self.button.setVisible(kept is not None)

    def _put_back(self) -> None:
        self.kept = None
        self._show_kept()
        self.fields["number"].setFocus()
        self.left.emit()


class AddedNumber(NumberFields):
    """A number of the person's own; one without a word in it is none."""

    def __init__(self, kept: OwnNumber | None, place: str, parent: QWidget | None = None) -> None:
        super().__init__("name", "number", "hours", parent=parent)
        self.kept = kept
        self._place = place
        self._instead_of = "" if kept is None else kept.instead_of
        self.grid.addWidget(self.fields["name"], 0, 0, 1, 2)
        self.button.clicked.connect(self._take_away)
        if kept is not None:
            for part, field in self.fields.items():
                field.setText(getattr(kept, part) or "")
        self.retranslate()

    def take(self) -> None:
        """Have what stands in the fields kept; without a word in them nothing is.

        Raises:
            CareError: as of a number that ships.
        """
        if not any(map(self.text, self.fields)):
            self.kept = None
            return
        number = checked_number(self.text("number"))
        hours = self.text("hours")
        self.kept = OwnNumber(self._place, self.name, number, hours, self._instead_of)

    def retranslate(self) -> None:
        """See NumberFields."""
        super().retranslate()
        self.button.setText(sentence("numbers.take_away"))
        self.button.setAccessibleName(f"{self.button.text()} {self.name}".strip())

    def _take_away(self) -> None:
        for field in self.fields.values():
            field.clear()
        self.hide()
        self.left.emit()


NumberRow = ShippedNumber | AddedNumber
"""Either: what each keeps of its fields is its own affair (`take`)."""
