"""Locking and unlocking: the history is closed, its key dropped, and the window emptied.

Everything that showed a conversation is destroyed and the window's parts are made anew, so what
another part of the program adds to the window later is covered too. What the history does not
hold goes into a sealed parcel and comes back with it (left_open.py).
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop_app.errors import CareError, KnownError
from desktop_app.views import left_open
from desktop_app.views.changing import Changing
from desktop_app.views.closing import close_all_but_windows, forget_copies, hide_all_but_windows
from desktop_app.views.counselling import Counselling
from desktop_app.views.gate import Gate
from desktop_app.views.outcomes import Outcomes
from desktop_app.views.preferences import Preferences
from desktop_app.views.tasks import Tasks, close_all
from desktop_app.views.undeterred import Undeterred
from desktop_app.views.urgent_keys import UrgentKeys
from desktop_app.views.veil import Veil
from desktop_app.views.window import MainWindow

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.care.safety_plan import SafetyPlan
    from desktop_app.conversation.snapshots import Snapshots
    from desktop_app.vault.parcel import Parcel
    from desktop_app.vault.vault import Vault


SEAL_PATIENCE_S: Final = 2.0
"""What the model has read may take so long to seal; a machine about to sleep gives five in all."""


class Lock(QObject):
    """Opens and closes the history for the window. `begin`, and at last `end`."""

    shut = Signal()
    """After `lock`: what showed the history is gone from the window and from memory."""

    def __init__(
        self,
        app: QApplication,
        window: MainWindow,
        counselling: Counselling,
        preferences: Preferences,
        new_gate: Callable[[], Gate],
        held: ExitStack,
    ) -> None:
        """Whoever gives `held`, which the open history is put into, closes it at the end."""
        super().__init__(window)
        self._window = window
        self._counselling = counselling
        self._preferences = preferences
        self._new_gate = new_gate
        self._gate: Gate | None = None
        self._vault: Vault | None = None
        self._held = held
        self._snapshots: Snapshots | None = None
        self._changing: Changing | None = None
        self._plan: SafetyPlan | None = None
        """Written, and refused by the disk; on its way into a parcel."""
        self._stays_shut = False
        """There is a history, and whoever talks off the record has shown no key of it."""
        self._parcels: list[Parcel] = []
        """One a lock; more than one where what was unlocked could not be read."""
        self._finish = QTimer(self, interval=0, singleShot=True)
        self._finish.timeout.connect(self._finished)
        self._veil = Veil(window)
        window.lock_wanted.connect(self.lock)
        window.history_wanted.connect(self.ask)
        window.closing.connect(self.give_up)
        window.stays.connect(self._go_on)
        self._keys = UrgentKeys(app)
        self._keys.lock_wanted.connect(self.lock)
        self._keys.hide_wanted.connect(self.hide)
        window.rescue_wanted.connect(self.rescue)

    def watch_keys(self) -> None:
        """Hear Ctrl+L and F9 from now on."""
        self._keys.watch()

    def begin(self, gate: Gate) -> None:
        """Take the gate that stands in the window, and show its first page."""
        self._take(gate)
        gate.begin()

    def lock(self) -> None:
        """Lock; ends in `shut` when the event loop runs again.

        Nothing stops it: what could not be kept is said on the page that unlocks. Before the gate
        is passed, what it was about to open is not opened.
        """
        self._lock(Gate.begin_locked)

    def ask(self) -> None:
        """Ask for the history of a person who talks off the record, and could go on so without."""
        self._lock(Gate.begin_waiting)

    def _lock(self, begin: Callable[..., None]) -> None:
        steps = Undeterred()
        try:
            if self._window.passed:
                edit = self._window.unsent.edit_in_progress()
                self._put_all_away(steps)
                steps.take(partial(self._counselling.seal, SEAL_PATIENCE_S))
                steps.take(partial(self._pack, steps, edit), "lock.unsent_gone")
                begin(self._shut(steps), *steps.told)
            else:
                steps.take(close_all_but_windows)
                steps.take(forget_copies)
                if self._gate is not None:
                    steps.take(self._gate.lock)
        finally:  # the key is dropped, and a machine about to sleep let go, whatever happened
            steps.take(self._close)
            self._finish.start()

    def show_privacy(self) -> None:
        """Show the privacy page, where the gate has been passed; say what keeps it shut."""
        if not self._window.passed:
            return
        from desktop_app.views.privacy import Privacy

        try:
            page = Privacy(
                self._vault,
                self._snapshots,
                self._preferences,
                self._window,
                changing=self._changing,
                may_set=not self._stays_shut,
            )
        except KnownError as error:
            self._window.say_error(error)
            return
        if page.keys is not None:
            page.keys.erase_wanted.connect(self.erase)
        page.open()

    def erase(self) -> None:
        """Erase the history for good; the gate then asks how a new one shall be opened."""
        if self._vault is None:
            return
        steps = Undeterred()
        edit = self._window.unsent.edit_in_progress()
        self._put_all_away(steps)
        steps.take(partial(self._pack, steps, edit), "lock.unsent_gone")  # it may be refused
        self._shut(steps).erase(*steps.told)
        self._finish.start()

    def _forget_parcels(self) -> None:
        """Nothing opens them any more; not before, for an erasing may be refused."""
        self._parcels.clear()

    def rescue(self) -> None:
        """Close the history, rescue what can be read of it, and show that."""
        if self._vault is None:
            return
        keys, steps = self._vault.keys, Undeterred()
        edit = self._window.unsent.edit_in_progress()
        self._put_all_away(steps)  # what a damaged page does not take is in the parcel
        steps.take(partial(self._pack, steps, edit, damaged=True), "lock.unsent_gone")
        dek = keys.lasting_dek()  # not before: a change of it may have ended while that was done
        gate = self._shut(steps)
        gate.rescue(dek, keys.envelope())  # closing has waited for whoever was changing it
        self._finish.start()

    def hide(self) -> None:
        """Take all windows off the screen at once, and lock; a second start brings one back."""
        self._window.hide()
        Undeterred().take(hide_all_but_windows)  # what goes wrong is told where it locks
        self.lock()

    def give_up(self) -> None:
        """Have what takes its time with the history end now, and begin nothing of the kind.

        It is going to be closed; a merge in progress is rolled back, a copy is not made.
        """
        if self._vault is not None:
            self._vault.database.give_up()

    def end(self) -> None:
        """Open nothing any more; waits for what was about to be opened."""
        self._finish.stop()
        self._keys.close()
        self._end_tasks()
        if self._gate is not None:
            self._gate.end()

    def _put_all_away(self, steps: Undeterred) -> None:
        """Close what stands beside the window, and keep what came of a reply.

        From the first step on nothing is to be seen: the disk may take its time with the others.
        """
        steps.take(self.give_up)  # first: what is closed next waits for a copy in progress
        # Before the veil, which is painted also where a dialog lay.
        steps.take(hide_all_but_windows)
        steps.take(self._veil.draw)
        # The reply ends below; what is being removed for good need not wait for that.
        steps.take(self._window.exchange.long_writes.end_replying)
        steps.take(self._end_tasks)
        steps.take(close_all_but_windows)
        steps.take(forget_copies)
        steps.take(partial(self._keep_plan, steps))
        steps.take(self._window.leave, "lock.not_all_kept")
        if self._vault is not None:
            for each in sorted(self._vault.database.broke_off):
                steps.take(partial(self._tell_broken_off, steps, each), f"lock.broke_off_{each}")
        if self._changing is not None:
            for error in self._changing.unheard():
                steps.tell_error(error)

    def _tell_broken_off(self, steps: Undeterred, work: str) -> None:
        assert self._vault is not None
        goes_by_itself = work == "purging" and not self._vault.trash.kept
        steps.tell(f"lock.broke_off_{work}{'_trash_off' if goes_by_itself else ''}")

    def _shut(self, steps: Undeterred) -> Gate:
        """Empty the window, close the history and end the child; return the new gate."""
        steps.take(QGuiApplication.inputMethod().reset)
        if self._plan is not None:  # it could not be sealed either, or is erased with the rest
            steps.tell("lock.plan_not_kept")
        gate = self._new_gate()
        before, self._gate = self._gate, None
        if before is not None:
            steps.take(before.end)
        if not steps.take(partial(self._window.close_history, gate)):
            self._window.hide()  # what cannot be emptied is not shown
        steps.take(self._veil.hide)
        steps.take(partial(self._take, gate))
        steps.take(self._window.repaint)  # a machine that sleeps shows this when it wakes up
        steps.take(self._close)
        steps.take(self._counselling.rest)
        return gate

    def _take(self, gate: Gate) -> None:
        """Listen to the gate, and to the menu, which is new with each gate."""
        self._gate = gate
        gate.sealed_waits = lambda: bool(self._parcels)
        menu = self._window.header.settings
        menu.privacy_wanted.connect(self.show_privacy)
        menu.lock_wanted.connect(self.lock)
        menu.hide_wanted.connect(self.hide)
        self._window.went_wrong_at_gate.connect(gate.say_error)
        gate.language_chosen.connect(self._window.choose_language)
        gate.without_history.connect(self._go_without)
        gate.erase_wanted.connect(gate.erase)
        gate.erased.connect(self._forget_parcels)
        gate.opened.connect(self._open)
        gate.exercises_wanted.connect(self._window.care.show_exercises)
        gate.plan_wanted.connect(self._window.care.show_plan)

    def _open(self, vault: Vault) -> None:
        """Show the conversations; where they cannot be read, say so and talk off the record."""
        from desktop_app.conversation.snapshots import Snapshots

        self._stays_shut = False
        self._vault = self._held.enter_context(vault)
        self._snapshots = Snapshots(vault.blobs, self._preferences.settings.snapshot_mb)
        self._counselling.keep_in(self._snapshots)
        self._changing = Changing(vault, self._window)
        self._changing.brought_in.connect(self._window.read_history_again)
        self._changing.brought_in.connect(self._settle_plan)
        Outcomes(self._changing, self._window)
        try:
            put_back = partial(self._put_back, vault)
            self._window.open_history(vault, put_back, changing=self._changing)
        except KnownError as error:
            self._window.open_history(None)
            self._window.say_error(error)
        self._go_on_writing()
        self._wake()

    def _go_without(self, stays_shut: bool) -> None:
        self._stays_shut = stays_shut
        self._window.open_history(None, may_set=not stays_shut)
        self._go_on_writing()
        self._wake()

    def _go_on_writing(self) -> None:
        if self._gate is not None:
            self._window.go_on_writing(self._gate.take_words())

    def _wake(self) -> None:
        if not self._counselling.ready:
            self._counselling.open_again()

    def _settle_plan(self) -> None:
        try:
            self._window.care.settle()
        except KnownError as error:
            self._window.say_error(error)

    def _end_tasks(self) -> None:
        """Wait once for what dialogs and pages began, not for each of them in turn."""
        close_all(self._window.findChildren(Tasks))

    def _keep_plan(self, steps: Undeterred) -> None:
        """Keep what stands on the safety plan's page."""
        try:
            self._window.care.keep()
        except CareError as error:  # it is kept, but for the copy to be read while locked
            steps.tell_error(error)
        except KnownError as error:
            self._plan = self._window.care.close_unkept()
            steps.tell_error(error)

    def _pack(
        self, steps: Undeterred, edit: left_open.Edit | None, *, damaged: bool = False
    ) -> None:
        """Seal what only the window holds; have it told where nothing can seal it."""
        window = self._window
        window.conversation.draft = window.middle.composer.text
        if self._vault is not None:
            from desktop_app.vault.parcel import packed

            plan = None if self._plan is None else self._plan.as_json()
            shown = window.conversation
            note = left_open.noted(window.sessions, shown, edit, plan, damaged=damaged)
            self._parcels.append(packed(self._vault.keys, note))
            if self._plan is not None:
                self._plan = None
                steps.tell("lock.plan_comes_back")
        elif left_open.off_the_record(window.sessions):
            steps.tell("lock.off_the_record_gone")
        elif window.conversation.draft:
            steps.tell("lock.unsent_gone")

    def _put_back(self, vault: Vault) -> list[KnownError]:
        """Put back what the window held when it was locked; return what a person should be told."""
        from desktop_app.care.safety_plan import from_json
        from desktop_app.vault.parcel import unpacked

        told: list[KnownError] = []
        while self._parcels:
            try:
                note = unpacked(vault.keys, self._parcels[0])
            except KnownError as error:  # no key opens it any more
                told.append(error)
            else:
                back = left_open.put_back(self._window.sessions, note)
                self._window.go_on_with(back.shown)
                if back.edit is not None:
                    self._window.unsent.edit_again(back.edit)
                told += back.errors
                if back.plan is not None:
                    told += self._window.care.bring_back(from_json(back.plan.encode()))
            del self._parcels[0]  # not before: what nothing has put back is in it alone
        return told

    def _go_on(self) -> None:
        if self._vault is not None:
            self._vault.database.go_on()

    def _close(self) -> None:
        if self._changing is not None:
            self._changing.deleteLater()
        self._vault = self._plan = self._snapshots = self._changing = None
        self._counselling.keep_in(None)
        self._held.close()

    def _finished(self) -> None:
        gc.unfreeze()  # see app.py
        gc.collect()  # what was said may be in cycles of closures and signals
        gc.freeze()
        self.shut.emit()
