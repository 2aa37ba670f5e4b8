"""What a locked window keeps in memory opens with the history's key and with no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.key_slots import KeySlots
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.parcel import packed, unpacked
from desktop_app.vault.sealing import new_key

CONTENT = "还没有发送的话".encode()


def keys(dek: bytes) -> KeySlots:
    files = VaultFiles(Path("unused"))
    return KeySlots(files, dek, OwnEnvelope(files, lambda: None))


def test_the_same_key_opens_it() -> None:
    dek = new_key()
    assert unpacked(keys(dek), packed(keys(dek), CONTENT)) == CONTENT


def test_it_shows_nothing() -> None:
    parcel = packed(keys(new_key()), CONTENT)
    assert CONTENT not in parcel.sealed
    assert "sealed" not in repr(parcel)


def test_another_key_does_not_open_it() -> None:
    parcel = packed(keys(new_key()), CONTENT)
    with pytest.raises(VaultError) as raised:
        unpacked(keys(new_key()), parcel)
    assert raised.value.key == "vault.parcel_lost"
