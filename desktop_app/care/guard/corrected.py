"""Whether a person says that they were taken wrong, and how: `corrected` of answers.toml.

Either nothing was meant of what was heard, or it is another who is in danger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.answers import Sign, is_wholly, tells_of
from desktop_app.care.guard.beside import INGESTED
from desktop_app.care.guard.to_answer import BELIEVED, MAKES_SURE, TO_ONESELF, Words
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import Category, Level

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.standing import Standing

MISREAD: Final = "misread"
"""What is said to who was taken wrong is about that."""


def means_another(message: Heard, stand: Standing | None) -> bool:
    """Tell whether it says that another is meant, where the writer was spoken to."""
    if stand is None or not stand.fresh or stand.about not in TO_ONESELF:
        return False
    return Told.SUICIDE not in message.says and tells_of(
        Sign.CORRECTED, message.plain, ("another",)
    )


def to_correction(message: Heard, stand: Standing) -> list[Words]:
    """Return what fits who says that nothing of the kind was meant; empty for any other."""
    if not _takes_back(message, stand):
        return []
    asked = stand.last.on in MAKES_SURE or not message.plain_before
    make_sure: list[Words] = [("checked", "no")] if stand.about in TO_ONESELF and not asked else []
    return [*make_sure, ("denied", MISREAD), BELIEVED]


def _takes_back(message: Heard, stand: Standing) -> bool:
    """Tell whether it denies what was heard, and says nothing that is not known to be harmless.

    Without a word on what was meant it is believed where it is asked about once more, or where
    little was heard.
    """
    if not stand.fresh or message.said.told.rank >= Level.HIGH.rank or Told.SUICIDE in message.says:
        return False
    if stand.about == Category.MEDICAL_EMERGENCY or INGESTED in message.says:
        return False  # a body does not wait
    bare = stand.about in TO_ONESELF or stand.level is Level.CONCERN
    kinds = ("harmless", "bare") if bare else ("harmless",)
    return any(is_wholly(Sign.CORRECTED, message.plain, kind) for kind in kinds)
