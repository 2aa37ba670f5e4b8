"""One conversation as the window holds it: an open session, its rows, the draft of a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QObject, Signal

from desktop_app.conversation.open_session import ENDINGS, OpenSession
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session, TurnState
from desktop_app.views.message import Message, Messages
from resources.messages import sentence

TITLE_CHARACTERS: Final = 40


class Conversation(QObject):
    """What is said is in the session first, then on the screen."""

    titled = Signal()
    """The first message came, or went: the title is another."""
    said = Signal()
    """The person said something: this conversation is the latest."""

    def __init__(
        self, opened: OpenSession, messages: Iterable[Message] = (), *, title: str = ""
    ) -> None:
        super().__init__()
        self.messages = Messages(messages, self)
        self.draft = ""
        self.name = title
        """The title the person gave; empty before that."""
        self.trouble: Exception | None = None
        """What went wrong with the last reply, until it is asked for again."""
        self._opened = opened

    @property
    def id(self) -> str | None:
        """The session's name in the history; None off the record."""
        return self._opened.id

    @property
    def session(self) -> Session:
        """What the model reads."""
        return self._opened.session

    @property
    def title(self) -> str:
        """The person's own title, else the beginning of the first message, else a general name."""
        if self.id is None:
            general = sentence("window.off_the_record")
            opening = "" if self.empty else shortened(self.messages.message(0).text)
            return f"{general} · {opening}" if opening else general
        if self.name:
            return self.name
        if self.empty:
            return sentence("window.new_conversation")
        return shortened(self.messages.message(0).text)

    @property
    def empty(self) -> bool:
        """Tell whether nothing has been said."""
        return not self.messages.rowCount()

    @property
    def waits_for_reply(self) -> bool:
        """Tell whether a message has no reply yet."""
        return self._opened.waits_for_reply

    @property
    def waiting(self) -> tuple[str, ...]:
        """The messages without a reply, oldest first."""
        return self._opened.waiting

    def say(self, text: str) -> None:
        """Add what the person says.

        Raises:
            VaultError: it could not be kept; nothing has changed.
        """
        self._opened.say(text)
        self.trouble = None
        self.messages.add(Message(Role.USER, text))
        self.titled.emit()
        self.said.emit()

    def go_on_with(self, opened: OpenSession, messages: Iterable[Message]) -> None:
        """Be another version of itself from now on."""
        self._opened = opened
        self.trouble = None
        self.messages.show(messages)
        self.titled.emit()

    def question(self, *further: str) -> str:
        """Return all that is without a reply, and what may follow, as one message to the model."""
        return self._opened.question(*further)

    def begin_reply(self) -> None:
        """Add the row a reply will be written into."""
        self.messages.add(Message(Role.ASSISTANT, "", TurnState.GROWING))

    def write(self, text: str) -> None:
        """Append to the reply in progress."""
        self._opened.write(text)
        self.messages.grow(text)

    def keep(self, reply: Reply) -> None:
        """Take the session a finished turn left; the rows show what came of the reply.

        `settle` then writes it down, and may do so in another thread.
        """
        self._end(ENDINGS[reply.finished.stop])
        self._opened.keep(reply)

    def remember(self, session: Session) -> bool:
        """See `OpenSession.remember`."""
        return self._opened.remember(session)

    def rewrite_summary(self, text: str, unseen: int) -> None:
        """See `OpenSession.rewrite_summary`; raises MessageError and VaultError."""
        self._opened.rewrite_summary(text, unseen)

    @property
    def remembered(self) -> str | None:
        """See `OpenSession.remembered`."""
        return self._opened.remembered

    def leave_off(self, state: TurnState) -> None:
        """Keep what came of a reply that nothing will finish; `state` says why. See `keep`."""
        self._end(state)
        self._opened.leave_off(state)

    def settle(self) -> None:
        """Write down the last reply, if it has ended; see `OpenSession.settle`.

        Raises:
            VaultError: it is not all on the disk, but stays in the conversation.
        """
        self._opened.settle()

    def take_back(self) -> str:
        """Remove the last message, which has no reply, and return its text.

        The history keeps it with what is not sent, before anything else that stands there.

        Raises:
            VaultError: it could not be removed; nothing has changed.
        """
        text = self._opened.take_back(as_draft=True)
        self.messages.remove_last()
        self.titled.emit()
        return text

    def longest_unanswered(self) -> int:
        """Return the characters of the longest message without a reply."""
        return self._opened.longest_unanswered()

    def _end(self, state: TurnState) -> None:
        if self._last().text:
            self.messages.end(state)
        else:
            self.messages.remove_last()

    def _last(self) -> Message:
        return self.messages.message(self.messages.rowCount() - 1)


def shortened(text: str) -> str:
    """Return the beginning of a message in one line, to serve as a title."""
    return " ".join(text[:TITLE_CHARACTERS].split())
