"""`soulchat vault` as a script and a person at a terminal use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desktop_app.commands.vault import CONFIRMED
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import VaultError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import (
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
    slots,
)
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE

NEW = "新的口令 new passphrase"


@pytest.fixture(autouse=True)
def no_keyring_but_the_tests_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")


def vault(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run `soulchat vault …`; return the status and both outputs."""
    done = soulchat("vault", *arguments, "--data-dir", folder.parent, **environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def status(folder: Path) -> dict[str, Any]:
    code, out, said = vault(folder, "status", "--json")
    assert (code, said) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def code_on(sheet: str) -> str:
    """Return the code that a person would copy from a sheet."""
    return " ".join(line.strip() for line in sheet.splitlines() if line.startswith("    "))


def test_status_of_nothing_is_no_error(folder: Path) -> None:
    assert status(folder) == {"exists": False, "slots": {}}


def test_a_history_is_made_once(folder: Path) -> None:
    assert vault(folder, "init", SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0
    code, out, said = vault(folder, "init", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert (code, out) == (1, "")
    assert said.startswith("这里已经有")


def test_status_names_the_ways_and_opens_nothing(closed: Path) -> None:
    found = status(closed)

    assert found["exists"]
    assert found["slots"] == {
        "keyring": None,
        "passphrase": {"memory_kib": 65536, "passes": 3, "lanes": 4},
        "recovery": None,
    }
    assert found["bytes"] == (closed / "history.db").stat().st_size


def test_status_of_a_damaged_key_file_is_that_of_the_copy_beside_it(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as opened:
        opened.backups.make()
    before = status(closed)
    (closed / "vault.json").write_bytes(b"{")

    assert status(closed) == before


@pytest.mark.parametrize(("given", "expected"), [(PASSPHRASE, 0), ("wrong", 1)])
def test_unlocking_is_tried(closed: Path, given: str, expected: int) -> None:
    assert vault(closed, "unlock-test", SOULCHAT_PASSPHRASE=given)[0] == expected


def test_a_passphrase_is_changed(closed: Path) -> None:
    code, _, _ = vault(
        closed, "passphrase", SOULCHAT_PASSPHRASE=PASSPHRASE, SOULCHAT_NEW_PASSPHRASE=NEW
    )

    assert code == 0
    open_with_passphrase(closed, NEW).close()


def test_a_short_passphrase_is_refused(closed: Path) -> None:
    code, _, said = vault(
        closed, "passphrase", SOULCHAT_PASSPHRASE=PASSPHRASE, SOULCHAT_NEW_PASSPHRASE="short"
    )

    assert code == 1
    assert said.startswith("口令太短了")
    open_with_passphrase(closed, PASSPHRASE).close()


def test_without_a_terminal_the_variable_of_the_new_one_is_named(closed: Path) -> None:
    code, _, said = vault(closed, "passphrase", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 1
    assert "SOULCHAT_NEW_PASSPHRASE" in said


def test_a_sheet_is_printed_and_its_code_opens(closed: Path) -> None:
    code, sheet, _ = vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 0
    open_with_recovery(closed, code_on(sheet)).close()
    assert vault(closed, "unlock-test", SOULCHAT_RECOVERY_CODE=code_on(sheet))[0] == 0


def test_a_slip_in_the_code_is_one_sentence(closed: Path) -> None:
    vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    code, out, said = vault(closed, "unlock-test", SOULCHAT_RECOVERY_CODE="0" * 33 + "1")

    assert (code, out) == (1, "")
    assert said == "恢复码里有抄错的地方。请对照纸上的，逐组再看一遍。\n"


def test_the_last_way_is_refused(closed: Path) -> None:
    code, _, said = vault(closed, "passphrase", "--remove", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 1
    assert said.startswith("这是打开对话记录的最后一种方式")


def test_ways_are_added_and_taken_away(closed: Path, secret_service: Keychain) -> None:
    assert vault(closed, "keyring", "add", SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0
    open_with_keyring(closed, secret_service).close()
    assert vault(closed, "passphrase", "--remove")[0] == 0
    assert slots(closed) == {SlotKind.KEYRING}
    assert vault(closed, "passphrase", SOULCHAT_NEW_PASSPHRASE=NEW)[0] == 0
    assert vault(closed, "keyring", "remove")[0] == 0

    assert slots(closed) == {SlotKind.PASSPHRASE}


def test_the_key_is_changed_and_a_new_sheet_printed(closed: Path) -> None:
    _, old_sheet, _ = vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    code, sheet, said = vault(closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 0, said
    assert code_on(sheet) != code_on(old_sheet)
    open_with_recovery(closed, code_on(sheet)).close()
    open_with_passphrase(closed, PASSPHRASE).close()


@ONLY_ROOT
def test_a_sheet_that_a_full_disk_refuses_is_said_not_to_count(small_disk: Path) -> None:
    folder = small_disk / "data" / "vault"
    create(folder, passphrase=PASSPHRASE).close()
    _, earlier, _ = vault(folder, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    filler = fill(small_disk)

    code, sheet, said = vault(folder, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert (code, bool(code_on(sheet))) == (1, True)
    assert said.splitlines()[-2:] == [
        sentence("error.vault.disk_full", folder=folder),
        sentence("error.vault.sheet_void"),
    ]
    filler.unlink()
    open_with_recovery(folder, code_on(earlier)).close()


def test_so_is_one_for_a_new_key_that_the_disk_refuses(closed: Path) -> None:
    _, earlier, _ = vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    (closed / "vault.next.json.part").mkdir()

    code, sheet, said = vault(closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert (code, bool(code_on(sheet))) == (1, True)
    assert said.splitlines()[-1] == sentence("error.vault.sheet_void")
    open_with_recovery(closed, code_on(earlier)).close()


@ONLY_ROOT
def test_a_disk_without_room_for_a_new_key_leads_to_no_sheet(small_disk: Path) -> None:
    folder = small_disk / "data" / "vault"
    create(folder, passphrase=PASSPHRASE).close()
    vault(folder, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    fill(small_disk, leave=100_000)

    code, out, said = vault(folder, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert (code, out) == (1, "")
    assert said.splitlines()[-1] == sentence("error.vault.disk_full", folder=folder)


def test_a_keyring_that_lost_its_key_leads_to_no_sheet_and_can_be_used_anew(
    closed: Path, secret_service: Keychain
) -> None:
    vault(closed, "keyring", "add", SOULCHAT_PASSPHRASE=PASSPHRASE)
    vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    secret_service.delete(read_envelope(closed / "vault.json").vault)

    code, out, said = vault(closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)

    lost = VaultError("vault.rotation_keyring_lost", keyring=secret_service.name)
    assert (code, out, said.strip()) == (1, "", lost.in_terminal())
    assert vault(closed, "keyring", "add", SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0
    assert vault(closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)[0] == 0
    open_with_keyring(closed, secret_service).close()


def test_a_sheet_that_is_given_stays_in_force(closed: Path) -> None:
    _, sheet, _ = vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    code, out, _ = vault(
        closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE, SOULCHAT_RECOVERY_CODE=code_on(sheet)
    )

    assert (code, out) == (0, "")
    open_with_recovery(closed, code_on(sheet)).close()


def test_changing_the_key_names_what_keeps_the_earlier_one(closed: Path) -> None:
    aside = closed / "history.damaged-2026-08-21.db"
    aside.write_bytes(b"damaged")

    code, _, said = vault(closed, "rotate", SOULCHAT_PASSPHRASE=PASSPHRASE)

    assert code == 0
    assert sentence("keys.rotated_aside", path=aside) in said
    assert aside.exists()


def test_nothing_is_erased_unasked(closed: Path) -> None:
    code, _, said = vault(closed, "erase")

    assert code == 1
    assert "--yes" in said
    open_with_passphrase(closed, PASSPHRASE).close()


def test_all_is_erased_without_opening_it(closed: Path) -> None:
    assert vault(closed, "erase", "--yes")[0] == 0

    assert [path.name for path in closed.parent.iterdir()] == ["vault.lock"]


@pytest.mark.parametrize(("answer", "left"), [(CONFIRMED, False), ("yes", True)])
def test_erasing_is_confirmed_by_a_word(closed: Path, answer: str, *, left: bool) -> None:
    with terminal("vault", "erase", "--data-dir", closed.parent) as (child, screen):
        screen.wait_for(CONFIRMED)
        screen.type(answer + "\n")
        assert child.wait(timeout=60) == 0

    assert closed.exists() == left


@pytest.mark.parametrize("by_keyring", [True, False])
def test_who_erases_is_told_what_of_a_copied_folder_goes_with_the_keyrings_key(
    closed: Path, secret_service: Keychain, *, by_keyring: bool
) -> None:
    if by_keyring:
        with open_with_passphrase(closed, PASSPHRASE) as opened:
            opened.keys.keep_in(secret_service)
    with terminal("vault", "erase", "--data-dir", closed.parent) as (child, screen):
        screen.wait_for(CONFIRMED)
        screen.type("no\n")
        assert child.wait(timeout=60) == 0

    assert (sentence("keys.erase_keyring") in screen.seen) == by_keyring


@pytest.mark.parametrize("by_keyring", [True, False])
def test_who_erases_unasked_is_told_that_the_keyrings_key_is_gone_too(
    closed: Path, secret_service: Keychain, *, by_keyring: bool
) -> None:
    if by_keyring:
        with open_with_passphrase(closed, PASSPHRASE) as opened:
            opened.keys.keep_in(secret_service)

    code, _, said = vault(closed, "erase", "--yes")

    too = [sentence("keys.erased_in_keyring")] if by_keyring else []
    assert (code, said.splitlines()) == (0, [sentence("keys.erased"), *too])


def test_where_the_keyring_is_out_of_reach_it_is_said_that_the_history_is_erased(
    folder: Path, secret_service: Keychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(folder, keychain=secret_service).close()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")

    code, _, said = vault(folder, "erase", "--yes")

    left = sentence("error.vault.erased_keyring_left", keyring=secret_service.name)
    assert (code, said.splitlines()) == (1, [left])
    assert not folder.exists()


def test_a_forgotten_passphrase_leads_to_the_recovery_code(closed: Path) -> None:
    _, sheet, _ = vault(closed, "recovery", SOULCHAT_PASSPHRASE=PASSPHRASE)
    with terminal("vault", "unlock-test", "--data-dir", closed.parent) as (child, screen):
        screen.wait_for("改用恢复码")
        screen.type("\n")
        screen.wait_for("恢复码：")
        screen.type(code_on(sheet).lower() + "\n")
        assert child.wait(timeout=60) == 0
