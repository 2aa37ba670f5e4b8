"""The history's figures: appending a turn, unlocking; and the long one that the window opens."""

from __future__ import annotations

import time
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any, Final

from desktop_app.commands.bench_plain import Pair, plain_database
from desktop_app.commands.bench_texts import varied
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault.creation import create
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.vault import open_with_passphrase

MESSAGES: Final = 5000
UNLOCKS: Final = 5
READS: Final = 9

Facts = dict[str, Any]


def measure_history(paths: Paths, passphrase: str, texts: tuple[str, ...]) -> Facts:
    """Make a history of one long and one short conversation, and return what that took.

    Args:
        paths: folders with no history yet.
        passphrase: what will open it.
        texts: what the messages are made of.
    """
    roles = cycle((Role.USER, Role.ASSISTANT))
    turns = [Turn(next(roles), text) for text in varied(texts, MESSAGES)]
    append, read = Pair(), Pair()
    with (
        create(paths.vault, passphrase=passphrase) as vault,
        plain_database(paths.vault.parent / "plain.db") as database,
    ):
        plain = Sessions(database)
        for turn in turns:
            append.time(partial(vault.sessions.add, "long", turn), partial(plain.add, "long", turn))
        vault.sessions.add("short", turns[0])
        for _ in range(READS):
            read.time(partial(vault.sessions.turns, "long"), partial(plain.turns, "long"))
    unlocks = []
    for _ in range(UNLOCKS):
        began = time.perf_counter()
        with open_with_passphrase(paths.vault, passphrase):
            unlocks.append(1000 * (time.perf_counter() - began))
    return {
        "messages": MESSAGES,
        "read_ms": read.figures(),
        "append_ms": append.figures(),
        "unlock_ms": round(median(unlocks), 1),
    }
