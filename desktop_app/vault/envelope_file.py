"""`vault.json`: the envelope on disk.

    {"format": 1, "vault": "<32 hex>", "check": "<SHA-256 of the rest>",
     "slots": {"keyring": {"keyring": …, "sealed": …},
               "passphrase": {"memory_kib": …, "passes": …, "lanes": …, "salt": …, "sealed": …},
               "recovery": {the same}}}

Bytes are base64. The check tells a damaged file from a wrong passphrase, which the seals alone
cannot; it covers ciphertext only and keeps nobody out. It stays the same in every format, so
that a later one is known as such.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from desktop_app.atomic_file import write_atomically
from desktop_app.vault.envelope import FORMAT, Envelope, KeyringSlot, SecretSlot, SlotKind
from desktop_app.vault.errors import DamagedEnvelopeError, NewerVaultError, disk_error
from desktop_app.vault.sealing import SEALED_BYTES, Argon2, Cost


def write_envelope(path: Path, envelope: Envelope) -> None:
    """Store `envelope` at `path`, whole or not at all.

    Raises:
        VaultError: the disk is full or the folder cannot be written to; the old file stands.
    """
    try:
        write_atomically(path, encoded(envelope))
    except OSError as error:
        raise disk_error(error, path) from error


def read_envelope(path: Path) -> Envelope:
    """Return the envelope at `path`.

    Raises:
        DamagedEnvelopeError: it is missing, or one byte is not as it was written.
        NewerVaultError: it is of a later format, or holds a kind of slot not known here.
        VaultError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DamagedEnvelopeError("vault.envelope_missing", path=path) from error
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        return decoded(content)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise DamagedEnvelopeError("vault.envelope_damaged", path=path) from error


def encoded(envelope: Envelope) -> bytes:
    """Return the file's bytes: the same for the same envelope."""
    slots: dict[str, dict[str, Any]] = {}
    if envelope.keyring is not None:
        slots[SlotKind.KEYRING] = {
            "keyring": envelope.keyring.keyring,
            "sealed": _text(envelope.keyring.sealed),
        }
    if envelope.passphrase is not None:
        slots[SlotKind.PASSPHRASE] = _plain(envelope.passphrase)
    if envelope.recovery is not None:
        slots[SlotKind.RECOVERY] = _plain(envelope.recovery)
    return _with_check({"format": FORMAT, "vault": envelope.vault, "slots": slots})


def decoded(content: bytes) -> Envelope:
    """Return the envelope in a file's bytes.

    Raises:
        NewerVaultError: it was written by a later version.
        ValueError, TypeError, LookupError: the bytes are not as they were written.
    """
    plain = json.loads(content)
    if not isinstance(plain, dict):
        raise TypeError("not an object")
    if content != _with_check({key: value for key, value in plain.items() if key != "check"}):
        raise ValueError("the check does not hold")
    slots, vault = plain["slots"], plain["vault"]
    if plain["format"] != FORMAT:
        raise NewerVaultError("vault.newer")
    if not isinstance(slots, dict) or not isinstance(vault, str):
        raise TypeError("no slots, or no id")
    if slots.keys() - set(SlotKind):
        raise NewerVaultError("vault.newer")
    return Envelope(
        vault=vault,
        keyring=_keyring_slot(slots.get(SlotKind.KEYRING)),
        passphrase=_secret_slot(slots.get(SlotKind.PASSPHRASE)),
        recovery=_secret_slot(slots.get(SlotKind.RECOVERY)),
    )


def _plain(slot: SecretSlot) -> dict[str, Any]:
    cost = slot.argon2.cost
    return {
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        "salt": _text(slot.argon2.salt),
        "sealed": _text(slot.sealed),
    }


def _keyring_slot(slot: dict[str, Any] | None) -> KeyringSlot | None:
    if slot is None:
        return None
    if not isinstance(slot["keyring"], str):
        raise TypeError("not the name of a keyring")
    return KeyringSlot(slot["keyring"], _sealed(slot))


def _secret_slot(slot: dict[str, Any] | None) -> SecretSlot | None:
    if slot is None:
        return None
    cost = Cost(_whole(slot, "memory_kib"), _whole(slot, "passes"), _whole(slot, "lanes"))
    return SecretSlot(Argon2(cost, _bytes(slot, "salt")), _sealed(slot))


def _with_check(body: dict[str, Any]) -> bytes:
    check = hashlib.sha256(_canonical(body)).hexdigest()
    return _canonical(body | {"check": check})


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, indent=1, sort_keys=True).encode("ascii") + b"\n"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _whole(slot: dict[str, Any], name: str) -> int:
    """Return a number that is whole as it stands there: 65536.5 is within the bounds, too."""
    number = slot[name]
    if type(number) is not int:
        raise TypeError(f"{name} is no whole number")
    return number


def _bytes(slot: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(slot[name], validate=True)


def _sealed(slot: dict[str, Any]) -> bytes:
    sealed = _bytes(slot, "sealed")
    if len(sealed) != SEALED_BYTES:
        raise ValueError("a sealed key has 60 bytes")
    return sealed
