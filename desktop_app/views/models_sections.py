"""Below the models: where they are downloaded from, and every connection that was made."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.errors import KnownError
from desktop_app.models.ledger import connections
from desktop_app.models.source import PRESETS, source_from
from desktop_app.views.notice import Notice, explained
from desktop_app.views.panel import Text
from desktop_app.views.plan_fields import PlanLine
from desktop_app.views.preferences import Preferences
from resources.messages import sentence

OWN: Final = "own"
LINES: Final = 6
"""Height of the list of connections."""


class SourceSection(QWidget):
    """The hub, a mirror, or an address of the person's own; and a proxy."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        chosen = preferences.settings
        self.choices = {name: QRadioButton(self) for name in (*PRESETS, OWN)}
        self.address, self.proxy = PlanLine(parent=self), PlanLine(parent=self)
        self.notice = Notice(self)
        self._proxy_label = QLabel(self)
        self._proxy_label.setObjectName("hint")
        self._proxy_label.setWordWrap(True)
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Text("models.source", "planStep"))
        for button in self.choices.values():
            group.addButton(button)
            column.addWidget(button)
        column.addWidget(self.address)
        column.addWidget(self._proxy_label)
        column.addWidget(self.proxy)
        column.addWidget(self.notice)
        at = chosen.hub or next(iter(PRESETS))
        self.choices[at if at in PRESETS else OWN].setChecked(True)
        self.address.setText("" if at in PRESETS else at)
        self.proxy.setText(chosen.proxy or "")
        group.buttonClicked.connect(self._choose)
        for field in (self.address, self.proxy):
            field.left.connect(self.keep)
        self._show_address()
        self._retranslate()

    def keep(self) -> None:
        """Keep what is written, if it can be used; else say why not."""
        self.notice.clear()
        name = next(name for name, button in self.choices.items() if button.isChecked())
        hub = self.address.text().strip() if name == OWN else name
        proxy = self.proxy.text().strip()
        try:
            source_from(hub, proxy)
        except KnownError as error:
            self.notice.say(partial(explained, error))
            return
        self._preferences.change(hub=hub or None, proxy=proxy or None)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _choose(self) -> None:
        self._show_address()
        if self.choices[OWN].isChecked() and not self.address.text():
            self.address.setFocus()
        else:
            self.keep()

    def _show_address(self) -> None:
        self.address.setVisible(self.choices[OWN].isChecked())

    def _retranslate(self) -> None:
        for name, button in self.choices.items():
            button.setText(sentence(f"models.source_{name.replace('-', '_')}"))
        self._proxy_label.setText(sentence("models.proxy_means"))
        for field, key in ((self.address, "models.address"), (self.proxy, "models.proxy")):
            field.setPlaceholderText(sentence(key))
            field.setAccessibleName(sentence(key))


class ConnectionsSection(QWidget):
    """Every connection that was made, the latest first."""

    def __init__(self, ledger: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ledger = ledger
        self.list = QPlainTextEdit(self)
        self.list.setObjectName("protocol")
        self.list.setReadOnly(True)
        self.list.setTabChangesFocus(True)
        self.list.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Text("models.connections", "planStep"))
        column.addWidget(Text("models.connections_mean", "hint"))
        column.addWidget(self.list)
        self._retranslate()

    def refresh(self) -> None:
        """Show what the ledger holds now."""
        made = connections(self._ledger)
        lines = [each.told for each in made] or [sentence("models.no_connections")]
        self.list.setPlainText("\n".join(lines))
        height = self.list.fontMetrics().lineSpacing() * min(LINES, 2 * len(lines))
        self.list.setFixedHeight(height + 28)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.list.setAccessibleName(sentence("models.connections"))
        self.refresh()
