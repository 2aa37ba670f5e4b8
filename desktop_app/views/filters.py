"""Where and when to look: in which conversation, and in what was said on which days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QDate, QEvent, QLocale, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QGridLayout, QWidget

from desktop_app.vault.records import moment
from resources.messages import language, sentence

PLACES: Final = ("window.search_everywhere", "window.search_here")
PERIODS: Final[dict[str, int | None]] = {
    "window.search_any_time": None,
    "window.search_week": 7,
    "window.search_month": 30,
    "window.search_year": 365,
}
"""How many days back."""
DAYS: Final = "window.search_days"
"""The last choice: between two days that the person names."""
FIRST_DAY: Final = QDate(1970, 1, 1)
LAST_DAY: Final = QDate(9998, 12, 31)
"""After the end of the last year there is no midnight."""


class Filters(QWidget):
    """Below the search field. `changed`: something else is to be looked for."""

    changed = Signal()

    def __init__(self, shown: Callable[[], str | None], parent: QWidget) -> None:
        """Take what gives the id of the conversation on the screen."""
        super().__init__(parent)
        self._shown = shown
        self._here = ""
        self.place = _box(self, len(PLACES))
        self.period = _box(self, len(PERIODS) + 1)
        today = QDate.currentDate()
        self.first, self.last = _day(self, today.addMonths(-1)), _day(self, today)
        self.first.dateChanged.connect(self.last.setMinimumDate)
        self.last.setMinimumDate(self.first.date())
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self.place, 0, 0, 1, 2)
        grid.addWidget(self.period, 1, 0, 1, 2)
        grid.addWidget(self.first, 2, 0)
        grid.addWidget(self.last, 2, 1)
        self.place.currentIndexChanged.connect(self._refresh)
        self.period.currentIndexChanged.connect(self._refresh)
        for day in (self.first, self.last):
            day.dateChanged.connect(self.changed)
        self._retranslate()
        self._show_days()

    @property
    def session(self) -> str | None:
        """The only session to be searched; None for all."""
        return self._here if self.place.currentIndex() else None

    @property
    def since(self) -> datetime | None:
        """When the first of the days begins."""
        if self._names_days:
            return _midnight(self.first.date())
        days = list(PERIODS.values())[self.period.currentIndex()]
        return None if days is None else _midnight(QDate.currentDate().addDays(-days))

    @property
    def until(self) -> datetime | None:
        """When the last of the days ends."""
        return _midnight(self.last.date().addDays(1)) if self._names_days else None

    def begin(self) -> None:
        """Mean by "this conversation" the one that is on the screen now."""
        self._here = self._shown() or ""  # off the record nothing is found

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    @property
    def _names_days(self) -> bool:
        return self.period.currentIndex() == len(PERIODS)

    def _refresh(self) -> None:
        self.begin()
        self._show_days()
        self.changed.emit()

    def _show_days(self) -> None:
        for day in (self.first, self.last):
            day.setVisible(self._names_days)

    def _retranslate(self) -> None:
        for box, keys in ((self.place, PLACES), (self.period, (*PERIODS, DAYS))):
            for row, key in enumerate(keys):
                box.setItemText(row, sentence(key))
        self.place.setAccessibleName(sentence("window.search_where"))
        self.period.setAccessibleName(sentence("window.search_when"))
        for day, key in ((self.first, "window.search_from"), (self.last, "window.search_to")):
            day.setLocale(QLocale(language()))
            day.setDisplayFormat(sentence("day.typed"))
            day.setAccessibleName(sentence(key))
            day.setToolTip(sentence(key))


def _box(parent: QWidget, rows: int) -> QComboBox:
    box = QComboBox(parent)
    box.addItems([""] * rows)
    # The column is narrow; the words are cut, and whole in the list that opens.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(4)
    return box


def _day(parent: QWidget, date: QDate) -> QDateEdit:
    day = QDateEdit(date, parent)
    day.setDateRange(FIRST_DAY, LAST_DAY)
    day.lineEdit().setTextMargins(8, 0, 0, 0)  # a style sheet's padding does not reach it
    return day


def _midnight(day: QDate) -> datetime:
    return moment(day.startOfDay().toMSecsSinceEpoch())
