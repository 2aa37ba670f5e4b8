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
    versions: dict[int | None, list[CarriedTurn]] = defaultdict(list)
    for turn in session.turns:
        versions[turn.after].append(turn)
    ids: list[int | None] = []
    for turn in session.turns:
        parent = 0 if turn.after is None else ids[turn.after]
        candidates = [] if parent is None else children[parent]
        same = _same_among(candidates, turn, versions[turn.after])
        if same is None and not turn.content:
            ids.append(parent)
            yield turn, None
            continue
        if same is not None:
            candidates.remove(same)
        ids.append(None if same is None else same.id)
        yield turn, same


def _same_among(
    candidates: list[Placed], turn: CarriedTurn, versions: list[CarriedTurn]
) -> Placed | None:
    """Return what is `turn`: all of its text, a part of it, or what is left of it by damage.

    Args:
        candidates: those there that follow what it follows.
        turn: one that comes.
        versions: those that come and follow the same, itself among them.
    """
    whole = (each for each in candidates if _is_whole(each.turn, turn))
    alike = [each for each in candidates if turn.content and _is_alike(each.turn, turn)]
    parts = (each for each in alike if completes(each.turn, turn) or _goes_on(turn, each.turn))
    found = next(whole, None) or next(parts, None)
    if found is not None:
        return found
    # What is another version to the letter is not taken for this one, of which nothing is left.
    free = (each for each in candidates if not any(_is_whole(each.turn, v) for v in versions))
    lost = [each for each in free if TurnState.DAMAGED in {each.turn.state, turn.state}]
    # Who spoke is often a guess where a turn is lost (turn_rows.py): two messages in a row are it.
    return next((each for each in lost if each.turn.role is turn.role), next(iter(lost), None))


def _is_whole(one: CarriedTurn, other: CarriedTurn) -> bool:
    return bool(one.content) and one.content == other.content and _is_alike(one, other)


def chosen_turns(present: list[Placed], pairs: list[tuple[CarriedTurn, Placed | None]]) -> set[int]:
    """Return the ids of those there that are on the path that is shown, 0 among them.

    Of what was lost to damage that is a guess (turn_rows.py), and what comes knows it better; not
    better than what is readable there, which a person may have chosen since.
    """
    places = {each.id: each for each in present}
    readable = [each for each in present if each.turn.state is not TurnState.DAMAGED]
    certain: set[int] = set()
    for each in readable:
        above: Placed | None = each if each.turn.chosen else None
        while above is not None and above.id not in certain:
            certain.add(above.id)
            above = places.get(above.parent)
    continued = {places[each].parent for each in certain}
    ids = [None if same is None else same.id for _, same in pairs]
    filled = {same.id: turn for turn, same in pairs if same is not None}
    wanted = {
        0 if turn.after is None else ids[turn.after]
        for turn, same in pairs
        if turn.chosen and turn.content and (same is None or fills(same.turn, turn))
    }
    chosen = {0, *certain}
    for each in present:
        if each.turn.state is not TurnState.DAMAGED or each.id in certain:
            continue
        coming = filled.get(each.id)
        guess = each.turn.chosen
        if each.parent in wanted:
            guess = coming is not None and coming.chosen
        if guess and each.parent in chosen and each.parent not in continued:
            chosen.add(each.id)
            continued.add(each.parent)
    return chosen


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
