"""The menu of what a person may set: language, light or dark, text size, model; and locking."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop_app.settings import Scheme
from desktop_app.views.appearance import Appearance
from resources.messages import LANGUAGES, language, sentence

BEHIND_THE_GATE: Final = ("settings.models", "settings.choose_model", "settings.privacy")
"""What names files of the person's, or needs the history."""
WITH_A_KEY: Final = ("settings.models", "settings.choose_model")
"""What stays out of reach where there is a history, and nobody has opened it."""


class SettingsButton(QToolButton):
    """A button with the menu; what it does not do itself it asks for by a signal."""

    language_chosen = Signal(str)
    models_wanted = Signal()
    model_wanted = Signal()
    exercises_wanted = Signal()
    plan_wanted = Signal()
    numbers_wanted = Signal()
    age_wanted = Signal()
    region_wanted = Signal()
    privacy_wanted = Signal()
    lock_wanted = Signal()
    hide_wanted = Signal()
    about_wanted = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._labels: dict[str, QAction] = {}
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.setMenu(menu)
        languages = QActionGroup(self)
        for code in LANGUAGES:
            action = self._add(menu, f"settings.language_{code}")
            action.setCheckable(True)
            action.setChecked(code == language())
            action.triggered.connect(lambda _=False, to=code: self.language_chosen.emit(to))
            languages.addAction(action)
        menu.addSeparator()
        schemes = QActionGroup(self)
        for scheme in Scheme:
            action = self._add(menu, f"settings.scheme_{scheme}")
            action.setCheckable(True)
            action.setChecked(scheme is appearance.scheme)
            action.triggered.connect(lambda _=False, to=scheme: appearance.choose(to))
            schemes.addAction(action)
        menu.addSeparator()
        # Ctrl+= as well: on most keyboards the plus is the equals sign with Shift.
        for key, steps, keys in (
            ("settings.larger", 1, ("Ctrl++", "Ctrl+=")),
            ("settings.smaller", -1, ("Ctrl+-",)),
            ("settings.normal_size", 0, ("Ctrl+0",)),
        ):
            action = self._add(menu, key)
            action.setShortcuts([QKeySequence(each) for each in keys])
            action.triggered.connect(lambda _=False, by=steps: appearance.zoom(by))
        menu.addSeparator()
        self._add(menu, "settings.models").triggered.connect(self.models_wanted)
        self._add(menu, "settings.choose_model").triggered.connect(self.model_wanted)
        menu.addSeparator()
        self._add(menu, "settings.plan").triggered.connect(self.plan_wanted)
        self._add_shown(menu, "settings.exercises", "Ctrl+E").triggered.connect(
            self.exercises_wanted
        )
        self._add(menu, "settings.numbers").triggered.connect(self.numbers_wanted)
        self._add(menu, "settings.region").triggered.connect(self.region_wanted)
        self._add(menu, "settings.age").triggered.connect(self.age_wanted)
        menu.addSeparator()
        self._add(menu, "settings.privacy").triggered.connect(self.privacy_wanted)
        for key, shown, wanted in (
            ("settings.lock", "Ctrl+L", self.lock_wanted),
            ("settings.hide", "F9", self.hide_wanted),
        ):
            self._add_shown(menu, key, shown).triggered.connect(wanted)
        menu.addSeparator()
        self._add(menu, "settings.about").triggered.connect(self.about_wanted)
        for key in BEHIND_THE_GATE:
            self._labels[key].setEnabled(False)
        self._retranslate()

    def show_passed(self, *, may_set: bool) -> None:
        """Offer what there is once the gate has been passed; each gate has a new menu."""
        for key in BEHIND_THE_GATE:
            self._labels[key].setEnabled(may_set or key not in WITH_A_KEY)

    def actions_by_key(self) -> dict[str, QAction]:
        """Return every action under the key of its label."""
        return dict(self._labels)

    def sizeHint(self) -> QSize:
        """See Qt, whose style sheets make a tool button larger than a push button beside it."""
        return super().sizeHint() - QSize(3, 3)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _add(self, menu: QMenu, key: str) -> QAction:
        action = menu.addAction("")
        self._labels[key] = action
        return action

    def _add_shown(self, menu: QMenu, key: str, keys: str) -> QAction:
        """Add an action with keys that are the window's: a shortcut of two is one of neither."""
        action = self._add(menu, key)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    def _retranslate(self) -> None:
        self.setText(sentence("settings.title"))
        self.setAccessibleName(sentence("settings.title"))
        for key, action in self._labels.items():
            action.setText(sentence(key))
