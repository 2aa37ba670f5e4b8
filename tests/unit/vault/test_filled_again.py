"""What one damaged page took is there again, and once, where a whole backup is brought in."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.carried import CarriedSession, carried_sessions
from desktop_app.vault.database import Database
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.merge import gain, merge
from desktop_app.vault.migrations import migrate
from desktop_app.vault.rescue import rescue
from desktop_app.vault.sealing import new_key
from desktop_app.vault.sessions import Sessions
from tests.support.damaged_vault import flip_a_byte

KEY = new_key()
LONG = "长" * 1100
"""Fills most of a page, so that each lies on its own."""


class Clock:
    """A second passes whenever it is asked."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def answer(sessions: Sessions, session: str, text: str) -> None:
    reply = sessions.begin_reply(session)
    sessions.extend(reply, text)
    sessions.finish(reply, TurnState.COMPLETE)


def ask(sessions: Sessions, session: str, text: str) -> int:
    return sessions.add(session, Turn(Role.USER, text))


def left_unanswered(sessions: Sessions) -> None:
    """Two messages in a row by the person, the first of which nobody answered."""
    ask(sessions, "a", f"一{LONG}")
    answer(sessions, "a", f"二{LONG}")
    ask(sessions, "a", f"三{LONG}")
    ask(sessions, "a", f"四{LONG}")
    answer(sessions, "a", f"五{LONG}")
    ask(sessions, "a", f"六{LONG}")


def said_otherwise(sessions: Sessions) -> None:
    """A message in three versions, with what was answered to each, and the first one chosen."""
    first = ask(sessions, "a", f"一{LONG}")
    answer(sessions, "a", f"二{LONG}")
    for text in "三四":
        sessions.edit("a", first, f"{text}{LONG}")
        answer(sessions, "a", f"答{text}{LONG}")
    sessions.choose("a", first)
    ask(sessions, "a", f"五{LONG}")


def at_random(seed: int, sessions: Sessions) -> None:
    """Talks of all of it, and some of them in the trash."""
    chance = random.Random(seed)
    for number in range(40):
        session = f"s{chance.randrange(4)}"
        if session in {each.id for each in sessions.trashed()}:
            continue
        ask(sessions, session, f"{number} " * chance.randrange(1, 900))
        if chance.random() < 0.2:
            continue
        answer(sessions, session, f"a{number} " * chance.randrange(1, 900))
        if chance.random() < 0.3:
            said = [each for each in sessions.turns(session) if each.turn.role is Role.USER]
            sessions.edit(session, chance.choice(said).id, f"e{number}")
        if chance.random() < 0.1:
            sessions.delete(session)


SAID = {
    "left unanswered": left_unanswered,
    "said otherwise": said_otherwise,
    **{
        f"at random {seed}": lambda sessions, seed=seed: at_random(seed, sessions)
        for seed in range(3)
    },
}


def all_in(database: Database) -> dict[str, CarriedSession]:
    return {session.id: session for session in carried_sessions(database, trashed=True)}


def known(sessions: dict[str, CarriedSession]) -> dict[str, tuple[object, ...]]:
    """Return what has to be there again: when something came into the trash begins anew."""
    return {
        each.id: (each.title, each.deleted is not None, each.turns) for each in sessions.values()
    }


@pytest.fixture(params=SAID)
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A history of some kind; closed."""
    files = VaultFiles(tmp_path / "whole")
    files.folder.mkdir()
    with Database(files.history, KEY, create=True) as database:
        migrate(database)
        SAID[request.param](Sessions(database, Clock()))
    return files.folder


def pages_of_turns(whole: Path) -> list[int]:
    with Database(VaultFiles(whole).history, KEY) as database:
        statement = "SELECT pageno FROM dbstat WHERE name = 'turn' AND pagetype = 'leaf'"
        pages = [page for (page,) in database.rows(statement)]
    return random.Random(len(pages)).sample(pages, min(6, len(pages)))


def test_what_was_said_is_there_again_and_nothing_twice(whole: Path, tmp_path: Path) -> None:
    for page in pages_of_turns(whole):
        files = VaultFiles(Path(shutil.copytree(whole, tmp_path / str(page))))
        flip_a_byte(files.history, page=page)
        assert rescue(files, KEY).losses["turns"]
        with Database(files.history, KEY) as ours, Database(VaultFiles(whole).history, KEY) as all_:
            merge(ours, carried_sessions(all_, trashed=True), 0)
            assert known(all_in(ours)) == known(all_in(all_))
            assert not gain(ours, carried_sessions(all_, trashed=True))
