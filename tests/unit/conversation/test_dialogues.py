"""Whole talks in danger, each with what must hold turn by turn: `dialogues.jsonl` beside this file.

`hold` has an entry for each turn, of conditions parted by blanks: `>=high` and `<=none` on the
level; on the id of the words that answer (`MODEL` where the model does) `~glob` is so and `!glob`
is not; `!asks:plan` for what those words do not ask. No words come twice in a talk.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch
from itertools import zip_longest
from pathlib import Path
from typing import Final

import pytest

from desktop_app.care.guard.fixed_replies import fixed_replies
from desktop_app.care.guard.verdict import Level
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import Role, Session, Turn

WRITTEN: Final = {each.id: each for each in fixed_replies()}
IDS: Final = {text: each.id for each in WRITTEN.values() for text in each.text.values()}
MODEL: Final = {
    "zh": "嗯，我明白了，你愿意多说一点吗？",
    "en": "I see. Would you like to tell me more?",
}
TALKS: Final = [
    json.loads(line)
    for line in Path(__file__).with_name("dialogues.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("talk", TALKS, ids=[talk["id"] for talk in TALKS])
def test_what_must_hold_in_a_talk_holds(talk: dict[str, object]) -> None:
    turns, hold, lang = talk["turns"], talk["hold"], str(talk["lang"])
    assert isinstance(turns, list)
    assert isinstance(hold, list)
    session, heard = Session(), list[str]()
    broken = []
    for number, (message, conditions) in enumerate(zip_longest(turns, hold, fillvalue=""), 1):
        watched = watch(session, message)
        words = watched.reply or MODEL[lang]
        said = IDS.get(words.rsplit("\n\n", 1)[-1], "MODEL")
        if said != "MODEL" and said in heard:
            broken.append(f"turn {number}: {said} a second time")
        heard.append(said)
        broken += [
            f"turn {number}: {watched.verdict.level} {said}, not {condition}"
            for condition in conditions.split()
            if not _holds(condition, watched.verdict.level, said)
        ]
        session = session.add(Turn(Role.USER, message), Turn(Role.ASSISTANT, words))
    assert not broken


def _holds(condition: str, level: Level, said: str) -> bool:
    if condition.startswith(">="):
        return level.rank >= Level(condition[2:]).rank
    if condition.startswith("<="):
        return level.rank <= Level(condition[2:]).rank
    if condition.startswith("!asks:"):
        return said not in WRITTEN or WRITTEN[said].asks != condition.removeprefix("!asks:")
    assert condition[0] in "~!", condition
    return fnmatch(said, condition[1:]) is (condition[0] == "~")
