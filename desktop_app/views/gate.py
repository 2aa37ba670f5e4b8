"""What stands in the conversation's place until the history is open: first steps, or unlocking.

A history that was just made stays here for one page more, which offers the recovery sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from desktop_app.care.disclosure import away_long, today
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.errors import CopiesLeftError, KeyringError, KeysErasedError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.views.appearance import Appearance
from desktop_app.views.composer import MessageField
from desktop_app.views.early_words import Words
from desktop_app.views.notice import Notice, explained
from desktop_app.views.panel import Panel
from desktop_app.views.preferences import Preferences
from desktop_app.views.tasks import Tasks, close_all
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.unlocking import Unlocking
from resources.messages import sentence

if TYPE_CHECKING:  # what a person meets once, and the database, a start need not load
    from desktop_app.vault.envelope import Envelope
    from desktop_app.vault.restore import Became
    from desktop_app.vault.vault import Vault
    from desktop_app.views.bring_back_page import BringBackPage
    from desktop_app.views.sheet_offer import SheetOffer
    from desktop_app.views.step import Step


class Gate(QStackedWidget):
    """Asks what was never answered, then makes or opens the history. `begin`, and at last `end`."""

    opened = Signal(object)
    """The history, a Vault; whoever takes it closes it."""
    without_history = Signal(bool)
    """The person would rather talk off the record, this time; True where a history stays shut."""
    settled = Signal()
    """What it began has come to an end: the history is open, or the person is asked."""
    erase_wanted = Signal()
    """The history does not open by any way, and the person has typed that it shall go."""
    erased = Signal()
    """The history is gone, and with it whatever waited to come back into it."""
    language_chosen = Signal(str)
    exercises_wanted = Signal()
    plan_wanted = Signal()
    """The safety plan that can be read without unlocking."""

    def __init__(
        self,
        folder: Path,
        preferences: Preferences,
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        """Open the history in `folder`."""
        super().__init__(parent)
        self._folder = folder
        self._preferences = preferences
        self._appearance = appearance
        self._unlocking = Unlocking(folder, self)
        self._unlocking.opened.connect(self._open)
        self._unlocking.erased.connect(self._erased)
        for ended in (self._unlocking.opened, self._unlocking.failed):
            ended.connect(self.settled)
        self._making = False
        """The first steps are on the screen; what opens next is new."""
        self._erasing = False
        self._told: tuple[Callable[[], str], ...] = ()
        """What a person should know if the history is not erased."""
        self._locked = False
        """Nothing is in reach without a key, but for what helps."""
        self._made: Vault | None = None
        self._offer: SheetOffer | None = None
        self._bringing_back: BringBackPage | None = None
        self._words = Words()
        self.sealed_waits: Callable[[], bool] = lambda: False
        """Tells whether something is sealed that only the key of the history here opens."""

    @property
    def works(self) -> bool:
        """Tell whether something goes on here that nobody is asked for."""
        return self._unlocking.works

    @property
    def has_keyboard(self) -> bool:
        """Tell whether what is typed comes here, or nowhere."""
        focus: QWidget | None = self.window().focusWidget()  # also where the window is not active
        return focus is None or focus is self or self.isAncestorOf(focus)

    @property
    def words(self) -> Words:
        """What a person wrote here, which is nowhere else."""
        page = self.currentWidget()
        if isinstance(page, UnlockPage) and not page.early.isHidden():
            return page.early.words
        return self._words

    def take_keyboard(self) -> None:
        """Have what is typed go to the page that is shown."""
        page = self.currentWidget()
        if isinstance(page, Panel):
            page.take_keyboard()
        else:
            self.setFocus()

    def take_words(self) -> Words:
        """Return what a person wrote while the history was being opened, and forget it."""
        words, self._words = self.words, Words()
        page = self.currentWidget()
        if isinstance(page, UnlockPage):
            page.early.text = ""
        return words

    def begin(self) -> None:
        """Show the first thing that is to be done."""
        settings = self._preferences.settings
        answered = None not in {settings.language, settings.age, settings.region}
        if answered and not self._notice_due() and self._history_exists():
            self._unlock()
            return
        from desktop_app.views.first_steps import FirstSteps

        steps = FirstSteps(self._preferences, self._appearance, self)
        steps.done.connect(self._unlock)
        steps.skipped.connect(self._leave)
        self._show(steps)
        self._making = True
        steps.begin(tuple(self._asked(steps.notice)))
        problem, self._preferences.problem = self._preferences.problem, None
        if problem is not None:
            self.say_error(problem)

    def begin_locked(self, *told: Callable[[], str]) -> None:
        """Show the page that opens the history, and no way past it; say what to know.

        Each of `told` gives a sentence in the language in force.
        """
        self._locked = True
        self.begin_waiting(*told)

    def begin_waiting(self, *told: Callable[[], str]) -> None:
        """Show the page that opens the history, which waits for the person; `told` as above."""
        if self._history_exists():
            self._unlock_page().begin_waiting()
        else:
            self.begin()
            told += (partial(sentence, "bring_back.sealed"),) * self.sealed_waits()
        page = self.currentWidget()
        if told and isinstance(page, Panel):
            page.notice.say(lambda: "\n".join(tell() for tell in told))

    def erase(self, *told: Callable[[], str]) -> None:
        """Erase the history, which nobody has open any more, and begin anew.

        The keyring may ask the person, so this happens in a thread; what is left is said. `told`
        is said as well, as by `begin_locked`, where it is refused.
        """
        self._unlock_page().wait_for_erasing()
        self.take_words()  # nothing of before comes into what is begun anew
        self._erasing, self._told = True, told
        self._unlocking.erase()

    def lock(self) -> None:
        """Let nothing open that was asked for, close what was just made, forget what was typed.

        No backup takes the history's place from then on, unless it is doing so; where one was to,
        that is said, and so is a recovery sheet that is not in force. Where there is nothing of
        that, the page stays as it is, but for the way past a history.

        Raises:
            VaultError: what was just made is closed, and something of it could not be written.
        """
        made, self._made = self._made, None  # first: nothing is handed over from here on
        typed = any(line.text() for line in self.findChildren(QLineEdit))
        asked = self._unlocking.works or self._unlocking.remembers
        begun = made is not None or self._bringing_back is not None
        written = self.take_words().text
        if self._erasing:
            return
        self._locked = True
        page = self.currentWidget()
        if isinstance(page, UnlockPage):
            page.allow_skipping(allowed=False)
        if not (typed or asked or begun or written):
            return
        if made is not None:  # first: what is closed next waits for what is done with it
            made.database.give_up()
        if self._making:  # the page that comes next depends on whether there is a history
            self._unlocking.close()
        else:
            self._unlocking.abandon()
        told: list[Callable[[], str]] = [partial(sentence, "lock.unsent_gone")] if written else []
        told += [] if self._offer is None else self._offer.end()
        if self._bringing_back is not None:
            self._bringing_back.end()
            if self._bringing_back.broke_off:
                told.append(partial(sentence, "lock.broke_off_taking_place"))
        try:
            if made is not None:
                made.close()
        finally:
            self.begin_locked(*told)

    def rescue(self, dek: bytes, envelope: Envelope) -> None:
        """Rescue what can be read of the history, which was open with these, and open that."""
        self._unlock_page().wait_for_rescue()
        self._unlocking.open_rescued(dek, envelope)

    def end(self) -> None:
        """Open nothing any more; waits for what was about to be opened."""
        if self._bringing_back is not None:
            self._bringing_back.give_up()
        close_all(self.findChildren(Tasks))
        self._unlocking.close()
        if self._offer is not None:
            self._offer.end()
        if self._bringing_back is not None:
            self._bringing_back.end()
        if self._made is not None:
            self._made.close()

    def _asked(self, notice: Notice) -> Iterator[Step]:
        from desktop_app.views.key_step import KeyStep
        from desktop_app.views.questions import AgeStep, LanguageStep, NoticeStep, RegionStep

        settings = self._preferences.settings
        if settings.language is None:
            step = LanguageStep()
            step.chosen.connect(self.language_chosen)
            yield step
        if self._notice_due():
            yield NoticeStep()
        if settings.age is None:
            yield AgeStep()
        if settings.region is None:
            yield RegionStep()
        if not self._history_exists():
            key = KeyStep(self._unlocking, notice, copies=self._copies_lie_here())
            key.bring_back.connect(self._bring_back)
            yield key

    def _notice_due(self) -> bool:
        """Tell whether the person has yet to read what this is: at first, and after a week."""
        settings = self._preferences.settings
        return not settings.notice_confirmed or away_long(settings.last_day, today())

    def _copies_lie_here(self) -> bool:
        """Tell whether a history that is gone left copies, which can be brought back."""
        from desktop_app.vault.kept_copies import kept_copies

        return bool(kept_copies(VaultFiles(self._folder)))

    def _history_exists(self) -> bool:
        try:
            return vault_in(self._folder).exist()
        except VaultError:  # the page that opens it will say what is wrong
            return True

    def _unlock(self) -> None:
        page = self._unlock_page()
        if VaultFiles(self._folder).names_keyring():
            page.let_write()
        page.begin()

    def _unlock_page(self) -> UnlockPage:
        page = UnlockPage(self._unlocking, self._appearance, self)
        page.allow_skipping(allowed=not self._locked)
        page.skipped.connect(self._leave)
        page.erase_wanted.connect(self._ask_to_erase)
        page.gone.connect(self.begin_waiting)
        page.exercises.clicked.connect(self.exercises_wanted)
        page.plan.clicked.connect(self.plan_wanted)
        page.plan.setVisible(VaultFiles(self._folder).has_readable_plan())
        page.bring_back.connect(self._bring_back)
        self._show(page)
        return page

    def _ask_to_erase(self) -> None:
        from desktop_app.vault.erase import takes_from_keyring
        from desktop_app.views.key_dialogs import EraseDialog

        dialog = EraseDialog(self, keyring=takes_from_keyring(self._folder))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self.erase_wanted)
        dialog.open()

    def _bring_back(self) -> None:
        from desktop_app.views.bring_back_page import BringBackPage

        means = ["bring_back.means" if self._history_exists() else "bring_back.means_new"]
        if self.sealed_waits():
            means.append("bring_back.sealed")
        page = BringBackPage(self._folder, self._appearance, self, means=means)
        page.done.connect(self._brought_back)
        page.left.connect(self.begin_waiting)
        opens_here = partial(sentence, "error.backup.opens_here")
        page.opens_here.connect(partial(self.begin_waiting, opens_here))
        self._show(page)
        self._bringing_back = page

    def _brought_back(self, became: Became) -> None:
        told = [partial(sentence, "backup.became", sessions=became.sessions, turns=became.turns)]
        if became.aside is not None:
            told.append(partial(sentence, "backup.aside", path=became.aside))
        self.begin_waiting(*told)

    def _show(self, page: Panel) -> None:
        self._clear()
        self.addWidget(page)

    def _clear(self) -> None:
        self._words = self.words
        focus: QWidget | None = self.window().focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.setFocus()  # Qt would give the keyboard to whatever comes next
        if self._bringing_back is not None:
            self._bringing_back.end()
        self._making, self._offer, self._bringing_back = False, None, None
        before = self.currentWidget()
        if before is not None:
            self.removeWidget(before)
            before.deleteLater()

    def _open(self, vault: Vault) -> None:
        if self._making:
            from desktop_app.views.sheet_offer import SheetOffer

            self._made = vault
            self.erased.emit()  # one that was here before was: what is sealed opens with its key
            page = SheetOffer(vault, self._appearance, self)
            page.done.connect(self._hand_over)
            self._show(page)
            self._offer = page
            page.main.setFocus()
            return
        before = self.currentWidget()
        if isinstance(before, UnlockPage) and before.early.field.composing:
            self._made = vault  # characters are being composed: that goes on, and ends here
            field = before.early.field
            # An input method may end it without a word to the field.
            for ended in (field.composed, field.focus_changed, field.cursorPositionChanged):
                ended.connect(partial(self._hand_over_when_composed, field))
            return
        self._clear()
        self.opened.emit(vault)

    def _hand_over_when_composed(self, field: MessageField, *_told: object) -> None:
        if not field.composing:
            self._hand_over()

    def _hand_over(self) -> None:
        vault, self._made = self._made, None
        if vault is not None:
            self._clear()
            self.opened.emit(vault)

    def _erased(self, error: Exception | None) -> None:
        self._erasing = False
        told: tuple[Callable[[], str], ...] = () if error is None else (partial(explained, error),)
        # What is left seals nothing, or nothing opens it, or it is a copy.
        if error is None or isinstance(error, KeyringError | KeysErasedError | CopiesLeftError):
            self.erased.emit()
        else:
            told += self._told
        self.begin_waiting(*told)

    def _leave(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            made.close()
        self._clear()
        self._unlocking.abandon()
        self.without_history.emit(self._history_exists())

    def say_error(self, error: Exception) -> None:
        """Say in one sentence what went wrong, on the page that is shown."""
        self.say(partial(explained, error))

    @property
    def said(self) -> str:
        """What is said on the page that is shown."""
        page = self.currentWidget()
        return page.notice.text if isinstance(page, Panel) else ""

    def say(self, text: Callable[[], str]) -> None:
        """Say something on the page that is shown."""
        page = self.currentWidget()
        if isinstance(page, Panel):
            page.notice.say(text, *page.notice.ways)
