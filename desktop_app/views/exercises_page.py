"""The exercises in the conversation's place: which there are, then one step at a time.

Nothing here knows the person, so the page stays through locking; `place` is what is taken along.
"""

from __future__ import annotations

import html
import itertools
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.care.exercises import Exercise, exercises
from desktop_app.views.announcement import announce
from desktop_app.views.appearance import Appearance
from desktop_app.views.breath import DIAMETER, Breath
from desktop_app.views.panel import Panel, Text
from desktop_app.views.styling import spacious
from resources.messages import sentence

Place = tuple[str | None, int]
"""Which exercise, and which of its steps, counted from 1; 0 is what stands before the first."""
BEGINNING: Final[Place] = (None, 0)


class ExercisesPage(Panel):
    """Ends in `left`. Enter goes on; Escape leaves (see window)."""

    left = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.place: Place = BEGINNING
        self.buttons_by_id: dict[str, QPushButton] = {}
        self.breath: Breath | None = None
        self.pause: QPushButton | None = None
        self._shown = QWidget(self)
        self.content.addWidget(self._shown)
        self._progress = QLabel(self)
        self._progress.setObjectName("quiet")
        self.buttons.insertWidget(1, self._progress)
        self.buttons.insertStretch(1, 1)
        self.others = QPushButton(self)
        self.others.setObjectName("link")
        self.links.insertWidget(0, self.others, 0, Qt.AlignmentFlag.AlignHCenter)
        self.others.clicked.connect(partial(self.show_place, BEGINNING))
        self.back.clicked.connect(partial(self._go, -1))
        self.main.clicked.connect(partial(self._go, 1))
        self.skip.clicked.connect(self.left)

    @property
    def exercise(self) -> Exercise | None:
        """The one being done; None while there is a choice."""
        return exercises().get(self.place[0] or "")

    def show_place(self, place: Place) -> None:
        """Show an exercise at one of its steps, or the choice of all, and have it read out."""
        self.place = place
        self._build()
        self.first_focus().setFocus()
        announce(self, self._spoken())

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.main if self.exercise else next(iter(self.buttons_by_id.values()))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and self.isVisible():
            self._build()

    def _go(self, by: int) -> None:
        name, step = self.place
        exercise = self.exercise
        if exercise is None:
            return
        if step + by > len(exercise.steps):
            self.left.emit()
        else:
            self.show_place((name, step + by))

    def _build(self) -> None:
        """Make what is shown anew, in the language in force."""
        before, self._shown = self._shown, QWidget(self)
        self.breath = self.pause = None
        self.buttons_by_id = {}
        column = QVBoxLayout(self._shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        exercise, (_, step) = self.exercise, self.place
        if exercise is None:
            self._fill_choice(column)
        elif step == 0:
            self._fill_beginning(column, exercise)
        else:
            self._fill_step(column, exercise, step)
        self.content.replaceWidget(before, self._shown)
        before.hide()
        before.deleteLater()
        self._shown.show()
        self._label(exercise, step)
        self._set_tab_order()

    def _fill_choice(self, column: QVBoxLayout) -> None:
        column.addWidget(Text("exercises.title", "panelTitle"))
        column.addWidget(Text("exercises.means"))
        for each in exercises().values():
            button = QPushButton(each.title)
            button.setAccessibleDescription(each.when)
            button.clicked.connect(partial(self.show_place, (each.id, 0)))
            self.buttons_by_id[each.id] = button
            column.addSpacing(4)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            column.addWidget(_line(each.when, "hint"))
        column.addSpacing(4)
        column.addWidget(Text("exercises.limits", "quiet"))

    def _fill_beginning(self, column: QVBoxLayout, exercise: Exercise) -> None:
        column.addWidget(_line(exercise.title, "panelTitle"))
        column.addWidget(_line(exercise.when, "panelText"))
        column.addSpacing(4)
        column.addWidget(Text("exercises.limits", "quiet"))
        column.addWidget(_line(sentence("exercises.source", source=exercise.source), "quiet"))

    def _fill_step(self, column: QVBoxLayout, exercise: Exercise, step: int) -> None:
        column.addWidget(_line(exercise.title, "hint"))
        column.addWidget(_line(exercise.steps[step - 1], "stepText"))
        pace = exercise.pace
        if pace is not None and step in pace.steps:
            self.breath = Breath(pace, self._appearance.look.px(DIAMETER))
            self.pause = QPushButton()
            self.pause.setObjectName("link")
            self.pause.clicked.connect(self._pause)
            self._label_pause()
            column.addSpacing(6)
            column.addWidget(self.breath, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(self.pause, 0, Qt.AlignmentFlag.AlignHCenter)

    def _pause(self) -> None:
        assert self.breath is not None
        if self.breath.paused:
            self.breath.resume()
        else:
            self.breath.pause()
        self._label_pause()

    def _label_pause(self) -> None:
        if self.breath is not None and self.pause is not None:
            key = "exercises.resume" if self.breath.paused else "exercises.pause"
            self.pause.setText(sentence(key))

    def _label(self, exercise: Exercise | None, step: int) -> None:
        last = exercise is not None and step == len(exercise.steps)
        going = "exercises.done" if last else "exercises.next"
        self.main.setText(sentence(going if step else "exercises.begin"))
        self.main.setVisible(exercise is not None)
        self.back.setText(sentence("exercises.back"))
        self.back.setVisible(step > 0)
        self.others.setText(sentence("exercises.others"))
        self.others.setVisible(exercise is not None)
        self.skip.setText(sentence("exercises.close"))
        self._progress.setText("")
        self._progress.setVisible(step > 0)
        if exercise is not None and step:
            steps = len(exercise.steps)
            self._progress.setText(sentence("exercises.step", step=step, steps=steps))

    def _set_tab_order(self) -> None:
        """Have the keyboard go down the page: what was made anew would come last."""
        pause = () if self.pause is None else (self.pause,)
        order = (*self.buttons_by_id.values(), *pause, self.back, self.main, self.others, self.skip)
        for one, following in itertools.pairwise(order):
            self.setTabOrder(one, following)

    def _spoken(self) -> str:
        exercise, (_, step) = self.exercise, self.place
        if exercise is None:
            return sentence("exercises.means")
        if step == 0:
            return f"{exercise.title} {exercise.when}"
        return f"{self._progress.text()} {exercise.steps[step - 1]}"


def _line(text: str, name: str) -> QLabel:
    label = QLabel(spacious(html.escape(text)))
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAccessibleName(text)
    return label
