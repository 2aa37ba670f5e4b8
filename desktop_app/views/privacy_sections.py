"""The sections of the privacy page that concern no key: locking, the trash, what is protected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QVBoxLayout, QWidget

from desktop_app.errors import KnownError
from desktop_app.views.capture import SAID_OF_CAPTURE
from desktop_app.views.notice import Notice, WayOn, explained
from desktop_app.views.panel import Text
from desktop_app.views.preferences import Preferences
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.vault.trash import Trash

MINUTES: Final = (1, 5, 10, 30, 60, 0)
"""What is offered; 0 is never."""
MEGABYTES: Final = (0, 256, 1024, 4096)
"""What is offered; 0 is off."""
SET_UPS: Final = ("passphrase", "keyring", "recovery")
QUESTIONS: Final = ("where", "opens", "lost", "moved")


class Section(QWidget):
    """A heading and what stands below it."""

    def __init__(self, heading: str, *paragraphs: str, parent: QWidget | None = None) -> None:
        """Take the catalogue's keys."""
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(10)
        self.column.addWidget(Text(heading, "panelTitle"))
        for paragraph in paragraphs:
            self.column.addWidget(Text(paragraph))

    def close_to_strangers(self, choice: QWidget) -> None:
        """Let nothing be chosen here, and say why: there is a history, and nobody opened it."""
        choice.setEnabled(False)
        self.column.addWidget(Text("privacy.after_opening", "quiet"))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Say what is not a paragraph in the language in force."""


class LockSection(Section):
    """After how many minutes the window locks by itself."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__("privacy.lock", "privacy.lock_means", parent=parent)
        self._preferences = preferences
        self.minutes = QComboBox(self)
        now = preferences.settings.lock_minutes
        for each in MINUTES if now in MINUTES else (now, *MINUTES):
            self.minutes.addItem("", each)
        self.minutes.setCurrentIndex(self.minutes.findData(now))
        self.minutes.activated.connect(self._choose)
        self.column.addWidget(self.minutes)
        self.retranslate()

    def retranslate(self) -> None:
        """See Section."""
        self.minutes.setAccessibleName(sentence("privacy.lock"))
        for row in range(self.minutes.count()):
            count = self.minutes.itemData(row)
            said = sentence("privacy.minutes", count=count) if count else sentence("privacy.never")
            self.minutes.setItemText(row, said)

    def _choose(self, row: int) -> None:
        self._preferences.change(lock_minutes=self.minutes.itemData(row))


class TrashSection(Section):
    """Whether what is deleted can be brought back for thirty days."""

    def __init__(self, trash: Trash, parent: QWidget | None = None) -> None:
        super().__init__("privacy.trash", "privacy.trash_means", parent=parent)
        self._trash = trash
        self.notice = Notice(self)
        self.keep = QCheckBox(self)
        self.keep.setChecked(trash.kept)
        self.keep.clicked.connect(self._choose)
        self.column.addWidget(self.keep)
        self.column.addWidget(self.notice)
        self.retranslate()

    def retranslate(self) -> None:
        """See Section."""
        self.keep.setText(sentence("privacy.trash_keep"))

    def _choose(self, kept: bool) -> None:
        self.notice.clear()
        try:
            dooms = 0 if kept else len(self._trash.held())
            if not dooms:
                self._trash.keep(kept)
        except KnownError as error:
            self.keep.setChecked(not kept)
            self.notice.say(partial(explained, error))
            return
        if dooms:  # asked for twice: what lies there was deleted under another promise
            self.keep.setChecked(True)
            says = partial(sentence, "privacy.trash_dooms", count=dooms)
            self.notice.say(says, WayOn("privacy.trash_let_go", self._let_go))

    def _let_go(self) -> None:
        self.notice.clear()
        try:
            self._trash.keep(kept=False)
        except KnownError as error:
            self.notice.say(partial(explained, error))
        else:
            self.keep.setChecked(False)


class SnapshotSection(Section):
    """How much of the disk may hold what the model has read, sealed."""

    def __init__(
        self, snapshots: Snapshots | None, preferences: Preferences, parent: QWidget | None = None
    ) -> None:
        """Without an open history there are none; the choice holds for when there is one."""
        super().__init__("privacy.snapshots", "privacy.snapshots_mean", parent=parent)
        self._snapshots = snapshots
        self._preferences = preferences
        self.megabytes = QComboBox(self)
        now = preferences.settings.snapshot_mb
        for each in MEGABYTES if now in MEGABYTES else (now, *MEGABYTES):
            self.megabytes.addItem("", each)
        self.megabytes.setCurrentIndex(self.megabytes.findData(now))
        self.megabytes.activated.connect(self._choose)
        self.column.addWidget(self.megabytes)
        self.retranslate()

    def retranslate(self) -> None:
        """See Section."""
        self.megabytes.setAccessibleName(sentence("privacy.snapshots"))
        for row in range(self.megabytes.count()):
            count = self.megabytes.itemData(row)
            said = sentence("privacy.megabytes", count=count) if count else sentence("privacy.none")
            self.megabytes.setItemText(row, said)

    def _choose(self, row: int) -> None:
        megabytes = self.megabytes.itemData(row)
        self._preferences.change(snapshot_mb=megabytes)
        if self._snapshots is not None:
            self._snapshots.limit(megabytes)


class WaysSection(Section):
    """The table: which set-up, where its key is, what opens it, what survives what."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("privacy.ways", parent=parent)
        table = QGridLayout()
        table.setHorizontalSpacing(16)
        table.setVerticalSpacing(10)
        for across, set_up in enumerate(SET_UPS, start=1):
            table.addWidget(Text(f"privacy.{set_up}"), 0, across)
            table.setColumnStretch(across, 3)
        table.setColumnStretch(0, 2)
        for down, question in enumerate(QUESTIONS, start=1):
            table.addWidget(Text(f"privacy.{question}"), down, 0)
            for across, set_up in enumerate(SET_UPS, start=1):
                table.addWidget(Text(f"privacy.{set_up}_{question}"), down, across)
        self.column.addLayout(table)


class ProtectionSection(Section):
    """What is protected, and what is not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "privacy.protected",
            "privacy.protected_files",
            "privacy.protected_network",
            parent=parent,
        )
        for key in (
            "privacy.plan_readable",
            "privacy.unprotected_programs",
            "privacy.unprotected_disk",
            SAID_OF_CAPTURE,
        ):
            self.column.addWidget(Text(key))
