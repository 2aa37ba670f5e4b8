"""The history under a conversation in the terminal, closed while it is locked.

What the history does not hold, the line being typed and what was said off the record, is sealed
in memory with its key and comes back with it, as in the window (views/left_open.py).
"""

from __future__ import annotations

import gc
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from desktop_app.commands.environment import Secrets
from desktop_app.commands.lines import forget_lines
from desktop_app.commands.open_talk import OpenTalk
from desktop_app.commands.output import speak, tell
from desktop_app.commands.slash import SlashCommands
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.commands.unlock import unlocked
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.follow_up import left_in_danger, note_asked
from desktop_app.conversation.snapshots import Snapshots
from desktop_app.dialogue import Role, Turn
from desktop_app.errors import KnownError
from desktop_app.vault.errors import VaultError
from desktop_app.vault.parcel import Parcel, packed, unpacked
from desktop_app.vault.vault import Vault
from resources.messages import sentence


class TalkLock:
    """Holds the history, the conversation and its commands; `lock` lets go of all three."""

    talk: OpenTalk
    commands: SlashCommands

    def __init__(
        self, counsellor: Counsellor, folder: Path, card: TerminalCard, snapshot_mb: int
    ) -> None:
        """Hold nothing yet: see `take`. `snapshot_mb` is what `Snapshots` takes."""
        self._counsellor = counsellor
        self._folder = folder
        self._card = card
        self._snapshot_mb = snapshot_mb
        self._held = ExitStack()
        self._vault: Vault | None = None
        self._parcel: Parcel | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._vault = None
        self._held.close()

    @property
    def is_open(self) -> bool:
        """Tell whether the history is open."""
        return self._vault is not None

    def take(self, vault: Vault) -> None:
        """Begin a conversation in an open history, which is closed here."""
        self._vault = self._held.enter_context(vault)
        self._card.documents = vault.documents
        snapshots = Snapshots(vault.blobs, self._snapshot_mb)
        self._held.enter_context(self._counsellor.continuity.kept_in(snapshots))
        self.talk = OpenTalk(self._counsellor, vault.sessions, self._card)
        self.commands = SlashCommands(self.talk, vault.sessions, vault.trash, self._card)

    def ask_after(self) -> None:
        """Ask once after a person whose last talk was about danger; the card is named with it."""
        assert self._vault is not None, "it is open"
        try:
            turn = left_in_danger(self._vault.sessions, self._vault.documents)
        except VaultError as error:
            tell(error)
            return
        if turn is not None:
            speak(sentence("talk.follow_up"))
            note_asked(self._vault.documents, turn)

    def lock(self, draft: str) -> None:
        """Close the history, drop its key, end the engine's child and wipe what shows of it.

        Nothing stops it; what went wrong is told where the screen was wiped.
        """
        vault, self._vault = self._vault, None
        assert vault is not None, "it is open"
        wrong: list[str | KnownError] = []
        try:
            try:
                self.talk.close()
            except KnownError as error:
                wrong += [error, sentence("talk.end_lost")]
            said, memory = self.talk.only_here()
            note = {"session": self.talk.id, "said": said, "memory": memory, "draft": draft}
            self._parcel = packed(vault.keys, json.dumps(note).encode())
            vault.database.give_up()
        finally:
            del self.talk, self.commands, vault
            self._card.documents = None
            try:
                self._held.close()
            except KnownError as error:
                wrong.append(error)
            self._counsellor.engine.close()
            gc.collect()
            forget_lines()
        for each in wrong:
            tell(each)
        tell(sentence("talk.locked"))

    def unlock(self) -> str:
        """Open the history, by the keyring or at a prompt, and return what stood on the line.

        What was in the environment has opened it once; whoever comes back gives it themselves. A
        conversation that cannot be read is said, and a new one open in its place: the line is back.

        Raises:
            VaultError: it cannot be opened, or what was sealed is lost: the key was changed.
            InputError: nobody can be asked.
        """
        vault = unlocked(self._folder, Secrets())
        self.take(vault)
        parcel, self._parcel = self._parcel, None
        if parcel is None:
            return ""
        note = json.loads(unpacked(vault.keys, parcel))
        turns = [Turn(Role(role), content) for role, content in note["said"]]
        try:
            self.talk.come_back_to(note["session"], turns, note["memory"])
        except VaultError as error:
            tell(error)
        return str(note["draft"])
