"""What is done while the history is about to be closed: all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import backup_file as backup_file_module
from desktop_app.vault import carried as carried_module
from desktop_app.vault import export as export_module
from desktop_app.vault import key_slots
from desktop_app.vault import merge as merge_module
from desktop_app.vault import restore as restore_module
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, CarriedTurn, carried_sessions
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import GivenUpError, VaultError
from desktop_app.vault.import_file import FileRead, read_conversations
from desktop_app.vault.interruptible import Work
from desktop_app.vault.merge import gain, merge
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from desktop_app.views import backup_work, key_changes
from tests.support.two_histories import merged
from tests.support.vault_fixtures import PASSPHRASE

SAID = 250
COMING = tuple(
    CarriedSession(
        name,
        tuple(
            CarriedTurn(Role.USER, f"第{n}句", created=n, after=n - 1 if n else None)
            for n in range(SAID)
        ),
    )
    for name in ("b", "c")
)


def all_in(vault: Vault) -> list[CarriedSession]:
    return list(carried_sessions(vault.database, trashed=True))


def given_up_meanwhile(database: Database) -> Iterator[CarriedSession]:
    yield COMING[0]
    database.give_up()
    yield COMING[1]


def test_given_up_while_it_is_read_nothing_is_added(vault: Vault) -> None:
    before = all_in(vault)
    with pytest.raises(GivenUpError, match="解锁后再做一次"):
        merge(vault.database, given_up_meanwhile(vault.database), 0)

    assert all_in(vault) == before
    assert vault.database.broke_off


@pytest.mark.parametrize("turn", [1, SAID, SAID + 1, 2 * SAID])
def test_given_up_while_it_is_written_it_is_rolled_back(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    before, add, added = all_in(vault), merge_module._add_turn, []

    def add_some(*given: object, **named: object) -> int:
        added.append(given)
        if len(added) == turn:
            vault.database.give_up()
        return add(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(merge_module, "_add_turn", add_some)
    with pytest.raises(GivenUpError):
        merge(vault.database, COMING, 0)

    assert len(added) == turn
    assert all_in(vault) == before
    assert vault.database.broke_off
    assert verify(vault).whole


def test_what_was_rolled_back_has_brought_in_no_time_yet_to_come(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.sessions.add("mine", Turn(Role.USER, "在吗"))
    said = vault.sessions.newest()

    def give_up(*_: object, **__: object) -> tuple[int, int]:
        raise GivenUpError("vault.given_up")

    monkeypatch.setattr(merge_module, "_add_turns", give_up)
    future = CarriedTurn(Role.USER, "在吗", created=4_000_000_000_000)
    with pytest.raises(GivenUpError):
        merge(vault.database, [CarriedSession("future", (future,))], 0)

    assert vault.database.rows("SELECT name FROM setting WHERE name LIKE 'brought%'") == []
    assert vault.sessions.newest() == said


def test_looking_at_what_it_would_add_is_given_up_too(vault: Vault) -> None:
    vault.database.give_up()
    with pytest.raises(GivenUpError):
        gain(vault.database, COMING)


def test_a_restore_given_up_at_its_copy_is_remembered(backup: Path, elsewhere: Vault) -> None:
    elsewhere.database.give_up()
    with pytest.raises(GivenUpError):
        merged(backup, elsewhere)

    assert elsewhere.database.broke_off


def test_it_can_be_done_after_all(vault: Vault) -> None:
    vault.database.give_up()
    with pytest.raises(GivenUpError):
        merge(vault.database, COMING, 0)
    vault.database.go_on()

    assert merge(vault.database, COMING, 0).new_turns == 2 * SAID
    assert not vault.database.broke_off


def test_words_that_locking_left_out_are_taken_in_at_the_next_opening(
    vault: Vault, folder: Path
) -> None:
    vault.database.committed = lambda _: vault.database.give_up()
    merge(vault.database, COMING, 0)

    assert not vault.database.broke_off
    assert verify(vault).unfound_turns == 2 * SAID
    vault.close()
    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert verify(again).whole
        assert len(again.search.find("第7句")) == 2


def test_between_its_words_others_have_their_turn(vault: Vault) -> None:
    """Each write after the first is of some words, and somebody may come in between."""
    written: list[bool] = []
    vault.database.committed = written.append
    merge(vault.database, COMING, 0)

    assert len(written) == 1 + 2 * SAID // merge_module.WORDS_OF
    assert verify(vault).whole


def two_messages(path: Path) -> Path:
    said = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    path.write_text(json.dumps({"id": "long", "source": "t", "messages": said}))
    return path


def test_an_import_given_up_at_its_copy_is_remembered(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, make = all_in(vault), vault.backups.make_safety_copy

    def given_up() -> object:
        vault.database.give_up()
        return make()

    monkeypatch.setattr(vault.backups, "make_safety_copy", given_up)
    with pytest.raises(GivenUpError):
        bring_in(vault, read_conversations(two_messages(tmp_path / "c.jsonl")))

    assert all_in(vault) == before
    assert vault.database.broke_off


@pytest.mark.parametrize("closed_too", [False, True])
@pytest.mark.parametrize("what", ["import", "restore"])
def test_given_up_while_a_file_is_read_is_told_before_that_is_over(
    elsewhere: Vault,
    backup: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    closed_too: bool,
) -> None:
    """Locking does not wait for the reading, and says at once what will become of it."""
    told = []

    def meanwhile(point: str = "restore.unpacked") -> None:
        if point == "restore.unpacked":
            elsewhere.database.give_up()
            told.append(elsewhere.database.broke_off)
            if closed_too:
                elsewhere.close()

    def read(path: Path) -> FileRead:
        found = read_conversations(path)
        meanwhile()
        return found

    monkeypatch.setattr("desktop_app.vault.import_file.read_conversations", read)
    monkeypatch.setattr(restore_module, "crash_point", meanwhile)
    works: dict[str, Callable[[], object]] = {
        "import": partial(backup_work.take_in, elsewhere, two_messages(tmp_path / "c.jsonl")),
        "restore": partial(backup_work.restore, elsewhere, backup, PASSPHRASE),
    }
    with pytest.raises(GivenUpError):
        works[what]()

    assert told == [{Work.BRINGING_IN}]
    assert elsewhere.database.broke_off
    assert not list(elsewhere.files.folder.parent.glob("*.restoring*"))


@pytest.mark.parametrize("point", ["backup_file.copied", "backup_file.written"])
def test_a_backup_given_up_leaves_no_file_and_is_remembered(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """While the archive is written, or when it is whole and has no name yet."""

    def reached(at: str) -> None:
        if at == point:
            vault.database.give_up()

    monkeypatch.setattr(backup_file_module, "crash_point", reached)
    with pytest.raises(GivenUpError):
        backup_work.back_up(vault, tmp_path / "b")

    assert {path.name for path in tmp_path.iterdir()} == {"data"}
    assert vault.database.broke_off == {Work.WRITING_OUT}


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((Path, "touch"), id="before its key is asked for"),
        pytest.param((Database, "check_given_up"), id="before its first step"),
    ],
)
def test_a_copy_whose_history_is_closed_before_a_step_is_given_up(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: tuple[type, str]
) -> None:
    whose, name = before
    known = getattr(whose, name)

    def closes(*given: object, **named: object) -> None:
        monkeypatch.undo()
        known(*given, **named)
        vault.close()

    monkeypatch.setattr(whose, name, closes)
    with pytest.raises(GivenUpError):
        vault.database.copy_to(tmp_path / "copy.db")


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_an_export_given_up_at_its_second_conversation_leaves_no_file_and_is_remembered(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    merge(vault.database, COMING, 0)
    read = carried_module.carried_session

    def given_up(*given: object) -> CarriedSession | None:
        vault.database.give_up()
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(carried_module, "carried_session", given_up)
    with pytest.raises(GivenUpError):
        backup_work.export(vault, tmp_path / "e", form, ["b", "c"])

    assert {path.name for path in tmp_path.iterdir()} == {"data"}
    assert vault.database.broke_off == {Work.WRITING_OUT}


def test_an_export_given_up_when_it_is_written_gets_no_name(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge(vault.database, COMING, 0)
    write = export_module.write_export

    def given_up(*given: object) -> None:
        vault.database.give_up()
        write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(export_module, "write_export", given_up)
    with pytest.raises(GivenUpError):
        backup_work.export(vault, tmp_path / "e", "md", ["b"])

    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_what_is_about_to_be_in_the_history_is_not_told_as_given_up(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = vault.database.check_given_up_at_last

    def too_late() -> None:
        last()
        vault.database.give_up()
        assert not vault.database.broke_off

    monkeypatch.setattr(vault.database, "check_given_up_at_last", too_late)

    assert merge(vault.database, COMING, 0).new_turns == 2 * SAID
    assert not vault.database.broke_off


def test_a_way_of_opening_given_up_before_it_is_written_stays_as_it_was(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vault.keys.envelope()
    at_point(monkeypatch, "key_slots.sealed", vault.database.give_up)
    with pytest.raises(GivenUpError), vault.database.at(Work.CHANGING_KEY):
        vault.keys.set_recovery(RecoveryCode.new())

    assert vault.keys.envelope() == before
    assert vault.database.broke_off == {Work.CHANGING_KEY}


def test_what_ends_as_given_up_where_it_is_not_closed_after_all_is_not_told_later(
    vault: Vault,
) -> None:
    def ends_late() -> None:
        with vault.database.at(Work.WRITING_OUT):
            vault.database.give_up()
            vault.database.go_on()
            raise GivenUpError("vault.given_up")

    with pytest.raises(GivenUpError):
        ends_late()

    assert not vault.database.broke_off


def test_one_that_was_begun_before_a_lock_is_changed_in_haste(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_point(monkeypatch, "key_slots.sealed", vault.database.give_up)
    key_changes.set_recovery(vault, RecoveryCode.new())

    assert SlotKind.RECOVERY in vault.keys.envelope().slots()
    assert not vault.database.broke_off


def test_one_that_is_written_is_not_denied_where_the_copies_did_not_follow(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> None:
        vault.database.give_up()
        vault.keys.forget()

    at_point(monkeypatch, "key_slots.written", close)
    with pytest.raises(VaultError) as raised:
        key_changes.set_recovery(vault, RecoveryCode.new())

    assert raised.value.key == "vault.copies_behind"
    assert SlotKind.RECOVERY in vault.keys.envelope().slots()
    assert not vault.database.broke_off


def at_point(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Have something done when a way of opening has been changed so far."""

    def point(reached: str) -> None:
        if reached == name:
            act()

    monkeypatch.setattr(key_slots, "crash_point", point)
