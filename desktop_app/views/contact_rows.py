"""Rows of the safety plan for people: name, number, and address where they are to be reached by it.

What was written is kept whatever it is; of what cannot be called or written to it is said below.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.care.safety_plan import Contact, as_written
from desktop_app.care.trusted_contact import problems
from desktop_app.views.notice import Notice
from desktop_app.views.plan_fields import PlanLine
from resources.messages import sentence

ROWS: Final = 3
REACHED: Final = "people"
"""The step whose people the crisis card offers to reach."""


class ContactRows(QWidget):
    """A row for each person, some empty ones below, and a button for more."""

    left = Signal()
    """The keyboard went from one of the fields."""

    def __init__(
        self, step: str, contacts: tuple[Contact, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._parts = ("name", "number", "email") if step == REACHED else ("name", "number")
        self.rows: list[tuple[PlanLine, ...]] = []
        self.notice = Notice(self)
        self.add = QPushButton(self)
        self.add.setObjectName("link")
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        for at in range(len(self._parts)):
            self._grid.setColumnStretch(at, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._grid)
        column.addWidget(self.notice)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        for contact in contacts:
            self._add(contact)
        while len(self.rows) < ROWS:
            self._add(Contact())
        self.add.clicked.connect(self._add_empty)
        self._retranslate()

    def written(self) -> list[tuple[str, ...]]:
        """Return what stands in every row, empty ones too."""
        return [tuple(line.text() for line in row) for row in self.rows]

    def tell_problems(self, *, finished: bool = False) -> bool:
        """Say what cannot be called or written to, and tell whether something cannot.

        Of a row that is being written nothing is said until the person has `finished`.
        """
        told = tuple(self._problems(finished=finished))
        self.notice.clear()
        if told:
            self.notice.say(lambda: "\n".join(sentence(key, row=row) for row, key in told))
        return bool(told)

    def first_focus(self) -> QWidget:
        """Return the first field that waits for a word."""
        return next((line for row in self.rows for line in row if not line.text()), self.add)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _problems(self, *, finished: bool) -> list[tuple[int, str]]:
        if self._step != REACHED:
            return []
        focus = QApplication.focusWidget()
        found = []
        for number, row in enumerate(self.rows, start=1):
            people = as_written({REACHED: [[line.text() for line in row]]}).people
            if finished or focus not in row:
                found += [(number, key) for each in people for key in problems(each)]
        return found

    def _add(self, contact: Contact) -> None:
        row = tuple(PlanLine(getattr(contact, part), self) for part in self._parts)
        for column, line in enumerate(row):
            line.left.connect(self._line_left)
            line.returnPressed.connect(partial(self.focusNextPrevChild, True))
            self._grid.addWidget(line, len(self.rows), column)
        before = self.rows[-1][-1:] if self.rows else ()
        for one, following in itertools.pairwise((*before, *row, self.add)):
            self.setTabOrder(one, following)
        self.rows.append(row)

    def _line_left(self) -> None:
        self.left.emit()
        self.tell_problems()

    def _add_empty(self) -> None:
        self._add(Contact())
        self._retranslate()
        name = self.rows[-1][0]
        name.show()
        name.setFocus()

    def _retranslate(self) -> None:
        step = sentence(f"plan.{self._step}")
        for number, row in enumerate(self.rows, start=1):
            for part, line in zip(self._parts, row, strict=True):
                line.setPlaceholderText(sentence(f"plan.{part}"))
                line.setAccessibleName(sentence(f"plan.{part}_of", step=step, row=number))
        self.add.setText(sentence("plan.add"))
        self.add.setAccessibleName(sentence("plan.add_to", step=step))
