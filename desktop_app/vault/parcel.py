"""What a locked window keeps in memory: sealed with the data key, so that nobody reads it there.

Drafts and conversations off the record are not written to the disk, and must not be lost because
the window was locked. The key that opens them is the history's own, which locking drops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from desktop_app.vault.errors import VaultError
from desktop_app.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from desktop_app.vault.key_slots import KeySlots

CONTEXT: Final = "parcel/1"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes that only the history's key opens; never written to the disk."""

    sealed: bytes = field(repr=False)


def packed(keys: KeySlots, content: bytes) -> Parcel:
    """Return `content` sealed with the data key of the open history."""
    return Parcel(seal(content, keys.lasting_dek(), CONTEXT))


def unpacked(keys: KeySlots, parcel: Parcel) -> bytes:
    """Return what is in `parcel`.

    Raises:
        VaultError: the data key was changed in between, by the `vault rotate` command.
    """
    content = unseal(parcel.sealed, keys.dek, CONTEXT)
    if content is None:
        raise VaultError("vault.parcel_lost")
    return content
