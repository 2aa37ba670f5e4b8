"""The privacy page: what opens the history, when it locks, what is protected and what is not.

A dialog of sections, each a widget of its own. What it says is in THREAT_MODEL.md at length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.vault.envelope import SlotKind
from desktop_app.views import theme
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.changing import Changing
from desktop_app.views.keys_section import KeysSection
from desktop_app.views.preferences import Preferences
from desktop_app.views.privacy_sections import (
    LockSection,
    ProtectionSection,
    SnapshotSection,
    TrashSection,
    WaysSection,
)
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.vault.vault import Vault

SIZE = (760, 640)


class Privacy(QDialog):
    """Closed by the person, or by locking; then it is gone."""

    def __init__(
        self,
        vault: Vault | None,
        snapshots: Snapshots | None,
        preferences: Preferences,
        parent: QWidget,
        *,
        changing: Changing | None = None,
        may_set: bool = True,
    ) -> None:
        """Without an open history there are no keys to show, and nothing to change it.

        `may_set`: what the settings hold can be changed; not by whoever did not open a history.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.keys: KeysSection | None = None
        self.backup: BackupSection | None = None
        if vault is not None and changing is not None:
            self.keys = KeysSection(vault, changing, self)
            self.backup = BackupSection(vault, changing, self)
        lock = LockSection(preferences, self)
        kept = SnapshotSection(snapshots, preferences, self)
        if not may_set:
            lock.close_to_strangers(lock.minutes)
            kept.close_to_strangers(kept.megabytes)
        sections: list[QWidget] = [lock]
        if vault is not None and self.keys is not None and self.backup is not None:
            self.finished.connect(self.backup.end)  # before the history is closed
            self.backup.recovery_wanted.connect(self.keys.set[SlotKind.RECOVERY].click)
            sections += [self.keys, self.backup, TrashSection(vault.trash, self)]
        sections += [kept, WaysSection(self), ProtectionSection(self)]
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(2 * theme.GAP)
        for section in sections:
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what stands in it takes the keyboard
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        self._close = QPushButton(self)
        self._close.clicked.connect(self.accept)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, theme.GAP)
        whole.addWidget(area, 1)
        whole.addWidget(self._close, 0, Qt.AlignmentFlag.AlignHCenter)
        self.resize(*SIZE)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.setWindowTitle(sentence("privacy.title"))
        self._close.setText(sentence("privacy.close"))
