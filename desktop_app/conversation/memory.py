"""What is kept of a conversation beside its turns: how many are unseen, and their summary.

So a restart begins where the last one ended, word for word, and what a model has read still fits.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from desktop_app.dialogue import Session, Summary, Turn


def noted(session: Session) -> str:
    """Return a session's memory as JSON."""
    summary = session.summary
    return json.dumps(
        {
            "unseen": session.unseen,
            "of": _digest(session.turns[: session.unseen]),
            "own": summary.own,
            "made": summary.made,
            "edition": summary.edition,
        }
    )


def recalling(session: Session, note: str | None) -> Session:
    """Return a session as `noted` had it; as it is, where what was unseen has become another."""
    if note is None:
        return session
    plain = json.loads(note)
    unseen = session.turns[: plain["unseen"]]
    if len(unseen) < plain["unseen"] or _digest(unseen) != plain["of"]:
        return session
    summary = Summary(plain["own"], plain["made"], plain["edition"])
    return replace(session, unseen=plain["unseen"], summary=summary)


def _digest(turns: tuple[Turn, ...]) -> str:
    plain = json.dumps([[turn.role, turn.content] for turn in turns])
    return hashlib.sha256(plain.encode()).hexdigest()
