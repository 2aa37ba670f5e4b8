"""Which turns that come are the same as some that are there; merge.py says when they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.carried import CarriedSession, CarriedTurn, Placed

UNFINISHED: Final = frozenset({TurnState.GROWING, TurnState.INTERRUPTED})
"""How a reply stands of which there may be more elsewhere."""


def compared(
    present: list[Placed], session: CarriedSession
) -> Iterator[tuple[CarriedTurn, Placed | None]]:
    """Yield each turn that comes with the same one that is there, or None.

    Args:
        present: the turns of a conversation as they stand, each with what it follows.
        session: the same conversation as it comes.
    """
    children: dict[int, list[Placed]] = defaultdict(list)
    for each in present:
        children[each.parent].append(each)
    ids: list[int | None] = []
    for turn in session.turns:
        parent = 0 if turn.after is None else ids[turn.after]
        candidates = [] if parent is None else children[parent]
        same = _same_among(candidates, turn)
        if same is None and not turn.content:
            ids.append(parent)
            yield turn, None
            continue
        if same is not None:
            candidates.remove(same)
        ids.append(None if same is None else same.id)
        yield turn, same


def _same_among(candidates: list[Placed], turn: CarriedTurn) -> Placed | None:
    """Return what is `turn`: all of its text, a part of it, or what is left of it by damage."""
    alike = [each for each in candidates if turn.content and _is_alike(each.turn, turn)]
    whole = (each for each in alike if each.turn.content == turn.content)
    parts = (each for each in alike if completes(each.turn, turn) or _goes_on(turn, each.turn))
    lost = (each for each in candidates if _stands_for(each.turn, turn))
    return next(whole, None) or next(parts, None) or next(lost, None)


def _stands_for(one: CarriedTurn, other: CarriedTurn) -> bool:
    """Tell whether one of two, in the same place, is what is left of a turn lost to damage."""
    return one.role is other.role and TurnState.DAMAGED in {one.state, other.state}


def fills(present: CarriedTurn, coming: CarriedTurn) -> bool:
    """Tell whether `coming` is the text of what was lost to damage here."""
    return present.state is TurnState.DAMAGED and bool(coming.content)


def _is_alike(one: CarriedTurn, other: CarriedTurn) -> bool:
    """Tell whether two turns may be the same by what is known of them besides their text."""
    unknown = one.created is None or other.created is None
    return one.role is other.role and (
        one.created == other.created or (unknown and one.content == other.content)
    )


def completes(present: CarriedTurn, coming: CarriedTurn) -> bool:
    """Tell whether a reply that is there becomes `coming`; never one that is growing just now."""
    return present.state is TurnState.INTERRUPTED and _goes_on(present, coming)


def _goes_on(part: CarriedTurn, whole: CarriedTurn) -> bool:
    """Tell whether `part` is a reply that was not at its end, and `whole` has more of it."""
    return (
        part.role is Role.ASSISTANT
        and part.state in UNFINISHED
        and part.content not in {"", whole.content}
        and whole.content.startswith(part.content)
    )
