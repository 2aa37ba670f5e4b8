"""What goes on with an open history where the page it was asked for on is closed, and its end.

A merge or a new data key waits for a reply in progress (long_writes.py), and who would stop that
leaves the page. A backup, an export or a new recovery sheet takes its time too, and who leaves
meanwhile relies on it. So none of them belongs to its page; outcomes.py tells where that has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from desktop_app.vault.errors import GivenUpError, VaultError
from desktop_app.vault.interruptible import Work
from desktop_app.views.notice import explained
from desktop_app.views.tasks import PATIENCE_SECONDS, Tasks, close_all
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.vault import Vault

Said = Callable[[], str]
"""A sentence, in the language in force when it is asked for."""
MOMENT_S: Final = 0.5
"""What is given up ends within it, but for what waits for a person or a disk."""


class Change(StrEnum):
    """What goes on, and by that which section tells of it."""

    KEYS = auto()
    """The data key."""
    WAY = auto()
    """One way of opening it: the passphrase, the recovery sheet, the keyring."""
    CONVERSATIONS = auto()
    WRITING_OUT = auto()
    """A backup or an export; changes nothing, and no reply waits for it."""


WHOLE: Final = frozenset({Change.KEYS, Change.CONVERSATIONS})
"""Nothing is begun beside them. Nor are the keys beside anything: what is copied meanwhile would
be of both. Conversations do not wait for a way of opening, whose keyring may never answer.
"""
OF_KEYS: Final = frozenset({Change.KEYS, Change.WAY})
OF_CONVERSATIONS: Final = frozenset({Change.CONVERSATIONS, Change.WRITING_OUT})
"""Of each section, one goes on at a time."""
GOES_ON: Final = {
    Change.KEYS: "keys.rotating",
    Change.WAY: "keys.changing_way",
    Change.CONVERSATIONS: "backup.bringing_in",
    Change.WRITING_OUT: "backup.writing_out",
}
NOT_DONE: Final = {
    Change.KEYS: ("vault.key_not_changed", "vault.key_not_changed_yet"),
    Change.WAY: ("vault.key_not_changed", "vault.key_not_changed_yet"),
    Change.WRITING_OUT: ("vault.not_written_out", "vault.not_written_out_yet"),
}
"""Who closes the window is asked first: a sheet was made for it, or a backup is relied on."""
WORK: Final = {
    Change.KEYS: Work.CHANGING_KEY,
    Change.WAY: Work.CHANGING_KEY,
    Change.CONVERSATIONS: Work.BRINGING_IN,
    Change.WRITING_OUT: Work.WRITING_OUT,
}


def said_of(change: Change, error: Exception) -> Said:
    """Return what to say of what failed.

    Who hears of what was given up is in a window that was to close and stays: nothing is locked.
    """
    if not isinstance(error, GivenUpError):
        return partial(explained, error)
    if change is Change.CONVERSATIONS:
        return partial(sentence, "window.not_brought_in")
    not_done, _ = NOT_DONE[change]
    return partial(explained, VaultError(not_done))


class Changing(QObject):
    """Of one open history, in threads; each that is begun ends in one signal."""

    began = Signal()
    ended = Signal(Change, object)
    """What to say of it: a Said."""
    failed = Signal(Change, Exception)
    brought_in = Signal()
    """There may be other conversations, and another safety plan."""

    def __init__(self, vault: Vault, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._vault = vault
        self._tasks = {change: Tasks(self) for change in Change}
        self._unheard: dict[Change, Exception] = {}
        """What went wrong in a thread and was not handed on yet."""
        self.told: Exception | None = None
        """What `finish` raised: whoever would have closed the window has said it."""
        self._not_yet: dict[Change, VaultError] = {}
        """What `finish` raised of what had not ended: no longer true when it has."""

    @property
    def going_on(self) -> tuple[Change, ...]:
        """What was begun, or waits for a reply, and has not ended."""
        return tuple(change for change, tasks in self._tasks.items() if tasks.works)

    def in_the_way_of(self, change: Change) -> Change | None:
        """Return what has to end before `change` may begin."""
        if change is Change.KEYS:
            return next(iter(self.going_on), None)
        section = OF_KEYS if change in OF_KEYS else OF_CONVERSATIONS
        return next((each for each in self.going_on if each in WHOLE | section), None)

    def says(self, changes: Collection[Change]) -> Said | None:
        """Return what is to be said while one of these goes on, where one does."""
        found = next((each for each in self.going_on if each in changes), None)
        return None if found is None else partial(sentence, GOES_ON[found])

    def begin(
        self, change: Change, work: Callable[[], object], said: Callable[[Any], Said]
    ) -> None:
        """Do `work`; of what it returns `said` makes what is to be said. Nothing is in its way."""
        assert self.in_the_way_of(change) is None

        def noted() -> object:
            try:
                with self._vault.database.at(WORK[change]):  # from the first moment of its thread
                    return work()
            except Exception as error:
                self._unheard[change] = error
                raise

        def done(outcome: object) -> None:
            self.ended.emit(change, said(outcome))
            if change is Change.CONVERSATIONS:
                self.brought_in.emit()

        def failed(error: Exception) -> None:
            self._unheard.pop(change, None)
            self.failed.emit(change, error)

        self._tasks[change].start(noted, done, failed)
        self.began.emit()

    def finish(self, change: Change) -> None:
        """Wait a moment for what is given up; the history is about to be closed.

        Where the window stays, what had not ended may be done after all, or end as given up.

        Raises:
            VaultError: it is not done, or not yet; or what it ended in, which nobody has heard.
        """
        # A way of opening may still be changed in haste; see key_changes.py.
        seconds = PATIENCE_SECONDS if change is Change.WAY else MOMENT_S
        ended = self._tasks[change].joined(seconds)
        given_up = self._given_up(change)
        self._not_yet.pop(change, None)
        # What is not given up is done for certain, though a disk or a keyring may take its time.
        if change in NOT_DONE and given_up:
            not_done, not_yet = NOT_DONE[change]
            if ended:
                raise VaultError(not_done)
            self._not_yet[change] = VaultError(not_yet)
            raise self._not_yet[change]
        if change in self._unheard and not given_up:
            self.told = self._unheard[change]
            raise self.told

    def take_not_yet(self, change: Change) -> VaultError | None:
        """Return what `finish` raised of a change that has ended only now, and forget it."""
        return self._not_yet.pop(change, None)

    def unheard(self) -> list[Exception]:
        """Return what went wrong that nobody was told, but for what is told of as given up."""
        return [
            error for change, error in list(self._unheard.items()) if not self._given_up(change)
        ]

    def close(self) -> None:
        """Tell of nothing any more, and wait for what was begun."""
        close_all(self._tasks.values())

    def _given_up(self, change: Change) -> bool:
        unheard = isinstance(self._unheard.get(change), GivenUpError)
        return unheard or WORK[change] in self._vault.database.broke_off
