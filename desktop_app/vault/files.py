"""Where a vault's files lie.

data/vault.lock          held while a process has the vault open
data/vault.creating/     a vault being made; it takes its name when it is whole
data/vault/vault.json    the sealed key
data/vault/history.db    the history, and history.db-wal beside it while open
"""

from __future__ import annotations

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
    def history(self) -> Path:
        """The encrypted database."""
        return self.folder / "history.db"

    @property
    def lock(self) -> Path:
        """The lock file: beside the folder, which a new vault takes by renaming."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def being_created(self) -> VaultFiles:
        """The same files before a new vault takes its name."""
        return VaultFiles(self.folder.with_name(f"{self.folder.name}.creating"))

    def exist(self) -> bool:
        """Tell whether there is a vault, or what is left of one.

        Raises:
            VaultError: the folder may not be looked into.
        """
        try:
            return self.envelope.exists() or self.history.exists()
        except OSError as error:
            raise disk_error(error, self.envelope) from error
