"""The last step: what will unlock the history, this computer's keyring or a passphrase."""

from __future__ import annotations

from enum import StrEnum, auto
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.views.choices import Choices
from desktop_app.views.new_passphrase import NewPassphrase
from desktop_app.views.notice import Notice, WayOn, explained
from desktop_app.views.panel import Text
from desktop_app.views.step import Step
from desktop_app.views.unlocking import Unlocking
from resources.messages import sentence


class Way(StrEnum):
    """What a person can choose."""

    KEYRING = auto()
    PASSPHRASE = auto()


class KeyStep(Step):
    """Makes the history. The keyring is offered when a probe has shown that it keeps what it gets.

    Ends in `unlocking.opened`; `passed` never comes.
    """

    bring_back = Signal()
    """The person would rather have a copy of an earlier history than a new one."""

    go_on_key = "first_steps.begin"

    def __init__(self, unlocking: Unlocking, notice: Notice, *, copies: bool = False) -> None:
        """Say what is wrong on `notice`; `copies`: an earlier history has left some."""
        told = ("first_steps.key_copies",) if copies else ()
        super().__init__("first_steps.key", "first_steps.key_means", *told)
        self._unlocking = unlocking
        self._notice = notice
        self._creating = False
        self.choices = Choices(
            {Way.KEYRING: "first_steps.key_keyring", Way.PASSPHRASE: "first_steps.key_passphrase"},
            {
                Way.KEYRING: "first_steps.key_keyring_means",
                Way.PASSPHRASE: "first_steps.key_passphrase_means",
            },
        )
        self.probing = Text("first_steps.key_probing", "hint")
        self.passphrase = NewPassphrase(notice)
        self.first, self.second = self.passphrase.first, self.passphrase.second
        self.copies = QPushButton(self)
        self.copies.setObjectName("link")
        self.copies.setVisible(copies)
        self.copies.clicked.connect(self.bring_back)
        self.column.addWidget(self.copies, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.probing, self.choices, self.passphrase):
            self.column.addWidget(part)
        self.choices.chosen.connect(self._chosen)
        self._chosen("")
        unlocking.probed.connect(self._probed)
        unlocking.failed.connect(self._failed)
        self.choices.offer(Way.KEYRING, offered=False)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    @property
    def answered(self) -> bool:
        """See Step."""
        return self.choices.current is not None and not self._creating

    def begin(self) -> None:
        """See Step."""
        self._probe()

    def first_focus(self) -> QWidget:
        """See Step."""
        return self.choices.first_focus()

    def go_on(self) -> None:
        """See Step; makes the history, or says in place what the passphrase lacks."""
        self._notice.clear()
        if self.choices.current == Way.KEYRING:
            self._create(None)
            return
        passphrase = self.passphrase.chosen()
        if passphrase is not None:
            self._create(passphrase)

    def _create(self, passphrase: str | None) -> None:
        self._creating = True
        self.changed.emit()
        self._unlocking.create(passphrase)

    def _probe(self) -> None:
        self._notice.clear()
        self.probing.show()
        self._unlocking.probe_keyring()

    def _probed(self, error: Exception | None) -> None:
        self.probing.hide()
        if error is not None:
            again = WayOn("window.try_again", self._probe)
            # What is said since the keyring was asked is said once: such as what an erasing left.
            self._notice.say_too(partial(sentence, "first_steps.key_no_keyring"), again)
        self.choices.offer(Way.KEYRING, offered=error is None)
        if self.choices.current is None:
            self.choices.choose(Way.PASSPHRASE if error else Way.KEYRING)
            first = self.passphrase.first.line if error else self.choices.first_focus()
            first.setFocus()

    def _chosen(self, choice: str) -> None:
        self.passphrase.setVisible(choice == Way.PASSPHRASE)
        self.changed.emit()

    def _retranslate(self) -> None:
        self.copies.setText(sentence("bring_back.offer"))

    def _failed(self, error: Exception) -> None:
        self._creating = False
        self.changed.emit()
        self._notice.say(partial(explained, error), WayOn("window.try_again", self.go_on))
