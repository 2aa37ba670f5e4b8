"""The other golden vault: `python -m tests.support.golden_rich_vault DIR`, see golden_vault.py.

What that one lacks: versions, a session's key and what it seals, drafts, a memory, the trash left
off, and all three ways of opening. Run once, by the code of the schema it is to show, then
committed under tests/golden and never made again.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Final

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.records import Draft
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sessions import Sessions
from tests.support.golden_vault import BEGAN, PASSPHRASE, PLAN

CODE: Final = RecoveryCode("0123456789ABCDEF" * 2)
KEYRING, KEYRING_KEY = "SecretService", bytes(range(32))
"""As if this system's keyring kept that key."""

TALK: Final = "0011223344556677"
SAID: Final = "我睡不着"
SAID_OTHERWISE: Final = "我三周没睡好了"
REPLIES: Final = ("慢慢说。", "听起来很累。")
"""Two versions after the second version of the message; the first one is shown."""
TITLE: Final = "睡眠"
BLOB, BLOB_CONTENT = "state", bytes(range(256)) * 20
DRAFT, BEGUN = Draft("还没有发送的话", shown=False), Draft("另一段的开头", shown=True)
MEMORY: Final = '{"note": "三周没睡好"}'


def fill(sessions: Sessions) -> None:
    """Say it, say it otherwise, and have that answered twice."""
    message = sessions.add(TALK, Turn(Role.USER, SAID))
    sessions.edit(TALK, message, SAID_OTHERWISE)
    reply = _reply(sessions, REPLIES[0])
    _reply(sessions, REPLIES[1], instead_of=reply)
    sessions.choose(TALK, reply)
    sessions.rename(TALK, TITLE)
    sessions.drafts.keep({TALK: DRAFT, None: BEGUN})
    sessions.memories.keep(TALK, MEMORY)


def _reply(sessions: Sessions, text: str, instead_of: int | None = None) -> int:
    reply = sessions.begin_reply(TALK, instead_of=instead_of)
    sessions.extend(reply, text)
    sessions.finish(reply, TurnState.COMPLETE)
    return reply


if __name__ == "__main__":
    seconds, folder = itertools.count(BEGAN), Path(sys.argv[1])
    with create(folder, passphrase=PASSPHRASE, clock=lambda: next(seconds)) as made:
        made.keys.set_recovery(CODE)
        made.trash.keep(False)
        fill(made.sessions)
        made.blobs.put(TALK, BLOB, BLOB_CONTENT)
        made.documents.write("safety_plan", PLAN)
    envelope = read_envelope(folder / "vault.json")
    key = envelope.open_with_passphrase(PASSPHRASE)
    write_envelope(folder / "vault.json", envelope.with_keyring(key, KEYRING_KEY, KEYRING))
