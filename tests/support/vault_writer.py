"""A child process that writes into a history and says each time what it was promised.

Told on stdin: the database's path and its key. Every line on stdout is a promise: the turn of
that number, or that many pieces of a reply, are on the disk.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.database import Database
from desktop_app.vault.sessions import Sessions
from tests.support.vault_disk import MARKER

SESSION = "talk"
PIECES = 5


def message(number: int) -> str:
    """The text of a turn: of varying length, so that pages split at varying places."""
    return f"{number}:{MARKER}" + "话" * (number * 37 % 400)


def piece(number: int) -> str:
    return f"[{number}]{MARKER}"


def promise(kind: str, number: int) -> None:
    sys.stdout.write(f"{kind} {number}\n")
    sys.stdout.flush()


def write(path: Path, key: bytes) -> None:
    with Database(path, key) as database:
        sessions = Sessions(database)
        for number in itertools.count(len(database.rows("SELECT 1 FROM turn WHERE role = 'user'"))):
            sessions.add(SESSION, Turn(Role.USER, message(number)))
            promise("turn", number)
            reply = sessions.begin_reply(SESSION)
            for grown in range(PIECES):
                sessions.extend(reply, piece(grown))
                promise("piece", grown)
            sessions.finish(reply, TurnState.COMPLETE)


if __name__ == "__main__":
    write(Path(sys.stdin.readline().strip()), bytes.fromhex(sys.stdin.readline().strip()))
