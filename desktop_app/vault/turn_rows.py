"""The turns of a conversation of which some are lost: what must have stood where they were.

An index, or the turn that follows, still knows of a turn whose own page is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from desktop_app.dialogue import Role, TurnState

UNKNOWN: Final = -1
"""Where a turn is known of and not what it followed; each follows an earlier one, or 0."""


class TurnRow(NamedTuple):
    """A turn as the history holds it; times are milliseconds since 1970, UTC."""

    id: int
    role: str
    content: str
    state: str
    created: int
    parent: int
    chosen: bool


def with_placeholders(
    parents: Mapping[int, int], readable: Iterable[TurnRow], roles: Mapping[int, str] | None = None
) -> list[TurnRow]:
    """Return all turns of a conversation in the order of writing, the lost ones without text.

    Whether a lost turn was chosen is not known: it was, unless another version of it was, or what
    it follows was not. Who spoke is the one who had not spoken before, if nothing says otherwise.

    Args:
        parents: of every turn known of, what it followed, or UNKNOWN.
        readable: those that can be read.
        roles: who spoke where that much of a lost turn can be read.
    """
    rows = {row.id: row for row in readable}
    ids = sorted({*parents, *rows, *(row.parent for row in rows.values() if row.parent > 0)})
    continued = {row.parent for row in rows.values() if row.chosen}
    created = min((row.created for row in rows.values()), default=0)
    before = 0
    for turn in ids:
        if turn not in rows:
            parent = parents.get(turn, UNKNOWN)
            if parent not in rows and parent != 0:
                parent = before
            spoken = rows[parent].role if parent else Role.ASSISTANT
            answers = Role.ASSISTANT if spoken == Role.USER else Role.USER
            chosen = parent not in continued and (parent == 0 or rows[parent].chosen)
            if chosen:
                continued.add(parent)
            role = (roles or {}).get(turn, answers)
            rows[turn] = TurnRow(turn, role, "", TurnState.DAMAGED, created, parent, chosen)
        elif rows[turn].parent == UNKNOWN:
            rows[turn] = rows[turn]._replace(parent=before)
        before, created = turn, rows[turn].created
    return [rows[turn] for turn in ids]
