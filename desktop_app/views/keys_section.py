"""The keys' part of the privacy page: what opens the history, and what can be done about that.

Needs the open history. What is changed goes on where this is closed; see changing.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.erase import takes_from_keyring
from desktop_app.vault.errors import VaultError
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.vault.shown_sheet import ShownSheet
from desktop_app.views import key_changes
from desktop_app.views.changing import GOES_ON, OF_KEYS, Change, Changing, Said, said_of
from desktop_app.views.key_dialogs import (
    EraseDialog,
    PassphraseDialog,
    RemoveDialog,
    RotateDialog,
    SheetDialog,
)
from desktop_app.views.notice import Notice
from desktop_app.views.panel import Text
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault

ORDER: Final = (SlotKind.KEYRING, SlotKind.PASSPHRASE, SlotKind.RECOVERY)


class KeysSection(QWidget):
    """One row for each way of opening the history, and the two changes that concern all of it."""

    erase_wanted = Signal()
    """The person has confirmed it; the history has to be closed first."""

    def __init__(self, vault: Vault, changing: Changing, parent: QWidget | None = None) -> None:
        """`changing` makes the changes, and goes on with that when this is closed."""
        super().__init__(parent)
        self._vault = vault
        self._changing = changing
        changing.began.connect(self._show)
        changing.ended.connect(self._changed)
        changing.failed.connect(self._not_changed)
        self.notice = Notice(self)
        self._texts = {kind: Text(f"keys.{kind}_unset") for kind in ORDER}
        self.set = {kind: QPushButton(self) for kind in ORDER}
        self.remove = {kind: QPushButton(self) for kind in ORDER}
        self.rotate = QPushButton(self)
        self.erase = QPushButton(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Text("keys.title", "panelTitle"))
        column.addWidget(Text("keys.means"))
        for kind in ORDER:
            column.addLayout(_row(self._texts[kind], self.set[kind], self.remove[kind]))
            self.remove[kind].clicked.connect(partial(self._remove, kind))
        self.set[SlotKind.KEYRING].clicked.connect(self._add_keyring)
        self.set[SlotKind.PASSPHRASE].clicked.connect(self._set_passphrase)
        self.set[SlotKind.RECOVERY].clicked.connect(self._make_sheet)
        self.rotate.clicked.connect(self._rotate)
        self.erase.clicked.connect(self._erase)
        column.addLayout(_row(Text("keys.rotate_row"), self.rotate))
        column.addLayout(_row(Text("keys.erase_row"), self.erase))
        column.addWidget(self.notice)
        self._say_what_goes_on()
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show()

    def _ways(self) -> frozenset[SlotKind]:
        try:
            return self._vault.keys.envelope().slots()
        except VaultError as error:
            self.notice.say(error.sentence)
            return frozenset()

    def _show(self) -> None:
        ways = self._ways()
        for kind in ORDER:
            there = kind in ways
            self._texts[kind].say(f"keys.{kind}_set" if there else f"keys.{kind}_unset")
            again = there and kind is not SlotKind.KEYRING  # a keyring is there or not
            self.set[kind].setText(sentence(f"keys.{kind}_again" if again else f"keys.{kind}_add"))
            self.set[kind].setVisible(again or not there)
            asks = "" if kind is SlotKind.KEYRING else "_button"
            self.remove[kind].setText(sentence(f"keys.remove{asks}"))
            self.remove[kind].setAccessibleName(sentence(f"keys.{kind}_remove"))
            self.remove[kind].setVisible(there)
            self.remove[kind].setEnabled(len(ways) > 1)  # never the last one
        self.rotate.setText(sentence("keys.rotate_button"))
        self.erase.setText(sentence("keys.erase_button"))
        busy = self._changing.in_the_way_of(Change.WAY) is not None
        for button in self.set.values():
            button.setEnabled(not busy)
        self.rotate.setEnabled(self._changing.in_the_way_of(Change.KEYS) is None)
        # Never `erase`, which gives up all the rest: a keyring that is asked may never answer.
        for button in self.remove.values():
            button.setEnabled(button.isEnabled() and not busy)

    def _do(self, work: Callable[[], object], said: str, *, sheet: bool = False) -> None:
        """Change a way of opening; the sentence of a key then says so, or what went wrong."""
        self._begin(Change.WAY, work, said, sheet=sheet)

    def _begin(self, change: Change, work: Callable[[], object], said: str, *, sheet: bool) -> None:
        """`sheet`: a person was shown a new one for it."""
        in_the_way = self._changing.in_the_way_of(change)
        if in_the_way is None:
            self._changing.begin(change, work, lambda _: partial(sentence, said))
            self._say_what_goes_on()
        else:  # it began while a dialog asked
            keys = [GOES_ON[in_the_way]]
            if sheet:
                keys.append(f"error.{ShownSheet(self._vault.files, self._vault.keys).void}")
            self.notice.say(lambda: "\n".join(map(sentence, keys)))

    def _say_what_goes_on(self) -> None:
        said = self._changing.says(OF_KEYS)
        if said is not None:
            self.notice.say(said)

    def _changed(self, change: Change, said: Said) -> None:
        self._show()
        if change in OF_KEYS:
            self.notice.say(said)

    def _not_changed(self, change: Change, error: Exception) -> None:
        self._changed(change, said_of(change, error))

    def _set_passphrase(self) -> None:
        dialog = PassphraseDialog(self)
        if _confirmed(dialog):
            work = partial(key_changes.set_passphrase, self._vault, dialog.passphrase)
            self._do(work, "keys.passphrase_changed")

    def _make_sheet(self) -> None:
        code = self._new_sheet()
        if code is not None:
            work = partial(key_changes.set_recovery, self._vault, code)
            self._do(work, "keys.recovery_in_force", sheet=True)

    def _add_keyring(self) -> None:
        self._do(partial(key_changes.keep_in_keyring, self._vault), "keys.keyring_added")

    def _remove(self, kind: SlotKind) -> None:
        if kind is SlotKind.KEYRING:  # asks nothing: one click gives it back
            work = partial(key_changes.take_out_of_keyring, self._vault)
        elif not _confirmed(RemoveDialog(kind, self)):
            return
        else:
            work = partial(key_changes.remove, self._vault, kind)
        self._do(work, f"keys.{kind}_removed")

    def _rotate(self) -> None:
        ways = self._ways()
        dialog = RotateDialog(self._vault, asks=SlotKind.PASSPHRASE in ways, parent=self)
        if not _confirmed(dialog):
            return
        code = None
        if SlotKind.RECOVERY in ways:
            code = self._new_sheet()
            if code is None:
                return
        work = partial(key_changes.rotate, self._vault, dialog.passphrase, code)
        self.change_key(work, sheet=code is not None)

    def change_key(self, work: Callable[[], None], *, sheet: bool = False) -> None:
        """Have the data key changed, also where this is closed; `sheet`: see `_begin`."""
        self._begin(Change.KEYS, work, "keys.rotated", sheet=sheet)

    def _erase(self) -> None:
        keyring = takes_from_keyring(self._vault.files.folder)
        if _confirmed(EraseDialog(self, keyring=keyring)):
            self.erase_wanted.emit()

    def _new_sheet(self) -> RecoveryCode | None:
        """Show a new code; return it when the person has it, since only then it may count."""
        try:
            vault = self._vault.keys.envelope().vault
        except VaultError as error:
            self.notice.say(error.sentence)
            return None
        code = RecoveryCode.new()
        sheet = RecoverySheet(code, vault, datetime.now().astimezone().date())
        shown = ShownSheet(self._vault.files, self._vault.keys)
        if _confirmed(SheetDialog(sheet, self)):
            return code
        if isValid(self):  # a person may have written it down all the same
            self.notice.say(partial(sentence, f"error.{shown.void}"))
        return None


def _row(text: Text, *buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(text, 1)
    for button in buttons:
        row.addWidget(button)
    return row


def _confirmed(dialog: QDialog) -> bool:
    """Show a dialog until it is closed, by the person or by locking; keep nothing of it."""
    confirmed = dialog.exec() == QDialog.DialogCode.Accepted
    if isValid(dialog):  # locking takes it away with the page it belongs to
        dialog.deleteLater()
    return confirmed
