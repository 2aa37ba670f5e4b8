"""What danger a conversation stands in, read off the fixed replies that were said in it.

Nothing is kept beside the conversation: the words said last tell what was asked, and about what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop_app.care.guard.fixed_replies import FixedReply, fixed_replies, heard
from desktop_app.care.guard.verdict import Category, Level

WITHIN: Final = 4
"""So many replies of the model later, the danger that was answered beforehand has passed."""
OVER: Final = {"denied", "settled"}
"""Replies after which no danger stands: the person said so."""
BESIDE: Final = {"asked", "withheld"}
"""Replies that say nothing of a person's danger."""
TO_WHAT_WAS_SAID: Final = {
    *("helped", "agreed", "nearby", "checked"),
    *("eased", "unwilling", "hospital", "untold"),
}
"""Replies whose `about` is what they answer, and no danger."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The danger that stands, and what was said of it last."""

    level: Level
    about: str
    last: FixedReply
    fresh: bool
    """No reply of the model has come since: the next message answers `last`."""
    eased: bool = False
    """Something made it less, and nothing grave came after that."""


def standing(replies: Sequence[str]) -> Standing | None:
    """Return the danger that stands after `replies`, oldest first; None where there is none."""
    by_text = {text: each for each in fixed_replies() for text in each.text.values()}
    last, about, level, fresh, others = None, "", Level.CONCERN, True, 0
    eased = False
    for text in reversed(replies):
        # What this is may be said first, where a person asked.
        said = by_text.get(text.rsplit("\n\n", 1)[-1])
        if said is None:
            fresh = fresh and last is not None
            others += 1
            if others >= WITHIN:
                break
            continue
        if said.on in OVER:
            break
        if said.on in BESIDE:
            continue
        others = 0
        last = last or said
        about = about or _of_category(said)
        # What was said before something made it safer is an emergency no more.
        most = min(_level(said), Level.HIGH, key=_rank) if eased else _level(said)
        eased = eased or said.on == "eased"
        level = max(level, most, key=_rank)
    return (
        None
        if last is None
        else Standing(
            level, about or Category.SUICIDE, last, fresh, eased and level is not Level.EMERGENCY
        )
    )


def ever_stood(replies: Sequence[str]) -> bool:
    """Tell whether any of these replies answered danger, be it over or not."""
    ids = heard(replies)
    return any(each.id in ids and each.on not in BESIDE for each in fixed_replies())


def just_over(replies: Sequence[str]) -> bool:
    """Tell whether the last fixed words of these replies, oldest first, were that all is well."""
    by_text = {text: each for each in fixed_replies() for text in each.text.values()}
    for text in reversed(replies[-WITHIN:]):
        said = by_text.get(text.rsplit("\n\n", 1)[-1])
        if said is not None and said.on not in BESIDE:
            return said.on in OVER
    return False


def _of_category(said: FixedReply) -> str:
    return "" if said.about == "any" or said.on in TO_WHAT_WAS_SAID else said.about


def _level(said: FixedReply) -> Level:
    if said.on == "eased":
        return Level.HIGH
    return Level(said.on) if said.on in set(Level) else Level.NONE


def _rank(level: Level) -> int:
    return level.rank
