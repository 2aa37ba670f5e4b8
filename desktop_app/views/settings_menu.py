"""The menu of what a person may set: language, light or dark, text size, model."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop_app.views.appearance import Appearance, Scheme
from resources.messages import LANGUAGES, language, sentence


class SettingsButton(QToolButton):
    """A button with the menu; what it does not do itself it asks for by a signal."""

    language_chosen = Signal(str)
    model_wanted = Signal()

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
        self._add(menu, "settings.choose_model").triggered.connect(self.model_wanted)
        self._retranslate()

    def actions_by_key(self) -> dict[str, QAction]:
        """Return every action under the key of its label."""
        return dict(self._labels)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _add(self, menu: QMenu, key: str) -> QAction:
        action = menu.addAction("")
        self._labels[key] = action
        return action

    def _retranslate(self) -> None:
        self.setText(sentence("settings.title"))
        self.setAccessibleName(sentence("settings.title"))
        for key, action in self._labels.items():
            action.setText(sentence(key))
