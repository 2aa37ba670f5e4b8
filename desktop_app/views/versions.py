"""Saying a message otherwise, having a reply made anew, and turning between the versions.

Knows the transcript on the screen and the history; nothing that was said is lost by any of it.
What is off the record has no versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from desktop_app.conversation.message import checked
from desktop_app.conversation.open_session import before_reply, kept
from desktop_app.dialogue import Role
from desktop_app.errors import KnownError, MessageError
from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.records import StoredTurn
from desktop_app.views.conversation import Conversation
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.left_open import Edit
from desktop_app.views.message import Message
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.sessions import Sessions as History
    from desktop_app.views.window import MainWindow


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a turn stands on the screen now."""

    row: int
    before: int | None
    """The last turn of what was shown before, where that was another version with a turn in it."""


class Versions(QObject):
    """Belongs to the transcript of one open history, and goes with it."""

    def __init__(self, window: MainWindow, history: History) -> None:
        super().__init__(window.middle.transcript)
        self._window = window
        self._history = history
        self._editing: tuple[int, EditDialog] | None = None
        self._anew: set[Conversation] = set()
        """Whose reply is being made anew: afterwards the history is read again."""
        transcript, exchange = window.middle.transcript, window.exchange
        transcript.menu_wanted.connect(self._offer)
        transcript.turned.connect(self.turn)
        for ended in (exchange.answered, exchange.left_unanswered, exchange.failed):
            ended.connect(self._ended)
        exchange.given_back.connect(self._ended)
        exchange.postponed.connect(self._ended)

    def edit(self, row: int, text: str | None = None) -> None:
        """Let the person say a message otherwise, or go on with `text`, which they had begun."""
        conversation = self._window.conversation
        dialog = EditDialog(
            conversation.messages.message(row).text,
            partial(self.say_otherwise, conversation, row),
            self._window.middle,
        )
        if text is not None:
            dialog.go_on_with(text)
        dialog.finished.connect(self._edited)
        self._editing = (row, dialog)
        dialog.open()

    def in_progress(self) -> Edit | None:
        """Return the message being said otherwise, as far as it is written."""
        if self._editing is None:
            return None
        row, dialog = self._editing
        return Edit(row, dialog.text)

    def say_otherwise(self, conversation: Conversation, row: int, text: str) -> None:
        """Put another version of a message into its place, and have it answered.

        Raises:
            MessageError: a reply has begun since, or it is no message; nothing has changed.
            VaultError: it could not be kept.
        """
        exchange = self._window.exchange
        try:
            if not self._may(conversation):
                raise MessageError("message.not_now")
            if exchange.long_writes.under_way:  # the window would stand still meanwhile
                raise BusyVaultError("vault.being_changed")
            turn = self._turn_of(conversation, row)
            self._history.edit(self._id(conversation), turn.id, checked(text))
        except KnownError:
            exchange.heed(conversation, text)
            raise
        try:
            self._read_again(conversation)
        except KnownError as error:  # no refusal: it is kept, and sent again it were kept twice
            exchange.heed(conversation, text)
            self._window.say_error(error)
            return
        exchange.heed(conversation)  # what it replaces, and all that followed, is unsaid now
        self._answer(conversation)

    def regenerate(self, row: int) -> None:
        """Have a reply made anew; the earlier one stays a version of it."""
        conversation = self._window.conversation
        if not self._may(conversation):
            return
        try:
            reply = self._turn_of(conversation, row)
            opened, turns = before_reply(self._history, self._id(conversation), reply.id)
        except KnownError as error:
            self._window.say_error(error)
            return
        conversation.go_on_with(opened, map(Message.of, turns))
        self._answer(conversation)

    def turn(self, row: int, step: int) -> None:
        """Show the version before (-1) or after (1) the one of a row."""
        conversation = self._window.conversation
        if not self._may(conversation):
            return
        try:
            shown = self._turn_of(conversation, row)
            there = shown.versions[shown.version - 1 + step]
            self._history.choose(self._id(conversation), there)
            self._read_again(conversation)
        except KnownError as error:
            self._window.say_error(error)
            return
        transcript = self._window.middle.transcript
        transcript.setCurrentIndex(transcript.row_index(row))
        self._window.show_as_it_stands()

    def show(self, conversation: Conversation, turn: int) -> Shown:
        """Choose the version `turn`, unless it is shown.

        Raises:
            MessageError: a reply is being written, and another version would take its place.
            VaultError: it cannot be read.
        """
        session, before = self._id(conversation), None
        turns = [each.id for each in self._history.turns(session)]
        if turn not in turns:
            if not self._may(conversation):
                raise MessageError("message.not_now")
            before = turns[-1] if turns else None
            conversation.settle()
            self._history.choose(session, turn)
            self._read_again(conversation)
            turns = [each.id for each in self._history.turns(session)]
        return Shown(turns.index(turn), before)

    def _edited(self) -> None:
        self._editing = None

    def _offer(self, menu: QMenu, row: int) -> None:
        conversation = self._window.conversation
        if conversation.id is None:
            return
        message = conversation.messages.message(row)
        does = {
            "window.edit": (message.role is Role.USER, partial(self.edit, row)),
            "window.regenerate": (message.role is Role.ASSISTANT, partial(self.regenerate, row)),
            "window.version_before": (message.version > 1, partial(self.turn, row, -1)),
            "window.version_after": (
                message.version < message.versions,
                partial(self.turn, row, 1),
            ),
        }
        for key, (fits, act) in does.items():
            if fits:
                action = menu.addAction(sentence(key))
                action.setEnabled(self._may(conversation))
                action.triggered.connect(act)

    def _may(self, conversation: Conversation) -> bool:
        exchange = self._window.exchange
        idle = exchange.current is None and not exchange.busy_with(conversation)
        return conversation.id is not None and idle

    def _answer(self, conversation: Conversation) -> None:
        self._anew.add(conversation)
        self._window.exchange.ask(conversation)
        self._window.show_as_it_stands()

    def _ended(self, conversation: Conversation) -> None:
        if conversation not in self._anew:
            return
        self._anew.discard(conversation)
        trouble = conversation.trouble
        try:
            self._read_again(conversation)
        except KnownError as error:
            trouble = trouble or error
        conversation.trouble = trouble
        if conversation is self._window.conversation:
            self._window.show_as_it_stands()

    def _read_again(self, conversation: Conversation) -> None:
        conversation.settle()
        opened, turns = kept(self._history, self._id(conversation))
        conversation.go_on_with(opened, map(Message.of, turns))

    def _turn_of(self, conversation: Conversation, row: int) -> StoredTurn:
        conversation.settle()
        return self._history.turns(self._id(conversation))[row]

    @staticmethod
    def _id(conversation: Conversation) -> str:
        assert conversation.id is not None, "what is off the record has no versions"
        return conversation.id
