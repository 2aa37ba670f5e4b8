"""What the kills of tests/crash/test_history_kills.py cut short: much of a history changing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from desktop_app.conversation.snapshots import Snapshots
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.migrations import migrate as bring_up_to_date
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.golden_vault import PASSPHRASE as GOLDEN_PASSPHRASE
from tests.support.vault_disk import MARKER
from tests.support.vault_fixtures import PASSPHRASE

ARMED = "armed"
"""Passed right before a killed change begins: what is to be opened for it is unsealed."""
SAID = 60
"""Messages of a conversation; each fills a page."""


GONE: Final = "魑魅魍魉 zyzzyva"
"""Said in the conversation "gone" alone, and its title."""
SNAPSHOTS: Final = (MARKER.encode() * 50_000, MARKER.encode() * 80_000)
"""What stands in the place of a conversation's snapshot before and after; 2 and 3 MB."""
BLOB, BLOB_CONTENT = "state", b"sealed by the session's own key" * 500


def message(number: int) -> str:
    return f"{number}:{MARKER}" + "话" * 1300


def make(folder: Path, *sessions: str, turns: int = SAID) -> None:
    """Make a history with these conversations, each with a file; "gone" lies in the trash."""
    with create(folder, passphrase=PASSPHRASE) as vault:
        for session in sessions:
            said = GONE if session == "gone" else ""
            for number in range(turns):
                vault.sessions.add(session, Turn(Role.USER, message(number) + said))
            vault.blobs.put(session, BLOB, BLOB_CONTENT)
        if "gone" in sessions:
            vault.sessions.rename("gone", GONE)
            vault.sessions.delete("gone")


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def _unsealed(envelope: Envelope) -> bytes:
    """Unseal as `by_passphrase` does; what comes after the time that takes is what is killed."""
    key = by_passphrase(envelope)
    crash_point(ARMED)
    return key


def _armed(folder: str) -> Vault:
    vault = open_with_passphrase(Path(folder), PASSPHRASE)
    crash_point(ARMED)
    return vault


def speak(folder: str) -> None:
    with _armed(folder) as vault:
        vault.sessions.add("a", Turn(Role.USER, message(SAID)))


def take_back(folder: str) -> None:
    with _armed(folder) as vault:
        vault.sessions.take_back("a", as_draft=True)


def back_up(folder: str, path: str) -> None:
    with _armed(folder) as vault:
        write_backup(vault, Path(path))


def copy(folder: str) -> None:
    with _armed(folder) as vault:
        vault.backups.make()


def merge(folder: str, path: str) -> None:
    with (
        open_with_passphrase(Path(folder), PASSPHRASE) as vault,
        opened_backup(Path(path), vault.files.folder, _unsealed) as backup,
    ):
        backup.merge_into(vault)


def become_it(folder: str, path: str) -> None:
    become(Path(path), Path(folder), _unsealed)


def purge(folder: str) -> None:
    with _armed(folder) as vault:
        vault.sessions.purge("gone")


def migrate(folder: str) -> None:
    files = VaultFiles(Path(folder))
    key = read_envelope(files.envelope).open_with_passphrase(GOLDEN_PASSPHRASE)
    with Database(files.history, key) as database:
        crash_point(ARMED)
        bring_up_to_date(database)


def rescue(folder: str) -> None:
    key = _unsealed(read_envelope(VaultFiles(Path(folder)).envelope))
    open_rescued(Path(folder), key).close()


def seal(folder: str) -> None:
    """Put another snapshot in the place of that of "a"."""
    with open_with_passphrase(Path(folder), PASSPHRASE) as vault:
        snapshots = Snapshots(vault.blobs, 1024)
        crash_point(ARMED)
        snapshots.put("a", SNAPSHOTS[1])
