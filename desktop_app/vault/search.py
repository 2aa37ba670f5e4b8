"""Finding what was said: from a person's words to turns and titles that hold them.

The work grows with what is shown, not with what there is: hits come newest first out of the index,
and an excerpt is cut when somebody looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from desktop_app.dialogue import Role
from desktop_app.text import fold
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.damaged_hits import found_rows
from desktop_app.vault.database import Database, Value
from desktop_app.vault.excerpt import Excerpt, excerpt
from desktop_app.vault.records import moment
from desktop_app.vault.words import Term, terms

MOST_HITS: Final = 100
OPENING: Final = """
    SELECT substr(content, 1, 80) FROM turn WHERE session = ? AND chosen ORDER BY id LIMIT 1"""

FOUND: Final = """
    SELECT session.id, title, turn.id, role, turn.content, turn.created, chosen
    FROM words CROSS JOIN turn ON turn.id = words.rowid JOIN session ON session.id = turn.session
    WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? AND deleted IS NULL
      AND turn.created BETWEEN ? AND ? {within}
    ORDER BY words.rowid DESC LIMIT ?"""
ANYWHERE: Final = FOUND.format(within="")
IN_SESSION: Final = FOUND.format(
    # The plus sign: looked up for each hit, instead of asking the index for each turn.
    within="AND +words.rowid IN (SELECT id FROM turn WHERE session = ?)"
)
TITLED: Final = "SELECT id, title FROM session WHERE deleted IS NULL AND title <> ''"
SPOKEN: Final = """
    SELECT id, created FROM turn WHERE id = (SELECT max(id) FROM turn WHERE session = ?1)
      AND EXISTS (SELECT 1 FROM turn WHERE session = ?1 AND created BETWEEN ?2 AND ?3)"""
BETWEEN_ENDS: Final = "SELECT min(id), max(id) FROM turn WHERE session = ?"
BETWEEN_TIMES: Final = "SELECT min(id), max(id) FROM turn WHERE created BETWEEN ? AND ?"
EVER: Final = (-(2**62), 2**62)


@dataclass(frozen=True)  # without slots, for the excerpt is kept
class Hit:
    """A turn or a title that holds what was looked for."""

    session: str
    title: str = field(repr=False)
    """The conversation's title, or the beginning of what was said first in it."""
    turn: int | None
    """None: the title holds it."""
    role: Role | None
    """Who said it; None for a title."""
    created: datetime
    """When it was said; for a title, when the conversation was last spoken in."""
    chosen: bool
    """False for a version that another one has taken the place of."""
    text: str = field(repr=False)
    """The whole of the turn or of the title."""
    asked: tuple[Term, ...] = field(repr=False)

    @cached_property
    def excerpt(self) -> Excerpt:
        """The part around the first of the words, cut out when it is first asked for."""
        return excerpt(self.text, self.asked)


class Search:
    """The words of one open vault."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folded: dict[str, str] = {}
        """Titles as search sees them, for the next look: people search as they type."""
        self.left_out = 0
        """So many turns that `find` was asked for last could not be read: they are damaged."""
        self.cut_short = False
        """`find` left out older hits last, since there were more than it was asked for."""

    def find(
        self,
        query: str,
        *,
        session: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        most: int = MOST_HITS,
    ) -> tuple[Hit, ...]:
        """Return the turns that hold all words of `query`, the newest first.

        Words in quotation marks have to stand side by side. Nothing in `query` is an error; one
        without any word finds nothing (see `holds_words`). What lies in the trash is not found.
        Titles come before turns, and not at all where one session alone is searched. They take no
        more than half of the places, unless there are turns for fewer.

        Args:
            query: what a person typed.
            session: only in this session.
            since: only what was said then or later.
            until: only what was said before.
            most: so many hits at most.
        """
        asked, self.left_out, self.cut_short = terms(query), 0, False
        if not asked:
            return ()
        times = (
            EVER[0] if since is None else _milliseconds(since),
            EVER[1] if until is None else _milliseconds(until) - 1,
        )
        first, last = self._turns_between(session, times)
        if first is None:
            return ()
        titles = self._titles(asked, times) if session is None else []
        wanted = " AND ".join(term.match() for term in asked)
        values: list[Value] = [wanted, first, last, *times]
        if session is not None:
            values.append(session)
        statement = ANYWHERE if session is None else IN_SESSION
        found, self.left_out = found_rows(
            self._database,
            statement,
            [*values, most + 1],
            session=session,
            days=None if times == EVER else times,
        )
        titled = titles[: max((most + 1) // 2, most - len(found))]
        shown = found[: most - len(titled)]
        self.cut_short = len(titled) + len(shown) < len(titles) + len(found)
        return (*titled, *self._turns(shown, asked))

    @staticmethod
    def holds_words(query: str) -> bool:
        """Tell whether there is a word in `query`, or only signs, which are not looked for."""
        return bool(terms(query))

    def _turns_between(self, session: str | None, times: tuple[int, int]) -> tuple[Any, Any]:
        """Return the first and the last turn that may be meant; None twice where there is none.

        Turns are numbered as they are written, so that days are stretches of the index, mostly.
        """
        if session is None and times == EVER:
            return EVER
        statement, values = BETWEEN_TIMES, list[Value](times)
        if session is not None:
            statement, values = BETWEEN_ENDS, [session]
        # An index that is damaged makes the search longer, and no shorter what it finds.
        return next(iter(readable_rows(self._database, statement, [values])), EVER)

    def _turns(self, found: list[tuple[Any, ...]], asked: tuple[Term, ...]) -> list[Hit]:
        openings: dict[str, str] = {}
        hits = []
        for name, title, turn, role, content, created, chosen in found:
            if not title and name not in openings:
                openings[name] = self._opening(name)
            hits.append(
                Hit(
                    session=name,
                    title=title or openings[name],
                    turn=turn,
                    role=Role(role),
                    created=moment(created),
                    chosen=bool(chosen),
                    text=content,
                    asked=asked,
                )
            )
        return hits

    def _titles(self, asked: tuple[Term, ...], times: tuple[int, int]) -> list[Hit]:
        """Return the titles that hold what is asked for, of conversations of those days.

        Titles are few and short, so they are looked through: 1 ms for 1,000.
        """
        titled = readable_rows(self._database, TITLED, [()])
        known, self._folded = self._folded, {}
        hits: list[tuple[int, Hit]] = []
        for session, title in titled:
            folded = self._folded[title] = known.get(title) or fold(title)
            if all(any(term.places(folded)) for term in asked):
                for newest, spoken in readable_rows(self._database, SPOKEN, [(session, *times)]):
                    at = moment(spoken)
                    hits.append((newest, Hit(session, title, None, None, at, True, title, asked)))
        hits.sort(key=lambda found: found[0], reverse=True)
        return [hit for _, hit in hits]

    def _opening(self, session: str) -> str:
        rows = readable_rows(self._database, OPENING, [(session,)])
        return str(rows[0][0]) if rows else ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
