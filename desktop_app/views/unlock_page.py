"""Opening the history that is there: by itself where a keyring has its key, else by what is typed.

What is typed is the passphrase or the recovery code. A keyring that no longer holds the key can be
given it again by the way that still opens. While a keyring is asked, a person can write already;
what they wrote stands in the conversation when it opens. Whatever goes wrong is said in place.
Where nothing opens the history, a copy or a backup can be brought back, which may open by another
way; whoever lost every way can have it erased and begin anew, having typed that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from desktop_app.vault.errors import (
    DamagedEnvelopeError,
    DamagedHistoryError,
    KeyringAbsentError,
    KeyringChangedError,
    KeyringError,
    KeyringLockedError,
    RecoveryCodeSlipError,
    VaultError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.early_words import EarlyWords
from desktop_app.views.notice import WayOn, explained
from desktop_app.views.panel import Panel, Text
from desktop_app.views.passphrase_field import PassphraseField
from desktop_app.views.unlocking import Unlocking, Ways
from resources.messages import sentence

MISTYPED: Final = (WrongPassphraseError, RecoveryCodeSlipError, WrongRecoveryCodeError)
"""What is mended by typing, not by trying the same again."""
LOST: Final = (*MISTYPED, KeyringError, DamagedEnvelopeError, DamagedHistoryError)
"""After these it may be that no way is left."""
MENDING: Final = ("window.rescue", "bring_back.offer", "window.try_again", "unlock.make_new")
"""The ways on that may open the history after all, the likeliest first; or a new one."""


class UnlockPage(Panel):
    """Ends in `unlocking.opened`, unless the person skips it, where that is allowed."""

    skipped = Signal()
    bring_back = Signal()
    """The history does not open, and the person would bring back a copy or a backup."""
    erase_wanted = Signal()
    """The history does not open by any way, and the person would have it gone; not asked yet."""
    gone = Signal()
    """There is no history any more, as where a terminal erased it; the person would go on."""

    def __init__(
        self, unlocking: Unlocking, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self._unlocking = unlocking
        self._by_itself = True
        self._keyring_waits = False
        """The keyring opens it as soon as the person says so."""
        self._again: Callable[[], None] = self.begin
        self._text = Text("unlock.opening")
        self.field = PassphraseField("unlock.passphrase")
        self.code = PassphraseField("unlock.recovery")
        self.code.toggle.setChecked(True)  # it is copied from paper, letter by letter
        self.by_code = QPushButton(self)
        self.by_code.setObjectName("link")
        self.adopt = QCheckBox(self)
        self.exercises = QPushButton(self)
        self.plan = QPushButton(self)
        self.plan.hide()
        """The safety plan; shown where it can be read without unlocking."""
        self.older = QPushButton(self)
        """It did not open by what is here: a backup that opens by something else may be left."""
        self.erase = QPushButton(self)
        """Shown once something did not open it: nobody should meet this before."""
        self.early = EarlyWords(self)
        self._ways = Ways(keyring=False, passphrase=False, recovery=False)
        self._asks_code = False
        self.content.setSpacing(14)
        for widget in (Text("unlock.title", "panelTitle"), self._text, self.field, self.code):
            self.content.addWidget(widget)
        self.content.addWidget(self.by_code, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.adopt)
        for link in (self.plan, self.exercises):
            link.setObjectName("link")
            self.links.insertWidget(0, link, 0, Qt.AlignmentFlag.AlignHCenter)
        self.links.addSpacing(theme.GAP)  # apart from what is pressed more often
        for link in (self.older, self.erase):
            link.setObjectName("link")
            link.hide()
            self.links.addWidget(link, 0, Qt.AlignmentFlag.AlignHCenter)
        self.add_at_foot(self.early)
        self.early.too_early.connect(self._say_too_early)
        self.early.field.textChanged.connect(partial(self.ensureWidgetVisible, self.early))
        self.back.hide()
        self.adopt.hide()
        self._show_entry()
        self.by_code.clicked.connect(self._switch)
        self.main.clicked.connect(self._submit)
        self.skip.clicked.connect(self.skipped)
        self.older.clicked.connect(self.bring_back)
        self.erase.clicked.connect(self.erase_wanted)
        unlocking.found.connect(self._found)
        unlocking.failed.connect(self._failed)
        unlocking.opened.connect(self.field.wipe)
        unlocking.opened.connect(self.code.wipe)
        self._retranslate()

    def begin(self) -> None:
        """Look for the ways to open it, and take the one that asks nothing."""
        self._again = self.begin
        self._wait()
        self.main.hide()
        self._unlocking.look()

    def begin_waiting(self) -> None:
        """Look for the ways to open it, and take none before the person asks for it."""
        self._by_itself = False
        self.begin()

    def let_write(self) -> None:
        """Let a person write while a keyring is asked; call it before `begin`."""
        self.early.show()
        self.take_keyboard()

    def allow_skipping(self, *, allowed: bool) -> None:
        """Offer the way past the history, or not: a lock that it led around would be none."""
        self.skip.setVisible(allowed)

    def first_focus(self) -> QWidget:
        """See Panel."""
        if self._entry is not None:
            return self._entry.line
        if not self.early.isHidden():
            return self.early.field
        if not self.main.isHidden():
            return self.main
        # Nothing opens it now: rather what mends that than the way past the history.
        past = self.exercises if self.skip.isHidden() else self.skip
        return next(filter(None, map(self.notice.button, MENDING)), past)

    @property
    def _entry(self) -> PassphraseField | None:
        """What is to be typed into, if there is anything to type."""
        return next((each for each in (self.field, self.code) if not each.isHidden()), None)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _found(self, ways: Ways) -> None:
        self._ways = ways
        self._asks_code = ways.recovery and not (ways.passphrase or ways.keyring)
        self._keyring_waits = ways.keyring and not self._by_itself
        if ways.keyring and self._by_itself:  # nothing else is to be typed meanwhile
            self._open_with_keyring()
            return
        self._show_entry()
        if ways != Ways(keyring=False, passphrase=False, recovery=False):
            self._ask()
        else:  # deleted since the program looked
            self._failed(VaultError("vault.none"))

    def _submit(self) -> None:
        if not self.main.isEnabled():
            return
        entry, adopt = self._entry, self.adopt.isChecked()
        if entry is not None and entry.text:
            self._again = self._submit
            self._wait()
            if entry is self.code:
                self._unlocking.open_with_code(entry.text, adopt=adopt)
            else:
                self._unlocking.open(entry.text, adopt=adopt)
        elif self._keyring_waits:
            self._again = self._submit
            self._wait()
            self._open_with_keyring()

    def _open_with_keyring(self) -> None:
        self._text.say("unlock.opening_keyring")
        self._unlocking.open()

    def _failed(self, error: Exception) -> None:
        ways = [] if isinstance(error, MISTYPED) else [self._way_on(error)]
        if isinstance(error, DamagedHistoryError) and error.key == "vault.history_damaged":
            ways.append(WayOn("window.rescue", self._rescue))
        stays_shut = self._stays_shut(error)
        if stays_shut:
            ways.append(WayOn("bring_back.offer", self.bring_back.emit))
        if isinstance(error, KeyringError):
            self._asks_code = self._ways.recovery and not self._ways.passphrase
        self._show_entry()
        # The key will not come back to a keyring that works and does not hold it.
        lost = isinstance(error, (KeyringAbsentError, KeyringChangedError))
        self.erase.setVisible(isinstance(error, LOST) or not self.erase.isHidden())
        # A keyring that stays locked may be locked for good.
        shut = isinstance(error, KeyringLockedError) and not self._opens_by_typing
        forgotten = isinstance(error, MISTYPED) or shut or not self.older.isHidden()
        self.older.setVisible(forgotten and not stays_shut)  # else the notice offers the same
        self.adopt.setVisible(self._entry is not None and (lost or not self.adopt.isHidden()))
        self.notice.say(partial(self._explained, error), *ways)
        self._ask()

    def _way_on(self, error: Exception) -> WayOn:
        if isinstance(error, VaultError) and error.key == "vault.none":  # tried again, still none
            return WayOn("unlock.make_new", self.gone.emit)
        return WayOn("window.try_again", self._again)

    @property
    def _opens_by_typing(self) -> bool:
        return self._ways.passphrase or self._ways.recovery

    def _explained(self, error: Exception) -> str:
        kept = [sentence("unlock.words_kept")] if self.early.text else []
        return "\n".join([explained(error), *kept])

    def _say_too_early(self) -> None:
        if not self.notice.text:  # else it says already why nothing can be sent
            self.notice.say(partial(sentence, "unlock.too_early"))

    def _stays_shut(self, error: Exception) -> bool:
        """Tell whether what is here opens the history no more."""
        if isinstance(error, KeyringError):
            lost = not isinstance(error, KeyringLockedError)
            return lost and not self._opens_by_typing
        return isinstance(error, (DamagedEnvelopeError, DamagedHistoryError))

    def _rescue(self) -> None:
        self._wait()
        self._text.say("unlock.rescuing")
        self._unlocking.rescue()

    def wait_for_rescue(self) -> None:
        """Say that a history that was open is being rescued."""
        self._again = self.begin
        self._wait()
        self._text.say("unlock.rescuing")
        self.main.hide()

    def wait_for_erasing(self) -> None:
        """Say that the history is being erased; nothing else can be done meanwhile."""
        self._wait()
        self._text.say("unlock.erasing")
        for each in (self.main, self.skip, self.plan):
            each.hide()

    def _wait(self) -> None:
        self.notice.clear()
        self._text.say("unlock.opening")
        self._text.show()
        self.main.setEnabled(False)
        self._enable_last_resorts(enabled=False)

    def _enable_last_resorts(self, *, enabled: bool) -> None:
        for link in (self.older, self.erase):
            link.setEnabled(enabled)

    def _ask(self) -> None:
        if not (self.early.text or self.early.field.composing):
            self.early.hide()
        self._text.setVisible(not self.main.isHidden())
        if self._entry is self.code:
            self._text.say("unlock.ask_recovery")
        elif self._keyring_waits:
            self._text.say("unlock.locked" if self._entry is None else "unlock.locked_or_ask")
        else:
            self._text.say("unlock.ask")
        self.main.setEnabled(True)
        self._enable_last_resorts(enabled=True)
        writes = self.window().focusWidget() is self.early.field and self.early.isVisible()
        in_front = self.isVisible() or not self.window().isVisible()  # no page hides this one
        if in_front and not writes:  # what is being written does not go into a secret
            self.take_keyboard()
        if self._entry is not None:
            self._entry.line.selectAll()

    def _switch(self) -> None:
        """Ask for the recovery code, or for what is asked without it."""
        self._asks_code = not self._asks_code
        self.notice.clear()
        self._show_entry()
        self._ask()

    def _show_entry(self) -> None:
        ways = self._ways
        self.field.setVisible(ways.passphrase and not self._asks_code)
        self.code.setVisible(self._asks_code)
        other = ways.passphrase or self._keyring_waits
        self.by_code.setVisible(ways.recovery and (other or not self._asks_code))
        self.main.setVisible(ways.passphrase or self._asks_code or self._keyring_waits)
        self._retranslate()

    def _retranslate(self) -> None:
        self.main.setText(sentence("unlock.open"))
        self.skip.setText(sentence("unlock.skip"))
        without = "unlock.by_passphrase" if self._ways.passphrase else "unlock.by_keyring"
        self.by_code.setText(sentence(without if self._asks_code else "unlock.by_code"))
        self.adopt.setText(sentence("unlock.adopt"))
        self.older.setText(sentence("unlock.older"))
        self.erase.setText(sentence("unlock.erase"))
        self.exercises.setText(sentence("exercises.open"))
        self.exercises.setToolTip(sentence("exercises.key"))
        self.plan.setText(sentence("plan.open"))
