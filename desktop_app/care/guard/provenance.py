"""Where a reply comes from that no model wrote: told from its words, wherever they are read.

Nothing is kept beside the conversation, so it is known after a restart as well, and a reply that a
clinician signs later is said to be signed. A reply that was stopped ends with such words.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from desktop_app.care.guard.fixed_replies import FixedReply, fixed_replies
from resources.messages import sentence

BREAK: Final = "\n\n"
"""Between what the model was let say and the words that took the place of the rest."""


def provenance(reply: str) -> str:
    """Return what a person is told of where `reply` comes from; empty for a model's own words."""
    shown, _, end = reply.rpartition(BREAK)
    words = _by_text().get(end)
    if words is None:
        return ""
    said = _said_of(words)
    return sentence("provenance.last_part", said=said) if shown else said


def _said_of(words: FixedReply) -> str:
    if words.reviewed_by:
        return sentence("provenance.reviewed", name=words.reviewed_by)
    return sentence("provenance.guidance")


@cache
def _by_text() -> dict[str, FixedReply]:
    return {text: each for each in fixed_replies() for text in each.text.values()}
