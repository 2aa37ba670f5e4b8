"""What was written and not sent: one document for each conversation, which goes where it goes.

local.draft.<session>   in a conversation of the history; while that is in the trash, it waits
local.draft             in one that was begun and never spoken in, which is no session
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Final

from desktop_app.vault.database import Database
from desktop_app.vault.documents import LOCAL
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from desktop_app.vault.records import Draft
from desktop_app.vault.session_documents import DRAFT as OF_SESSION

BEGUN: Final = f"{LOCAL}draft"
TOGETHER: Final = f"{LOCAL}drafts"
"""Where all of them stood together before."""


class Drafts:
    """Those of one open vault, by session; None stands for what was begun and never spoken in."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._unread: set[str | None] = set()
        """Those that could not be read: nobody has seen them, so nobody has emptied them."""

    @property
    def open(self) -> bool:
        """Tell whether the history is open still."""
        return self._database.is_open

    def unless_busy(self) -> AbstractContextManager[bool]:
        """Tell whether they can be kept without waiting; the block has the history to itself."""
        return self._database.unless_busy()

    def of(self, session: str | None) -> Draft | None:
        """Return one; None where there is none.

        Raises:
            DamagedHistoryError: it is damaged.
            VaultError: the disk failed, …
        """
        try:
            rows = self._database.rows(
                "SELECT body FROM document WHERE name = ?", (_name(session),)
            )
        except VaultError:
            self._unread.add(session)
            raise
        return Draft(**json.loads(rows[0][0])) if rows else None

    def sessions(self) -> list[str | None]:
        """Return which there should be, those of conversations in the trash among them.

        Raises:
            DamagedHistoryError: that cannot be read.
        """
        rows = self._database.rows(
            "SELECT name FROM document WHERE name = ? OR substr(name, 1, ?) = ? ORDER BY name",
            (BEGUN, len(OF_SESSION), OF_SESSION),
        )
        return [None if name == BEGUN else name.removeprefix(OF_SESSION) for (name,) in rows]

    def keep(self, drafts: Mapping[str | None, Draft]) -> None:
        """Keep these, each of a session the history has, an empty one by removing it; others stand.

        Raises:
            VaultError: the disk is full, …; nothing has changed.
        """
        changed = {key: draft for key, draft in drafts.items() if self._is_news(key, draft)}
        if not changed:
            return
        with self._database.transaction():
            for session, draft in changed.items():
                self._write(session, draft)

    def readable(self, session: str) -> dict[str | None, Draft | None]:
        """Return what stands in a session and in what was begun, but for one that is damaged."""
        found: dict[str | None, Draft | None] = {}
        for each in (session, None):
            with suppress(DamagedHistoryError):
                found[each] = self.of(each)
        return found

    def give_back(self, session: str, text: str, found: Mapping[str | None, Draft | None]) -> None:
        """Have `text` stand before a session's draft; part of the transaction that removes it.

        Where the session has gone with it, or its draft is damaged, they stand in what was begun
        and never spoken in. `found`: see `readable`, to be called before the transaction, in which
        nothing could be written once a damaged page was met.

        Raises:
            DamagedHistoryError: that is damaged too.
        """
        there = self._database.rows("SELECT 1 FROM session WHERE id = ?", (session,))
        kept = session if there and session in found else None
        drafts = [found.get(each) for each in dict.fromkeys((session, kept))]
        texts = [text, *(draft.text for draft in drafts if draft is not None)]
        self._write(kept, Draft("\n\n".join(texts), shown=True))

    def part(self) -> None:
        """Give each conversation its own where an earlier version kept them together.

        One whose conversation is not in the history goes: that may have been removed for good.

        Raises:
            VaultError: see `keep`.
        """
        rows = self._database.rows("SELECT body FROM document WHERE name = ?", (TOGETHER,))
        if not rows:
            return
        known = {name for (name,) in self._database.rows("SELECT id FROM session")}
        with self._database.transaction():
            for each in json.loads(rows[0][0] or "{}").get("conversations", []):
                if each["id"] in known:
                    self._write(each["id"], Draft(each["draft"], each["shown"]))
            self._database.rows("DELETE FROM document WHERE name = ?", (TOGETHER,))

    def _is_news(self, session: str | None, draft: Draft) -> bool:
        if not draft.text and session in self._unread:
            return False
        try:
            before = self.of(session)
        except DamagedHistoryError:
            return bool(draft.text)  # what cannot be read cannot be removed, and no words are lost
        return before is not None if not draft.text else before != draft

    def _write(self, session: str | None, draft: Draft) -> None:
        if not draft.text:
            self._database.rows("DELETE FROM document WHERE name = ?", (_name(session),))
            return
        body = json.dumps({"text": draft.text, "shown": draft.shown})
        self._database.rows(
            "INSERT INTO document(name, body, updated) VALUES (?, ?, ?)"
            " ON CONFLICT(name) DO UPDATE SET body = excluded.body, updated = excluded.updated",
            (_name(session), body, int(self._clock() * 1000)),
        )


def _name(session: str | None) -> str:
    return BEGUN if session is None else f"{OF_SESSION}{session}"
