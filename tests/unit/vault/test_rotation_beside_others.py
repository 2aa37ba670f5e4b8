"""A new data key beside a slot that is changed, and beside a lock: one of them, never half of both.

Each is held at a named moment while the other one runs in another thread.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import key_slots, rotation
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import BusyVaultError, GivenUpError, VaultError, WrongPassphraseError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.parcel import Parcel, packed, unpacked
from desktop_app.vault.peek import newest_turn
from desktop_app.vault.sealing import SEALED_BYTES
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.vault_fixtures import PASSPHRASE

NEW = "另一句口令 battery staple"
PATIENCE_SECONDS = 30
A_MOMENT_SECONDS = 0.5
"""More than whoever is not held needs to get past what it has to wait for."""
ROTATION_POINTS = ["session_keys_sealed", "envelope_written", "rekeyed", "renamed"]


class Moment:
    """Holds the thread that comes to a named moment until it may go on."""

    def __init__(self) -> None:
        self.came, self.may_go = threading.Event(), threading.Event()

    def hold(self) -> None:
        if not self.came.is_set():
            self.came.set()
            assert self.may_go.wait(PATIENCE_SECONDS)


class Beside:
    """Work in another thread, and what came of it."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.error = error

    def is_waiting(self) -> bool:
        self._thread.join(A_MOMENT_SECONDS)
        return self._thread.is_alive()

    def end(self) -> Exception | None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return self.error


@contextmanager
def held_at(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, work: Callable[[], object]
) -> Iterator[Beside]:
    """Have `work` come to the moment called `name`, and stay there until the block has ended."""
    moment = Moment()

    def reached(at: str) -> None:
        sys.audit("soulchat.crash_point", at)
        if at == name:
            moment.hold()

    monkeypatch.setattr(module, "crash_point", reached)
    beside = Beside(work)
    try:
        assert moment.came.wait(PATIENCE_SECONDS)
        yield beside
    finally:
        moment.may_go.set()
        beside.end()


@pytest.fixture
def with_copies(vault: Vault) -> Vault:
    """A history with a copy of each kind, and a key of a session."""
    vault.sessions.add("a", Turn(Role.USER, "在吗"))
    vault.blobs.put("a", "state", b"state")
    vault.backups.make()
    vault.backups.make_safety_copy()
    return vault


def check_opens(folder: Path, passphrase: str) -> None:
    """Check that one passphrase opens the history and each copy, to the last message."""
    with open_with_passphrase(folder, passphrase) as again:
        assert [each.turn.content for each in again.sessions.turns("a")] == ["在吗"]
        assert again.blobs.get("a", "state") in {b"state", None}  # it goes with its data key
    copies = kept_copies(VaultFiles(folder))
    assert copies
    for copy in copies:
        dek = read_envelope(copy.files.envelope).open_with_passphrase(passphrase)
        assert newest_turn(copy.files.history, dek) is not None
    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(folder, PASSPHRASE if passphrase == NEW else NEW)


