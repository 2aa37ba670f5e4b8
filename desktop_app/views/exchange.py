"""Whose message is being answered: one conversation at a time, and never one that waits in vain.

Knows conversations and the counselling thread, no widget. A message sent before the model is in
memory waits for it; one that cannot be answered is kept, and asked again when there is a way.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_app.conversation.counsellor import Reply
from desktop_app.errors import MessageError
from desktop_app.views.conversation import Conversation
from desktop_app.views.counselling import Counselling
from desktop_app.views.message import State


class Exchange(QObject):
    """From a message sent to its reply kept."""

    changed = Signal()
    """Another conversation, or none, is being answered."""
    answered = Signal(Conversation)
    left_unanswered = Signal(Conversation)
    """Stopped, or ended, before the first character of a reply."""
    failed = Signal(Conversation, Exception)
    given_back = Signal(Conversation, str, Exception)
    """The model cannot read this message as it is; its text is no longer in the conversation."""

    def __init__(self, counselling: Counselling) -> None:
        super().__init__(counselling)
        self.current: Conversation | None = None
        """The conversation being answered."""
        self._owed: Conversation | None = None
        """The one whose message found no model."""
        self._asked = False
        self._counselling = counselling
        counselling.opened.connect(self._opened)
        counselling.failed_to_open.connect(self._no_model)
        counselling.wrote.connect(self._wrote)
        counselling.replied.connect(self._replied)
        counselling.failed_to_reply.connect(self._failed)

    def say(self, conversation: Conversation, text: str) -> None:
        """Add a message to `conversation` and have it answered."""
        conversation.say(text)
        self.ask(conversation)

    def ask(self, conversation: Conversation) -> None:
        """Have what is without a reply answered; one conversation at a time."""
        if self.current is not None:
            return
        self._owed = None
        self.current, self._asked = conversation, False
        conversation.begin_reply()
        if self._counselling.ready:
            self._send()
        else:
            self._counselling.open_again()
        self.changed.emit()

    def stop(self) -> None:
        """End the reply in progress, or stop waiting for the model."""
        if self.current is None:
            return
        if self._asked:
            self._counselling.stop()
        else:
            self._leave_off(State.STOPPED)

    def _send(self) -> None:
        assert self.current is not None
        self._asked = True
        self._counselling.answer(self.current.session, self.current.question())

    def _opened(self) -> None:
        if self.current is not None:
            self._send()
        elif self._owed is not None:
            self.ask(self._owed)

    def _no_model(self, _error: Exception) -> None:
        if self.current is not None:
            self._owed, self.current = self.current, None
            self._owed.keep_interrupted(State.INTERRUPTED)
            self.changed.emit()

    def _wrote(self, text: str) -> None:
        if self.current is not None:
            self.current.write(text)

    def _replied(self, reply: Reply) -> None:
        conversation, self.current = self.current, None
        if conversation is None:
            return
        conversation.keep(reply)
        self.changed.emit()
        heard = self.left_unanswered if conversation.waits_for_reply else self.answered
        heard.emit(conversation)

    def _failed(self, error: Exception) -> None:
        conversation, self.current = self.current, None
        if conversation is None:
            return
        conversation.keep_interrupted(State.INTERRUPTED)
        if isinstance(error, MessageError):
            text = conversation.take_back()
            self.changed.emit()
            self.given_back.emit(conversation, text, error)
        else:
            self.changed.emit()
            self.failed.emit(conversation, error)

    def _leave_off(self, state: State) -> None:
        conversation, self.current = self.current, None
        assert conversation is not None
        conversation.keep_interrupted(state)
        self.changed.emit()
        self.left_unanswered.emit(conversation)
