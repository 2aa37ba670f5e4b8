"""SIGKILL at any moment: what was acknowledged is there, and there is never half a vault."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
from pathlib import Path

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.migrations import migrate
from desktop_app.vault.sealing import new_key
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.vault import open_with_passphrase, slots
from tests.support.kills import kills
from tests.support.source_tree import ROOT
from tests.support.vault_creator import NEW, OLD, killed_at_every_step
from tests.support.vault_disk import traces
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_writer import PIECES, message, piece


@kills("commit")
def test_no_acknowledged_turn_is_lost(tmp_path: Path, kills: int) -> None:
    moments = random.Random(kills)
    for number in range(kills):
        if number % 25 == 0:  # a new file now and then: early crashes, and checks that stay quick
            path, key = tmp_path / f"{number}.db", new_key()
            with Database(path, key, create=True) as database:
                migrate(database)
        promised = killed_while_writing(path, key, after=moments.randrange(40), moments=moments)

        assert traces(tmp_path) == []
        check_promises(path, key, promised)


def killed_while_writing(
    path: Path, key: bytes, *, after: int, moments: random.Random
) -> list[tuple[str, int]]:
    """Let a child write, kill it some time after so many promises, and return all it made."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.vault_writer"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{path}\n{key.hex()}\n")
        child.stdin.close()
        lines = list(itertools.islice(child.stdout, after + 1))
        for _ in range(moments.randrange(40_000)):  # some part of a millisecond, busily
            pass
        child.kill()
        lines += list(child.stdout)
    assert child.returncode == -signal.SIGKILL  # it writes without end, so each kill counts
    return [(kind, int(number)) for kind, number in (line.split() for line in lines)]


def check_promises(path: Path, key: bytes, promised: list[tuple[str, int]]) -> None:
    """Open the file as the next start would and compare it with the promises made."""
    with Database(path, key) as database:
        sessions = Sessions(database)
        sessions.finish_interrupted()
        turns = sessions.turns("talk")
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
    said = [stored.turn.content for stored in turns if stored.turn.role is Role.USER]
    assert said == [message(number) for number in range(len(said))]
    last = max(number for kind, number in promised if kind == "turn")
    assert len(said) in {last + 1, last + 2}

    newest = turns[-1]
    if newest.turn.role is Role.ASSISTANT and len(said) == last + 1:
        kind, pieces = promised[-1]
        at_least = pieces + 1 if kind == "piece" else 0
        grown = newest.turn.content.count("[")
        assert newest.turn.content == "".join(map(piece, range(grown)))
        assert at_least <= grown <= PIECES
    assert {stored.state for stored in turns} <= {TurnState.COMPLETE, TurnState.INTERRUPTED}


def test_a_reply_cut_off_by_a_kill_is_marked_interrupted(tmp_path: Path) -> None:
    path, key = tmp_path / "history.db", new_key()
    with Database(path, key, create=True) as database:
        migrate(database)

    killed_while_writing(path, key, after=3, moments=random.Random(0))

    with Database(path, key) as database:
        assert database.unclean
        sessions = Sessions(database)
        growing = [t.id for t in sessions.turns("talk") if t.state is TurnState.GROWING]
        sessions.finish_interrupted()
        states = {t.id: t.state for t in sessions.turns("talk")}
        assert all(
            states[number] is TurnState.INTERRUPTED for number in growing if number in states
        )
        assert TurnState.GROWING not in states.values()


def test_a_vault_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    """Killed at its first, second, third … step, until it gets through."""
    attempts = killed_at_every_step("make", tmp_path)

    assert len(attempts) > 8
    for home in attempts:
        folder = home / "vault"
        if slots(folder):
            open_with_passphrase(folder, PASSPHRASE).close()
        else:
            create(folder, passphrase=PASSPHRASE).close()
        assert {path.name for path in home.iterdir()} == {"vault", "vault.lock"}
        assert {path.name for path in folder.iterdir()} == {"vault.json", "history.db"}


def test_a_changed_envelope_is_the_old_or_the_new(tmp_path: Path) -> None:
    attempts = killed_at_every_step("rewrite", tmp_path)

    found = [(home / "vault.json").read_bytes() for home in attempts]
    assert found == sorted(found, reverse=True)  # old, old, …, new: never back again
    assert (found[0], found[-1]) == (OLD, NEW)
