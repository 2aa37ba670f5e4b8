"""A history of which a page of any kind can be damaged: the kinds are those SQLite itself names."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from pathlib import Path

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.vault import Vault

PAGE = 4096
SESSIONS = ("a", "b", "c", "d")
SAID = 120
"""Messages in all, longer and longer: pages of one and of several, and pages they go on on."""
TITLE = "一段旧事"
PLAN, PLAN_BODY = "safety_plan", '{"steps": []}'


def message(number: int) -> str:
    return f"第{number}句 焦虑 word{number} " + "长" * (number * 16)


def opened(folder: Path, data_key: bytes) -> Vault:
    """Open a history with its key: Argon2id is slow on purpose."""
    files = VaultFiles(folder)
    with ExitStack() as held:
        held.enter_context(locked(files))
        return Vault(files, data_key, held, time.time)


def filled(vault: Vault) -> None:
    """Say something in four conversations, and purge one so that pages are free."""
    for number in range(SAID):
        vault.sessions.add(SESSIONS[number % 4], Turn(Role.USER, message(number)))
    vault.sessions.rename("a", TITLE)
    vault.trash.keep(True)
    vault.blobs.put("b", "state", b"sealed")
    vault.documents.write(PLAN, PLAN_BODY)
    for _ in range(30):
        vault.sessions.add("gone", Turn(Role.USER, "x" * 3000))
    vault.sessions.delete("gone")
    vault.sessions.purge("gone")


def pages_by_kind(vault: Vault) -> dict[str, list[int]]:
    """Return the numbers of all pages by what they are: `<table or index>/<leaf, …>`, `free`."""
    kinds: dict[str, list[int]] = {}
    for kind, page in vault.database.rows("SELECT name || '/' || pagetype, pageno FROM dbstat"):
        kinds.setdefault(kind, []).append(page)
    ((count,),) = vault.database.rows("PRAGMA page_count")
    used = {page for pages in kinds.values() for page in pages}
    kinds["free"] = [page for page in range(1, count + 1) if page not in used]
    return kinds


def flip_a_byte(path: Path, *, page: int) -> None:
    """Damage a page, counted from 1."""
    content = bytearray(path.read_bytes())
    content[(page - 1) * PAGE + 100] ^= 1
    path.write_bytes(content)


def copied(folder: Path, into: Path) -> Path:
    """Copy a closed vault."""
    return Path(shutil.copytree(folder, into))


def read_in(vault: Vault) -> dict[int, str]:
    """Return what was said and can be read, by its number among the messages."""
    found = {}
    for session in SESSIONS:
        for place, turn in enumerate(vault.sessions.turns(session)):
            if turn.state is not TurnState.DAMAGED:
                found[place * 4 + SESSIONS.index(session)] = turn.turn.content
    return found


def damage_overflow(vault: Vault) -> None:
    """Close the history and damage a page that a long message alone goes on on."""
    (page, *_) = pages_by_kind(vault)["turn/overflow"]
    vault.close()
    flip_a_byte(vault.files.history, page=page)
