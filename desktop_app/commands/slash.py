"""Lines that begin with a slash: what can be done in `--text` beside talking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from desktop_app.commands.away import Left
from desktop_app.commands.listing import day, name, printable
from desktop_app.commands.open_talk import OpenTalk
from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.commands.without_history import show_help
from desktop_app.errors import KnownError
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.trash import Trash
from resources.messages import sentence

RECENT: Final = 20
"""So many conversations `/sessions` lists; `soulchat sessions list` has them all."""
RENAME: Final = "/rename"

Ask = Callable[[str], str | Left | None]
"""Asks at a prompt: for a line, None at the end of the input, or that nobody is there any more."""


class SlashCommands:
    """Knows which conversations were listed and deleted last, so that a number or /undo will do."""

    def __init__(
        self, talk: OpenTalk, sessions: Sessions, trash: Trash, card: TerminalCard
    ) -> None:
        self._talk = talk
        self._sessions = sessions
        self._trash = trash
        self._card = card
        self._listed: list[str] = []
        self._deleted: str | None = None

    def run(self, line: str, ask: Ask) -> Left | None:
        """Do what a line asks for; what goes wrong is one sentence.

        Returns:
            That the person left while `ask` waited for them, with the line that goes on with it.
        """
        command, _, rest = line.partition(" ")
        try:
            if command == RENAME:
                return self._rename(rest.strip(), ask)
            if not show_help(line, self._card):
                self._run(command, rest.strip())
        except KnownError as error:
            tell(error)
        return None

    def _run(self, command: str, rest: str) -> None:
        match command:
            case "/help":
                speak(sentence("talk.help"))
            case "/new" | "/private":
                self._begin(private=command == "/private")
            case "/sessions":
                self._list()
            case "/open":
                self._open(rest)
            case "/memory":
                self._remember(rest)
            case "/delete":
                self._delete()
            case "/undo":
                self._undo()
            case _:
                tell(sentence("talk.unknown_command"))

    def _begin(self, *, private: bool) -> None:
        if private:
            self._talk.begin_off_the_record()
        else:
            self._talk.begin()
        tell(sentence("talk.private" if private else "talk.new"))

    def _remember(self, text: str) -> None:
        if not self._talk.unseen:
            tell(sentence("talk.sees_all"))
        elif text:
            self._talk.remember(text)
            tell(sentence("talk.remembers"))
        else:
            speak(printable(self._talk.remembered()))
            tell(sentence("talk.unseen", count=self._talk.unseen))

    def _list(self) -> None:
        recent = self._sessions.kept()[:RECENT]
        self._listed = [stored.id for stored in recent]
        for number, stored in enumerate(recent, start=1):
            speak(f"{number:>3}  {day(stored.updated)}  {name(stored)}")
        tell(sentence("talk.open_which" if recent else "talk.none_yet"))

    def _open(self, number: str) -> None:
        if not self._listed:
            self._listed = [stored.id for stored in self._sessions.kept()[:RECENT]]
        if not number.isdecimal() or not 1 <= int(number) <= len(self._listed):
            tell(sentence("talk.open_which"))
            return
        self._talk.go_on(self._listed[int(number) - 1])

    def _rename(self, title: str, ask: Ask) -> Left | None:
        session = self._kept_session()
        if session is None:
            return None
        answer = title or ask(sentence("talk.title"))
        if isinstance(answer, Left):
            return Left(f"{RENAME} {answer.draft}") if answer.draft else answer
        if answer is not None:
            self._sessions.rename(session, answer)
            tell(sentence("talk.renamed"))
        return None

    def _delete(self) -> None:
        session = self._kept_session()
        if session is None:
            return
        self._talk.begin()
        self._sessions.delete(session)
        self._deleted = session
        told = "talk.deleted" if self._trash.kept else "talk.deleted_until_closed"
        tell(sentence(told, id=session))

    def _undo(self) -> None:
        if self._deleted is None:
            tell(sentence("talk.nothing_deleted"))
            return
        self._sessions.restore(self._deleted)
        self._talk.go_on(self._deleted)
        self._deleted = None

    def _kept_session(self) -> str | None:
        """Return the open session's id if it is in the history; say so if it is not."""
        kept = {stored.id for stored in self._sessions.kept()}
        if self._talk.id in kept:
            return self._talk.id
        tell(sentence("talk.not_in_history"))
        return None
