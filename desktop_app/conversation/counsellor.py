"""One turn: guard the message, fit the context, stream, guard the reply, return the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from desktop_app.care.guard.fixed_replies import reply_instead
from desktop_app.care.guard.verdict import Verdict
from desktop_app.conversation.budget import FOR_SUMMARY, NEARLY_FULL, fit
from desktop_app.conversation.continuity import Continuity
from desktop_app.conversation.held_back import HeldBack
from desktop_app.conversation.in_own_words import in_own_words
from desktop_app.conversation.message import checked, composed
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.summary_check import passes
from desktop_app.conversation.watch import in_language_of, watch
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.protocol import Engine, Finished, Piece, Request
from desktop_app.engine.sampling import GREEDY, Sampling
from desktop_app.errors import MessageError
from resources.messages import language_of
from resources.prompting import summary_asked_for

MAX_TOKENS: Final = 512
"""Default bound of a reply. SMILE's counsellor turns stay under 200."""


WORTH_SEALING: Final = 64
"""Tokens: a conversation of the history that took so much to read is not read again."""


class Counsellor:
    """Answers messages with one engine. Holds no conversation itself."""

    def __init__(self, engine: Engine, *, system: str | None, sampling: Sampling) -> None:
        """Take the engine, and the model's own system text and sampling values."""
        self.engine = engine
        self.continuity = Continuity(engine)
        self.system = system
        self.sampling = sampling
        self._hurried = False
        """A person went on before the model had written a summary; the next one is not its."""
        self._tried: tuple[Session, Session] | None = None
        """A conversation, and as it was read last because of what was written and not sent."""

    def fitted(self, session: Session, message: str, *, max_tokens: int = MAX_TOKENS) -> Session:
        """Return `session` and `message`, with as many turns unseen as the context demands.

        A session without a system text gets the model's own. Where the message was read ahead,
        the same turns stay, unless it needs fewer to go by now, or more.

        Raises:
            MessageError: the message is empty, or longer than the model can read.
            EngineError: the engine failed.
        """
        return self._fit_message(session, checked(message), max_tokens)

    def make_room(self, session: Session, written: str, wanted: Callable[[], bool]) -> Session:
        """Return `session` with turns unseen and summarised, where it nearly fills the context.

        Meant for after a reply, when nobody waits. While the next message is being written nothing
        goes: it may never be sent, and what went for it would stay away. The summary is the model's
        where it passes its check and no danger was spoken of, else made of the person's own
        sentences. Where that is not `wanted` any more, nothing changes.

        Raises:
            EngineError: the engine failed.
        """
        session = self.continuity.latest(session)
        if composed(written):
            return session
        try:
            fitted = self._fit(session.add(Turn(Role.USER, "")), MAX_TOKENS, NEARLY_FULL)
        except MessageError:  # it is met again, and told, when it is sent
            return session
        if fitted.unseen == session.unseen or not wanted():
            return session
        self.continuity.enter(fitted)
        if not (session.summary.own or self._hurried or in_own_words(session)):
            written_by_model = self._summary_of(session, wanted)
            if not wanted():
                self._hurried = True
                return session
            if written_by_model:
                summary = replace(session.summary, made=written_by_model)
                fitted = replace(fitted, summary=summary)
        self._hurried = False
        shorter = replace(fitted, turns=session.turns)
        self.continuity.has_read(shorter)
        return shorter

    def _summary_of(self, session: Session, wanted: Callable[[], bool]) -> str:
        """Have the model summarise what it still sees; empty where what it writes is not passed.

        It is asked behind the transcript it has read, so nothing but the question is read.
        """
        heard = [turn.content for turn in session.turns[session.unseen :] if turn.role is Role.USER]
        said = "\n".join([session.summary.text, *heard])
        asked = session.add(Turn(Role.USER, summary_asked_for(language_of(said))))
        turns = replace(asked, system=self._system(session)).visible()
        most = int(self._room(MAX_TOKENS) * FOR_SUMMARY)
        if self.engine.count(turns) + most > self.engine.start().n_ctx:
            return ""
        summary = ""
        for event in self.engine.reply(Request(turns, GREEDY, most), wanted):
            if not wanted():
                self.engine.cancel()
            if isinstance(event, Finished) and event.stop == "end":
                summary = composed(event.text)
        return summary if passes(summary, said) else ""

    def read_ahead(self, session: Session, written: str, wanted: Callable[[], bool]) -> int:
        """Have the model read `session` and what is `written` of the next message, if anything.

        What is then said is answered sooner, and nothing else follows from it: no word of it is
        judged, kept or answered, and turns that it leaves no room for are back when it is deleted.
        Returns how many tokens that took.

        Raises:
            MessageError: it is longer than the model can read.
            EngineError: the engine failed.
        """
        session, message = self.continuity.latest(session), composed(written)
        fitted = self._fit_message(session, message, MAX_TOKENS)
        read = replace(fitted, turns=session.turns)
        self._tried = (session, read) if message else None
        self.continuity.enter(fitted)
        tokens = self.engine.read(fitted.visible(), wanted)
        if tokens >= WORTH_SEALING and not message:
            self.continuity.has_read(read)
        return tokens

    def _fit_message(self, session: Session, message: str, max_tokens: int) -> Session:
        """Return `session` and `message` as fitted, or as read last where that is as good.

        While a message grows, what was read for its beginning stays so until it is full again:
        fitted anew for every word, the transcript would begin elsewhere and be read again.
        """
        asked = session.add(Turn(Role.USER, message))
        fitted = self._fit(asked, max_tokens)
        before, read = self._tried or (None, fitted)
        if before != session or not session.unseen < read.unseen <= fitted.unseen:
            return fitted
        again = replace(fitted, unseen=read.unseen, summary=read.summary)
        fits = self.engine.count(again.visible()) <= self._room(max_tokens)
        return again if fits else fitted

    def _fit(self, asked: Session, max_tokens: int, filled: float = 1.0) -> Session:
        """Return a session that ends with a message, with its system text, and what fits of it."""
        asked = replace(asked, system=self._system(asked))
        return fit(asked, self._room(max_tokens), self.engine.count, filled=filled)

    def _system(self, session: Session) -> str | None:
        return self.system if session.system is None else session.system

    def _room(self, max_tokens: int) -> int:
        """Return the tokens that a transcript may take beside a reply."""
        n_ctx = self.engine.start().n_ctx
        return n_ctx - min(max_tokens, n_ctx // 4)

    def answer(
        self,
        session: Session,
        message: str,
        *,
        sampling: Sampling | None = None,
        max_tokens: int = MAX_TOKENS,
        waiting: Sequence[str] = (),
    ) -> Iterator[Piece | Reply]:
        """Yield the pieces of a reply to `message`, then one `Reply`.

        The guard reads the `waiting` messages that it was joined from, where there are several.

        The guard stands before and after the model: where it has words for the message the model
        is not asked, and where the model says what must not be said it is stopped and other words
        take the place of that.

        Raises:
            MessageError: the message is empty or too long.
            EngineError: the engine failed; `session` is unchanged and can be tried again.
        """
        session = self.continuity.latest(session)
        watched = watch(session, *(waiting or (checked(message),)))
        if watched.reply is not None:
            yield Piece(watched.reply)
            yield said_beforehand(session, message, watched.reply, watched.verdict)
            return
        fitted = self.fitted(session, message, max_tokens=max_tokens)
        self.continuity.enter(fitted)
        request = Request(fitted.visible(), sampling or self.sampling, max_tokens)
        told = [turn.content for turn in fitted.turns if turn.role is Role.USER]
        held, shown = HeldBack(told), ""
        for event in self.engine.reply(request):
            match event:
                case Piece(text=piece):
                    if passed := held.take(piece):
                        shown += passed
                        yield Piece(passed)
                    elif held.stopped:
                        self.engine.cancel()
                case Finished():
                    rest = held.rest() if event.stop != "cancelled" else ""
                    if held.stopped:
                        rest = _instead(held.faults, fitted, shown)
                        event = replace(event, stop="end")  # noqa: PLW2901 - ended by other words
                    if rest:
                        shown += rest
                        yield Piece(rest)
                    # A reply cancelled before its first character leaves the message unanswered.
                    kept = fitted.add(Turn(Role.ASSISTANT, shown)) if shown else session
                    self.continuity.has_read(kept, event.prompt_tokens + event.reply_tokens)
                    guard = held.verdict if held.stopped else watched.verdict
                    yield Reply(kept, replace(event, text=shown), guard)


def said_beforehand(session: Session, message: str, words: str, verdict: Verdict) -> Reply:
    """Return the end of a turn that `words` answered which no model wrote."""
    asked = session.add(Turn(Role.USER, checked(message)))
    return Reply(asked.add(Turn(Role.ASSISTANT, words)), without_model(words), verdict)


def without_model(text: str) -> Finished:
    """Return the end of a reply that was written beforehand and cost nothing."""
    return Finished(
        text, "end", prompt_tokens=0, evaluated_tokens=0, reply_tokens=0, ttft_ms=0, tokens_per_s=0
    )


def _instead(faults: tuple[str, ...], session: Session, shown: str) -> str:
    """Return what follows `shown` in place of what was withheld."""
    replies = [turn.content for turn in session.turns if turn.role is Role.ASSISTANT]
    words = in_language_of(session.turns[-1].content, reply_instead(faults, replies))
    return f"\n\n{words}" if shown else words
