"""A model on the page of models: one that is here, or one that can be downloaded."""

from __future__ import annotations

import html
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.models.catalogue import Entry
from desktop_app.models.library import SHIPPED, Damaged, Model, id_of
from desktop_app.views.announcement import announce
from desktop_app.views.notice import Notice, WayOn
from desktop_app.views.styling import spacious
from desktop_app.views.transfers import Stage, Transfer, Transfers
from resources.messages import sentence
from resources.sizes import megabytes

SCALE = 1000
"""Steps of a progress bar: its numbers are ints of 32 bits, a model has more bytes."""


class ModelRow(QFrame):
    """A name, what is to be known, buttons, and a sentence about what was done with it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelRow")
        self.name = name
        self._keys: dict[QPushButton, str] = {}
        heading = QLabel(name, self)
        heading.setObjectName("planStep")
        heading.setTextFormat(Qt.TextFormat.PlainText)  # what a file calls itself
        heading.setWordWrap(True)
        self.about = self._label("hint")
        self.facts = self._label("quiet")
        self.notice = Notice(self)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(6)
        for widget in (heading, self.about, self.facts, self.notice):
            self.column.addWidget(widget)
        self.column.addLayout(self.buttons)

    def add_button(self, key: str) -> QPushButton:
        """Add a button, to the right of the others."""
        button = QPushButton(self)
        self._keys[button] = key
        self.buttons.addWidget(button)
        return button

    def rename(self, button: QPushButton, key: str) -> None:
        """Have a button say something else."""
        if self._keys[button] != key:
            self._keys[button] = key
            self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Write everything in the language in force."""
        for button, key in self._keys.items():
            button.setText(sentence(key))
            button.setAccessibleName(f"{button.text()} {self.name}")

    def say(self, label: QLabel, text: str) -> None:
        """Write one of the lines; an empty one takes no room."""
        label.setText(spacious(html.escape(text)))
        label.setAccessibleName(text)
        label.setVisible(bool(text))

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        return label


