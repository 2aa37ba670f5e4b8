"""One conversation as the window holds it: what the model reads and what the person sees.

Two rules keep the two together. What came of a reply stays, in sight and for the model. A
message without any reply is asked again together with the next one, so nothing that stands on
the screen is unknown to the model.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal

from desktop_app.conversation.counsellor import Reply
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.protocol import Stop
from desktop_app.views.message import Message, Messages, State
from resources.messages import sentence

TITLE_CHARACTERS: Final = 40

ENDINGS: Final[dict[Stop, State]] = {
    "end": State.WHOLE,
    "length": State.CUT,
    "cancelled": State.STOPPED,
}


class Conversation(QObject):
    """A session, its rows, and the draft of the next message."""

    titled = Signal()

    def __init__(self, session: Session = Session()) -> None:  # noqa: B008 - frozen
        super().__init__()
        self.session = session
        self.messages = Messages((Message(t.role, t.content) for t in session.turns), self)
        self.draft = ""
        self._unanswered: list[str] = []

    @property
    def title(self) -> str:
        """The beginning of the first message; a general name before there is one."""
        if not self.messages.rowCount():
            return sentence("window.new_conversation")
        return " ".join(self.messages.message(0).text[:TITLE_CHARACTERS].split())

    @property
    def empty(self) -> bool:
        """Tell whether nothing has been said."""
        return not self.messages.rowCount()

    @property
    def waits_for_reply(self) -> bool:
        """Tell whether a message has no reply yet."""
        return bool(self._unanswered)

    def say(self, text: str) -> None:
        """Add what the person says."""
        self._unanswered.append(text)
        self.messages.add(Message(Role.USER, text))
        self.titled.emit()

    def question(self) -> str:
        """Return all that is without a reply, as one message to the model."""
        return "\n\n".join(self._unanswered)

    def begin_reply(self) -> None:
        """Add the row a reply will be written into."""
        self.messages.add(Message(Role.ASSISTANT, "", State.WRITING))

    def write(self, text: str) -> None:
        """Append to the reply in progress."""
        self.messages.grow(text)

    def keep(self, reply: Reply) -> None:
        """Take the session a finished turn left; the rows show what came of the reply."""
        self._end(reply.session, ENDINGS[reply.finished.stop])

    def keep_interrupted(self, state: State) -> None:
        """Keep what came of a reply that nothing will finish; `state` says why."""
        text = self.messages.message(self.messages.rowCount() - 1).text
        turns = Turn(Role.USER, self.question()), Turn(Role.ASSISTANT, text)
        self._end(self.session.add(*turns), state)

    def take_back(self) -> str:
        """Remove the messages without a reply and return their text."""
        text = self.question()
        self.messages.remove_last(len(self._unanswered))
        self._unanswered.clear()
        self.titled.emit()
        return text

    def _end(self, session: Session, state: State) -> None:
        if self.messages.message(self.messages.rowCount() - 1).text:
            self.session = session
            self._unanswered.clear()
            self.messages.end(state)
        else:
            self.messages.remove_last()
