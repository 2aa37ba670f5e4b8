"""Mending or dropping the known faults of the public corpora, each counted.

Mended: empty messages go; neighbours of one role become one message; a dialogue is cut after
its last counsellor reply, and before its first client message. Dropped: what then has no
exchange left, forum words (the text was rewritten from a forum), and anything that looks like
somebody's phone number, QQ or WeChat.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from finetune.corpus.dialogue import Dialogue, Message

FORUM_WORDS: Final = re.compile(r"楼主|题主|层主|lz\b|顶帖|发帖|跟帖|回帖", re.IGNORECASE)
CONTACT: Final = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)"  # a mainland mobile number
    r"|(?:qq|扣扣|企鹅)(?:号|群)?\s*[:：是]?\s*\d{5,}"
    r"|(?:微信|vx|wx|weixin)(?:号|群)?\s*[:：是]?\s*[a-z\d][a-z\d_-]{4,}"
    r"|[\w.+-]+@[\w-]+\.[a-z]{2,}|https?://|www\.",
    re.IGNORECASE,
)


def clean(dialogues: Iterable[Dialogue], faults: Counter[str]) -> Iterator[Dialogue]:
    """Yield the dialogues fit for training; count in `faults` what was mended or dropped."""
    for dialogue in dialogues:
        mended = _mend(dialogue, faults)
        text = "\n".join(m.content for m in mended.messages)
        if len(mended.messages) < 2:
            faults["dropped: no exchange left"] += 1
        elif FORUM_WORDS.search(text):
            faults["dropped: forum words"] += 1
        elif CONTACT.search(text):
            faults["dropped: contact details"] += 1
        else:
            yield mended


def _mend(dialogue: Dialogue, faults: Counter[str]) -> Dialogue:
    messages: list[Message] = []
    for message in dialogue.messages:
        if not message.content:
            faults["mended: empty message"] += 1
        elif messages and messages[-1].role == message.role:
            faults["mended: one side twice"] += 1
            joined = f"{messages[-1].content}\n{message.content}"
            messages[-1] = Message(message.role, joined)
        else:
            messages.append(message)
    if messages and messages[-1].role == "user":
        faults["mended: ends with the client"] += 1
        messages.pop()
    if messages and messages[0].role == "assistant":
        faults["mended: starts with the counsellor"] += 1
        messages.pop(0)
    return replace(dialogue, messages=tuple(messages))