class RemovableRow(ModelRow):
    """What can be removed, after a question."""

    remove_wanted = Signal(str)

    def __init__(self, name: str, model_id: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.id = model_id

    def add_remove(self) -> QPushButton:
        """Add the button that asks."""
        button = self.add_button("models.remove")
        button.clicked.connect(self._ask)
        return button

    def _ask(self) -> None:
        self.notice.say(
            partial(sentence, "models.remove_means", name=self.name),
            WayOn("models.remove_now", partial(self.remove_wanted.emit, self.id)),
            WayOn("window.cancel", self.notice.clear),
        )


class InstalledRow(RemovableRow):
    """A model that is here."""

    use_wanted = Signal(str)
    verify_wanted = Signal(str)

    def __init__(self, model: Model, *, in_use: bool, parent: QWidget | None = None) -> None:
        super().__init__(model.manifest.name, id_of(model), parent)
        self._model = model
        self._in_use = in_use
        self.use = self.add_button("models.in_use" if in_use else "models.use")
        self.use.setEnabled(not in_use)
        self.verify = self.add_button("models.verify")
        self.remove = self.add_remove()
        self.remove.setVisible(self.id != SHIPPED)
        self.use.clicked.connect(partial(self.use_wanted.emit, self.id))
        self.verify.clicked.connect(partial(self.verify_wanted.emit, self.id))
        self.retranslate()

    def retranslate(self) -> None:
        """See ModelRow."""
        super().retranslate()
        manifest = self._model.manifest
        size = megabytes(self._model.path.stat().st_size) if self._model.path.exists() else "?"
        about = sentence("models.comes_with_the_app") if self.id == SHIPPED else ""
        self.say(self.about, about)
        licence = manifest.licence or sentence("models.licence_unknown")
        self.say(self.facts, sentence("models.here_facts", size=size, licence=licence))


class DamagedRow(RemovableRow):
    """A model that is here and cannot be used: why, and a way to have its room back."""

    def __init__(self, model: Damaged, parent: QWidget | None = None) -> None:
        super().__init__(model.id, model.id, parent)
        self._model = model
        self._size = megabytes(model.size)
        self.remove = self.add_remove()
        self.retranslate()

    def retranslate(self) -> None:
        """See ModelRow."""
        super().retranslate()
        self.say(self.about, self._model.why.sentence())
        self.say(self.facts, sentence("models.damaged_facts", size=self._size))


class OfferedRow(ModelRow):
    """A model that can be downloaded, and how far it is."""

    def __init__(self, entry: Entry, transfers: Transfers, parent: QWidget | None = None) -> None:
        super().__init__(entry.name, parent)
        self.entry = entry
        self._transfers = transfers
        self._stage: Stage | None = None
        self.bar = QProgressBar(self)
        self.bar.setRange(0, SCALE)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(entry.name)
        self.told = self._label("quiet")
        self.column.insertWidget(3, self.bar)
        self.column.insertWidget(4, self.told)
        self.get = self.add_button("models.get")
        self.pause = self.add_button("models.pause")
        self.cancel = self.add_button("window.cancel")
        self.get.clicked.connect(self._get)
        self.pause.clicked.connect(transfers.pause)
        self.cancel.clicked.connect(transfers.cancel)
        self.retranslate()
        self.refresh()

    @property
    def transfer(self) -> Transfer | None:
        """How far it is; None where it is not on its way."""
        current = self._transfers.current
        return current if current is not None and current.id == self.entry.id else None

    def retranslate(self) -> None:
        """See ModelRow."""
        super().retranslate()
        self.say(self.about, self.entry.purpose)
        self.say(self.facts, self.entry.facts)

    def refresh(self) -> None:
        """Show how far it is now, and what may be done."""
        transfer, other = self.transfer, self._transfers.current
        stage = None if transfer is None else transfer.stage
        moving = transfer is not None and transfer.moves
        in_hand = any(button.hasFocus() for button in self._ways)
        self.get.setVisible(not moving)
        self.get.setEnabled(transfer is not None or other is None or not other.moves)
        if not moving:
            self.rename(self.get, self._way_on(stage))
        comes = transfer is not None and transfer.comes
        self.pause.setVisible(comes and stage in {Stage.COMING, Stage.WAITING})
        self.rename(self.cancel, "models.remove_what_came" if comes else "window.cancel")
        self.cancel.setVisible(transfer is not None)
        if in_hand:  # a button that went must not take the keyboard along
            next(button for button in self._ways if not button.isHidden()).setFocus()
        counted = transfer is not None and transfer.total > 0 and stage is not Stage.AGREEING
        self.bar.setVisible(counted)
        if counted and transfer is not None:
            self.bar.setValue(SCALE * transfer.done // transfer.total)
        self.say(self.told, self._told(transfer))
        if stage is not self._stage and stage in {Stage.AGREEING, Stage.PAUSED}:
            announce(self, self.told.accessibleName())
        self._stage = stage

    @property
    def _ways(self) -> tuple[QPushButton, ...]:
        return self.get, self.pause, self.cancel

    def _way_on(self, stage: Stage | None) -> str:
        if stage is Stage.AGREEING:
            return "models.get_now"
        begun = stage is Stage.PAUSED or self._transfers.here(self.entry) > 0
        return "models.go_on" if begun else "models.get"

    def _told(self, transfer: Transfer | None) -> str:
        if transfer is None:
            return ""
        if transfer.stage is Stage.AGREEING and transfer.pin is not None:
            return sentence(
                "models.agree_to",
                file=transfer.pin.file,
                repository=self.entry.repository,
                size=megabytes(transfer.pin.bytes),
                licence=self.entry.licence,
                revision=transfer.pin.revision,
            )
        if transfer.stage in {Stage.LOOKING, Stage.PAUSED}:
            return sentence(f"models.stage_{transfer.stage}")
        return transfer.told

    def _get(self) -> None:
        self.notice.clear()
        if self.transfer is not None:
            self._transfers.agree()
        else:
            self._transfers.begin(self.entry)
