"""A column of answers of which one can be chosen, each with a line of its own below it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from desktop_app.views.panel import Text
from desktop_app.views.styling import restyle
from resources.messages import sentence


class Choices(QWidget):
    """Nothing is chosen at first."""

    chosen = Signal(str)

    def __init__(self, labels: Mapping[str, str], notes: Mapping[str, str] | None = None) -> None:
        """Offer the keys of `labels`; its values, and those of `notes`, are catalogue keys."""
        super().__init__()
        self._labels, self._means = labels, notes or {}
        self._notes = {choice: Text(key, "note") for choice, key in self._means.items()}
        self.buttons = {choice: QRadioButton(self) for choice in labels}
        self._group = QButtonGroup(self)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(2)
        for choice, button in self.buttons.items():
            self._group.addButton(button)
            self.column.addWidget(button)
            if choice in self._notes:
                self.column.addWidget(self._notes[choice])
            button.toggled.connect(lambda on, this=choice: self.chosen.emit(this) if on else None)
        self._retranslate()

    @property
    def current(self) -> str | None:
        """What is chosen."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), None)

    def choose(self, choice: str) -> None:
        """Choose for the person."""
        self.buttons[choice].setChecked(True)

    def offer(self, choice: str, *, offered: bool) -> None:
        """Show a choice or take it away. One that is left alone has nothing to be ticked."""
        self.buttons[choice].setVisible(offered)
        if choice in self._notes:
            self._notes[choice].setVisible(offered)
        alone = sum(not button.isHidden() for button in self.buttons.values()) == 1
        for widget in (*self.buttons.values(), *self._notes.values()):
            restyle(widget, alone=alone)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        buttons = [button for button in self.buttons.values() if not button.isHidden()]
        return next(filter(QRadioButton.isChecked, buttons), buttons[0])

    def _retranslate(self) -> None:
        for choice, button in self.buttons.items():
            button.setText(sentence(self._labels[choice]))
            if choice in self._means:  # read aloud with the answer, not somewhere below it
                button.setAccessibleDescription(sentence(self._means[choice]))
