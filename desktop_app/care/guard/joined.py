"""What a message says together with those before it: `resources/guard/joined.toml` as data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.plain import plain
from desktop_app.care.guard.reading import Reading
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict

FAR: Final = 30
"""Messages back: who has died is told once."""
ENDS: Final = " .!?。！？…~"


def joined(verdict: Verdict, new: Reading, earlier: Sequence[str]) -> Verdict:
    """Return `verdict`, no lower than `new` and the `earlier` messages ask for together."""
    if any("laugh" in clause.names() for clause in new.clauses):
        return verdict
    now = {name for name, _ in _words("now").found_in(new.text.strip(ENDS))}
    far = [plain(each) for each in earlier[-FAR:]] if now else []
    both = now & {name for each in far for name, _ in _words("before").found_in(each)}
    if not both:
        return verdict
    level = max((verdict.level, *(_levels()[name] for name in both)), key=lambda one: one.rank)
    named = {_categories()[name] for name in both}
    if level is verdict.level:  # else what was heard in the message by itself was a guess
        named |= set(verdict.categories)
    return Verdict(level, tuple(one for one in Category if one in named), ACTIONS[level])


@cache
def _words(side: str) -> Words:
    return Words.of({pair["name"]: pair[side] for pair in table("joined")["pair"]})


@cache
def _levels() -> dict[str, Level]:
    return {pair["name"]: Level(pair["level"]) for pair in table("joined")["pair"]}


@cache
def _categories() -> dict[str, Category]:
    pairs = table("joined")["pair"]
    return {pair["name"]: Category(pair.get("category", Category.SUICIDE)) for pair in pairs}
