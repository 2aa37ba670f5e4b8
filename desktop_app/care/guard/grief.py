"""What is said beside a death that was told: grief, or danger of one's own.

Grief is only what is known as grief: `[grief]` of `resources/guard/another.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from desktop_app.care.guard.data import table
from desktop_app.care.guard.reading import Clause

OF_DANGER: Final = {
    *("suicide", "selfharm", "method", "envy_dead", "nopoint", "burden", "taken"),
    *("drug", "blade", "rope", "fumes", "gun", "venom", "water", "height", "traffic"),
}
"""Concepts that are no grief: a wish, a means, or a place."""
OF_PARTING: Final = {"bye", "letter", "ready", "settle"}
"""The same, but where a burial is spoken of, which has to be prepared and to be paid."""
BURIAL: Final = "custom"


def endangers(clauses: Iterable[Clause]) -> bool:
    """Tell whether, after a death, one of these clauses may speak of who would follow."""
    return any(_endangers(clause) for clause in clauses)


def grieves(clauses: Iterable[Clause]) -> bool:
    """Tell whether all of these clauses are known as grief."""
    return all(
        any(each.search(clause.text) for each in _words("known")) and not _endangers(clause)
        for clause in clauses
    )


def _endangers(clause: Clause) -> bool:
    names = clause.names()
    if names & OF_DANGER or (names & OF_PARTING and BURIAL not in names):
        return True
    return any(each.search(clause.text) for each in _words("own"))


@cache
def _words(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = table("another")["grief"]
    return (
        re.compile(words[f"zh_{name}"]),
        re.compile(rf"\b(?:{words[f'en_{name}']})(?![a-z])"),
    )
