"""A session that is open: what the model reads of it, what waits for a reply, where it is kept.

What no longer fits the model's context is remembered as a summary (memory.py).

Two rules keep them together. What came of a reply stays, on the record and for the model. A
message without any reply is asked again together with the next one, so nothing that was said is
unknown to the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from threading import Lock
from typing import TYPE_CHECKING, Final

from desktop_app.conversation import memory
from desktop_app.conversation.message import checked, composed
from desktop_app.conversation.record import Record, Recorded, Unrecorded
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session, Summary, Turn, TurnState
from desktop_app.errors import KnownError, MessageError

if TYPE_CHECKING:
    from desktop_app.engine.protocol import Stop
    from desktop_app.vault.records import StoredTurn
    from desktop_app.vault.sessions import Sessions

ENDINGS: Final[dict[Stop, TurnState]] = {
    "end": TurnState.COMPLETE,
    "length": TurnState.CUT,
    "cancelled": TurnState.STOPPED,
}
LONGEST_SUMMARY: Final = 1000
"""Characters that a person may put in a summary's place: it takes from what else a model sees."""


class OpenSession:
    """One conversation as it goes on, whoever shows it."""

    def __init__(self, record: Record, turns: Iterable[Turn] = ()) -> None:
        """Go on after `turns`, which `record` holds already."""
        self._record = record
        self._unanswered: list[str] = []
        self._reply = ""
        self._note_is_due = False
        """What is remembered has changed, and the record has not heard of it."""
        self._noting = Lock()
        """Held from looking at what is remembered until the record has it: no older note comes
        after a newer one. Any thread may `settle`; all else is one thread's."""
        self.session = Session(id=record.id)
        """The answered turns as the model reads them: the speakers alternate."""
        for role, of_one in groupby(turns, key=lambda turn: turn.role):
            texts = [turn.content for turn in of_one]
            if role is Role.USER:
                self._unanswered = texts
            else:
                self._take_reply("\n\n".join(texts))
        self.session = memory.recalling(self.session, record.memory())

    @property
    def id(self) -> str | None:
        """The session's name in the history; None off the record."""
        return self._record.id

    @property
    def waits_for_reply(self) -> bool:
        """Tell whether a message has no reply yet."""
        return bool(self._unanswered)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The messages without a reply, oldest first."""
        return tuple(self._unanswered)

    def say(self, text: str) -> None:
        """Take a message of the person; it is durable on return.

        Raises:
            VaultError: it could not be kept; nothing has changed.
        """
        self._record.say(text)
        self._unanswered.append(text)

    def question(self, *further: str) -> str:
        """Return all that is without a reply, and what is about to be said, as one message."""
        return "\n\n".join([*self._unanswered, *further])

    def write(self, text: str) -> None:
        """Take the next characters of a reply; they are durable within a second."""
        self._reply += text
        self._record.write(text)

    def keep(self, reply: Reply) -> TurnState:
        """Take the session a finished turn left; return how the reply ended.

        `settle` then writes it down: whoever shows the end need not wait for the disk.
        """
        state = ENDINGS[reply.finished.stop]
        if reply.finished.text:
            before, self.session = self.session, reply.session.recalling(self.session)
            self._unanswered.clear()
            self._note_is_due = self._note_is_due or self._is_news(before)
        self._end(state)
        return state

    def remember(self, session: Session) -> bool:
        """Take what a model made of this conversation meanwhile; tell whether that is news.

        It is kept on return, or a thread that waits for the disk just now keeps it afterwards.
        """
        before, self.session = self.session, self.session.recalling(session)
        news = self._is_news(before)
        if news:
            self._note_is_due = True
            self._note(waits=False)
        return news

    def rewrite_summary(self, text: str, unseen: int | None = None) -> None:
        """Have the model remember `text` in place of the summary; what is added later follows it.

        `unseen` is for how many turns the summary stood when it was shown. Those that went since
        are in no text the person has read: they are seen again, and what is made of them when they
        go follows `text`. Without it `text` is for all that is unseen now.

        Raises:
            MessageError: it is too long, or holds what is no character.
            VaultError: it could not be kept; nothing has changed.
        """
        own = composed(text)
        if len(own) > LONGEST_SUMMARY:
            raise MessageError(
                "message.summary_too_long", characters=len(own), most=LONGEST_SUMMARY
            )
        own = checked(own) if own else own
        with self._noting:
            before = self.session
            written = Summary(own, edition=before.summary.edition + 1)
            stands_for = before.unseen if unseen is None else min(unseen, before.unseen)
            rewritten = replace(before, unseen=stands_for, summary=written)
            self._record.remember(memory.noted(rewritten))
            self.session = rewritten

    @property
    def remembered(self) -> str | None:
        """What is remembered, for one that goes on with this where no history has it."""
        return self._record.memory()

    def leave_off(self, state: TurnState) -> None:
        """Keep what came of a reply that nothing will finish; `state` says why. See `keep`."""
        if self._reply:
            self._take_reply(self._reply)
        self._end(state)

    def settle(self) -> None:
        """Write down the last reply, if it has ended; any thread may wait for it.

        Raises:
            VaultError: it is not all written down. It stays in the conversation, and is tried
                again before the next message.
        """
        self._record.settle()
        self._note(waits=True)

    def longest_unanswered(self) -> int:
        """Return the characters of the longest message without a reply."""
        return max(map(len, self._unanswered))

    def take_back(self, *, as_draft: bool = False) -> str:
        """Remove the last message, which has no reply, and return its text.

        `as_draft`: the history keeps it as what is written and not sent.

        Raises:
            VaultError: it could not be removed; nothing has changed.
        """
        self._record.take_back(as_draft=as_draft)
        return self._unanswered.pop()

    def _take_reply(self, text: str) -> None:
        question = [Turn(Role.USER, self.question())] if self._unanswered else []
        self.session = self.session.add(*question, Turn(Role.ASSISTANT, text))
        self._unanswered = []

    def _is_news(self, before: Session) -> bool:
        """Tell whether something else is remembered than `before`."""
        now = self.session
        return (now.unseen, now.summary) != (before.unseen, before.summary)

    def _note(self, *, waits: bool) -> None:
        """Have it kept what is remembered, if that is due.

        Who does not wait leaves it to the thread that is at it, which looks again afterwards.
        """
        while self._note_is_due and self._noting.acquire(blocking=waits):
            try:
                self._note_is_due = False
                with suppress(KnownError):  # it can be made again
                    self._record.remember(memory.noted(self.session))
            finally:
                self._noting.release()

    def _end(self, state: TurnState) -> None:
        self._reply = ""
        self._record.end(state)


def kept(sessions: Sessions, session: str) -> tuple[OpenSession, tuple[StoredTurn, ...]]:
    """Return a session of the history ready to go on, and its turns.

    Raises:
        SessionMissingError: there is none of that id, or it is in the trash.
    """
    stored = sessions.turns(session)
    readable = (each.turn for each in stored if each.state is not TurnState.DAMAGED)
    return OpenSession(Recorded(sessions, session), readable), stored


def before_reply(
    sessions: Sessions, session: str, reply: int
) -> tuple[OpenSession, tuple[StoredTurn, ...]]:
    """Return a session as it was before a reply, which waits for another in that one's place.

    The earlier reply stands in the history until a character of the other came.

    Raises:
        SessionMissingError: there is no such session, or it is in the trash.
    """
    stored = tuple(each for each in sessions.turns(session) if each.id < reply)
    readable = (each.turn for each in stored if each.state is not TurnState.DAMAGED)
    return OpenSession(Recorded(sessions, session, instead_of=reply), readable), stored


def begun(sessions: Sessions, session: str) -> OpenSession:
    """Return a new session, which enters the history with its first message."""
    return OpenSession(Recorded(sessions, session))


def off_the_record(turns: Iterable[Turn] = (), memory: str | None = None) -> OpenSession:
    """Return a session of which nothing is kept: a new one, or one that goes on after `turns`."""
    return OpenSession(Unrecorded(memory), turns)
