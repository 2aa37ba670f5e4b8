"""Where the history does not open: a copy or a backup takes its place, after a look into it.

What stood there is set aside, never removed, and stays where the secret of the copy opens it after
all. Whoever shows the page calls `end` when it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from desktop_app.vault.interruptible import Interruptible
from desktop_app.views import backup_work
from desktop_app.views.appearance import Appearance
from desktop_app.views.copies_list import CopiesList
from desktop_app.views.notice import explained
from desktop_app.views.panel import Panel, Text
from desktop_app.views.passphrase_field import PassphraseField
from desktop_app.views.tasks import Tasks
from resources.messages import sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.restore import Preview


class BringBackPage(Panel):
    """Ends in `done`, unless the person goes back."""

    done = Signal(object)
    """A Became: what is the history now."""
    left = Signal()
    opens_here = Signal()
    """What was given opens the history that is here, so nothing takes its place."""

    def __init__(
        self,
        folder: Path,
        appearance: Appearance,
        parent: QWidget | None = None,
        *,
        means: Sequence[str] = ("bring_back.means",),
    ) -> None:
        """Bring it back into `folder`; `means` are the catalogue's keys of what to know first."""
        super().__init__(appearance, parent)
        self._folder = folder
        self._tasks = Tasks(self)
        self._asked_for: Path | None = None
        self._secret = ""
        self._closing = Interruptible()
        self._seen = False
        """What was asked for has been looked into, and may take the place."""
        self.copies = CopiesList(self)
        self.file = QPushButton(self)
        self.file.setObjectName("link")
        self.secret = PassphraseField("backup.secret")
        self.content.setSpacing(14)
        self.content.addWidget(Text("bring_back.title", "panelTitle"))
        for paragraph in means:
            self.content.addWidget(Text(paragraph))
        self.content.addWidget(self.copies)
        self.content.addWidget(self.file, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.secret)
        self.secret.hide()
        self.main.hide()
        self.skip.hide()
        self.copies.chosen.connect(self.look_into)
        self.file.clicked.connect(self._choose_file)
        self.back.clicked.connect(self.left)
        self.main.clicked.connect(self._go_on)
        work = partial(backup_work.kept, folder)
        self._tasks.start(work, self.copies.show_copies, self._failed)
        self._retranslate()

    def end(self) -> None:
        """Give up and forget what was typed; waits for what was begun."""
        self.give_up()
        self.secret.wipe()
        self._asked_for, self._secret, self._seen = None, "", False
        self._tasks.close()

    def give_up(self) -> None:
        """Have nothing take the place any more, unless it is doing so; then that is done."""
        self._closing.give_up()

    @property
    def broke_off(self) -> bool:
        """Tell whether something was to take the place when `end` was called, and will not."""
        return bool(self._closing.broke_off)

    def look_into(self, path: Path, secret: str = "") -> None:
        """Say what a copy or a backup holds, and offer to put it in the history's place."""
        self._asked_for, self._secret, self._seen = path, secret, False
        self._wait()
        work = partial(backup_work.look, self._folder, path, secret)
        self._tasks.start(work, self._offer, self._failed)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _offer(self, preview: Preview) -> None:
        self._seen = True
        self._set_busy(busy=False)
        self.notice.say(lambda: "\n".join(preview.sentences()))
        self.main.setVisible(True)
        self._retranslate()
        self.main.setFocus()

    def _failed(self, error: Exception) -> None:
        if getattr(error, "key", "") == backup_work.OPENS_HERE:
            self.opens_here.emit()
            return
        self._set_busy(busy=False)
        self.notice.say(partial(explained, error))
        if getattr(error, "key", "") in backup_work.NEEDS_SECRET:
            self.secret.show()
            self.secret.setFocus()
            self.main.show()
        self._retranslate()

    def _go_on(self) -> None:
        if self._asked_for is None:
            return
        if not self._seen:
            if self.secret.text:
                self.look_into(self._asked_for, self.secret.text)
            return
        path, secret = self._asked_for, self._secret
        self._wait()
        work = partial(backup_work.become, self._folder, path, secret, self._closing)
        self._tasks.start(work, self.done.emit, self._failed)

    def _wait(self) -> None:
        self.notice.clear()
        self.secret.wipe()
        self.secret.hide()
        self.main.hide()
        self._set_busy(busy=True)

    def _set_busy(self, *, busy: bool) -> None:
        for widget in (self.copies, self.file, self.back):
            widget.setEnabled(not busy)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, sentence("backup.restore_row"))
        dialog.fileSelected.connect(lambda path: self.look_into(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _retranslate(self) -> None:
        self.back.setText(sentence("bring_back.back"))
        self.file.setText(sentence("bring_back.file"))
        self.main.setText(sentence("bring_back.now" if self._seen else "backup.go_on"))