def test_a_new_key_waits_for_a_slot_that_is_being_changed(
    with_copies: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, old, sealed = with_copies, with_copies.keys.dek, threading.Event()
    renewal = rotation.renewal

    def renewal_made(*given: object, **named: object) -> object:
        made = renewal(*given, **named)  # type: ignore[arg-type]
        sealed.set()
        return made

    monkeypatch.setattr("desktop_app.vault.vault.renewal", renewal_made)
    with held_at(
        monkeypatch, key_slots, "key_slots.sealed", lambda: vault.keys.set_passphrase(NEW)
    ) as change:
        rotating = Beside(lambda: vault.rotate(passphrase=PASSPHRASE))
        assert sealed.wait(PATIENCE_SECONDS)
        assert rotating.is_waiting()

    assert change.end() is None
    assert isinstance(rotating.end(), BusyVaultError)
    assert vault.keys.dek == old
    vault.close()
    check_opens(folder, NEW)


@pytest.mark.parametrize("point", ROTATION_POINTS)
def test_a_slot_is_changed_when_the_new_key_is_in_force(
    with_copies: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    vault, old = with_copies, with_copies.keys.dek
    with held_at(
        monkeypatch, rotation, f"rotation.{point}", lambda: vault.rotate(passphrase=PASSPHRASE)
    ) as rotating:
        change = Beside(lambda: vault.keys.set_passphrase(NEW))
        assert change.is_waiting()

    assert change.end() is None
    told = rotating.end()  # a copy was being made anew while its keys changed: the next opening
    assert told is None or getattr(told, "key", "") == "vault.copies_behind"
    assert vault.keys.dek != old
    vault.close()
    check_opens(folder, NEW)


@pytest.mark.parametrize("meanwhile", ["changed", "a new key"])
def test_what_came_to_the_disk_while_a_slot_was_sealed_is_not_written_over(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    found = vault.keys.envelope()
    other = Envelope(found.vault).with_passphrase(vault.keys.dek, NEW)
    path = vault.files.envelope if meanwhile == "changed" else vault.files.next_envelope

    def reached(at: str) -> None:
        if at == "key_slots.sealed":
            write_envelope(path, other)

    monkeypatch.setattr(key_slots, "crash_point", reached)
    with pytest.raises(BusyVaultError):
        vault.keys.set_passphrase("一句别的口令 other")

    assert read_envelope(path) == other
    assert vault.keys.envelope() == found


def test_a_history_that_is_being_closed_gets_no_new_key(with_copies: Vault, folder: Path) -> None:
    vault, old = with_copies, with_copies.keys.dek
    vault.database.give_up()
    with pytest.raises(GivenUpError):
        vault.rotate(passphrase=PASSPHRASE)

    assert vault.keys.dek == old
    rows = vault.database.rows("SELECT length(key) FROM session WHERE key IS NOT NULL")
    vault.close()
    assert rows == [(SEALED_BYTES,)]
    check_opens(folder, PASSPHRASE)


def test_given_up_after_the_keys_of_sessions_the_old_key_stays(
    with_copies: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, old = with_copies, with_copies.keys.dek
    with held_at(
        monkeypatch,
        rotation,
        "rotation.session_keys_sealed",
        lambda: vault.rotate(passphrase=PASSPHRASE),
    ) as rotating:
        vault.database.give_up()

    assert isinstance(rotating.end(), GivenUpError)
    assert vault.keys.dek == old
    assert not vault.files.next_envelope.exists()
    vault.close()
    check_opens(folder, PASSPHRASE)


@pytest.mark.parametrize("point", ROTATION_POINTS[1:3])
def test_what_locking_seals_opens_with_the_key_that_comes_into_force(
    with_copies: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    vault, parcels = with_copies, list[Parcel]()
    with held_at(
        monkeypatch, rotation, f"rotation.{point}", lambda: vault.rotate(passphrase=PASSPHRASE)
    ) as rotating:
        vault.database.give_up()
        packing = Beside(lambda: parcels.append(packed(vault.keys, b"draft")))
        assert packing.is_waiting() is (point == "envelope_written")
        closing = Beside(vault.close)
        assert closing.is_waiting()

    told = rotating.end()  # the copies are made anew at the next opening
    assert told is None or isinstance(told, VaultError)
    assert (packing.end(), closing.end()) == (None, None)
    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert unpacked(again.keys, parcels[0]) == b"draft"
    check_opens(folder, PASSPHRASE)


def test_a_key_dropped_when_the_new_one_is_in_force_leaves_the_rest_to_the_next_opening(
    with_copies: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = with_copies
    with held_at(
        monkeypatch, rotation, "rotation.renamed", lambda: vault.rotate(passphrase=PASSPHRASE)
    ) as rotating:
        vault.keys.forget()

    told = rotating.end()
    assert told is None or isinstance(told, VaultError)
    vault.close()
    check_opens(folder, PASSPHRASE)


def test_a_history_closed_meanwhile_gets_no_new_key(vault: Vault) -> None:
    renewed = rotation.renewal(vault.keys, passphrase=PASSPHRASE)
    vault.keys.forget()
    with pytest.raises(GivenUpError):
        rotation.rotate(
            vault.files,
            vault.database,
            vault.keys,
            vault.session_keys,
            renewed,
            lambda: pytest.fail("it was refused"),
        )

    assert not vault.files.next_envelope.exists()
