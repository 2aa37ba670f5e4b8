"""The main window: puts the parts side by side and connects them.

Long because every part is connected here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QMainWindow
from shiboken6 import isValid

from desktop_app.care.disclosure import InUse, today
from desktop_app.care.guard.verdict import Action, Verdict
from desktop_app.care.hotlines import region_in_force
from desktop_app.dialogue import Role
from desktop_app.errors import KnownError
from desktop_app.views import qt_words
from desktop_app.views.alarm import Alarm
from desktop_app.views.announcement import announce
from desktop_app.views.appearance import Appearance
from desktop_app.views.asking_after import AskingAfter
from desktop_app.views.care_pages import CarePages
from desktop_app.views.conversation import Conversation
from desktop_app.views.counselling import Counselling
from desktop_app.views.crisis_card import CrisisCard
from desktop_app.views.deleting import Deleting
from desktop_app.views.early_words import Words
from desktop_app.views.exchange import Exchange
from desktop_app.views.gate import Gate
from desktop_app.views.header import Header
from desktop_app.views.icon import icon
from desktop_app.views.layout import SideBySide
from desktop_app.views.leaving import Leaving
from desktop_app.views.model_choice import ModelChoice
from desktop_app.views.notice import WayOn, explained
from desktop_app.views.preferences import Preferences
from desktop_app.views.read_ahead import ReadAhead
from desktop_app.views.room import Room
from desktop_app.views.sessions import Sessions
from desktop_app.views.sharing import Sharing
from desktop_app.views.standing import Standing
from desktop_app.views.tab_order import as_one_reads
from desktop_app.views.unsent import Unsent
from resources.messages import Language, choose_language, sentence

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.vault import Vault

    # what shows conversations when the gate has been passed, and what brings models here
    from desktop_app.views.changing import Changing
    from desktop_app.views.middle import Middle
    from desktop_app.views.sidebar import Sidebar
    from desktop_app.views.transfers import Transfers

FIRST_SIZE: Final = (1120, 760)
LEAST_SIZE: Final = (560, 480)


class MainWindow(QMainWindow):
    """Usable at once: model and history are opened behind it."""

    lock_wanted = Signal()
    history_wanted = Signal()
    """Whoever talks off the record would rather open the history that is there."""
    closing = Signal()
    """Before what came of a reply is kept, and the history closed."""
    stays = Signal()
    """After `closing`: something is not on the disk yet, so it does not close."""
    went_wrong_at_gate = Signal(Exception)
    """To be said by the gate, which stands in the conversation's place."""
    rescue_wanted = Signal()
    """The history is damaged, and the person would have it rescued."""

    side: Sidebar
    """The list; made by `open_history`, as `middle` is."""
    middle: Middle
    """The conversation on the screen."""

    def __init__(
        self,
        counselling: Counselling,
        preferences: Preferences,
        appearance: Appearance,
        gate: Gate,
        plan_copy: Path,
        new_transfers: Callable[[], Transfers],
    ) -> None:
        """Show `gate` in the conversation's place until `open_history`.

        `plan_copy` is where the safety plan lies if it is to be read while locked; `new_transfers`
        makes what brings models here, which few ask for.
        """
        super().__init__()
        appearance.setParent(self)
        self._preferences = preferences
        self.counselling = counselling
        self.exchange = Exchange(counselling)
        self.sessions = Sessions(parent=self)
        self.model = ModelChoice(counselling, self.exchange, preferences, self)
        self.sharing = Sharing(self, appearance)
        self.unsent = Unsent(self)
        self.deleting = Deleting(self)
        self._leaving = Leaving(self, counselling)
        self.read_ahead = ReadAhead(counselling, self.exchange, self.unsent.written)
        self.standing = Standing(
            self.exchange,
            notice=lambda: self.middle.notice,
            shown=lambda: self.conversation,
            model=self.model,
            rescue=self.rescue_wanted.emit,
        )
        self._in_use = InUse()
        self._in_danger = False
        """The guard heard high danger, or an emergency, in the last message sent."""
        self._passed = False
        self._asking: AskingAfter | None = None
        self.conversation = self.sessions.conversation(0)
        self._appearance = appearance
        self.care = CarePages(self, plan_copy, new_transfers, preferences, appearance)
        self._build(gate)
        self.setWindowIcon(icon("soulchat"))
        self.resize(*FIRST_SIZE)
        self.setMinimumSize(*LEAST_SIZE)
        self._connect()
        self.exchange.alarmed.connect(self._alarmed)
        Alarm(self.exchange, self.sharing.bring_card, lambda: self.conversation, self)
        self._retranslate()

    def open_history(
        self,
        vault: Vault | None,
        put_back: Callable[[], list[KnownError]] | None = None,
        *,
        changing: Changing | None = None,
        may_set: bool = True,
    ) -> None:
        """Show the conversations of `vault`; without one, every conversation is off the record.

        `put_back` adds what the history does not hold, and returns what went wrong; after it, what
        is to be known is said. `changing`: what goes on with `vault`; there is one with each.
        `may_set`: models can be brought and chosen.

        Raises:
            VaultError: the list of conversations cannot be read.
        """
        takes_keyboard = self._passed or self.gate.has_keyboard
        unkept = self._preferences.keep(last_day=today().isoformat())
        before, self.sessions = self.sessions, Sessions(vault.sessions if vault else None, self)
        self.sessions.failed.connect(self.say_error)
        if self._passed:  # the list could not be read, and the person goes on off the record
            self.side.show_sessions(self.sessions)
        else:
            self._furnish()
        before.deleteLater()
        self._passed = True
        self.header.settings.show_passed(may_set=may_set)
        self.model.may_choose = may_set
        self.standing.watch(vault)
        self.deleting.trash = vault.trash if vault else None
        self.header.show_status(self.model.status, self.model.place)
        place = self.care.place
        self.show_conversation(0)
        errors: list[Exception] = [*self.care.open(vault)]
        self.sharing.share()
        if vault:
            from desktop_app.views.history_parts import HistoryParts

            assert changing is not None
            change = self.exchange.long_writes.change
            vault.database.undisturbed = partial(change, vault.database.check_given_up)

            parts = HistoryParts(self, vault, changing, self._appearance)
            errors += self.unsent.open(parts, vault.sessions.drafts)
        else:
            self.unsent.close()
        if put_back is not None:
            errors += put_back()
        errors += vault.notices if vault else []
        if self._preferences.problem is not None:
            errors.insert(0, self._preferences.problem)
            self._preferences.problem = None
        if unkept is not None:
            errors.append(unkept)
        if errors:
            self._say_together(errors)
        if vault:  # reading what was said takes a while: first the window can be used
            ask = partial(self._ask_after, errors, self.middle.notice.text)
            self._asking = AskingAfter(self.middle, vault, ask, self.say_error)
        self.care.say_of_model()
        if place is not None:
            self.care.show_exercises(place)
        elif takes_keyboard:  # else a key meant for the card would send what is written
            self.sharing.take_keyboard()

    def _say_together(
        self, errors: Sequence[Exception], *further: str, ways: Sequence[WayOn] = ()
    ) -> None:
        told = dict.fromkeys(map(explained, errors))  # a page may have met several of them
        self.standing.say(
            lambda: "\n".join([*told, *map(sentence, further)]),
            *self.standing.ways_on(*errors),
            *ways,
        )

    def _ask_after(self, errors: Sequence[Exception], told: str) -> None:
        """Ask after a person whose last talk was about danger, below what else there is to say.

        `told`: what the notice said of `errors`. Where it says something else by now, they have
        been read; the ways on that it offers stay, or what was deleted could not be undone.
        """
        card = WayOn("window.crisis_card", partial(self.show_card, shown=True))
        notice = self.middle.notice
        if notice.text == told:
            self._say_together(errors, "window.follow_up", ways=(card,))
        else:
            self._say_together((), "window.follow_up", ways=(*notice.ways, card))

    def close_history(self, gate: Gate) -> None:
        """Show `gate` again; all that showed the history is destroyed, not emptied.

        Call `leave` first.
        """
        self.read_ahead.forget()
        self.deleting.trash = None
        shows_card = not self.card.isHidden()
        place = self.care.close()
        parts = self.takeCentralWidget()
        assert parts is not None
        parts.setParent(None)
        before, self.sessions = self.sessions, Sessions(parent=self)
        self.conversation = self.sessions.conversation(0)
        self._passed = False
        self.unsent.close()
        self.standing.watch(None)
        del self.side, self.middle
        self._build(gate)
        before.deleteLater()
        parts.deleteLater()
        self.header.show_status("window.locked")
        self.card.setVisible(shows_card)
        self.sharing.share()
        if place is not None:
            self.care.show_exercises(place)

    @property
    def passed(self) -> bool:
        """Tell whether the gate has been passed, and conversations are in the window."""
        return self._passed

    def say_error(self, error: Exception, *ways: WayOn) -> None:
        """Say in one sentence what went wrong, with ways on; at the gate, the gate says it."""
        if self._passed:
            self.standing.say_error(error, *ways)
        else:
            self.went_wrong_at_gate.emit(error)

    def say(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Say what has happened, with ways on."""
        self.standing.say(text, *ways)

    # What a person does

    def send(self, text: str) -> None:
        """Send a message of the conversation on the screen; it stays in the field if it cannot."""
        self._in_danger = False
        try:
            self.exchange.say(self.conversation, text)
        except KnownError as error:
            self.say_error(error)
            return
        self.middle.composer.text = ""
        self.middle.transcript.show_end()  # whoever reads further up sees what they have just said
        self._keep_unsent()  # what was kept as unsent is sent
        self.show_as_it_stands()
        due = self._in_use.said(region_in_force(self._preferences.settings.region))
        if self._in_danger:
            due = self._in_use.without_break(due)
        if due:
            self.standing.say(lambda: "\n".join(sentence(f"reminder.{each}") for each in due))

    def go_on_writing(self, words: Words) -> None:
        """Put what was written before the conversation was there behind what its field holds."""
        if words.text:
            self.middle.composer.add(words.text, words.behind)

    def begin_conversation(self, *, off_the_record: bool = False) -> None:
        """Show an empty conversation."""
        if self._passed:
            self.show_conversation(self.sessions.begin(private=off_the_record))
            self.sharing.clear_room()  # else one would write into a field that is not to be seen
            self.middle.take_keyboard()

    def show_conversation(self, row: int) -> None:
        """Put a conversation on the screen; each keeps its own draft."""
        try:
            conversation = self.sessions.conversation(row)
        except KnownError as error:
            self.side.show_current(self.sessions.row_of(self.conversation))
            self.say_error(error)
            return
        self.care.leave()
        composer = self.middle.composer
        self.conversation.draft = composer.text
        self.conversation = conversation
        composer.text = self.conversation.draft
        if self.middle.transcript.model() is not self.conversation.messages:
            self.middle.transcript.setModel(self.conversation.messages)
        self.side.show_current(row)
        if not self.side.list.hasFocus():  # who goes through the list by keys has it until Enter
            self.sharing.put_side_away()
        self.standing.follow()
        self._refresh()
        self.read_ahead.soon()

    def read_history_again(self) -> None:
        """Show what a backup or an import added."""
        self.conversation.draft = self.middle.composer.text
        with suppress(KnownError):  # what is read again comes with the draft that is kept
            self.unsent.keep()
        shown = self.conversation.id
        try:
            self.sessions.read_again(self.exchange.busy_with)
        except KnownError as error:
            self.say_error(error)
            return
        row = self.sessions.row_of(self.conversation)
        found = None if shown is None else self.sessions.row_of_session(shown)
        try:
            self.go_on(found if found is not None else max(row, 0))
        except KnownError as error:  # what is on the screen is no row any more
            self.show_conversation(self.sessions.begin())
            self.say_error(error)

    def go_on(self, row: int) -> None:
        """Show the conversation of a row as it was left; raises VaultError."""
        conversation = self.sessions.conversation(row)
        self.middle.composer.text = conversation.draft  # no other conversation's is lost by this
        self.conversation = conversation
        self.show_conversation(row)

    def go_on_with(self, conversation: Conversation | None) -> None:
        """Show a conversation as it was left; without one, that which is on the screen.

        That one too may have been given a draft just now. What the field holds is copied over it
        by the next step, so the field has to show it first.
        """
        row = self.sessions.row_of(conversation or self.conversation)
        if row >= 0:  # else it could not be read, and that has been said
            self.go_on(row)

    def show_card(self, *, shown: bool) -> None:
        """Show or hide the crisis card."""
        self.sharing.show_card(shown=shown)

    def choose_language(self, language: Language) -> None:
        """Speak another language from now on."""
        choose_language(language)
        qt_words.speak(language)
        self._preferences.change(language=language)
        QCoreApplication.sendEvent(self, QEvent(QEvent.Type.LanguageChange))

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self.sharing.share()

    # What the model does

    def _exchange_changed(self) -> None:
        if self._passed:
            self._refresh()
            self.standing.refresh()

    def _model_changed(self) -> None:
        if self._passed:
            self.header.show_status(self.model.status, self.model.place)
            self.standing.refresh()

    def _answered(self, conversation: Conversation) -> None:
        if conversation is not self.conversation:
            return
        messages = conversation.messages
        for row in reversed(range(messages.rowCount())):
            if messages.message(row).role is Role.ASSISTANT:  # the person may have gone on below
                announce(self.middle.transcript, messages.message(row).spoken())
                return

    def leave(self) -> None:
        """Keep what came of a reply in progress; the window will hear nothing more.

        Raises:
            Exception: the first of what could not be kept; all the rest has been tried.
        """
        if self._asking is not None and isValid(self._asking):
            self._asking.end()
        self._leaving.keep_all()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless something said is not on the disk yet; then say so first."""
        event.ignore()  # whatever goes wrong, nothing said is lost by it
        if self._leaving.may_close():
            event.accept()

    def _keep_unsent(self) -> None:
        """Keep what is written: a kill or a power cut then takes the last ten seconds at most.

        While an import or a change of the key has the history, it takes all since that began.
        """
        with suppress(KnownError):  # leaving tries again, and says so
            if not self.unsent.keep_unless_busy():
                self.read_ahead.rest_again()

    def _alarmed(self, _: Conversation, verdict: Verdict) -> None:
        self._in_danger = verdict.action in {Action.CARD, Action.CARD_FIRST}
        self.card.heed(verdict)

    def _heard(self, conversation: Conversation) -> None:
        """Show how the conversation on the screen stands now."""
        if conversation is self.conversation:
            if conversation.trouble is None:
                self.standing.refresh()
            else:
                self.standing.show()

    def _given_back(self, conversation: Conversation, text: str) -> None:
        if conversation is self.conversation:
            composer = self.middle.composer
            composer.text = "\n\n".join(filter(None, (text, composer.text)))
            self.standing.show()
        else:
            conversation.draft = "\n\n".join(filter(None, (text, conversation.draft)))
        self._keep_unsent()

    # Within

    def _build(self, gate: Gate) -> None:
        """Make the parts that are there before a history is, the gate in the conversation's place.

        What shows conversations is made when there are some: a start need not wait for it.
        """
        self.header = Header(self._appearance, self)
        self.card = CrisisCard(self._preferences, self.care.shown_on_card, self)
        self.card.hide()
        self.gate = gate
        self.room = Room(gate, self)
        self._parts = SideBySide(self.header, self.room, self.card)
        self.setCentralWidget(self._parts)
        self._connect_parts()
        self.care.connect_parts()
        self.sharing.share()
        as_one_reads(self._parts)
        gate.take_keyboard()

    def _furnish(self) -> None:
        """Make what shows the conversations, and put it in the gate's place."""
        from desktop_app.views.middle import Middle
        from desktop_app.views.sidebar import Sidebar

        self.side = Sidebar(self.sessions, self._appearance, self)
        self.middle = Middle(self._appearance, self)
        self._parts.add_side(self.side)
        self.room.give_to(self.middle)
        as_one_reads(self._parts)
        begin_off_the_record = partial(self.begin_conversation, off_the_record=True)
        self.side.begun.connect(self.begin_conversation)
        self.side.begun_off_the_record.connect(begin_off_the_record)
        self.side.chosen.connect(self._chosen)
        self.side.clicked.connect(self._see)
        self.side.taken.connect(self._take_up)
        self.side.deleted.connect(self.deleting.delete)
        self.side.history_wanted.connect(self._want_history)
        self.side.memory_wanted.connect(self.unsent.show_memory)
        self.middle.composer.sent.connect(self.send)
        self.middle.composer.too_early.connect(self._say_too_early)
        self.middle.composer.stopped.connect(self.exchange.stop)
        self.middle.composer.field.textChanged.connect(self.read_ahead.soon)
        # Later: whoever ended what was being said may be about to say something else.
        self.middle.notice.shown.connect(self.care.say_of_model, Qt.ConnectionType.QueuedConnection)

    def _connect_parts(self) -> None:
        self.header.side_wanted.connect(self.sharing.toggle_side)
        self.header.crisis_wanted.connect(self.sharing.toggle_card)
        self.header.menu_wanted.connect(self._show_menu)
        self.header.settings.language_chosen.connect(self.choose_language)
        self.header.settings.model_wanted.connect(self.model.choose)
        self.header.settings.about_wanted.connect(self._show_about)
        self.card.closed.connect(partial(self.show_card, shown=False))

    def _connect(self) -> None:
        self._preferences.not_kept.connect(self.say_error)
        self._appearance.changed.connect(self.sharing.share)
        self.exchange.changed.connect(self._exchange_changed)
        self.exchange.answered.connect(self._answered)
        for ended in (self.exchange.left_unanswered, self.exchange.answered, self.exchange.failed):
            ended.connect(self._heard)
        self.exchange.given_back.connect(self._given_back)
        self.model.changed.connect(self._model_changed)
        self.read_ahead.remembered.connect(self._exchange_changed)
        self.read_ahead.to_be_kept.connect(self._keep_unsent)
        for keys, act in (
            ("Ctrl+N", self.begin_conversation),
            ("Ctrl+Shift+N", partial(self.begin_conversation, off_the_record=True)),
            ("F1", self.sharing.toggle_card),
            ("F2", self._rename),
            ("Esc", self._escape),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def show_as_it_stands(self) -> None:
        """Show how things stand with the conversation on the screen, and what may be done."""
        self.standing.show()
        self._refresh()

    def _refresh(self) -> None:
        """Show what may be done now."""
        answering = self.exchange.current is self.conversation
        self.middle.composer.let_send(may=not answering, replying=answering)
        kept = self.conversation.id is not None
        self.middle.show_conversation(empty=self.conversation.empty)
        self.middle.composer.show_kept(kept=kept or not self.sessions.keeps)
        self.side.show_kept(kept=kept)
        self.header.show_conversation(
            unseen=self.conversation.session.unseen,
            off_the_record=not kept,
            empty=self.conversation.empty,
        )

    def _chosen(self, row: int) -> None:
        self.care.leave()
        if self.sessions.at(row).conversation is not self.conversation:
            self.show_conversation(row)

    def _see(self) -> None:
        """Show the conversation that is marked in the list.

        The keyboard stays with a list that stays: Delete is about the row that was clicked.
        """
        if self.room.isHidden():
            self._take_up()
        else:
            self.care.leave()

    def _take_up(self) -> None:
        """Go on in the conversation that is marked in the list."""
        self.care.leave()
        self.sharing.put_side_away()
        self.sharing.take_keyboard()

    def _say_too_early(self) -> None:
        if not self.middle.notice.text:  # it goes when the reply has ended
            self.middle.notice.say(partial(sentence, "window.too_early"))

    def _rename(self) -> None:
        if self._passed:
            self.sharing.show_side()  # a title is written in its row
            self.side.rename_current()

    def _show_menu(self, place: QPoint) -> None:
        self.sharing.show_side()
        self.side.show_menu(place)

    def _want_history(self) -> None:
        """Show the gate again, once the person knows that what was said or written here goes."""
        self.conversation.draft = self.middle.composer.text
        rows = map(self.sessions.at, range(self.sessions.rowCount()))
        if all(row.empty and not row.draft for row in rows):
            self.history_wanted.emit()
            return
        go_on = WayOn("window.open_history", self.history_wanted.emit)
        self.standing.say(partial(sentence, "window.open_history_means"), go_on)

    def _show_about(self) -> None:
        from desktop_app.views.about import About

        About(self._appearance, self).open()

    def _escape(self) -> None:
        """Leave a page that covers the conversation, stop the reply, or close the card."""
        focus = QApplication.focusWidget()
        in_card = focus is not None and self.card.isAncestorOf(focus)
        if self.care.page is not None and not in_card:
            self.care.go_back()
        elif self.exchange.current is self.conversation:
            self.exchange.stop()
        elif not self.card.isHidden():
            self.show_card(shown=False)

    def _retranslate(self) -> None:
        self.setWindowTitle(sentence("window.title"))
