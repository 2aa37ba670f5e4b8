"""Whether a person says that they were taken wrong, and how: `corrected` of answers.toml.

Either nothing was meant of what was heard, or it is another who is in danger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.answers import Sign, is_wholly, tells_of
from desktop_app.care.guard.beside import INGESTED
from desktop_app.care.guard.company import HARMED
from desktop_app.care.guard.to_answer import BELIEVED, MAKES_SURE, TO_ONESELF, Words
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import Category, Level

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.standing import Standing

MISREAD: Final = "misread"
"""What is said to who was taken wrong is about that."""


def means_another(message: Heard, stand: Standing | None) -> bool:
    """Tell whether it says that another is meant, where the writer was spoken to.

    After a death of their own was spoken of, or blows, whom they name may be who it is about. Only
    what was swallowed may be another's where it is said not to be theirs.
    """
    if stand is None or not stand.fresh or stand.about not in TO_ONESELF:
        return False
    not_me = INGESTED in message.says and tells_of(Sign.CORRECTED, message.plain, ("not_me",))
    if HARMED in message.says or (message.own_before and not not_me):
        return False
    return Told.SUICIDE not in message.says and tells_of(
        Sign.CORRECTED, message.plain, ("another",)
    )


def to_correction(message: Heard, stand: Standing) -> list[Words]:
    """Return what fits who says that nothing of the kind was meant; empty for any other."""
    if not _takes_back(message, stand):
        return []
    asked = stand.last.on in MAKES_SURE or stand.level is Level.CONCERN
    return [*([] if asked else [("checked", "no")]), ("denied", MISREAD), BELIEVED]


def _takes_back(message: Heard, stand: Standing) -> bool:
    """Tell whether it denies what was heard, and says nothing that is not known to be harmless.

    What was grave is asked about once more, and only dying can be. Where it is
    of violence it may be taken back in fear, so that it has to be said what was meant.
    """
    if not stand.fresh or message.said.told.rank >= Level.HIGH.rank or Told.SUICIDE in message.says:
        return False
    grave = stand.level.rank >= Level.HIGH.rank
    if stand.about == Category.MEDICAL_EMERGENCY or INGESTED in message.says:
        return False  # a body does not wait
    if grave and stand.about != Category.SUICIDE:
        return False  # nor does a wound, and who may be struck is asked about that
    violent = {Category.ABUSE, Category.HARM_TO_OTHERS}
    hurt = stand.about in violent or HARMED in message.says
    kinds = ("harmless",) if hurt else ("harmless", "bare")
    return any(is_wholly(Sign.CORRECTED, message.plain, kind) for kind in kinds)
