"""A key for each session, for what of it lies outside the database; sealed by the data key.

The sealed key stands in the session's row, so purging the session makes its files unreadable
wherever they were copied to. It is made when it is first asked for.

While the data key is being changed a row holds two keys, 60 bytes each: its own, sealed by the
data key there was, and a new one, sealed by that which is to be. So whichever data key opens the
file opens one of them. A new one, because who has seen the data key knows every key it sealed, and
would read what is sealed with them from then on. What a session's key has sealed until then is
given up: it can all be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, SessionMissingError
from desktop_app.vault.sealing import SEALED_BYTES, new_key, seal, unseal

if TYPE_CHECKING:
    from desktop_app.vault.key_slots import KeySlots


class SessionKeys:
    """The keys of one open vault."""

    def __init__(self, database: Database, keys: KeySlots) -> None:
        self._database = database
        self._keys = keys
        self._vault: str | None = None

    def key(self, session: str) -> bytes:
        """Return the 32-byte key of a session, in the trash or not.

        Raises:
            SessionMissingError: there is no such session.
            DamagedHistoryError: the data key does not open it.
        """
        with self._database.alone():
            rows = self._database.rows("SELECT key FROM session WHERE id = ?", (session,))
            if not rows:
                raise SessionMissingError("vault.session_missing")
            ((sealed,),) = rows
            if sealed is not None:
                return self._opened(session, sealed)[1]
            key = new_key()
            with self._database.transaction():
                self._store(session, self._sealed(session, key, self._keys.dek))
            return key

    def context(self, session: str) -> str:
        """Return what ties a seal to this vault and session."""
        if self._vault is None:  # the same as long as the vault lives
            self._vault = self._keys.envelope().vault
        return f"vault/1/{self._vault}/session/{session}"

    def is_key(self, session: str, key: bytes) -> bool:
        """Tell whether a session has this key: another data key brings another."""
        with self._database.alone():
            rows = self._database.rows("SELECT key FROM session WHERE id = ?", (session,))
            sealed = rows[0][0] if rows else None
            return sealed is not None and self._opened(session, sealed)[1] == key

    def renew_for(self, dek: bytes) -> None:
        """Have a new key ready for every session, for when `dek` is the data key."""
        with self._database.transaction():
            for session, sealed in self._all():
                place, _ = self._opened(session, sealed)
                self._store(session, sealed[place] + self._sealed(session, new_key(), dek))

    def settle(self) -> None:
        """Keep only what the data key in force opens: after a change, or one that was cut short."""
        if not self._database.rows(
            "SELECT 1 FROM session WHERE length(key) > ? LIMIT 1", (SEALED_BYTES,)
        ):
            return  # nothing to write, and so no reason for a copy
        with self._database.transaction():
            for session, sealed in self._all():
                if len(sealed) > SEALED_BYTES:
                    place, _ = self._opened(session, sealed)
                    self._store(session, sealed[place])
                    if place.start:  # sealed files are of the key it had; `Blobs.sweep` takes them
                        self._database.rows("DELETE FROM blob WHERE session = ?", (session,))

    def _all(self) -> list[tuple[str, bytes]]:
        rows = self._database.rows("SELECT id, key FROM session WHERE key IS NOT NULL")
        return [(session, sealed) for session, sealed in rows]

    def _sealed(self, session: str, key: bytes, dek: bytes) -> bytes:
        return seal(key, dek, self.context(session))

    def _opened(self, session: str, sealed: bytes) -> tuple[slice, bytes]:
        """Return the key that the data key in force opens, and where in a row it stands."""
        for start in range(0, len(sealed), SEALED_BYTES):
            place = slice(start, start + SEALED_BYTES)
            key = unseal(sealed[place], self._keys.dek, self.context(session))
            if key is not None:
                return place, key
        raise DamagedHistoryError("vault.history_damaged", path=self._database.path)

    def _store(self, session: str, sealed: bytes) -> None:
        self._database.rows("UPDATE session SET key = ? WHERE id = ?", (sealed, session))
