"""Lines that begin with a slash: what can be done in `--text` beside talking."""

from __future__ import annotations

from typing import Final

from desktop_app.commands.lines import read_line
from desktop_app.commands.listing import day, name, printable
from desktop_app.commands.open_talk import OpenTalk
from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.errors import KnownError
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.trash import Trash
from resources.messages import sentence

RECENT: Final = 20
"""So many conversations `/sessions` lists; `soulchat sessions list` has them all."""


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

    def run(self, line: str) -> None:
        """Do what a line asks for; what goes wrong is one sentence."""
        command, _, rest = line.partition(" ")
        try:
            self._run(command, rest.strip())
        except KnownError as error:
            tell(error)

    def _run(self, command: str, rest: str) -> None:
        match command:
            case "/help":
                speak(sentence("talk.help"))
            case "/card":
                speak(self._card.text())
            case "/new" | "/private":
                self._begin(private=command == "/private")
            case "/sessions":
                self._list()
            case "/open":
                self._open(rest)
            case "/rename":
                self._rename()
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

    def _rename(self) -> None:
        session = self._kept_session()
        if session is None:
            return
        title = read_line(sentence("talk.title"))
        if title is not None:
            self._sessions.rename(session, title)
            tell(sentence("talk.renamed"))

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
