"""What a turn ends with. By itself, so that a window can name it before any engine is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desktop_app.care.guard.verdict import NOTHING, Verdict
from desktop_app.dialogue import Session

if TYPE_CHECKING:
    from desktop_app.engine.protocol import Finished


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of a turn: the session with message and reply, and what it cost."""

    session: Session = field(repr=False)
    finished: Finished
    guard: Verdict = NOTHING
    """The guard's word on the message, or on the model's reply where that was withheld."""
