from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import (
    _with_check,
    decoded,
    encoded,
    read_envelope,
    write_envelope,
)
from desktop_app.vault.errors import (
    DamagedEnvelopeError,
    KeyringChangedError,
    NewerVaultError,
    VaultError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import Argon2, Cost, new_key

DEK, KEK = b"d" * 32, b"k" * 32
CODE = RecoveryCode.new()


@pytest.fixture(scope="module")
def envelope() -> Envelope:
    one = Envelope().with_passphrase(DEK, "苹果").with_keyring(DEK, KEK, "SecretService")
    return one.with_recovery(DEK, CODE)


def test_each_slot_gives_the_same_key(envelope: Envelope) -> None:
    assert envelope.slots() == set(SlotKind)
    assert envelope.open_with_passphrase("苹果") == DEK
    assert envelope.open_with_keyring(KEK) == DEK
    assert envelope.open_with_recovery(CODE) == DEK


def test_another_passphrase_is_wrong(envelope: Envelope) -> None:
    with pytest.raises(WrongPassphraseError):
        envelope.open_with_passphrase("梨")


def test_another_key_from_the_keyring_is_a_changed_keyring(envelope: Envelope) -> None:
    with pytest.raises(KeyringChangedError):
        envelope.open_with_keyring(new_key())


def test_the_code_of_another_history_is_wrong(envelope: Envelope) -> None:
    with pytest.raises(WrongRecoveryCodeError):
        envelope.open_with_recovery(RecoveryCode.new())


def test_a_way_taken_away_no_longer_opens(envelope: Envelope) -> None:
    for kind in SlotKind:
        assert envelope.without(kind).slots() == set(SlotKind) - {kind}


def test_the_last_way_is_never_taken_away(envelope: Envelope) -> None:
    for kind in SlotKind:
        only = envelope
        for other in set(SlotKind) - {kind}:
            only = only.without(other)
        with pytest.raises(VaultError, match="最后一种"):
            only.without(kind)


def test_a_passphrase_is_the_same_however_it_is_composed() -> None:
    composed = Envelope().with_passphrase(DEK, "Ünïcode １")

    assert composed.open_with_passphrase("U\u0308ni\u0308code 1") == DEK


def test_a_passphrase_from_bytes_that_are_no_text_works() -> None:
    undecodable = b"\xff\xfe pass".decode("utf-8", "surrogateescape")

    assert Envelope().with_passphrase(DEK, undecodable).open_with_passphrase(undecodable) == DEK


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(VaultError, match="口令是空的"):
        Envelope().with_passphrase(DEK, "")


def test_a_slot_moved_to_another_vault_does_not_open(envelope: Envelope) -> None:
    moved = replace(envelope, vault=Envelope().vault)

    with pytest.raises(WrongPassphraseError):
        moved.open_with_passphrase("苹果")
    with pytest.raises(KeyringChangedError):
        moved.open_with_keyring(KEK)
    with pytest.raises(WrongRecoveryCodeError):
        moved.open_with_recovery(CODE)


def test_a_slot_moved_to_another_kind_does_not_open(envelope: Envelope) -> None:
    moved = replace(envelope, passphrase=envelope.recovery)

    with pytest.raises(WrongPassphraseError):
        moved.open_with_passphrase(CODE.letters)


def test_argon2id_never_starts_weaker_than_the_rfc_recommends() -> None:
    """RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes, 16 bytes of salt."""
    assert Argon2().salt != Argon2().salt
    for weaker in (Cost(65535, 3, 4), Cost(65536, 2, 4), Cost(65536, 3, 3)):
        with pytest.raises(ValueError, match="bounds"):
            Argon2(weaker)
    with pytest.raises(ValueError, match="bounds"):
        Argon2(salt=b"15 bytes of salt"[1:])


def test_parameters_that_would_take_all_memory_are_a_damaged_file(
    envelope: Envelope, tmp_path: Path
) -> None:
    body = json.loads(encoded(envelope))
    del body["check"]
    body["slots"]["passphrase"]["memory_kib"] = 2**40
    (tmp_path / "vault.json").write_bytes(_with_check(body))

    with pytest.raises(DamagedEnvelopeError):
        read_envelope(tmp_path / "vault.json")


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("passphrase", {"memory_kib": 65536.5}),
        ("passphrase", {"memory_kib": 65536.0}),
        ("recovery", {"passes": 3.5}),
        ("recovery", {"lanes": 4.5}),
        ("keyring", {"keyring": 7}),
        ("keyring", {"keyring": None}),
    ],
    ids=str,
)
def test_what_a_slot_cannot_be_opened_by_is_a_damaged_file(
    kind: str, changed: dict[str, object], envelope: Envelope, tmp_path: Path
) -> None:
    body = json.loads(encoded(envelope))
    del body["check"]
    body["slots"][kind] |= changed
    (tmp_path / "vault.json").write_bytes(_with_check(body))

    with pytest.raises(DamagedEnvelopeError):
        read_envelope(tmp_path / "vault.json")


