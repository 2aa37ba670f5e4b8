"""`soulchat --text`: the conversation in a terminal, or over a pipe."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.care.card import crisis_card
from desktop_app.commands.interrupt import interrupt_calls
from desktop_app.commands.stdin import as_text
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.opening import counsellor_for
from desktop_app.dialogue import Session
from desktop_app.engine.protocol import Piece
from desktop_app.errors import EngineError, MessageError
from desktop_app.paths import Paths
from resources.messages import sentence


def run_talk(model: str | None, paths: Paths) -> None:
    """Talk until the input ends or `/quit`.

    Raises:
        ModelError: there is no usable model.
        InputError: a line of the input is not UTF-8.
    """
    with counsellor_for(model, paths) as counsellor:
        for key in ("talk.welcome", "talk.not_kept", "talk.hint"):
            _say(sentence(key))
        counsellor.engine.start()
        talk = Talk(counsellor, counsellor.begin())
        for line in _lines():
            text = line.strip()
            if text == "/quit":
                break
            if text.startswith("/"):
                talk.command(text)
            elif text:
                talk.answer(text)
        _say(sentence("talk.goodbye"))


@dataclass(slots=True)
class Talk:
    """A conversation in progress."""

    counsellor: Counsellor
    session: Session

    def command(self, name: str) -> None:
        """Do what a line that begins with a slash asks for."""
        match name:
            case "/help":
                _say(sentence("talk.help"))
            case "/card":
                _say(crisis_card().text())
            case "/new":
                self.session = self.counsellor.begin()
                _say(sentence("talk.new"))
            case _:
                _say(sentence("talk.unknown_command"))

    def answer(self, message: str) -> None:
        """Stream a reply. What went wrong is one sentence; the conversation stays as it was."""
        _say(sentence("talk.answer"), end="")
        try:
            self.counsellor.engine.start()  # anew when its child died: nothing to cancel yet
            with interrupt_calls(self.counsellor.engine.cancel):
                self._stream(message)
        except (EngineError, MessageError) as error:
            _say("")
            _say(error.sentence())

    def _stream(self, message: str) -> None:
        unseen = self.session.unseen
        for event in self.counsellor.answer(self.session, message):
            if isinstance(event, Piece):
                _say(event.text, end="")
                continue
            self.session = event.session
            _say("")
            if event.finished.stop == "cancelled":
                _say(sentence("talk.cancelled"))
            elif event.finished.stop == "length":
                _say(sentence("talk.cut"))
            if self.session.unseen > unseen:
                _say(sentence("talk.unseen", count=self.session.unseen))


def _lines() -> Iterator[str]:
    """Yield lines; the end of the input and Ctrl-C at the prompt end them."""
    if not sys.stdin.isatty():
        yield from map(as_text, sys.stdin.buffer)
        return
    with contextlib.suppress(ImportError):  # Windows' own console edits lines already
        importlib.import_module("readline")
    while True:
        try:
            yield input(sentence("talk.prompt"))
        except (EOFError, KeyboardInterrupt):
            _say("")
            return


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)
