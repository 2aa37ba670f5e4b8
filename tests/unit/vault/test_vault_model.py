"""A vault against a plain dictionary: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import shutil
import tempfile
import time
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.carried import carried_sessions
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.errors import WrongPassphraseError
from desktop_app.vault.merge import merge
from desktop_app.vault.migrations import migrate
from desktop_app.vault.records import title_of
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.words import indexed
from tests.support.plain_history import Talk
from tests.support.vault_disk import MARKER, traces

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.text(alphabet="睡不着焦慮 aB1，😭", min_size=1, max_size=12).map(
    lambda text: f"{text} {MARKER}"
)
WORDS = ("睡", "不着", "焦虑", "a", "😭")
MONTH_S = 31 * 24 * 3600
PASSPHRASES = ("第一个口令 first", "第二个口令 second", "第三个口令 third")


@cache
def made() -> Path:
    """Return an empty vault, made once: Argon2id is slow on purpose."""
    folder = Path(tempfile.mkdtemp()) / "vault"
    create(folder, passphrase=PASSPHRASES[0]).close()
    return folder


class VaultAndDictionary(RuleBasedStateMachine):
    """One vault, and what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.folder = Path(shutil.copytree(made(), self.home / "vault"))
        self.talks: dict[str, Talk] = {}
        self.passphrase = PASSPHRASES[0]
        self.copied: dict[str, Talk] | None = None
        """What the newest copy should hold."""
        self.later = 0
        """So many seconds the clock is ahead."""
        self.vault = self.opened()

    def opened(self) -> Vault:
        for talk in self.talks.values():
            talk.read.clear()
        return open_with_passphrase(
            self.folder, self.passphrase, clock=lambda: time.time() + self.later
        )

    def teardown(self) -> None:
        self.vault.close()
        readable = traces(self.home)
        shutil.rmtree(self.home)
        assert not readable

    def kept(self) -> list[str]:
        return sorted(name for name, talk in self.talks.items() if not talk.thrown)

    def thrown(self) -> list[str]:
        return sorted(self.talks.keys() - {*self.kept()})

    def one_kept(self, data: Any) -> tuple[str, Talk]:
        name = data.draw(st.sampled_from(self.kept()))
        return name, self.talks[name]

    def one_turn(self, data: Any, role: Role | None = None) -> tuple[str, Talk, int] | None:
        """Draw a turn of a kept conversation, shown or not."""
        name, talk = self.one_kept(data)
        turns = sorted(each for each, said in talk.turns.items() if role in (None, said.role))
        return (name, talk, data.draw(st.sampled_from(turns))) if turns else None

    @rule(name=NAMES, text=TEXTS)
    def say(self, name: str, text: str) -> None:
        if name not in self.thrown():
            number = self.vault.sessions.add(name, Turn(Role.USER, text))
            self.talks.setdefault(name, Talk()).say(number, Role.USER, text)

    def grow(self, reply: int, pieces: list[str]) -> None:
        for piece in pieces:
            self.vault.sessions.extend(reply, piece)
        self.vault.sessions.finish(reply, TurnState.COMPLETE)

    @precondition(lambda self: self.kept())
    @rule(data=st.data(), pieces=st.lists(TEXTS, max_size=3))
    def reply(self, data: Any, pieces: list[str]) -> None:
        name, talk = self.one_kept(data)
        reply = self.vault.sessions.begin_reply(name)
        self.grow(reply, pieces)
        if pieces:
            talk.say(reply, Role.ASSISTANT, "".join(pieces))

    @precondition(lambda self: self.kept())
    @rule(data=st.data(), pieces=st.lists(TEXTS, max_size=2))
    def reply_again(self, data: Any, pieces: list[str]) -> None:
        if drawn := self.one_turn(data, Role.ASSISTANT):
            name, talk, before = drawn
            reply = self.vault.sessions.begin_reply(name, instead_of=before)
            self.grow(reply, pieces)
            talk.say_instead(before, reply, Role.ASSISTANT, "".join(pieces))
            if not pieces:
                talk.forget(reply)

    @precondition(lambda self: self.kept())
    @rule(data=st.data(), text=TEXTS)
    def say_otherwise(self, data: Any, text: str) -> None:
        if drawn := self.one_turn(data, Role.USER):
            name, talk, message = drawn
            number = self.vault.sessions.edit(name, message, text)
            talk.say_instead(message, number, Role.USER, text)

    @precondition(lambda self: self.kept())
    @rule(data=st.data())
    def choose(self, data: Any) -> None:
        if drawn := self.one_turn(data):
            name, talk, turn = drawn
            self.vault.sessions.choose(name, turn)
            talk.choose(turn)

    @precondition(lambda self: self.kept())
    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        name, talk = self.one_kept(data)
        last = talk.path[-1]
        said = talk.turns[last]
        taken = self.vault.sessions.take_back(name)
        if said.role is Role.USER:
            assert taken == Turn(Role.USER, said.text)
            talk.forget(last)
            if not talk.turns:
                del self.talks[name]
        else:
            assert taken is None

    @precondition(lambda self: self.kept())
    @rule(data=st.data(), title=TEXTS)
    def rename(self, data: Any, title: str) -> None:
        name, talk = self.one_kept(data)
        self.vault.sessions.rename(name, title)
        talk.title = title_of(title)

    @precondition(lambda self: self.kept())
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        name, talk = self.one_kept(data)
        self.vault.sessions.delete(name)
        talk.thrown = True

    @precondition(lambda self: self.thrown())
    @rule(data=st.data(), for_good=st.booleans())
    def restore_or_purge(self, data: Any, *, for_good: bool) -> None:
        name = data.draw(st.sampled_from(self.thrown()))
        if for_good:
            self.vault.sessions.purge(name)
            del self.talks[name]
        else:
            self.vault.sessions.restore(name)
            self.talks[name].thrown = False

    @precondition(lambda self: self.kept())
    @rule(data=st.data(), content=st.none() | st.binary(max_size=40))
    def keep_a_file(self, data: Any, content: bytes | None) -> None:
        name, talk = self.one_kept(data)
        if content is None:
            self.vault.blobs.delete(name, "state")
        else:
            self.vault.blobs.put(name, "state", content)
        talk.file = content

    @rule(passphrase=st.sampled_from(PASSPHRASES))
    def change_the_passphrase(self, passphrase: str) -> None:
        self.vault.keys.set_passphrase(passphrase)
        self.passphrase = passphrase

    @rule()
    def change_the_key(self) -> None:
        self.vault.rotate(passphrase=self.passphrase)

    @rule()
    def open_again(self) -> None:
        self.vault.close()
        wrong = PASSPHRASES[self.passphrase == PASSPHRASES[0]]
        with pytest.raises(WrongPassphraseError):
            open_with_passphrase(self.folder, wrong)
        self.vault = self.opened()

    @rule()
    def end_unasked(self) -> None:
        """Go on with the files as they are at this moment: so a kill leaves them."""
        left = self.home / f"{self.folder.name}+"
        shutil.copytree(self.folder, left)
        self.vault.close()
        shutil.rmtree(self.folder)
        self.folder = left
        self.vault = self.opened()

    @precondition(lambda self: self.thrown())
    @rule()
    def open_a_month_later(self) -> None:
        """What was thrown away is gone for good."""
        self.vault.close()
        self.later += MONTH_S
        self.vault = self.opened()
        self.talks = {name: self.talks[name] for name in self.kept()}

    @rule()
    def copy(self) -> None:
        copy = self.vault.backups.make()
        self.compare_with_backup(copy.files.folder, self.talks)

    @rule()
    def back_up(self) -> None:
        path = self.home / "backup"
        path.unlink(missing_ok=True)
        write_backup(self.vault, path)
        self.copied = deepcopy(self.talks)

    @precondition(lambda self: self.copied is not None)
    @rule()
    def look_into_the_backup(self) -> None:
        """It holds what was there when it was made, whatever became of the history since."""
        assert self.copied is not None
        self.compare_with_backup(self.home / "backup", self.copied)

    def compare_with_backup(self, path: Path, talks: dict[str, Talk]) -> None:
        """Open a backup and merge it into an empty history, which then holds the same."""

        def unsealed(envelope: Envelope) -> bytes:
            for passphrase in PASSPHRASES:
                try:
                    return envelope.open_with_passphrase(passphrase)
                except WrongPassphraseError:
                    continue
            raise AssertionError("none of them")

        with (
            opened_backup(path, self.folder, unsealed, lambda: self.vault.keys.dek) as backup,
            Database(self.home / "fresh.db", bytes(32), create=True) as fresh,
        ):
            migrate(fresh)
            merge(fresh, carried_sessions(backup._database, trashed=True), 0)
            found = {
                session.id: (
                    session.title,
                    session.deleted is not None,
                    [(turn.role, turn.content) for turn in session.shown()],
                    sorted(turn.content for turn in session.turns),
                )
                for session in carried_sessions(fresh, trashed=True)
            }
        (self.home / "fresh.db").unlink()
        assert found == {
            name: (
                talk.title,
                talk.thrown,
                [(role, text) for _, role, text, _ in talk.shown()],
                sorted(said.text for said in talk.turns.values()),
            )
            for name, talk in talks.items()
        }

    @invariant()
    def both_say_the_same(self) -> None:
        sessions = self.vault.sessions
        stored = {
            each.id: [
                (t.id, t.turn.role, t.turn.content, [*t.versions]) for t in sessions.turns(each.id)
            ]
            for each in sessions.kept()
        }
        assert stored == {name: [*self.talks[name].shown()] for name in self.kept()}
        assert sorted(each.id for each in sessions.trashed()) == self.thrown()
        titles = {each.id: each.title for each in (*sessions.kept(), *sessions.trashed())}
        assert titles == {name: talk.title for name, talk in self.talks.items()}

    @invariant()
    def files_are_those_that_were_put(self) -> None:
        files = {name: self.vault.blobs.get(name, "state") for name in self.talks}
        assert files == {name: talk.file for name, talk in self.talks.items()}
        there = list(self.vault.files.blobs.glob("*"))
        assert len(there) == sum(content is not None for content in files.values())

    @invariant()
    def words_find_what_holds_them(self) -> None:
        """Titles are found, and versions that are not shown, which are told apart."""
        for word in WORDS:
            hits = self.vault.search.find(f'"{word}"')
            phrase = f" {indexed(word)} "
            titles = {name: self.talks[name].title for name in self.kept()}
            assert {hit.session for hit in hits if hit.turn is None} == {
                name for name, title in titles.items() if phrase in f" {indexed(title)} "
            }
            turns = (hit for hit in hits if hit.turn is not None)
            assert sorted((hit.session, hit.turn, hit.chosen) for hit in turns) == sorted(
                (name, number, number in self.talks[name].path)
                for name in self.kept()
                for number, said in self.talks[name].turns.items()
                if phrase in f" {indexed(said.text)} "
            )


class AtLength(VaultAndDictionary):
    """The same, for the slow set: a thousand steps, each on a real disk, take some minutes."""


HOWEVER_SLOW = settings(
    stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

TestVaultAndDictionary = pytest.mark.timeout(600)(VaultAndDictionary.TestCase)
TestVaultAndDictionary.settings = settings(HOWEVER_SLOW, max_examples=5)

TestAtLength = pytest.mark.slow(AtLength.TestCase)
TestAtLength.settings = settings(HOWEVER_SLOW, max_examples=40)
