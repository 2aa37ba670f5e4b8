"""Which of two recovery sheets counts is said after a change that failed, and not guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import write_envelope
from desktop_app.vault.errors import BusyVaultError, GivenUpError, VaultError
from desktop_app.vault.key_slots import KeySlots
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import new_key
from desktop_app.vault.shown_sheet import SheetError, ShownSheet
from desktop_app.vault.vault import Vault
from resources.messages import LANGUAGES, Language, sentence

REFUSED = BusyVaultError("vault.busy")


def fail(shown: ShownSheet, error: Exception) -> SheetError:
    with pytest.raises(SheetError) as told, shown.told_of():
        raise error
    return told.value


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_reason_comes_first_and_then_what_becomes_of_it(vault: Vault, lang: Language) -> None:
    told = fail(ShownSheet(vault.files, vault.keys), REFUSED)

    assert told.sentence(lang).splitlines() == [
        REFUSED.sentence(lang),
        sentence("error.vault.sheet_void_first", lang=lang),
    ]


def test_the_earlier_one_counts_where_there_is_one(vault: Vault) -> None:
    vault.keys.set_recovery(RecoveryCode.new())

    assert fail(ShownSheet(vault.files, vault.keys), REFUSED).key == "vault.sheet_void"


def test_one_that_counts_is_not_denied_where_the_copies_did_not_follow(vault: Vault) -> None:
    shown = ShownSheet(vault.files, vault.keys)
    vault.keys.set_recovery(RecoveryCode.new())
    behind = VaultError("vault.copies_behind", folder=vault.files.backups)
    with pytest.raises(VaultError) as told, shown.told_of():
        raise behind

    assert told.value is behind


def test_one_that_was_written_and_then_failed_is_to_be_kept_with_the_earlier(vault: Vault) -> None:
    shown = ShownSheet(vault.files, vault.keys)
    vault.keys.set_recovery(RecoveryCode.new())

    assert fail(shown, REFUSED).key == "vault.sheet_uncertain"


def test_so_is_one_for_a_data_key_that_may_be_changed(vault: Vault) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    shown = ShownSheet(vault.files, vault.keys)
    write_envelope(vault.files.next_envelope, vault.keys.envelope())

    assert fail(shown, VaultError("vault.rotation_unfinished")).key == "vault.sheet_uncertain"


def replace_by_anothers(path: Path) -> None:
    write_envelope(path, Envelope().with_passphrase(new_key(), "theirs"))


def damage(path: Path) -> None:
    path.write_bytes(bytes(500))


@pytest.mark.parametrize("happens", [Path.unlink, damage, replace_by_anothers])
@pytest.mark.parametrize("before", [True, False], ids=["before it is shown", "while it is"])
def test_what_becomes_of_the_key_file_makes_nothing_uncertain(
    vault: Vault, happens: Callable[[Path], None], before: bool
) -> None:
    """The history that is open knows its own, and puts it back."""
    vault.keys.set_recovery(RecoveryCode.new())
    if before:
        happens(vault.files.envelope)
    shown = ShownSheet(vault.files, vault.keys)
    if not before:
        happens(vault.files.envelope)

    assert shown.void == "vault.sheet_void"
    assert fail(shown, REFUSED).key == "vault.sheet_void"


def test_so_is_one_of_a_history_whose_key_file_never_could_be_read(vault: Vault) -> None:
    vault.files.envelope.write_bytes(b"{")
    own = OwnEnvelope(vault.files, vault.database.check_there)
    shown = ShownSheet(vault.files, KeySlots(vault.files, vault.keys.dek, own))

    assert fail(shown, REFUSED).key == "vault.sheet_uncertain"


def test_a_change_that_an_earlier_one_stands_before_makes_nothing_uncertain(vault: Vault) -> None:
    write_envelope(vault.files.next_envelope, vault.keys.envelope())
    shown = ShownSheet(vault.files, vault.keys)

    assert fail(shown, VaultError("vault.rotation_unfinished")).key == "vault.sheet_void_first"


def test_of_a_bug_the_kind_alone_is_said(vault: Vault) -> None:
    said = fail(ShownSheet(vault.files, vault.keys), ZeroDivisionError("private")).sentence()

    assert "ZeroDivisionError" in said
    assert "private" not in said
    assert sentence("error.vault.sheet_void_first") in said


def test_a_history_that_is_closed_meanwhile_tells_of_it_itself(vault: Vault) -> None:
    with pytest.raises(GivenUpError), ShownSheet(vault.files, vault.keys).told_of():
        raise GivenUpError("vault.given_up")
