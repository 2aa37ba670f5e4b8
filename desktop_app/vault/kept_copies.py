"""What lies beside the history and can be brought back, without a person having saved anything.

data/vault.backups/<number>/     made by itself, see backups.py
data/vault.backups/before/       made before the last restore or import
data/vault.backups-<number>/     the same two, of a history that was damaged since, or another
data/vault.damaged-<number>/     a history that did not open when a backup took its place
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, auto

from desktop_app.vault.copies import copies_in, safety_copies_in
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.set_aside import copies_aside, histories_aside


class CopyKind(StrEnum):
    """How a copy came to be."""

    DAILY = auto()
    BEFORE = auto()
    ASIDE = auto()


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """One of them."""

    files: VaultFiles
    made: datetime
    """Of a history that was set aside: when it was last written to."""
    kind: CopyKind


def kept_copies(files: VaultFiles) -> tuple[KeptCopy, ...]:
    """Return all of them, the newest first."""
    found = set_aside(files)
    for folder in (files.backups, *copies_aside(files)):
        daily, before = copies_in(folder), safety_copies_in(folder)
        found += [KeptCopy(copy.files, copy.made, CopyKind.DAILY) for copy in daily]
        found += [KeptCopy(copy.files, copy.made, CopyKind.BEFORE) for copy in before]
    return tuple(sorted(found, key=lambda copy: copy.made, reverse=True))


def set_aside(files: VaultFiles) -> list[KeptCopy]:
    """Return the histories that did not open when a backup took their place."""
    found = []
    for folder in histories_aside(files):
        with suppress(OSError):
            written = VaultFiles(folder).history.stat().st_mtime
            made = datetime.fromtimestamp(written, UTC)
            found.append(KeptCopy(VaultFiles(folder), made, CopyKind.ASIDE))
    return found