def test_what_is_read_is_what_was_written(envelope: Envelope, tmp_path: Path) -> None:
    write_envelope(tmp_path / "vault.json", envelope)

    assert read_envelope(tmp_path / "vault.json") == envelope
    assert [path.name for path in tmp_path.iterdir()] == ["vault.json"]


def test_no_key_stands_in_the_file_or_in_repr(envelope: Envelope) -> None:
    shown = encoded(envelope) + repr(envelope).encode()

    assert DEK.hex().encode() not in shown
    assert DEK not in shown
    assert KEK not in shown


def test_every_changed_byte_is_noticed(envelope: Envelope) -> None:
    content = encoded(envelope)
    for place in range(len(content)):
        for flip in (0x01, 0x20, 0x80):
            damaged = bytearray(content)
            damaged[place] ^= flip
            with pytest.raises((ValueError, TypeError, LookupError)):
                decoded(bytes(damaged))


def test_a_file_cut_at_any_length_is_damaged(envelope: Envelope, tmp_path: Path) -> None:
    content = encoded(envelope)
    path = tmp_path / "vault.json"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DamagedEnvelopeError):
            read_envelope(path)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_envelope_is_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "vault.json").write_bytes(content)

    with pytest.raises(DamagedEnvelopeError):
        read_envelope(tmp_path / "vault.json")


@pytest.mark.parametrize(
    "change",
    [
        *({"slots": shape} for shape in ([], ["passphrase"], 7, None, "slots")),
        *({"slots": {kind: shape}} for kind in SlotKind for shape in ({}, [], "", 7)),
        {"vault": 7},
    ],
    ids=str,
)
def test_another_shape_under_a_check_that_holds_is_damaged(
    change: dict[str, object], envelope: Envelope, tmp_path: Path
) -> None:
    body = json.loads(encoded(envelope)) | change
    del body["check"]
    (tmp_path / "vault.json").write_bytes(_with_check(body))

    with pytest.raises(DamagedEnvelopeError):
        read_envelope(tmp_path / "vault.json")


def test_a_missing_file_says_what_to_put_back(tmp_path: Path) -> None:
    with pytest.raises(DamagedEnvelopeError, match=r"vault\.json"):
        read_envelope(tmp_path / "vault.json")


@pytest.mark.parametrize("change", [{"format": 2}, {"slots": {"hardware": {}}}])
def test_a_later_format_or_slot_is_a_newer_vault(
    change: dict[str, object], envelope: Envelope, tmp_path: Path
) -> None:
    body = json.loads(encoded(envelope)) | change
    del body["check"]
    (tmp_path / "vault.json").write_bytes(_with_check(body))

    with pytest.raises(NewerVaultError):
        read_envelope(tmp_path / "vault.json")
