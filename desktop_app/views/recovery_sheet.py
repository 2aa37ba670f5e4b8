"""The recovery sheet on the screen: the code to copy by hand, and a page to print.

The page is saved as a PDF and printed by whatever shows it: Qt's own printing would speak to a
print server over the network, and this program opens no internet socket. The code cannot be
selected, so it does not lie in the clipboard; a screen reader spells it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QEvent, QIODevice, Qt, Signal
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.new_file import new_file
from desktop_app.vault.errors import disk_error
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.views.notice import Notice
from resources.messages import sentence

COLUMNS: Final = 3


class SheetView(QWidget):
    """Shows one sheet; `kept` says that the person has it outside the program."""

    kept_changed = Signal(bool)

    def __init__(self, sheet: RecoverySheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = sheet
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._grid())
        self.save = QPushButton(self)
        self.save.clicked.connect(self._save)
        column.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        self.notice = Notice(self)
        column.addWidget(self.notice)
        self.kept = QCheckBox(self)
        self.kept.toggled.connect(self.kept_changed)
        column.addWidget(self.kept)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def save_to(self, path: Path) -> None:
        """Write the sheet as a PDF, and say where it is or why it is not.

        The code stands in it as it is, so a kill on the way is to leave nothing of it: see
        new_file.py. A file of that name is replaced; the dialog has asked.
        """
        try:
            with new_file(path, replaces=True) as file:
                file.write(pdf(self._sheet))
        except OSError as error:
            problem = disk_error(error, path)
            self.notice.say(problem.sentence)
        else:
            self.notice.say(partial(sentence, "keys.sheet_saved", path=path))

    def _save(self) -> None:
        name = sentence("keys.sheet_file")
        chosen, _ = QFileDialog.getSaveFileName(
            self, sentence("keys.save_sheet"), str(Path.home() / f"{name}.pdf"), "PDF (*.pdf)"
        )
        if chosen:
            self.save_to(Path(chosen))

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        for number, group in enumerate(self._sheet.code.groups):
            label = QLabel(group, self)
            label.setObjectName("code")
            label.setAccessibleName(" ".join(group))
            grid.addWidget(label, *divmod(number, COLUMNS))
        grid.setColumnStretch(COLUMNS, 1)
        return grid

    def _retranslate(self) -> None:
        self.save.setText(sentence("keys.save_sheet"))
        self.kept.setText(sentence("keys.sheet_kept"))


def pdf(sheet: RecoverySheet) -> bytes:
    """Return the sheet as a PDF file of one A4 page."""
    document = QTextDocument()
    document.setHtml(sheet.html())
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setTitle(sentence("recovery_sheet.title"))
    document.print_(writer)
    buffer.close()
    return bytes(buffer.data().data())
