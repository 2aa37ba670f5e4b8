"""What the keys' section asks before it changes something: one small dialog for each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.vault.typed_secret import TypedSecret
from desktop_app.views import backup_work, key_changes
from desktop_app.views.new_passphrase import NewPassphrase
from desktop_app.views.notice import Notice, explained
from desktop_app.views.panel import Text
from desktop_app.views.passphrase_field import PassphraseField
from desktop_app.views.recovery_sheet import SheetView
from desktop_app.views.sessions import day_of
from desktop_app.views.set_aside import SetAsideButton
from desktop_app.views.tasks import Tasks
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault

WIDTH_EM: Final = 34


class KeyDialog(QDialog):
    """A heading, what it means, what is asked, and two buttons. Gone from memory when closed."""

    def __init__(self, name: str, act: str, parent: QWidget) -> None:
        """`name` stands for `keys.<name>` and `keys.<name>_means`, `act` for the button's label."""
        super().__init__(parent)
        self.setWindowTitle(sentence(f"keys.{name}"))
        self.setMinimumWidth(WIDTH_EM * self.fontMetrics().averageCharWidth() * 2)
        self.notice = Notice(self)
        self.content = QVBoxLayout()
        self.content.setSpacing(12)
        self.content.addWidget(Text(f"keys.{name}", "panelTitle"))
        self.content.addWidget(Text(f"keys.{name}_means"))
        self.act = QPushButton(sentence(f"keys.{act}"), self)
        self.act.setObjectName("primary")
        self.act.setDefault(True)
        self.act.clicked.connect(self.go_on)
        self.cancel = QPushButton(sentence("keys.cancel"), self)
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.cancel)
        row.addStretch(1)
        row.addWidget(self.act)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(16)
        column.addLayout(self.content)
        column.addWidget(self.notice)
        column.addLayout(row)

    def go_on(self) -> None:
        """Take the answer."""
        self.accept()


class PassphraseDialog(KeyDialog):
    """Asks for a passphrase to be."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("passphrase_ask", "take_over", parent)
        self._fields = NewPassphrase(self.notice)
        self.content.addWidget(self._fields)
        self.first, self.second = self._fields.first, self._fields.second
        self.passphrase = ""
        self.first.line.setFocus()
        self.finished.connect(self._fields.wipe)

    def go_on(self) -> None:
        """See KeyDialog."""
        self.notice.clear()
        chosen = self._fields.chosen()
        if chosen is not None:
            self.passphrase = chosen
            self.accept()


class SheetDialog(KeyDialog):
    """Shows a recovery sheet; goes on when the person has it outside the program."""

    def __init__(self, sheet: RecoverySheet, parent: QWidget) -> None:
        super().__init__("sheet", "sheet_done", parent)
        self.view = SheetView(sheet, self)
        self.content.addWidget(self.view)
        self.act.setEnabled(False)
        self.view.kept_changed.connect(self.act.setEnabled)


class RotateDialog(KeyDialog):
    """Asks for the passphrase in force, where there is one; names what keeps the earlier key.

    Goes on when nothing is known that would refuse the change: a new sheet may be shown next.
    """

    def __init__(self, vault: Vault, *, asks: bool, parent: QWidget) -> None:
        super().__init__("rotate", "rotate_now", parent)
        aside = backup_work.aside(vault)
        self.says = QLabel(self)
        self.says.setTextFormat(Qt.TextFormat.PlainText)  # an error may name a folder
        self.says.setWordWrap(True)
        self.says.setText(
            "\n".join(sentence("keys.rotate_aside", day=day_of(made)) for made in aside)
        )
        self.aside = SetAsideButton(vault, self.says.clear, self.says.setText, self)
        if aside:
            self.content.addWidget(self.says)
            self.content.addWidget(self.aside)
        self.field = PassphraseField("keys.passphrase_in_force")
        self.field.setVisible(asks)
        self.content.addWidget(self.field)
        self._vault = vault
        self._asks = asks
        self._tasks = Tasks(self)
        self.passphrase: TypedSecret | None = None
        self.finished.connect(self._tasks.abandon)
        self.finished.connect(self.field.wipe)

    def go_on(self) -> None:
        """See KeyDialog."""
        if self._asks and not self.field.text:
            self.field.line.setFocus()
            return
        self.notice.clear()
        if self._vault.files.names_keyring():
            self.notice.say(partial(sentence, "keys.rotate_looking"))
        self._wait(waiting=True)
        work = partial(key_changes.require_ready, self._vault, self._typed())
        self._tasks.start(work, lambda _: self._ready(), self._refused)

    def _typed(self) -> TypedSecret | None:
        return TypedSecret(self.field.text) if self._asks else None

    def _ready(self) -> None:
        self.passphrase = self._typed()
        self.accept()

    def _refused(self, error: Exception) -> None:
        self._wait(waiting=False)
        self.notice.say(partial(explained, error))
        self.field.line.setFocus()
        self.field.line.selectAll()

    def _wait(self, *, waiting: bool) -> None:
        """Have nothing changed while it is looked at; a keyring may ask, and `cancel` ends that."""
        for widget in (self.act, self.field, self.aside):
            widget.setEnabled(not waiting)


class RemoveDialog(KeyDialog):
    """Says what no longer opens when the passphrase or the recovery code is taken away."""

    def __init__(self, kind: SlotKind, parent: QWidget) -> None:
        super().__init__(f"{kind}_remove", "remove", parent)


class EraseDialog(KeyDialog):
    """Goes on when the person has typed the word that says what will happen."""

    def __init__(self, parent: QWidget, *, keyring: bool = False) -> None:
        """`keyring`: it keeps a key that goes too."""
        super().__init__("erase_ask", "erase_now", parent)
        if keyring:
            self.content.addWidget(Text("keys.erase_keyring"))
        word = sentence("keys.erase_word")
        label = QLabel(sentence("keys.erase_type", word=word), self)
        self.line = QLineEdit(self)
        label.setBuddy(self.line)
        self.content.addWidget(label)
        self.content.addWidget(self.line)
        self.act.setEnabled(False)
        self.line.textChanged.connect(
            lambda typed: self.act.setEnabled(typed.strip().casefold() == word.casefold())
        )
