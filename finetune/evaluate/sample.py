"""Which turns are asked: one a dialogue, drawn by hash, so every run asks the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.corpus.dialogue import Dialogue, Message


@dataclass(frozen=True, slots=True)
class Turn:
    """A true history and the true reply to it.

    Attributes:
        id: the dialogue's id and the number of the message.
        question: the source question, over which confidence intervals are drawn.
    """

    id: str
    question: str
    history: tuple[Message, ...]
    reply: str


def sample_turns(dialogues: Sequence[Dialogue], count: int) -> list[Turn]:
    """Return one counsellor turn from each of `count` dialogues (fewer if there are fewer)."""
    turns: list[Turn] = []
    for dialogue in sorted(dialogues, key=lambda d: _draw(d.id)):
        replies = [
            index
            for index, message in enumerate(dialogue.messages)
            if message.role == "assistant" and index > 0
        ]
        if not replies or len(turns) == count:
            continue
        index = replies[_draw(f"{dialogue.id}/turn") % len(replies)]
        turns.append(
            Turn(
                id=f"{dialogue.id}/{index}",
                question=dialogue.question,
                history=dialogue.messages[:index],
                reply=dialogue.messages[index].content,
            )
        )
    return turns


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
