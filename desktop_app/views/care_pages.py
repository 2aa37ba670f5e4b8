"""What stands in the conversation's place: which page of it is shown, and when it goes.

What helps, and the models.

Exercises and the card's numbers are in reach always. The plan is written while the history is
open; without it, it can be read where the person chose that. Each page is loaded when it is first
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from desktop_app.errors import CareError, KnownError
from desktop_app.views.appearance import Appearance
from desktop_app.views.notice import WayOn, explained
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.care.kept_plan import KeptPlan
    from desktop_app.care.safety_plan import SafetyPlan
    from desktop_app.vault.documents import Documents
    from desktop_app.vault.vault import Vault
    from desktop_app.views.answer_page import AnswerPage
    from desktop_app.views.exercises_page import ExercisesPage, Place
    from desktop_app.views.models_page import ModelsPage
    from desktop_app.views.numbers_page import NumbersPage
    from desktop_app.views.panel import Panel
    from desktop_app.views.plan_page import PlanPage
    from desktop_app.views.plan_reading import PlanReading
    from desktop_app.views.preferences import Preferences
    from desktop_app.views.step import Step
    from desktop_app.views.transfers import Outcome, Transfers
    from desktop_app.views.window import MainWindow


class CarePages(QObject):
    """Belongs to the window and outlives its parts, which are made anew when it locks."""

    def __init__(
        self,
        window: MainWindow,
        copy: Path,
        new_transfers: Callable[[], Transfers],
        preferences: Preferences,
        appearance: Appearance,
    ) -> None:
        """`copy` is where the safety plan lies that can be read while locked, if chosen.

        `new_transfers` makes what brings models here, when it is first asked for.
        """
        super().__init__(window)
        self._window = window
        self._copy = copy
        self._new_transfers = new_transfers
        self._transfers: Transfers | None = None
        self._unsaid = False
        """A model came, or did not, and nobody has heard of it."""
        self._preferences = preferences
        self._appearance = appearance
        self._documents: Documents | None = None
        self._exercises: ExercisesPage | None = None
        self._numbers: NumbersPage | None = None
        self._answer: AnswerPage | None = None
        self._models: ModelsPage | None = None
        self._writing: PlanPage | None = None
        self._reading: PlanReading | None = None
        self._unkept: SafetyPlan | None = None
        """Written, and refused by the disk when its page was left."""
        QShortcut(QKeySequence("Ctrl+E"), window).activated.connect(self._toggle_exercises)

    def connect_parts(self) -> None:
        """Listen to the window's parts, which have been made anew."""
        window = self._window
        for part in (window.card, window.header.settings):
            part.exercises_wanted.connect(self.show_exercises)
            part.plan_wanted.connect(self.show_plan)
            part.numbers_wanted.connect(self.show_numbers)
        window.card.contact_wanted.connect(self.show_contacts)
        window.header.settings.models_wanted.connect(self.show_models)
        window.header.settings.age_wanted.connect(self.ask_age)
        window.header.settings.region_wanted.connect(self.ask_region)

    @property
    def plan(self) -> KeptPlan:
        """Where the plan is kept: the open history, or the copy that can be read without one."""
        from desktop_app.care.kept_plan import KeptPlan

        return KeptPlan(self._copy, self._documents)

    @property
    def place(self) -> Place | None:
        """Where in the exercises the person is; None where they are not shown."""
        return None if self._exercises is None else self._exercises.place

    @property
    def page(self) -> Panel | None:
        """What is shown in the conversation's place."""
        asks = self._numbers or self._answer
        return self._exercises or self._models or asks or self._writing or self._reading

    def shown_on_card(self) -> SafetyPlan | None:
        """Return the plan, if it can be read now; the card has to open whatever is wrong."""
        if self._documents is None and not self._copy_exists():
            return None
        try:
            return self.plan.read()
        except KnownError:
            return None

    # The history opens and closes

    def open(self, vault: Vault | None) -> list[KnownError]:
        """Take what an open history holds; return what a person should be told."""
        self.leave()
        self._documents = None if vault is None else vault.documents
        self._window.card.offer_plan()
        try:
            self.settle()
        except KnownError as error:
            return [error]
        return []

    def close(self) -> Place | None:
        """Let go of all that knows the person; return where in the exercises they were."""
        place = self.place
        self._take_away()
        self._documents = self._unkept = None
        return place

    def close_unkept(self) -> SafetyPlan | None:
        """Close as `close` does, and return what was written of the plan and could not be kept."""
        unkept = self._unkept if self._writing is None else self._writing.written
        self.close()
        return unkept

    def bring_back(self, unkept: SafetyPlan) -> list[KnownError]:
        """Keep what `close_unkept` returned; return what a person should be told.

        Where it still cannot be kept, it stands on the page of the plan.
        """
        self._unkept = unkept
        try:
            self.keep()
        except KnownError as error:
            return [error]
        finally:
            self._window.card.write_again()
        return []

    def settle(self) -> None:
        """Show what the history holds now: it was opened, or a backup came into it.

        Raises:
            KnownError: the copy to be read while locked could not be brought up to date.
        """
        self._window.card.write_again()
        if self._writing is not None:
            self._take_away()
            self.show_plan()
        if self._copy_exists():
            self.plan.settle()

    def keep(self) -> None:
        """Keep what was written.

        Raises:
            CareError: it is kept, but for the copy to be read while locked, or a number that cannot
                be called.
            KnownError: it is not kept.
        """
        if self._unkept is not None:
            self.plan.write(self._unkept)
            self._unkept = None
        if self._writing is not None:
            self._writing.keep()
        if self._models is not None:
            self._models.keep()
        if self._answer is not None:
            self._answer.keep()
        if self._numbers is not None and self._numbers.loses():
            raise CareError("care.number_not_kept")

    # The pages come and go

    def show_exercises(self, place: Place = (None, 0)) -> None:
        """Show the exercises, at one of them if `place` names it."""
        from desktop_app.views.exercises_page import ExercisesPage

        self.leave()
        page = self._exercises = ExercisesPage(self._appearance)
        page.left.connect(self.leave)
        self._window.sharing.cover(page)
        page.show_place(place)

    def show_numbers(self) -> None:
        """Show the numbers of the crisis card, to be corrected."""
        from desktop_app.views.numbers_page import NumbersPage

        self.leave()
        page = self._numbers = NumbersPage(self._preferences, self._appearance)
        page.left.connect(self.leave)
        self._window.sharing.cover(page)
        page.first_focus().setFocus()

    def ask_age(self) -> None:
        """Ask again how old the person is."""
        from desktop_app.views.questions import AgeStep

        self._ask(AgeStep(self._preferences.settings.age))

    def ask_region(self) -> None:
        """Ask again where the person is, whose numbers the card lists."""
        from desktop_app.views.questions import RegionStep

        self._ask(RegionStep(self._preferences.settings.region))

    def show_models(self) -> None:
        """Show the models that are here, and those that can be downloaded."""
        from desktop_app.views.models_page import ModelsPage

        self.leave()
        if self._transfers is None:
            self._transfers = self._new_transfers()
            self._transfers.ended.connect(self._hear_of_model)
        self._unsaid = False
        page = self._models = ModelsPage(
            self._transfers, self._window.model, self._preferences, self._appearance
        )
        page.left.connect(self.leave)
        self._window.sharing.cover(page)
        page.first_focus().setFocus()

    def _hear_of_model(self) -> None:
        self._unsaid = self._models is None
        self.say_of_model()

    def say_of_model(self) -> None:
        """Say what became of a model that was on its way, once nothing else is being said."""
        outcome = None if self._transfers is None else self._transfers.outcome
        window = self._window
        if not (self._unsaid and outcome and window.passed) or window.middle.notice.text:
            return
        self._unsaid = False
        window.say(partial(_told, outcome), WayOn("models.title", self.show_models))

    def show_contacts(self) -> None:
        """Show the plan where the people are written whom the person trusts."""
        self.show_plan()
        page = self._writing
        if page is not None:
            field = page.contacts["people"].first_focus()
            field.setFocus()
            # Later: where a field stands is known once the page has been laid out.
            QTimer.singleShot(0, page, partial(page.ensureWidgetVisible, field))

    def show_plan(self) -> None:
        """Show the plan: to be written where a history is open, else to be read."""
        self.leave()
        try:
            if self._documents is not None:
                self._write_plan()
            else:
                self._read_plan()
        except KnownError as error:
            self._window.say_error(error)

    def go_back(self) -> None:
        """Leave the page as a person asks to; what it would lose holds that up once."""
        if self._numbers is None or self._numbers.may_go():
            self.leave()

    def leave(self) -> None:
        """Take the page away, having kept what was written on it."""
        if self.page is None:
            return
        told: KnownError | None = None
        try:
            self.keep()
        except KnownError as error:
            told = error
            if self._writing is not None and not isinstance(error, CareError):
                self._unkept = self._writing.written
        self._take_away()
        self._window.room.take_keyboard()
        if told is not None:
            self._window.say_error(told)

    def _ask(self, step: Step) -> None:
        from desktop_app.views.answer_page import AnswerPage

        self.leave()
        page = self._answer = AnswerPage(step, self._preferences, self._appearance)
        page.left.connect(self.leave)
        self._window.sharing.cover(page)
        step.begin()
        page.first_focus().setFocus()

    def _write_plan(self) -> None:
        from desktop_app.views.plan_page import PlanPage

        page = PlanPage(self.plan, self._unkept, self._appearance)
        self._writing, self._unkept = page, None
        page.left.connect(self.leave)
        # Later: what the card holds may be just about to get the keyboard that a field lost.
        page.kept.connect(self._window.card.write_again, Qt.ConnectionType.QueuedConnection)
        self._window.sharing.cover(page)
        page.first_focus().setFocus()

    def _read_plan(self) -> None:
        from desktop_app.views.plan_reading import PlanReading

        page = self._reading = PlanReading(self.plan.read(), self._appearance)
        page.left.connect(self.leave)
        self._window.sharing.cover(page)
        page.first_focus().setFocus()

    def _take_away(self) -> None:
        if self._models is not None:
            self._models.end()
        self._exercises = self._models = self._numbers = self._answer = None
        self._writing = self._reading = None
        self._window.room.uncover()

    def _toggle_exercises(self) -> None:
        if self._exercises is None:
            self.show_exercises()
        else:
            self.go_back()

    def _copy_exists(self) -> bool:
        try:
            return self._copy.exists()
        except OSError:
            return False


def _told(outcome: Outcome) -> str:
    if outcome.error is None:
        return sentence("models.arrived", name=outcome.name)
    return sentence("models.not_installed", name=outcome.name, why=explained(outcome.error))
