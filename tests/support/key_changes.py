"""What the kills of tests/crash/test_key_kills.py cut short: a history's keys being changed."""

from __future__ import annotations

from pathlib import Path

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import write_envelope
from desktop_app.vault.erase import erase
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import open_with_passphrase
from tests.support.vault_disk import MARKER

ARMED = "armed"
"""Passed when the history is open."""
OLD, NEW = "旧的口令 old passphrase", "新的口令 new passphrase"
CODE = RecoveryCode("0123456789ABCDEF" * 2)
SAID = 150
"""Messages; each fills a page, so that changing the key takes some milliseconds."""

BLOB_OF, BLOB, BLOB_CONTENT = "a", "state", b"sealed by the session's own key"


def message(number: int) -> str:
    return f"{number}:{MARKER}" + "话" * 1300


def make(folder: Path) -> None:
    with create(folder, passphrase=OLD) as vault:
        vault.keys.set_recovery(CODE)
        for number in range(SAID):
            vault.sessions.add(BLOB_OF, Turn(Role.USER, message(number)))
        vault.blobs.put(BLOB_OF, BLOB, BLOB_CONTENT)


def rotate(folder: str) -> None:
    with open_with_passphrase(Path(folder), OLD) as vault:
        crash_point(ARMED)
        vault.rotate(passphrase=OLD, code=CODE)


def change_passphrase(folder: str) -> None:
    with open_with_passphrase(Path(folder), OLD) as vault:
        crash_point(ARMED)
        vault.keys.set_passphrase(NEW)


def put_back(folder: str) -> None:
    """Another history's key file, which OLD opens, lies there while this one is open."""
    with open_with_passphrase(Path(folder), OLD) as vault:
        write_envelope(vault.files.envelope, Envelope().with_passphrase(new_key(), OLD))
        vault.own_envelope.put_back()


def keep_in_keyring(folder: str) -> None:
    with open_with_passphrase(Path(folder), OLD) as vault:
        vault.keys.keep_in(Keychain())


def erase_it(folder: str) -> None:
    erase(Path(folder), Keychain())
