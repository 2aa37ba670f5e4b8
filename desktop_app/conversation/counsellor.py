"""One turn of the conversation: check the message, fit the context, stream, return the session."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from desktop_app.conversation.budget import fit
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.protocol import Engine, Finished, Piece, Request
from desktop_app.engine.sampling import Sampling
from desktop_app.errors import MessageError

MAX_TOKENS: Final = 512
"""Default bound of a reply. SMILE's counsellor turns stay under 200."""
MAX_CHARACTERS: Final = 50_000
"""Longer messages are refused unread; no supported context holds them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of a turn: the session with message and reply, and what it cost."""

    session: Session = field(repr=False)
    finished: Finished


class Counsellor:
    """Answers messages with one engine. Holds no conversation itself."""

    def __init__(self, engine: Engine, *, system: str | None, sampling: Sampling) -> None:
        """Take the engine, and the model's own system text and sampling values."""
        self.engine = engine
        self.system = system
        self.sampling = sampling

    def begin(self) -> Session:
        """Return an empty conversation."""
        return Session(system=self.system)

    def answer(
        self,
        session: Session,
        message: str,
        *,
        sampling: Sampling | None = None,
        max_tokens: int = MAX_TOKENS,
    ) -> Iterator[Piece | Reply]:
        """Yield the pieces of a reply to `message`, then one `Reply`.

        Raises:
            MessageError: the message is empty or too long.
            EngineError: the engine failed; `session` is unchanged and can be tried again.
        """
        asked = session.add(Turn(Role.USER, checked(message)))
        loaded = self.engine.start()
        reserve = min(max_tokens, loaded.n_ctx // 4)
        fitted = fit(asked, loaded.n_ctx - reserve, self.engine.count)
        request = Request(fitted.visible(), sampling or self.sampling, max_tokens)
        for event in self.engine.reply(request):
            match event:
                case Piece():
                    yield event
                case Finished(text=text):
                    # A reply cancelled before its first character leaves the message unanswered.
                    kept = fitted.add(Turn(Role.ASSISTANT, text)) if text else session
                    yield Reply(kept, event)


def checked(message: str) -> str:
    """Return `message` composed (Unicode NFC) and without surrounding white space.

    Pasted text and macOS file names come decomposed; Qwen2's tokenizer composes before it
    splits, llama.cpp's does not.

    Raises:
        MessageError: nothing is left, it is far too long, or it holds what is no character.
    """
    text = unicodedata.normalize("NFC", message).strip()
    if not text:
        raise MessageError("message.empty")
    if len(text) > MAX_CHARACTERS:
        raise MessageError("message.too_long", characters=len(text))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MessageError("message.not_text") from error
    return text
