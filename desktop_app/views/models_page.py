"""The models in the conversation's place: those that are here, and those that can be had.

Nothing is looked up or fetched before a button was pressed that says so.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from operator import eq
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.models.catalogue import catalogue
from desktop_app.models.install import remove
from desktop_app.models.library import (
    Model,
    damaged_models,
    id_of,
    installed_models,
    shipped_model,
    stands_for,
)
from desktop_app.models.machine import this_machine
from desktop_app.models.recommend import recommend
from desktop_app.models.verify import verify_whole
from desktop_app.views.announcement import announce
from desktop_app.views.appearance import Appearance
from desktop_app.views.model_choice import ModelChoice
from desktop_app.views.model_rows import DamagedRow, InstalledRow, OfferedRow
from desktop_app.views.models_sections import ConnectionsSection, SourceSection
from desktop_app.views.notice import Notice, WayOn, explained
from desktop_app.views.panel import Panel, Text
from desktop_app.views.preferences import Preferences
from desktop_app.views.styling import spacious
from desktop_app.views.tasks import Tasks
from desktop_app.views.transfers import Stage, Transfers
from resources.messages import language, sentence
from resources.processor import physical_cores
from resources.sizes import megabytes

GAP: Final = 10


class ModelsPage(Panel):
    """Ends in `left`; whoever takes it away calls `end` first."""

    left = Signal()

    def __init__(
        self,
        transfers: Transfers,
        choice: ModelChoice,
        preferences: Preferences,
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(appearance, parent)
        self._transfers = transfers
        self._choice = choice
        self._preferences = preferences
        self._tasks = Tasks(self)
        self.installed: list[InstalledRow] = []
        self.damaged: list[DamagedRow] = []
        self.offered: list[OfferedRow] = []
        self._best: str | None = None
        self._reason = QLabel()
        self._reason.setObjectName("panelText")
        self._reason.setWordWrap(True)
        self._here, self._there = QVBoxLayout(), QVBoxLayout()
        self.add = QPushButton()
        self.add.setObjectName("link")
        self.add.clicked.connect(self._choose_file)
        self.cancel_copy = QPushButton()
        self.cancel_copy.setObjectName("link")
        self.cancel_copy.clicked.connect(transfers.cancel)
        self.said = Notice()
        self.source = SourceSection(preferences, self)
        self.connections = ConnectionsSection(transfers.ledger, self)
        self._lay_out()
        self._fill()
        self.back.hide()
        self.skip.hide()
        self.main.clicked.connect(self.left)
        transfers.changed.connect(self._refresh)
        transfers.ended.connect(self._conclude)
        choice.changed.connect(self._fill_installed)
        self._retranslate()
        self._conclude()

    def keep(self) -> None:
        """Keep what is written."""
        self.source.keep()

    def end(self) -> None:
        """Hear no more of what the page began; what is on its way here is no part of it."""
        self._tasks.abandon()
        self._transfers.ended.disconnect(self._conclude)

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        row = self.recommended
        return self.main if row is None or row.get.isHidden() else row.get

    @property
    def recommended(self) -> OfferedRow | None:
        """The row of the model that suits this computer; None where it is here, or none does."""
        return next((row for row in self.offered if row.entry.id == self._best), None)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._fill()

    # What is on it

    def _lay_out(self) -> None:
        content = self.content
        content.setSpacing(GAP)
        content.addWidget(Text("models.title", "panelTitle"))
        content.addWidget(Text("models.means"))
        content.addWidget(Text("models.here", "planStep"))
        content.addLayout(self._here)
        for button in (self.add, self.cancel_copy):
            content.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        content.addWidget(self.said)
        content.addSpacing(GAP)
        content.addWidget(Text("models.offered_here", "planStep"))
        content.addWidget(self._reason)
        content.addLayout(self._there)
        content.addSpacing(GAP)
        content.addWidget(self.source)
        content.addSpacing(GAP)
        content.addWidget(self.connections)

    def _fill(self) -> None:
        self._fill_installed()
        self._fill_offered()
        self._refresh()

    def _models(self) -> list[Model]:
        return [shipped_model(), *installed_models(self._transfers.installed)]

    def _named(self, model: Model, name: str | None) -> bool:
        return stands_for(name, model, self._transfers.installed)

    def _fill_installed(self) -> None:
        for row in (*self.installed, *self.damaged):
            self._here.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.installed, self.damaged = [], []
        for model in self._models():
            row = InstalledRow(model, in_use=self._named(model, self._choice.used))
            row.use_wanted.connect(self._use)
            row.verify_wanted.connect(partial(self._verify, model))
            row.remove_wanted.connect(partial(self._remove, partial(self._named, model)))
            self.installed.append(row)
            self._here.addWidget(row)
        for lost in damaged_models(self._transfers.installed):
            row_of_it = DamagedRow(lost)
            row_of_it.remove_wanted.connect(partial(self._remove, partial(eq, lost.id)))
            self.damaged.append(row_of_it)
            self._here.addWidget(row_of_it)

    def _fill_offered(self) -> None:
        for row in self.offered:
            self._there.removeWidget(row)
            row.hide()
            row.deleteLater()
        folder = self._transfers.installed
        here = {id_of(each) for each in installed_models(folder)}
        entries = catalogue(folder)
        machine = this_machine(physical_cores(), folder)
        found = recommend(entries, machine, language(), tuple(here))
        self._best = None if found.entry is None else found.entry.id
        self._reason.setText(spacious(html.escape(found.reason)))
        self._reason.setAccessibleName(found.reason)
        best_first = sorted(entries, key=lambda entry: entry.id != self._best)
        self.offered = [
            OfferedRow(entry, self._transfers) for entry in best_first if entry.id not in here
        ]
        for row in self.offered:
            self._there.addWidget(row)
        if self.recommended is not None:
            self.recommended.get.setObjectName("primary")

    # What is done

    def _use(self, name: str) -> None:
        shipped = name == id_of(shipped_model())
        self._choice.open(None if shipped else name)
        self._fill_installed()

    def _verify(self, model: Model, name: str) -> None:
        row = self._row(name)
        if row is None:
            return
        row.verify.setEnabled(False)
        row.notice.say(partial(sentence, "models.verifying"))

        def done(outcome: str) -> None:
            row.verify.setEnabled(True)
            row.notice.say(partial(sentence, f"models.verified_{outcome}", id=row.name))

        def failed(error: Exception) -> None:
            row.verify.setEnabled(True)
            row.notice.say(partial(explained, error))

        self._tasks.start(partial(verify_whole, model), done, failed)

    def _remove(self, is_it: Callable[[str | None], bool], name: str) -> None:
        """Remove an installed model; `is_it` tells whether that is what somebody named."""
        chosen = self._preferences.settings.model
        if is_it(chosen):
            chosen = None
        if is_it(self._choice.used):
            self._choice.open(chosen)  # before its file goes
        else:
            self._preferences.change(model=chosen)

        def done(freed: int) -> None:
            self._fill()
            self.said.say(partial(sentence, "models.removed", id=name, size=megabytes(freed)))

        self._tasks.start(partial(remove, name, self._transfers.installed), done, self._say)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, sentence("models.add"))
        dialog.setNameFilter(f"{sentence('window.model_files')} (*.gguf)")
        dialog.fileSelected.connect(lambda path: self._transfers.copy(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # What is heard

    def _refresh(self) -> None:
        for row in self.offered:
            row.refresh()
        current = self._transfers.current
        copying = current is not None and current.stage is Stage.COPYING
        self.add.setEnabled(current is None or not current.moves)
        self.cancel_copy.setVisible(copying)
        if copying and current is not None:
            told = current.told
            self.said.say(lambda: sentence("models.copying", name=current.name, told=told))
        if current is None or not current.moves:
            self.connections.refresh()

    def _conclude(self) -> None:
        """Tell what became of the last one, also where it ended while no page was there."""
        outcome, self._transfers.outcome = self._transfers.outcome, None
        if outcome is None:
            return
        if outcome.error is None:
            self._arrived(outcome.installed)
        else:
            self._failed(outcome.id, outcome.error)

    def _arrived(self, name: str) -> None:
        self._fill()
        row = self._row(name)
        said = sentence("models.arrived", name=name if row is None else row.name)
        self.said.say(
            partial(sentence, "models.arrived", name=name if row is None else row.name),
            WayOn("models.use_now", partial(self._use_arrived, name)),
        )
        announce(self, said)
        self.ensureWidgetVisible(self.said)

    def _use_arrived(self, name: str) -> None:
        self.said.clear()
        self._use(name)

    def _failed(self, name: str, error: Exception) -> None:
        row = next((each for each in self.offered if each.entry.id == name), None)
        if row is None:
            self._say(error)
        else:
            row.notice.say(partial(explained, error))
            self.ensureWidgetVisible(row.notice)

    def _say(self, error: Exception) -> None:
        self.said.say(partial(explained, error))

    def _row(self, name: str) -> InstalledRow | None:
        return next((row for row in self.installed if row.id == name), None)

    def _retranslate(self) -> None:
        self.add.setText(sentence("models.add"))
        self.cancel_copy.setText(sentence("models.cancel_copy"))
        self.main.setText(sentence("models.done"))
