"""Which of two recovery sheets counts is said after a change that failed, and not guessed."""

from __future__ import annotations

import pytest

from desktop_app.vault.envelope_file import write_envelope
from desktop_app.vault.errors import BusyVaultError, GivenUpError, VaultError
from desktop_app.vault.recovery_code import RecoveryCode
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
    told = fail(ShownSheet(vault.files), REFUSED)

    assert told.sentence(lang).splitlines() == [
        REFUSED.sentence(lang),
        sentence("error.vault.sheet_void_first", lang=lang),
    ]


def test_the_earlier_one_counts_where_there_is_one(vault: Vault) -> None:
    vault.keys.set_recovery(RecoveryCode.new())

    assert fail(ShownSheet(vault.files), REFUSED).key == "vault.sheet_void"


def test_one_that_counts_is_not_denied_where_the_copies_did_not_follow(vault: Vault) -> None:
    shown = ShownSheet(vault.files)
    vault.keys.set_recovery(RecoveryCode.new())
    behind = VaultError("vault.copies_behind", folder=vault.files.backups)
    with pytest.raises(VaultError) as told, shown.told_of():
        raise behind

    assert told.value is behind


def test_one_that_was_written_and_then_failed_is_to_be_kept_with_the_earlier(vault: Vault) -> None:
    shown = ShownSheet(vault.files)
    vault.keys.set_recovery(RecoveryCode.new())

    assert fail(shown, REFUSED).key == "vault.sheet_uncertain"


def test_so_is_one_for_a_data_key_that_may_be_changed(vault: Vault) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    shown = ShownSheet(vault.files)
    write_envelope(vault.files.next_envelope, vault.keys.envelope())

    assert fail(shown, VaultError("vault.rotation_unfinished")).key == "vault.sheet_uncertain"


def test_so_is_one_where_the_key_file_cannot_be_read(vault: Vault) -> None:
    shown = ShownSheet(vault.files)
    vault.files.envelope.unlink()

    assert fail(shown, REFUSED).key == "vault.sheet_uncertain"


def test_a_change_that_an_earlier_one_stands_before_makes_nothing_uncertain(vault: Vault) -> None:
    write_envelope(vault.files.next_envelope, vault.keys.envelope())
    shown = ShownSheet(vault.files)

    assert fail(shown, VaultError("vault.rotation_unfinished")).key == "vault.sheet_void_first"


def test_of_a_bug_the_kind_alone_is_said(vault: Vault) -> None:
    said = fail(ShownSheet(vault.files), ZeroDivisionError("private")).sentence()

    assert "ZeroDivisionError" in said
    assert "private" not in said
    assert sentence("error.vault.sheet_void_first") in said


def test_a_history_that_is_closed_meanwhile_tells_of_it_itself(vault: Vault) -> None:
    with pytest.raises(GivenUpError), ShownSheet(vault.files).told_of():
        raise GivenUpError("vault.given_up")
