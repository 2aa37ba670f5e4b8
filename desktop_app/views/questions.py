"""The steps that tell and ask before the first conversation; the key has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCollator, QEvent, QLocale, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from desktop_app.care.hotlines import ELSEWHERE, find_region, known_region, regions
from desktop_app.settings import AgeBand
from desktop_app.views.choices import Choices
from desktop_app.views.panel import Text
from desktop_app.views.step import Step
from resources.messages import LANGUAGES, language, sentence

ROWS_IN_SIGHT: Final = 6


class LanguageStep(Step):
    """The window follows the choice at once."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("first_steps.language", "first_steps.language_means")
        self.choices = Choices({code: f"settings.language_{code}" for code in LANGUAGES})
        self.choices.choose(language())
        self.choices.chosen.connect(self.chosen)
        self.column.addWidget(self.choices)

    def first_focus(self) -> QWidget:
        """See Step."""
        return self.choices.first_focus()

    def answer(self) -> Mapping[str, object]:
        """See Step."""
        return {"language": self.choices.current}


class NoticeStep(Step):
    """This is a computer program, and what it is not."""

    go_on_key = "first_steps.understood"

    def __init__(self) -> None:
        super().__init__(
            "first_steps.notice",
            "first_steps.notice_program",
            "first_steps.notice_private",
            "first_steps.notice_crisis",
        )

    def answer(self) -> Mapping[str, object]:
        """See Step."""
        return {"notice_confirmed": True}


class AgeStep(Step):
    """Nothing is chosen for the person; not saying is an answer."""

    def __init__(self, before: AgeBand | None = None) -> None:
        super().__init__("first_steps.age", "first_steps.age_means")
        self.choices = Choices({band: f"first_steps.age_{band}" for band in AgeBand})
        self.young = Text("first_steps.age_young")
        self.young.hide()
        self.choices.chosen.connect(self._chosen)
        self.column.addWidget(self.choices)
        self.column.addWidget(self.young)
        if before is not None:
            self.choices.choose(before)

    @property
    def answered(self) -> bool:
        """See Step."""
        return self.choices.current is not None

    def first_focus(self) -> QWidget:
        """See Step."""
        return self.choices.first_focus()

    def answer(self) -> Mapping[str, object]:
        """See Step."""
        return {"age": AgeBand(str(self.choices.current))}

    def _chosen(self, band: str) -> None:
        self.young.setVisible(band in {AgeBand.CHILD, AgeBand.YOUTH})
        self.changed.emit()


class RegionStep(Step):
    """The region of `before` is chosen at first, else the locale's."""

    def __init__(self, before: str | None = None) -> None:
        super().__init__("first_steps.region", "first_steps.region_means")
        self.list = QListWidget(self)
        self.list.setObjectName("regions")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.column.addWidget(self.list)
        here = find_region(known_region(before))
        self._fill(here.id if here else ELSEWHERE)

    @property
    def current(self) -> str:
        """The id of the region that is chosen."""
        return str(self.list.currentItem().data(Qt.ItemDataRole.UserRole))

    def begin(self) -> None:
        """See Step; the height of a row is known when the style sheet has been applied."""
        self.list.ensurePolished()
        self.list.setFixedHeight(ROWS_IN_SIGHT * self.list.sizeHintForRow(0) + 12)
        self.list.scrollToItem(self.list.currentItem())

    def first_focus(self) -> QWidget:
        """See Step."""
        return self.list

    def answer(self) -> Mapping[str, object]:
        """See Step."""
        return {"region": self.current}

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._fill(self.current)

    def _fill(self, current: str) -> None:
        """List the regions in the order of the language in force: Chinese by pinyin."""
        self.list.clear()
        self.list.setAccessibleName(sentence("first_steps.region"))
        order = QCollator(QLocale(language()))
        ordered = sorted(regions(), key=lambda each: order.sortKey(sentence(f"region.{each}")))
        for region in (*ordered, ELSEWHERE):
            item = QListWidgetItem(sentence(f"region.{region}"), self.list)
            item.setData(Qt.ItemDataRole.UserRole, region)
            if region == current:
                self.list.setCurrentItem(item)
