"""The conversation that is open in the terminal: answered, left for another, gone on with."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from desktop_app.care.guard.verdict import Action
from desktop_app.commands.answering import answer, take
from desktop_app.commands.listing import mark, origin, printable, transcript
from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.open_session import ENDINGS, begun, kept, off_the_record
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.errors import EngineError, MessageError
from desktop_app.vault.errors import SessionMissingError, VaultError
from desktop_app.vault.records import new_session_id
from desktop_app.vault.sessions import Sessions
from resources.messages import sentence

SHOWN_TURNS: Final = 4
"""So much is shown again of a conversation that goes on: two exchanges."""


class OpenTalk:
    """One session at a time, kept unless it is off the record."""

    def __init__(self, counsellor: Counsellor, sessions: Sessions, card: TerminalCard) -> None:
        """Begin a session that will be kept; `card` is shown where there is danger."""
        self._counsellor = counsellor
        self._sessions = sessions
        self._card = card
        self._opened = begun(sessions, new_session_id())
        self._card_stood = False
        """The crisis card has come by itself in the session that is open."""
        self._known: int | None = None
        """For so many turns stands the memory that the person has read or written last."""
        self.in_danger = False
        """The guard heard high danger, or an emergency, in the last message."""

    @property
    def id(self) -> str | None:
        """The session's name in the history; None off the record."""
        return self._opened.id

    def begin(self) -> None:
        """Leave the session for a new one, which enters the history with its first message."""
        self._leave()
        self._opened = begun(self._sessions, new_session_id())

    def begin_off_the_record(self) -> None:
        """Leave the session for a new one of which nothing is kept."""
        self._leave()
        self._opened = off_the_record()

    def go_on(self, session: str) -> None:
        """Leave the session for one of the history, and show the end of that.

        Raises:
            VaultError: it cannot be read; the session stays open.
        """
        self._leave()
        self._opened, turns = kept(self._sessions, session)
        speak(transcript(turns[-SHOWN_TURNS:]))
        self._tell_of_waiting()

    def only_here(self) -> tuple[list[tuple[Role, str]], str | None]:
        """Return what was said off the record and is remembered of it, which no history holds."""
        if self.id is not None:
            return [], None
        said = [(turn.role, turn.content) for turn in self._opened.session.turns]
        if self._opened.waits_for_reply:
            said.append((Role.USER, self._opened.question()))
        return said, self._opened.remembered

    def come_back_to(self, session: str | None, said: list[Turn], memory: str | None) -> None:
        """Go on with a session of the history opened anew, or off the record with what was said.

        Raises:
            VaultError: it cannot be read; a new session is open.
        """
        if session is None:
            self._opened = off_the_record(said, memory)
            return
        with suppress(SessionMissingError):  # nothing was said in it yet
            self._opened, _ = kept(self._sessions, session)
        self._tell_of_waiting()

    def answer(self, message: str) -> None:
        """Keep a message and stream the reply. What goes wrong is one sentence each."""
        self._show_card_if_grave(message)  # whatever is wrong with the message
        try:
            take(self._counsellor, self._opened, message)
        except MessageError as error:
            tell(error)
            return
        except VaultError as error:
            tell(error)
            tell(sentence("talk.not_sent"))
            return
        speak(sentence("talk.answer"), end="")
        try:
            self._stream()
        except VaultError as error:
            speak("")
            tell(error)
            tell(sentence("talk.reply_not_kept"))
        except (EngineError, MessageError) as error:
            speak(mark(TurnState.INTERRUPTED))
            tell(error)
        self._tell_of_waiting()

    def remembered(self) -> str:
        """Return what the model remembers of what it no longer sees; empty for nothing."""
        self._known = self.unseen
        return self._opened.session.summary.text

    def remember(self, text: str) -> None:
        """Have it remember `text` in place of that; what was added since it was shown stays.

        Raises:
            MessageError: it is too long, or holds what is no character.
            VaultError: it cannot be kept; nothing has changed.
        """
        self._opened.rewrite_summary(text, self._known)
        self._known = self.unseen

    @property
    def unseen(self) -> int:
        """How many messages the model no longer sees."""
        return self._opened.session.unseen

    def close(self) -> None:
        """Write down what is still to be written.

        Raises:
            VaultError: it cannot be.
        """
        self._opened.settle()

    def _stream(self) -> None:
        unseen = self._opened.session.unseen
        reply = answer(self._counsellor, self._opened, lambda text: speak(printable(text), end=""))
        speak(mark(ENDINGS[reply.finished.stop]))
        if said := origin(reply.finished.text):
            speak(said)
        if reply.session.unseen > unseen:
            tell(sentence("talk.unseen", count=reply.session.unseen))

    def _show_card_if_grave(self, message: str) -> None:
        """Show the crisis card before any reply, once a session; then two numbers of it."""
        verdict = watch(self._opened.session, *self._opened.waiting, message).verdict
        self._card.heed(verdict)
        self.in_danger = verdict.action in {Action.CARD, Action.CARD_FIRST}
        if self.in_danger and not self._card_stood:
            self._card_stood = True
            speak(self._card.text() + "\n")
        elif verdict.action is Action.CARD_FIRST:
            speak(self._card.numbers() + "\n")

    def _leave(self) -> None:
        self._card_stood, self._known = False, None
        try:
            self.close()
        except VaultError as error:
            tell(error)
            tell(sentence("talk.end_lost"))

    def _tell_of_waiting(self) -> None:
        if self._opened.waits_for_reply:
            tell(sentence("talk.waits"))
