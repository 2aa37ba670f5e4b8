"""Which conversations, in which form, and that the file will not be encrypted: then it is written.

Opened for one conversation from its menu, and for all of them from the privacy page. It stays to
say what came of it. Where it is closed before, the file is written all the same, and told of where
the person is then (outcomes.py); locking ends that.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.errors import KnownError
from desktop_app.views import backup_work
from desktop_app.views.changing import GOES_ON, Change, Changing, Said, said_of
from desktop_app.views.conversation import shortened
from desktop_app.views.notice import Notice, explained
from desktop_app.views.panel import Text
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault

FORMS: Final = ("md", "html", "pdf", "json")
WIDTH: Final = 520
CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class ExportDialog(QDialog):
    """Closed by the person, or by locking; then it is gone."""

    def __init__(
        self, vault: Vault, changing: Changing, parent: QWidget, session: str | None = None
    ) -> None:
        """Offer `session` alone; without one, all conversations, each of which can be left out."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(sentence("export.choose"))
        self._vault = vault
        self._changing = changing
        changing.began.connect(self._refresh)
        changing.ended.connect(self._ended)
        changing.failed.connect(self._failed)
        self.notice = Notice(self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(sentence("window.conversations"))
        self.list.itemChanged.connect(self._refresh)
        self.all = QCheckBox(sentence("export.all"), self)
        self.all.setChecked(True)
        self.all.clicked.connect(self._check_all)
        self.form = QComboBox(self)
        self.form.setAccessibleName(sentence("export.form"))
        for form in FORMS:
            self.form.addItem(sentence(f"export.form_{form}"), form)
        self._count = QLabel(self)
        self._count.setTextFormat(Qt.TextFormat.PlainText)  # it may be a title
        buttons = QDialogButtonBox(self)
        role = QDialogButtonBox.ButtonRole
        self.write = buttons.addButton(sentence("export.write"), role.ActionRole)
        self.write.clicked.connect(self._choose_file)
        buttons.addButton(sentence("window.close"), role.RejectRole).clicked.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.all, self.list, self._count, self.form, Text("export.notice")):
            column.addWidget(widget)
        column.addWidget(self.notice)
        column.addWidget(buttons)
        self.setMinimumWidth(WIDTH)
        self._fill(session)
        self._say_what_is_in_the_way()
        for widget in (self.all, self.list):
            widget.setVisible(session is None)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The conversations to be written."""
        items = map(self.list.item, range(self.list.count()))
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == CHECKED
        )

    def export(self, path: Path) -> None:
        """Write what was chosen into a new file at `path`, in the form that was chosen."""
        if self._changing.in_the_way_of(Change.WRITING_OUT) is None:  # else that is being said
            form, chosen = self.form.currentData(), self.chosen
            work = partial(backup_work.export, self._vault, path, form, chosen)
            self._changing.begin(Change.WRITING_OUT, work, partial(_said, path))
        self._say_what_is_in_the_way()

    def _fill(self, session: str | None) -> None:
        try:
            kept = self._vault.sessions.kept()
        except KnownError as error:
            self.notice.say(partial(explained, error))
            kept = ()
        for stored in kept:
            if session in {None, stored.id}:
                item = QListWidgetItem(stored.title or shortened(stored.opening))
                item.setData(Qt.ItemDataRole.UserRole, stored.id)
                item.setCheckState(CHECKED)
                self.list.addItem(item)
        self._refresh()

    def _check_all(self, checked: bool) -> None:
        for row in range(self.list.count()):
            self.list.item(row).setCheckState(CHECKED if checked else UNCHECKED)

    def _refresh(self) -> None:
        """Say what will be written, and let it be written where that is something."""
        chosen = self.chosen
        title = self.list.item(0).text() if self.list.count() == 1 else ""
        said = title or sentence("export.count", count=len(chosen))
        self._count.setText(said)
        self._count.setVisible(bool(self.list.count()))
        self.all.setChecked(len(chosen) == self.list.count())
        in_the_way = self._changing.in_the_way_of(Change.WRITING_OUT)
        self.write.setEnabled(bool(chosen) and in_the_way is None)

    def _choose_file(self) -> None:
        """Ask for a new file. Locking closes that dialog as well."""
        form = self.form.currentData()
        dialog = QFileDialog(self, sentence("export.choose"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(form)
        dialog.setNameFilter(f"*.{form}")
        dialog.selectFile(f"{sentence('backup.export_name')}.{form}")
        # What is there is never overwritten; the sentence about that comes from below.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(lambda path: self.export(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _say_what_is_in_the_way(self) -> None:
        in_the_way = self._changing.in_the_way_of(Change.WRITING_OUT)
        if in_the_way is not None:
            self.notice.say(partial(sentence, GOES_ON[in_the_way]))

    def _says_in_the_way(self) -> bool:
        """Tell whether just that is being said, and nothing that nobody may have read."""
        return self.notice.text in {sentence(key) for key in GOES_ON.values()}

    def _ended(self, change: Change, said: Said) -> None:
        self._refresh()
        if change is Change.WRITING_OUT:
            self.notice.say(said)
        elif self._changing.in_the_way_of(Change.WRITING_OUT) is None and self._says_in_the_way():
            self.notice.clear()

    def _failed(self, change: Change, error: Exception) -> None:
        self._ended(change, said_of(change, error))


def is_open(within: QWidget) -> bool:
    """Tell whether one is, which then tells of what is written out."""
    return any(each.isVisible() for each in within.findChildren(ExportDialog))


def _said(path: Path, count: int) -> Said:
    return partial(sentence, "export.written", path=path, count=count)
