"""The backup's part of the privacy page: out of this computer, and back.

Needs the open history. Whoever shows it calls `end` before the history is closed, which waits for
what is only looked at here, and connects `recovery_wanted`. What is written out or taken in goes on
where this is closed; see changing.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.views import backup_work, export_dialog
from desktop_app.views.changing import OF_CONVERSATIONS, Change, Changing, Said, said_of
from desktop_app.views.copies_list import CopiesList
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.notice import Notice, WayOn, explained
from desktop_app.views.panel import Text
from desktop_app.views.passphrase_field import PassphraseField
from desktop_app.views.set_aside import SetAsideRow
from desktop_app.views.tasks import Tasks
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.import_file import FileRead
    from desktop_app.vault.merge import Gain
    from desktop_app.vault.restore import Preview
    from desktop_app.vault.vault import Vault

SUFFIX: Final = "soulchat-backup"
ACTIONS: Final = ("backup", "restore", "export", "import")


class BackupSection(QWidget):
    """A row and a button for each of four things, a sentence about the last of them."""

    recovery_wanted = Signal()
    """A backup needs a passphrase or a recovery code, and the person would make one."""

    def __init__(self, vault: Vault, changing: Changing, parent: QWidget | None = None) -> None:
        """`changing` writes and takes in, and goes on with that when this is closed."""
        super().__init__(parent)
        self._vault = vault
        self.changing = changing
        self._tasks = Tasks(self)
        self._asked_for: Path | None = None
        self.notice = Notice(self)
        self.secret = PassphraseField("backup.secret")
        self.go_on = QPushButton(self)
        self.go_on.clicked.connect(self._try_secret)
        self.buttons = {action: QPushButton(self) for action in ACTIONS}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Text("backup.title", "panelTitle"))
        column.addWidget(Text("backup.means"))
        for action in ACTIONS:
            row = QHBoxLayout()
            row.addWidget(Text(f"backup.{action}_row"), 1)
            row.addWidget(self.buttons[action])
            column.addLayout(row)
        self.copies = CopiesList(self)
        self.copies.chosen.connect(self.restore)
        column.addWidget(self.copies)
        self.aside = SetAsideRow(vault, self.notice.clear, self._say_now, self)
        self.aside.removed.connect(self._look_for_copies)
        column.addWidget(self.aside)
        column.addWidget(self.notice)
        column.addWidget(self.secret)
        column.addWidget(self.go_on)
        for action, choose in (
            ("backup", self._choose_backup),
            ("restore", self._choose_restore),
            ("export", self.export),
            ("import", self._choose_import),
        ):
            self.buttons[action].clicked.connect(choose)
        self._doing = False
        """A backup is being looked into."""
        changing.began.connect(self._refresh)
        changing.ended.connect(self._changed)
        changing.failed.connect(self._not_changed)
        self._ask_secret(None)
        self._retranslate()
        self._look_for_copies()
        self._say_what_goes_on()
        self._refresh()

    def end(self) -> None:
        """Look into nothing any more; waits for what was begun of that."""
        self.secret.wipe()
        self._tasks.close()

    def back_up(self, path: Path) -> None:
        """Write a backup to `path`."""
        work = partial(backup_work.back_up, self._vault, path)
        written = partial(sentence, "backup.written", path=path)
        self._begin(Change.WRITING_OUT, work, lambda _: written)

    def restore(self, path: Path, secret: str = "") -> None:
        """Show what a backup would add, and offer to add it."""
        self._asked_for = path
        work = partial(backup_work.preview, self._vault, path, secret)
        self._do(work, partial(self._offer, path, secret))

    def export(self) -> None:
        """Let the person choose what to export, and how."""
        dialog = ExportDialog(self._vault, self.changing, self)
        dialog.finished.connect(self._say_what_goes_on)  # from then on it is told of here
        dialog.open()

    def take_in(self, path: Path) -> None:
        """Add the conversations of a file."""
        self._bring_in(partial(backup_work.take_in, self._vault, path), _said_of_import)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _do(self, work: Callable[[], object], done: Callable[..., None]) -> None:
        """Do `work` in a thread and hand on what it returns, or say what went wrong."""
        self.notice.clear()
        self._ask_secret(None)
        self._be_doing(doing=True)

        def ended(outcome: object) -> None:
            self._be_doing(doing=False)
            done(outcome)

        self._tasks.start(work, ended, self._failed)

    def _failed(self, error: Exception) -> None:
        self._be_doing(doing=False)
        self._say_failed(error, partial(explained, error))

    def _say_failed(self, error: Exception, said: Said) -> None:
        key = getattr(error, "key", "")
        if key == "backup.no_way":
            way = WayOn("backup.make_sheet", self.recovery_wanted.emit)
            self.notice.say(said, way)
            return
        self._say(said)
        if key in backup_work.NEEDS_SECRET:
            self._ask_secret(self._asked_for)

    def _bring_in(self, work: Callable[[], object], said: Callable[..., Said]) -> None:
        self._begin(Change.CONVERSATIONS, work, said)

    def _begin(self, change: Change, work: Callable[[], object], said: Callable[..., Said]) -> None:
        if self.changing.in_the_way_of(change) is not None:  # what was offered stays offered
            return
        self._ask_secret(None)
        self.changing.begin(change, work, said)
        self._say_what_goes_on()

    def _say_what_goes_on(self) -> None:
        said = self.changing.says(OF_CONVERSATIONS)
        if said is not None and not export_dialog.is_open(self):
            self.notice.say(said)

    def _changed(self, change: Change, said: Said) -> None:
        self._refresh()
        if self._tells(change):
            self._say(said)
        if change is Change.CONVERSATIONS:
            self._look_for_copies()

    def _not_changed(self, change: Change, error: Exception) -> None:
        self._refresh()
        if self._tells(change):
            self._say_failed(error, said_of(change, error))

    def _tells(self, change: Change) -> bool:
        """Tell whether it is said here, and not by the dialog before it."""
        exported = change is Change.WRITING_OUT and export_dialog.is_open(self)
        return change in OF_CONVERSATIONS and not exported

    def _offer(self, path: Path, secret: str, preview: Preview) -> None:
        ways = []
        if preview.gain:
            work = partial(backup_work.restore, self._vault, path, secret)
            take = partial(self._bring_in, work, _said_of_restore)
            ways = [WayOn("backup.restore_now", take)]
        self.notice.say(lambda: "\n".join(preview.sentences()), *ways)

    def _look_for_copies(self) -> None:
        work = partial(backup_work.kept, self._vault.files.folder)
        self._tasks.start(work, self.copies.show_copies, self._failed)

    def _say(self, said: Callable[[], str]) -> None:
        self.notice.say(said)

    def _say_now(self, said: str) -> None:
        self.notice.say(lambda: said)

    def _ask_secret(self, path: Path | None) -> None:
        self._asked_for = path or self._asked_for
        self.secret.wipe()
        self.secret.setVisible(path is not None)
        self.go_on.setVisible(path is not None)
        if path is not None:
            self.secret.setFocus()

    def _try_secret(self) -> None:
        if self._asked_for is not None and self.secret.text:
            self.restore(self._asked_for, self.secret.text)

    def _choose_backup(self) -> None:
        self._choose("backup", self.back_up, name=sentence("backup.file_name"), suffix=SUFFIX)

    def _choose_restore(self) -> None:
        self._choose("restore", self.restore)

    def _choose_import(self) -> None:
        self._choose("import", self.take_in)

    def _choose(
        self, action: str, chosen: Callable[[Path], None], *, name: str = "", suffix: str = ""
    ) -> None:
        """Ask for a file; a new one where a name is proposed. Locking closes the dialog."""
        dialog = QFileDialog(self, sentence(f"backup.{action}_row"))
        if suffix:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(suffix)
            dialog.selectFile(f"{name}.{suffix}")
            # What is there is never overwritten; the sentence about that comes from below.
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(lambda path: chosen(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _be_doing(self, *, doing: bool) -> None:
        self._doing = doing
        self._refresh()

    def _refresh(self) -> None:
        busy = self._doing or self.changing.in_the_way_of(Change.WRITING_OUT) is not None
        for button in self.buttons.values():
            button.setEnabled(not busy)
        for beside in (self.copies, self.aside):  # what is looked into stays until then
            beside.setEnabled(not busy)

    def _retranslate(self) -> None:
        for action, button in self.buttons.items():
            button.setText(sentence(f"backup.{action}_button"))
        self.go_on.setText(sentence("backup.go_on"))


def _said_of_restore(gain: Gain) -> Said:
    return partial(gain.told, "backup.restored", "backup.nothing_new")


def _said_of_import(outcome: tuple[Gain, FileRead]) -> Said:
    gain, found = outcome
    without = replace(found, sessions=())  # the words need not stay for the remarks

    def said() -> str:
        told = gain.told("export.imported", "export.nothing_new")
        return "\n".join([told, *without.remarks()])

    return said
