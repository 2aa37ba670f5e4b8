"""Where a vault's files lie.

data/vault.lock          held while a process has the vault open
data/vault.creating/     a vault being made; it takes its name when it is whole
data/vault.copying-<…>/, data/vault.restoring-<…>/  a backup being written or read, and <…>.lock
                         beside it; see scratch.py
data/vault.arriving/     a backup about to be the history; see arrival.py
data/vault.backups/      the last few copies of both files; see copies.py
data/vault.backups-<n>/  those of another or a damaged history; see set_aside.py
data/vault.damaged-<n>/  a history that did not open when a backup took its place
data/vault/vault.json    the sealed key
data/vault/vault.next.json  a new sealed key, while the key is being changed; see rotation.py
data/vault/vault.other-<n>.json  a key file that lay in its place; see other_envelopes.py
data/vault/history.db    the history, and history.db-wal beside it while open
data/vault/history.damaged-<day>.db  what could not be read any more; see rescue.py
data/vault/history.damaged-<day>.json  its sealed key, where the history has another one by now
data/vault/blobs/        sealed files of sessions, see blobs.py
data/safety-plan.json    the safety plan, NOT encrypted; only where the person chose to have it so
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from desktop_app.vault.errors import disk_error


@dataclass(frozen=True, slots=True)
class VaultFiles:
    """The files of the vault in `folder`; none of them need exist."""

    folder: Path

    @property
    def envelope(self) -> Path:
        """The key slots."""
        return self.folder / "vault.json"

    @property
    def next_envelope(self) -> Path:
        """The key slots to be, while the data key is being changed."""
        return self.folder / "vault.next.json"

    @property
    def history(self) -> Path:
        """The encrypted database."""
        return self.folder / "history.db"

    @property
    def log(self) -> Path:
        """The database's write-ahead log, there while it is open or was not closed."""
        return self.folder / "history.db-wal"

    @property
    def history_being_rescued(self) -> Path:
        """What can be read of a damaged history, being written."""
        return self.folder / "history.rescuing.db"

    @property
    def history_being_read(self) -> Path:
        """A copy of a damaged history with its log, while it is rescued."""
        return self.folder / "history.reading.db"

    @property
    def rescued_history(self) -> Path:
        """The rescued history, whole, before it has taken the damaged one's name."""
        return self.folder / "history.rescued.db"

    @property
    def lock(self) -> Path:
        """The lock file: beside the folder, which a new vault takes by renaming."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def being_created(self) -> VaultFiles:
        """The same files before a new vault takes its name."""
        return VaultFiles(self.folder.with_name(f"{self.folder.name}.creating"))

    @property
    def arriving(self) -> VaultFiles:
        """The files of a backup that is whole and about to be the vault."""
        return VaultFiles(self.folder.with_name(f"{self.folder.name}.arriving"))

    @property
    def backups(self) -> Path:
        """The copies made by themselves."""
        return self.folder.with_name(f"{self.folder.name}.backups")

    @property
    def blobs(self) -> Path:
        """The sealed files of sessions."""
        return self.folder / "blobs"

    @property
    def readable_plan(self) -> Path:
        """The safety plan, not encrypted, where the person chose that; see care/kept_plan.py."""
        return self.folder.with_name("safety-plan.json")

    def has_readable_plan(self) -> bool:
        """Tell whether the safety plan can be read without opening the history."""
        try:
            return self.readable_plan.exists()
        except OSError:
            return False

    def names_keyring(self) -> bool:
        """Tell whether the envelope has a slot of a keyring; a look at it, which checks nothing."""
        try:
            return "keyring" in json.loads(self.envelope.read_bytes())["slots"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return False

    def exist(self) -> bool:
        """Tell whether there is a vault, or what is left of one.

        Raises:
            VaultError: the folder may not be looked into.
        """
        try:
            return self.envelope.exists() or self.history.exists()
        except OSError as error:
            raise disk_error(error, self.envelope) from error
