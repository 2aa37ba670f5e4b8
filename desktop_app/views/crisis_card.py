"""The crisis card beside the conversation: whom to call now. Needs no model and no network."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.care.card import crisis_card
from desktop_app.care.guard.verdict import Category, Verdict
from desktop_app.care.hotlines import known_region
from desktop_app.care.own_numbers import Numbers
from desktop_app.views import theme
from desktop_app.views.elided_button import ElidedButton
from desktop_app.views.panel import Text
from desktop_app.views.preferences import Preferences
from desktop_app.views.styling import spacious
from desktop_app.views.tab_order import as_one_reads
from resources.messages import sentence

if TYPE_CHECKING:  # a card without a plan does not load it
    from desktop_app.care.safety_plan import SafetyPlan
    from desktop_app.views.contact_reach import ContactReach

_NUMBER: Final = re.compile(r"^(\+?[\d(][\d ()-]*\d)")
"""The number a row begins with: what a person in need looks for."""
FIRST_LINES: Final = 2
"""So many stand above what to do, which a screen should show without scrolling; a person who has no
answer finds the others below."""


class CrisisCard(QFrame):
    """A column on the right; its button closes it, and so does Escape (see window)."""

    closed = Signal()
    exercises_wanted = Signal()
    plan_wanted = Signal()
    contact_wanted = Signal()
    """Somebody is to be written down whom the card can offer to reach."""
    numbers_wanted = Signal()

    def __init__(
        self,
        preferences: Preferences,
        plan: Callable[[], SafetyPlan | None],
        parent: QWidget | None = None,
    ) -> None:
        """`plan` gives the safety plan, where one can be read now."""
        super().__init__(parent)
        self._preferences = preferences
        self._young = False
        """A person has written that they are under 18, whatever they answered when asked."""
        self._shown = self._lines()
        """Whose lines it shows, and what the person made of them."""
        self._plan = plan
        self._offers_plan = False
        """The plan can be written now, or it can be said what that needs."""
        self._written = False
        """It holds what it should say; written when it is first looked at, not at each start."""
        preferences.changed.connect(self._follow)
        self.setObjectName("card")
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._close = QPushButton(self)
        self._close.clicked.connect(self.closed)
        self.exercises = QPushButton(self)
        self.exercises.clicked.connect(self.exercises_wanted)
        below = QHBoxLayout()
        below.setContentsMargins(20, 8, 20, 0)
        below.addWidget(self.exercises)
        below.addStretch(1)
        below.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, theme.GAP)  # the border stays in sight
        column.addWidget(self._area, 1)
        column.addLayout(below)
        self.hide()
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def showEvent(self, event: QShowEvent) -> None:
        """See Qt."""
        self._write()
        super().showEvent(event)

    def first_number(self) -> QWidget:
        """Return the row a keyboard should land on."""
        self._write()
        return self.findChildren(QLabel, "cardRow")[0]

    def offer_plan(self) -> None:
        """Have a button that leads to the safety plan."""
        self._offers_plan = True
        self.write_again()

    def write_again(self) -> None:
        """Say what is so now: the language, the region or the safety plan has changed."""
        self._written = False
        if not self.isHidden():
            self._write()

    def heed(self, verdict: Verdict) -> None:
        """Have lines for the young where the guard reads that somebody in danger is under 18."""
        self._young = self._young or Category.MINOR_AT_RISK in verdict.categories
        self._follow()

    def _lines(self) -> tuple[str | None, bool, Numbers]:
        settings = self._preferences.settings
        return settings.region, settings.young or self._young, settings.numbers

    def _follow(self) -> None:
        shown = self._lines()
        if self._shown != shown:
            self._shown = shown
            self.write_again()

    def _retranslate(self) -> None:
        self._close.setText(sentence("window.close_card"))
        self.exercises.setText(sentence("settings.exercises"))
        self.exercises.setToolTip(sentence("exercises.key"))
        self.setAccessibleName(sentence("window.crisis_card"))
        self.write_again()

    def _write(self) -> None:
        if self._written:
            return
        self._written = True
        region, young, numbers = self._shown
        card = crisis_card(known_region(region), young=young, numbers=numbers)
        page = QWidget()
        page.setObjectName("cardPage")
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 20, 20, 12)
        column.setSpacing(9)
        plan = self._plan()
        people = self._people(plan)
        _add_lines(column, "cardTitle", (card.title,))
        _add_lines(column, "cardRow", card.emergency, gap=0)
        if people is not None:
            self._add_button(column, "contact.reach", partial(self._show_people, people))
            column.addSpacing(6)
        _add_lines(column, "cardRow", card.lines[:FIRST_LINES])
        _add_lines(column, "cardStep", card.steps)
        self._add_people(column, people)
        if more := card.lines[FIRST_LINES:]:
            column.addWidget(Text("card.more", "cardHeading"))
            _add_lines(column, "cardRow", more)
        _add_lines(column, "quiet", card.notes)
        self._add_button(column, "numbers.correct", self.numbers_wanted.emit)
        column.addSpacing(6)
        self._add_plan(column, plan)
        column.addStretch(1)
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self._area.isAncestorOf(focus)
        self._area.setWidget(page)
        as_one_reads(self)
        if had_focus:
            self.first_number().setFocus()

    def _people(self, plan: SafetyPlan | None) -> ContactReach | None:
        """Return whom the person trusts, to be reached with one click."""
        if plan is None or not plan.people:
            return None
        from desktop_app.views.contact_reach import ContactReach

        return ContactReach(plan)

    def _add_people(self, column: QVBoxLayout, people: ContactReach | None) -> None:
        """Add them below what to do, or the way to write somebody down."""
        if people is not None:
            column.addWidget(Text("contact.title", "cardHeading"))
            column.addWidget(people)
        elif self._offers_plan:
            self._add_button(column, "contact.write", self.contact_wanted.emit)
            column.addWidget(Text("contact.write_means", "quiet"))
        column.addSpacing(6)

    def _show_people(self, people: ContactReach) -> None:
        """Bring them into sight: a card has more numbers than a screen may have room for."""
        first = people.first_focus()
        self._area.verticalScrollBar().setValue(people.y() - 3 * theme.GAP)
        first.setFocus()

    def _add_button(self, column: QVBoxLayout, key: str, act: Callable[[], None]) -> QPushButton:
        """Add a button that may be narrower than its words."""
        button = ElidedButton()
        button.setText(sentence(key))
        button.setObjectName(key)
        button.clicked.connect(act)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return button

    def _add_plan(self, column: QVBoxLayout, plan: SafetyPlan | None) -> None:
        """Add the safety plan below the numbers, and the way to write it."""
        if plan is not None and any(step != "people" for step, _ in plan.sections()):
            from desktop_app.views.plan_reading import add_sections

            column.addWidget(Text("plan.title", "cardHeading"))
            add_sections(column, plan, without="people")
            column.addSpacing(6)
        if self._offers_plan:
            button = self._add_button(column, "plan.write", self.plan_wanted.emit)
            button.setObjectName("planButton")


def _add_lines(column: QVBoxLayout, name: str, texts: tuple[str, ...], *, gap: int = 6) -> None:
    for text in texts:
        column.addWidget(_line(text, name))
    column.addSpacing(gap)


def _line(text: str, name: str) -> QLabel:
    """Return one line of the card; numbers can be reached by keyboard and copied."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    markup = _NUMBER.sub(r"<b>\1</b>", html.escape(text))
    label.setText(markup if name == "cardRow" else spacious(markup))
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAccessibleName(text)
    if name == "cardRow":
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return label
