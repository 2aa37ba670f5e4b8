"""Copies that hold what was removed for good: another takes their place, and they go."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import vault as vault_module
from desktop_app.vault.copies import copies_in
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.damaged_vault import damage_overflow
from tests.support.vault_fixtures import PASSPHRASE


def given_up_after_a_purge(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make()
    vault.sessions.delete("a")
    vault.sessions.purge("a")
    vault.database.give_up()


def test_a_history_known_to_be_damaged_lets_no_copy_go(vault: Vault) -> None:
    given_up_after_a_purge(vault)
    vault.database.go_on()
    vault.database.damaged = True
    vault.close()

    assert len(void_copies(vault)) == 1


def void_copies(vault: Vault) -> list[Path]:
    return list(vault.files.backups.glob("*.void/history.db"))


def test_closed_in_haste_the_copy_that_takes_the_place_of_void_ones_is_made(vault: Vault) -> None:
    given_up_after_a_purge(vault)
    vault.close()

    assert not vault.backups.expired
    assert len(copies_in(vault.files.backups)) == 1


def test_where_there_is_no_time_for_it_the_next_opening_makes_it(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up_after_a_purge(vault)
    with monkeypatch.context() as no_time:
        no_time.setattr(vault_module, "IN_HASTE_S", 0.0)
        vault.close()
    assert len(void_copies(vault)) == 1

    open_with_passphrase(folder, PASSPHRASE).close()

    assert not vault.backups.expired
    assert len(copies_in(vault.files.backups)) == 1


def test_a_history_that_cannot_be_copied_whole_keeps_what_may_hold_what_it_lost(
    vault: Vault, folder: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.add("b", Turn(Role.USER, "页" * 10_000))
    vault.backups.make()
    damage_overflow(vault)
    with open_with_passphrase(folder, PASSPHRASE) as again:
        again.sessions.delete("a")
        again.sessions.purge("a")
        again.database.give_up()

    assert len(void_copies(vault)) == 1


def test_a_history_whose_envelope_went_has_it_again_when_the_last_copy_with_one_goes(
    vault: Vault,
) -> None:
    given_up_after_a_purge(vault)
    (void,) = void_copies(vault)
    kept = void.with_name("vault.json").read_bytes()
    vault.files.envelope.unlink()
    vault.close()

    assert vault.files.envelope.read_bytes() == kept
    assert void_copies(vault) == []


def test_a_void_copy_that_cannot_be_removed_has_no_other_made_for_it_and_goes_when_it_can(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up_after_a_purge(vault)
    vault.database.go_on()
    (void,) = void_copies(vault)
    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "unlink", refused_below(void.parent, Path.unlink))
        vault.backups.renew()
        made = copies_in(vault.files.backups)
        assert void.exists()
        assert not vault.backups.expired
        vault.backups.renew()
        vault.backups.make_if_due()
        assert copies_in(vault.files.backups) == made

    vault.backups.make_if_due()
    assert not void.exists()


def test_a_void_safety_copy_stays_until_another_copy_is_made_though_a_second_is_void(
    vault: Vault,
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    for _ in range(2):
        vault.backups.make_safety_copy()
        with vault.backups.expiring(vault.keys.dek) as expire:
            expire()
    assert len(void_copies(vault)) == 2

    vault.backups.renew()
    assert void_copies(vault) == []


def test_such_a_copy_costs_no_other_at_each_opening(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up_after_a_purge(vault)
    vault.database.go_on()
    (void,) = void_copies(vault)
    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "unlink", refused_below(void.parent, Path.unlink))
        vault.backups.renew()
        made = copies_in(vault.files.backups)
        vault.close()
        for _ in range(3):
            open_with_passphrase(vault.files.folder, PASSPHRASE).close()
        assert copies_in(vault.files.backups) == made
        assert void.exists()

    open_with_passphrase(vault.files.folder, PASSPHRASE).close()
    assert not void.exists()


def refused_below(folder: Path, unlink: Callable[..., None]) -> Callable[..., None]:
    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent == folder:
            raise PermissionError(errno.EACCES, "refused", str(path))
        unlink(path, missing_ok)

    return refused
