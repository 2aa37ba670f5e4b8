"""Two fields for a passphrase to be, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.vault.passphrase import LEAST_CHARACTERS
from desktop_app.views.notice import Notice
from desktop_app.views.passphrase_field import PassphraseField
from resources.messages import sentence


class NewPassphrase(QWidget):
    """Typed twice; the second field shows its text with the first one's button."""

    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        """Say what is wrong on `notice`."""
        super().__init__(parent)
        self._notice = notice
        self.first = PassphraseField("passphrase.new")
        self.second = PassphraseField("passphrase.again")
        self.second.keep_place_of_toggle()
        self.first.toggle.toggled.connect(self.second.toggle.setChecked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.first)
        column.addWidget(self.second)

    def chosen(self) -> str | None:
        """Return the passphrase; None where it lacks something, which is said or shown."""
        if len(self.first.text) < LEAST_CHARACTERS:
            short = partial(sentence, "passphrase.short", least=LEAST_CHARACTERS)
            self._complain(short, self.first)
        elif not self.second.text:
            self.second.line.setFocus()
        elif self.first.text != self.second.text:
            self._complain(partial(sentence, "passphrase.differs"), self.second)
        else:
            return self.first.text
        return None

    def wipe(self) -> None:
        """Forget what was typed."""
        self.first.wipe()
        self.second.wipe()

    def _complain(self, what: Callable[[], str], field: PassphraseField) -> None:
        self._notice.say(what)
        field.line.setFocus()
        field.line.selectAll()
