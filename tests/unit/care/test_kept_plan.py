"""The safety plan: in the history, and beside it only while that is chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.care import kept_plan
from desktop_app.care.kept_plan import KeptPlan
from desktop_app.care.safety_plan import Contact, SafetyPlan, as_written, from_json
from desktop_app.errors import CareError
from desktop_app.vault.documents import SAFETY_PLAN
from desktop_app.vault.erase import erase
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.small_disk import ONLY_ROOT, fill, make_read_only, small_disk
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE, closed, data_key, folder, made, vault

__all__ = ["closed", "data_key", "folder", "made", "small_disk", "vault"]

PLAN = SafetyPlan(
    signs=f"整夜睡不着\n{MARKER}",
    people=(Contact("小林", "138"), Contact("", "139")),
    surroundings="把药交给姐姐",
)
NAME = "safety-plan.json"


def kept(vault: Vault) -> KeptPlan:
    return KeptPlan(vault.files.readable_plan, vault.documents)


def test_it_comes_back_as_it_was_written() -> None:
    assert from_json(PLAN.as_json()) == PLAN
    assert from_json("{}").empty


def test_fields_are_trimmed_and_empty_rows_left_out() -> None:
    assert as_written({"signs": " a\n", "people": [("", " "), (" 小林", "")]}) == SafetyPlan(
        signs="a", people=(Contact("小林"),)
    )


def test_what_is_no_character_is_replaced() -> None:
    assert as_written({"alone": "a\ud800"}).alone == "a\ufffd"


@pytest.mark.parametrize("plain", ['{"signs": 1, "people": {"a": 1}}', '{"people": [1, {}]}'])
def test_a_part_of_another_shape_is_not_written(plain: str) -> None:
    assert from_json(plain).empty


def test_no_word_of_it_is_in_its_repr() -> None:
    assert MARKER not in repr(PLAN)
    assert "小林" not in repr(PLAN)


def test_without_the_choice_it_is_in_no_file_and_with_it_in_one(vault: Vault) -> None:
    data = vault.files.folder.parent
    plan = kept(vault)
    plan.write(PLAN)
    assert plan.read() == PLAN
    assert traces(data) == []

    plan.keep_readable(chosen=True)
    assert {name for name, _ in traces(data)} == {NAME}
    assert (data / NAME).stat().st_mode & 0o777 == 0o600
    assert KeptPlan(data / NAME).read() == PLAN

    plan.write(SafetyPlan(signs="新的"))
    assert traces(data) == []
    assert KeptPlan(data / NAME).read() == SafetyPlan(signs="新的")

    plan.keep_readable(chosen=False)
    assert not (data / NAME).exists()
    assert KeptPlan(data / NAME).read() is None


def test_what_a_crash_left_of_writing_it_goes_with_it(vault: Vault) -> None:
    part = vault.files.readable_plan.with_name(f"{NAME}.part")
    part.write_text(MARKER, encoding="utf-8")

    kept(vault).keep_readable(chosen=False)

    assert not part.exists()


def test_a_copy_that_fell_behind_is_brought_up_to_date(vault: Vault) -> None:
    kept(vault).write(PLAN)
    kept(vault).keep_readable(chosen=True)
    vault.documents.write("safety_plan", SafetyPlan(signs="从备份来的").as_json())

    kept(vault).settle()

    assert KeptPlan(vault.files.readable_plan).read() == SafetyPlan(signs="从备份来的")


def test_settling_makes_no_copy_where_none_is_wanted(vault: Vault) -> None:
    kept(vault).write(PLAN)

    kept(vault).settle()

    assert not kept(vault).readable


def test_a_copy_that_outlived_its_history_is_shown_and_not_emptied(vault: Vault) -> None:
    vault.files.readable_plan.write_text(PLAN.as_json(), encoding="utf-8")

    kept(vault).settle()

    assert kept(vault).read() == PLAN


def test_a_copy_that_cannot_be_read_is_one_sentence(vault: Vault) -> None:
    vault.files.readable_plan.write_bytes(b"{")

    with pytest.raises(CareError, match="读不出来"):
        KeptPlan(vault.files.readable_plan).read()


def test_erasing_the_history_erases_it_too(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        kept(vault).write(PLAN)
        kept(vault).keep_readable(chosen=True)
    part = closed.parent / f"{NAME}.part"
    part.write_text(MARKER, encoding="utf-8")

    erase(closed, Keychain())

    assert {path.name for path in closed.parent.iterdir()} == {"vault.lock"}


def test_a_copy_without_a_history_can_be_erased(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    (folder.parent / NAME).write_text(PLAN.as_json(), encoding="utf-8")

    erase(folder, Keychain())

    assert not (folder.parent / NAME).exists()


@ONLY_ROOT
def test_a_full_disk_is_one_sentence_and_the_copy_is_as_before(
    small_disk: Path, vault: Vault
) -> None:
    plan = KeptPlan(small_disk / NAME, vault.documents)
    plan.write(SafetyPlan(signs="以前的"))
    plan.keep_readable(chosen=True)
    filler = fill(small_disk)

    with pytest.raises(CareError, match="磁盘满了"):
        plan.write(SafetyPlan(signs="新" * 4000))

    assert plan.read() == SafetyPlan(signs="新" * 4000)  # the history has it
    assert KeptPlan(small_disk / NAME).read() == SafetyPlan(signs="以前的")
    assert {path.name for path in small_disk.iterdir()} == {NAME, filler.name}


@ONLY_ROOT
def test_a_full_disk_under_the_history_changes_neither(
    small_disk: Path, made: tuple[Path, bytes]
) -> None:
    folder = Path(shutil.copytree(made[0], small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        kept(vault).write(SafetyPlan(signs="以前的"))
        kept(vault).keep_readable(chosen=True)
        filler = fill(small_disk)
        with pytest.raises(DiskFullError):
            kept(vault).write(SafetyPlan(signs="新" * 8000))
        assert kept(vault).read() == SafetyPlan(signs="以前的")
        filler.unlink()
    assert KeptPlan(small_disk / NAME).read() == SafetyPlan(signs="以前的")


@ONLY_ROOT
def test_a_read_only_disk_neither_takes_nor_gives_up_the_copy(
    small_disk: Path, vault: Vault
) -> None:
    plan = KeptPlan(small_disk / NAME, vault.documents)
    plan.keep_readable(chosen=True)
    make_read_only(small_disk)

    with pytest.raises(CareError, match="没能删掉"):
        plan.keep_readable(chosen=False)
    with pytest.raises(CareError, match="没能写进"):
        plan.write(PLAN)

    assert plan.readable


def test_a_rescue_knows_the_plan_by_its_name() -> None:
    assert kept_plan.NAME == SAFETY_PLAN
