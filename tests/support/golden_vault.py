"""What every golden vault holds, and how one is made: `python -m tests.support.golden_vault DIR`.

Run once, by the code of the schema it is to show, then committed under tests/golden and never
made again. Only the vault's public calls are used, so that a later schema can be shown as well.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Final

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.creation import create
from desktop_app.vault.sessions import Sessions

PASSPHRASE: Final = "旧日的口令 golden vault"
BEGAN: Final = 1_760_000_000.0
"""9 October 2025; one second passes between two looks at the clock."""

SLEEP: Final = "0123456789abcdef"
ODD: Final = "odd-characters_1"
THROWN: Final = "fedcba9876543210"

USER, ASSISTANT = Role.USER, Role.ASSISTANT
Said = tuple[Role, str, TurnState]

SAID: Final[dict[str, list[Said]]] = {
    SLEEP: [
        (USER, "最近总是睡不着，躺下就开始想工作的事。", TurnState.COMPLETE),
        (ASSISTANT, "听起来你很累，脑子却停不下来。这样多久了？", TurnState.COMPLETE),
        (USER, "大概三周。", TurnState.COMPLETE),
        (USER, "Mostly at night, around 2 o'clock.", TurnState.COMPLETE),
        (ASSISTANT, "三周的夜里两点，", TurnState.STOPPED),
        (USER, "還有焦慮，心跳得很快", TurnState.COMPLETE),
        (ASSISTANT, "焦虑的时候，身体", TurnState.INTERRUPTED),
        (USER, "嗯", TurnState.COMPLETE),
        (ASSISTANT, "我们慢慢说", TurnState.CUT),
        (USER, "好", TurnState.COMPLETE),
    ],
    ODD: [
        (USER, "a\0b \ufeff 👩‍👩‍👧 e\u0301 \U0010ffff \"'%_*", TurnState.COMPLETE),
        (ASSISTANT, "ＡＢＣ１２３", TurnState.COMPLETE),
    ],
    THROWN: [(USER, "这段话被放进了回收站", TurnState.COMPLETE)],
}
TITLES: Final = {SLEEP: "关于睡眠", ODD: "", THROWN: ""}

PLAN: Final = '{"signs": "整夜睡不着", "people": [{"name": "小林", "number": "138"}]}'
"""The document "safety_plan", of schema 1.2 and later."""


def fill(sessions: Sessions) -> None:
    """Say all of SAID, title it, and put one conversation into the trash."""
    for session, said in SAID.items():
        for role, text, state in said:
            if state is TurnState.COMPLETE:
                sessions.add(session, Turn(role, text))
            else:
                reply = sessions.begin_reply(session)
                sessions.extend(reply, text)
                sessions.finish(reply, state)
        if TITLES[session]:
            sessions.rename(session, TITLES[session])
    sessions.delete(THROWN)


if __name__ == "__main__":
    seconds = itertools.count(BEGAN)
    with create(Path(sys.argv[1]), passphrase=PASSPHRASE, clock=lambda: next(seconds)) as made:
        fill(made.sessions)
        made.documents.write("safety_plan", PLAN)
