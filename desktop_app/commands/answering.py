"""A message taken and answered, each step kept as it comes: what `--text` and `reply` share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from desktop_app.care.guard.verdict import Verdict
from desktop_app.commands.interrupt import interrupt_calls
from desktop_app.conversation.counsellor import MAX_TOKENS, Counsellor, said_beforehand
from desktop_app.conversation.message import checked
from desktop_app.conversation.open_session import OpenSession
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import TurnState
from desktop_app.engine.sampling import Sampling
from desktop_app.errors import EngineError, MessageError


def take(
    counsellor: Counsellor, opened: OpenSession, message: str, *, max_tokens: int = MAX_TOKENS
) -> None:
    """Take a message of the person; it is durable on return.

    One that the model cannot read is refused before it is kept: a terminal has no field to which
    it could be given back.

    Raises:
        MessageError: the message is empty or too long; nothing has changed.
        VaultError: it could not be kept; nothing has changed.
    """
    text = checked(message)
    if watch(opened.session, *opened.waiting, text).reply is None:  # else no model reads it
        with suppress(EngineError):  # `answer` meets it again, and by then the message is kept
            counsellor.fitted(opened.session, opened.question(text), max_tokens=max_tokens)
    opened.say(text)


def answer(
    counsellor: Counsellor,
    opened: OpenSession,
    show: Callable[[str], object],
    *,
    sampling: Sampling | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Reply:
    """Have what waits in `opened` answered, `show` each piece, and return the end.

    The first Ctrl-C stops the reply, the next one the program. However it ends, what came of it
    is kept.

    Raises:
        MessageError: the model cannot read the message; it was taken back.
        EngineError: the engine failed. A message without a reply is asked again with the next one.
        VaultError: the reply is not all written down; see `OpenSession.settle`.
    """
    watched = watch(opened.session, *opened.waiting)
    if watched.reply is None:
        try:
            counsellor.engine.start()  # while the model loads, Ctrl-C ends the program
        except EngineError:
            if watched.without_model is None:
                raise
            return _beforehand(opened, watched.without_model, watched.verdict, show)
    events = counsellor.answer(
        opened.session,
        opened.question(),
        sampling=sampling,
        max_tokens=max_tokens,
        waiting=opened.waiting,
    )
    reply = None
    with interrupt_calls(counsellor.engine.cancel) as ignore_interrupts:
        try:
            for event in events:
                if isinstance(event, Reply):
                    reply = event
                else:
                    opened.write(event.text)
                    show(event.text)
            ignore_interrupts()
        except MessageError:  # too long, and the engine could not tell `take`
            opened.take_back()
            raise
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt)
            opened.leave_off(TurnState.STOPPED if stopped else TurnState.INTERRUPTED)
            opened.settle()
            raise
        assert reply is not None
        opened.keep(reply)
        opened.settle()
    return reply


def _beforehand(
    opened: OpenSession, words: str, verdict: Verdict, show: Callable[[str], object]
) -> Reply:
    """Answer in danger where no model can."""
    reply = said_beforehand(opened.session, opened.question(), words, verdict)
    opened.write(words)
    show(words)
    opened.keep(reply)
    opened.settle()
    return reply
