"""A backup in one file, and what comes of it: merged, or become the history."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault import restore
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import decoded
from desktop_app.vault.errors import (
    BackupError,
    DiskFullError,
    GivenUpError,
    NewerVaultError,
    VaultError,
    WrongPassphraseError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import Interruptible, Work
from desktop_app.vault.merge import Gain
from desktop_app.vault.peek import newest_turn
from desktop_app.vault.records import moment
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault, open_with_passphrase, slots
from resources.messages import sentence
from tests.support.crash_points import killed_at
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.two_histories import OTHER, by_passphrase, merged, said_in
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

CODE = RecoveryCode("0123456789ABCDEF" * 2)


def test_the_file_is_its_owners_alone_and_nothing_can_be_read_in_it(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, MARKER))
    write_backup(vault, tmp_path / "b")

    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    assert traces(tmp_path) == []


def test_nothing_is_left_beside_it(backup: Path, vault: Vault) -> None:
    assert {p.name for p in backup.parent.iterdir()} == {"b", "data"}
    names = {p.name for p in vault.files.folder.parent.iterdir()}
    assert names == {"vault"} | {"vault.lock"}


def test_a_file_that_is_there_is_not_overwritten(backup: Path, vault: Vault) -> None:
    before = backup.read_bytes()

    with pytest.raises(BackupError, match="已经有了"):
        write_backup(vault, backup)

    assert backup.read_bytes() == before


def test_the_keyrings_slot_stays_at_home(vault: Vault, tmp_path: Path) -> None:
    vault.keys.set_recovery(CODE)
    with_keyring = vault.keys.envelope().with_keyring(vault.keys.dek, new_key(), "x")
    vault.own_envelope.write(with_keyring)

    write_backup(vault, tmp_path / "b")

    with zipfile.ZipFile(tmp_path / "b") as archive:
        packed = decoded(archive.read("vault.json"))
    assert vault.keys.envelope().slots() == set(SlotKind)
    assert packed.slots() == {SlotKind.PASSPHRASE, SlotKind.RECOVERY}
    assert packed.open_with_recovery(CODE) == vault.keys.dek


def test_merging_brings_a_conversation_that_is_not_there(backup: Path, elsewhere: Vault) -> None:
    elsewhere.sessions.add("here", Turn(Role.USER, "这里的"))

    gain = merged(backup, elsewhere)

    assert gain == Gain(sessions=1, new_sessions=1, continued_sessions=0, new_turns=2)
    turns = elsewhere.sessions.turns("a")
    assert [(t.turn.role, t.turn.content, t.state) for t in turns] == [
        (Role.USER, "一", TurnState.COMPLETE),
        (Role.ASSISTANT, "二", TurnState.STOPPED),
    ]
    assert said_in(elsewhere, "here") == ["这里的"]
    assert {s.id: s.title for s in elsewhere.sessions.kept()} == {"a": "标题", "here": ""}


def test_what_was_merged_can_be_searched(backup: Path, elsewhere: Vault) -> None:
    merged(backup, elsewhere)

    assert [hit.session for hit in elsewhere.search.find("二")] == ["a"]


def test_merging_twice_adds_nothing(backup: Path, elsewhere: Vault) -> None:
    merged(backup, elsewhere)

    assert merged(backup, elsewhere).new_turns == 0
    assert len(elsewhere.sessions.turns("a")) == 2


def test_what_was_said_since_stays(backup: Path, vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "三"))
    vault.sessions.rename("a", "新标题")

    assert merged(backup, vault).new_turns == 0
    assert said_in(vault) == ["一", "二", "三"]
    assert vault.sessions.kept()[0].title == "新标题"


def test_a_title_the_backup_has_and_the_history_lacks_comes_back(
    backup: Path, vault: Vault
) -> None:
    vault.sessions.rename("a", "")
    with opened_backup(backup, vault.files.folder, by_passphrase) as opened:
        preview = opened.preview(vault)

    assert sentence("backup.would_titled", count=1) in preview.sentences()
    assert merged(backup, vault) == preview.gain
    assert vault.sessions.kept()[0].title == "标题"
    assert not merged(backup, vault)


def test_what_went_on_differently_becomes_versions(
    backup: Path, elsewhere: Vault, vault: Vault, tmp_path: Path
) -> None:
    merged(backup, elsewhere)
    elsewhere.sessions.add("a", Turn(Role.USER, "那边的三"))
    vault.sessions.add("a", Turn(Role.USER, "这边的三"))
    write_backup(vault, tmp_path / "later")

    assert merged(tmp_path / "later", elsewhere).new_turns == 1

    assert said_in(elsewhere) == ["一", "二", "那边的三"]
    shown = elsewhere.sessions.turns("a")[-1]
    assert len(shown.versions) == 2
    elsewhere.sessions.choose("a", shown.versions[1])
    assert said_in(elsewhere) == ["一", "二", "这边的三"]


def test_versions_come_along(vault: Vault, elsewhere: Vault, tmp_path: Path) -> None:
    message = vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.edit("a", message, "改过的一")
    write_backup(vault, tmp_path / "b")

    merged(tmp_path / "b", elsewhere)

    (shown,) = elsewhere.sessions.turns("a")
    assert (shown.turn.content, shown.version, len(shown.versions)) == ("改过的一", 2, 2)


def test_a_history_that_is_behind_goes_on(
    backup: Path, elsewhere: Vault, vault: Vault, tmp_path: Path
) -> None:
    merged(backup, elsewhere)
    vault.sessions.add("a", Turn(Role.USER, "三"))
    write_backup(vault, tmp_path / "later")

    with opened_backup(tmp_path / "later", elsewhere.files.folder, by_passphrase) as later:
        assert later.preview(elsewhere).gain == Gain(sessions=1, continued_sessions=1, new_turns=1)
        later.merge_into(elsewhere)

    assert said_in(elsewhere) == ["一", "二", "三"]


def test_what_would_take_a_history_s_place_is_no_addition_to_it(backup: Path, folder: Path) -> None:
    with opened_backup(backup, folder, by_passphrase) as opened:
        (said,) = opened.preview().sentences()

    assert "1 段对话" in said


def test_the_preview_changes_nothing(backup: Path, elsewhere: Vault) -> None:
    with opened_backup(backup, elsewhere.files.folder, by_passphrase) as opened:
        preview = opened.preview(elsewhere)

    assert (preview.sessions, preview.turns, preview.gain.new_turns) == (1, 2, 2)
    assert elsewhere.sessions.kept() == ()


def test_a_copy_is_made_first_and_is_what_was_there_before(backup: Path, elsewhere: Vault) -> None:
    elsewhere.sessions.add("here", Turn(Role.USER, "这里的"))
    merged(backup, elsewhere)

    with open_with_passphrase(elsewhere.files.backups / "before", OTHER) as before:
        assert [session.id for session in before.sessions.kept()] == ["here"]


def test_what_is_in_the_trash_there_is_in_the_trash_here(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    write_backup(vault, tmp_path / "b")

    gain = merged(tmp_path / "b", elsewhere)

    assert gain == Gain(sessions=1, trashed_sessions=1, new_turns=1)
    assert "最近删除" in gain.told("backup.restored", "backup.nothing_new")
    assert elsewhere.sessions.kept() == ()
    assert [session.id for session in elsewhere.sessions.trashed()] == ["a"]


@pytest.mark.parametrize("kept", [True, False])
def test_where_deleted_conversations_are_not_kept_those_of_a_backup_are_said_to_go(
    vault: Vault, elsewhere: Vault, tmp_path: Path, *, kept: bool
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    write_backup(vault, tmp_path / "b")
    elsewhere.trash.keep(kept)

    with opened_backup(tmp_path / "b", elsewhere.files.folder, by_passphrase) as opened:
        before = opened.preview(elsewhere).sentences()
    once, again = (merged(tmp_path / "b", elsewhere) for _ in range(2))

    goes = sentence("backup.trash_not_kept")
    assert (goes in before) is not kept
    assert (goes in once.told("backup.restored", "")) is not kept
    assert (goes in again.told("backup.restored", "backup.nothing_new")) is not kept


def test_what_went_so_comes_again_once_deleted_conversations_are_kept(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    """As a terminal is told, where that comes too late to be chosen before."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    write_backup(vault, tmp_path / "b")
    elsewhere.trash.keep(kept=False)
    merged(tmp_path / "b", elsewhere)
    elsewhere.sessions.purge("a")

    elsewhere.trash.keep(kept=True)
    gain = merged(tmp_path / "b", elsewhere)

    assert gain == Gain(sessions=1, trashed_sessions=1, new_turns=1)
    assert [session.id for session in elsewhere.sessions.trashed()] == ["a"]


def test_of_what_is_not_in_the_trash_nothing_is_said_to_go(backup: Path, elsewhere: Vault) -> None:
    elsewhere.trash.keep(kept=False)

    gain = merged(backup, elsewhere)

    assert sentence("backup.trash_not_kept") not in gain.told("backup.restored", "")


def test_what_goes_on_with_a_conversation_in_the_trash_says_so(
    vault: Vault, backup: Path, elsewhere: Vault, tmp_path: Path
) -> None:
    merged(backup, elsewhere)
    elsewhere.sessions.delete("a")
    vault.sessions.add("a", Turn(Role.USER, "三"))
    write_backup(vault, tmp_path / "later")

    folder = elsewhere.files.folder
    with opened_backup(tmp_path / "later", folder, by_passphrase) as opened:
        assert sentence("backup.would_in_trash", count=1) in opened.preview(elsewhere).sentences()
    gain = merged(tmp_path / "later", elsewhere)

    assert sentence("backup.has_in_trash", count=1) in gain.told("backup.restored", "")
    assert [each.id for each in elsewhere.sessions.trashed()] == ["a"]


def test_a_backup_that_is_all_here_says_what_of_it_lies_in_the_trash(
    backup: Path, elsewhere: Vault
) -> None:
    """Deleted by mistake, and looked for in the backup: it adds nothing, and the list is empty."""
    merged(backup, elsewhere)
    for session in elsewhere.sessions.kept():
        elsewhere.sessions.delete(session.id)

    with opened_backup(backup, elsewhere.files.folder, by_passphrase) as opened:
        preview = opened.preview(elsewhere)
    gain = merged(backup, elsewhere)

    there = len(elsewhere.sessions.trashed())
    assert gain == preview.gain == Gain(sessions=there, trashed_here=there)
    assert not gain
    assert preview.sentences()[1:] == [
        sentence("backup.nothing_new"),
        sentence("backup.would_in_trash", count=there),
    ]
    assert sentence("backup.has_in_trash", count=there) in gain.told(
        "backup.restored", "backup.nothing_new"
    )


def test_what_lies_in_the_trash_of_a_backup_has_its_days_anew_when_it_becomes_the_history(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    with vault.database.transaction():
        vault.database.rows("UPDATE session SET deleted = 1000")
    write_backup(vault, tmp_path / "old")

    become(tmp_path / "old", tmp_path / "new" / "vault", by_passphrase)

    with open_with_passphrase(tmp_path / "new" / "vault", PASSPHRASE) as opened:
        assert [each.id for each in opened.sessions.trashed()] == ["a"]


def test_by_a_clock_that_is_behind_the_trash_of_a_backup_begins_with_the_newest_message(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    said = vault.sessions.newest()
    write_backup(vault, tmp_path / "b")

    with opened_backup(tmp_path / "b", tmp_path / "new" / "vault", by_passphrase) as opened:
        opened.leave_its_place(lambda: 0.0)
        left = opened._database.rows("SELECT deleted FROM session")

    assert [moment(deleted) for (deleted,) in left] == [said]


def test_by_a_clock_that_is_behind_what_comes_into_the_trash_begins_with_the_newest_message_here(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    write_backup(vault, tmp_path / "b")
    elsewhere.sessions.add("here", Turn(Role.USER, "这里的"))
    said = elsewhere.sessions.newest()

    with opened_backup(tmp_path / "b", elsewhere.files.folder, by_passphrase) as opened:
        opened.merge_into(elsewhere, lambda: 0.0)

    assert [each.deleted for each in elsewhere.sessions.trashed()] == [said]


def test_where_there_is_no_history_the_backup_becomes_it(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "vault"

    became = become(backup, folder, by_passphrase)

    assert (became.sessions, became.turns, became.aside) == (1, 2, None)
    assert {p.name for p in folder.parent.iterdir()} == {"vault", "vault.lock"}
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert said_in(vault) == ["一", "二"]


def test_a_history_that_does_not_open_is_moved_aside(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "vault"
    create(folder, passphrase=OTHER).close()
    (folder / "history.db").write_bytes(b"damaged")

    became = become(backup, folder, by_passphrase)

    assert became.aside is not None
    assert (became.aside / "history.db").read_bytes() == b"damaged"
    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_kill_between_the_two_renames_leaves_a_history_that_is_found(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "vault"
    create(folder, passphrase=OTHER).close()
    (folder / "history.db").write_bytes(b"damaged")

    def killed(point: str) -> None:
        if point == "restore.moved_aside":
            raise KeyboardInterrupt

    monkeypatch.setattr(restore, "crash_point", killed)
    with pytest.raises(KeyboardInterrupt):
        become(backup, folder, by_passphrase)
    assert not folder.exists()

    with pytest.raises(VaultError, match="已经有"):
        create(folder, passphrase=OTHER)
    assert slots(folder) == {SlotKind.PASSPHRASE}
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert said_in(vault) == ["一", "二"]


def test_a_kill_before_the_history_is_moved_aside_leaves_nothing_beside_it(
    vault: Vault, folder: Path, backup: Path, data_key: bytes
) -> None:
    """No purge and no change of the key would reach what had come that far."""
    vault.close()
    assert killed_at("restore.arriving", "tests.support.history_changes:become_it", folder, backup)
    arriving = VaultFiles(folder).arriving
    assert newest_turn(arriving.history, data_key) is not None

    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert said_in(again) == ["一", "二"]
        again.rotate(passphrase=PASSPHRASE)

    histories = list(folder.parent.rglob("*.db"))
    assert [path for path in histories if newest_turn(path, data_key) is not None] == []
    assert not arriving.folder.exists()


def test_nothing_is_held_while_a_keyring_asks_and_a_lock_gives_it_up(
    backup: Path, tmp_path: Path
) -> None:
    """The history may be openable again when the prompt is answered, long after the lock."""
    folder = tmp_path / "new" / "vault"
    create(folder, passphrase=OTHER).close()
    before = (folder / "history.db").read_bytes()
    closing = Interruptible()

    def asked(envelope: Envelope) -> bytes:
        closing.give_up()
        open_with_passphrase(folder, OTHER).close()  # it is not busy
        assert closing.broke_off == {Work.BRINGING_IN}
        return by_passphrase(envelope)

    with pytest.raises(GivenUpError):
        become(backup, folder, asked, closing)

    assert (folder / "history.db").read_bytes() == before
    assert {path.name for path in folder.parent.iterdir()} == {"vault", "vault.lock"}


def test_files_beside_the_history_that_a_backup_lacks_are_not_missed(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.blobs.put("a", "snapshot", b"state")
    write_backup(vault, tmp_path / "b")

    become(tmp_path / "b", tmp_path / "new" / "vault", by_passphrase)

    with open_with_passphrase(tmp_path / "new" / "vault", PASSPHRASE) as restored:
        assert restored.blobs.get("a", "snapshot") is None
        restored.blobs.put("a", "snapshot", b"again")
        assert restored.blobs.get("a", "snapshot") == b"again"


def test_a_copy_of_the_last_days_can_be_restored_too(vault: Vault, elsewhere: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    copy = vault.backups.make()

    merged(copy.files.folder, elsewhere)

    assert said_in(elsewhere) == ["一"]


def test_a_wrong_passphrase_changes_nothing(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "vault"

    with pytest.raises(WrongPassphraseError):
        become(backup, folder, lambda envelope: envelope.open_with_passphrase(OTHER))

    assert not VaultFiles(folder).exist()
    assert list(folder.parent.iterdir()) == []


def test_a_backup_that_arrives_has_its_name_on_the_disk_before_the_history_loses_its_own(
    backup: Path, closed: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.close()
    done: list[str] = []
    rename, sync = Path.rename, restore.sync_folder

    def renamed(path: Path, target: Path) -> Path:
        done.append(target.name)
        return rename(path, target)

    def synced(folder: Path) -> None:
        done.append(f"{folder.name} on the disk")
        sync(folder)

    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(restore, "sync_folder", synced)
    become(backup, closed, by_passphrase)

    moved = done.index("vault.arriving")
    assert done[moved : moved + 3] == ["vault.arriving", "data on the disk", "vault.damaged-1"]


@pytest.mark.parametrize("part", range(10))
def test_a_backup_cut_short_is_one_sentence(backup: Path, elsewhere: Vault, part: int) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: len(content) * part // 10])

    with pytest.raises(BackupError, match="不是完好的备份"):
        merged(backup, elsewhere)

    assert not list(elsewhere.files.folder.parent.glob("vault.restoring*"))


@pytest.mark.parametrize("part", range(1, 40))
def test_a_changed_byte_is_noticed_or_means_nothing(
    backup: Path, elsewhere: Vault, part: int
) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) * part // 40] ^= 1
    backup.write_bytes(content)

    try:
        merged(backup, elsewhere)
    except (BackupError, NewerVaultError):
        assert elsewhere.sessions.kept() == ()
    else:
        assert said_in(elsewhere) == ["一", "二"]


@pytest.mark.parametrize("what", ["text", "nothing", "an archive", "a folder"])
def test_what_is_no_backup_is_one_sentence(elsewhere: Vault, tmp_path: Path, what: str) -> None:
    path = tmp_path / "other"
    match what:
        case "text":
            path.write_text("随便什么")
        case "an archive":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("backup.json", "[]")
        case "a folder":
            path.mkdir()

    with pytest.raises(BackupError):
        merged(path, elsewhere)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("backup.json", "packed"),
        ("backup.json", "large"),
        ("vault.json", "packed"),
        ("vault.json", "large"),
        ("history.db", "packed"),
    ],
)
def test_what_would_fill_the_memory_is_refused_unread(
    backup: Path, elsewhere: Vault, tmp_path: Path, name: str, form: str
) -> None:
    with zipfile.ZipFile(backup) as whole, zipfile.ZipFile(tmp_path / "other", "w") as other:
        for each in whole.namelist():
            content = whole.read(each) + b" " * (
                1_000_001 if (each, form) == (name, "large") else 0
            )
            packed = (
                zipfile.ZIP_DEFLATED if (each, form) == (name, "packed") else zipfile.ZIP_STORED
            )
            other.writestr(each, content, packed)

    with pytest.raises(BackupError, match="不是完好的备份"):
        merged(tmp_path / "other", elsewhere)


def test_a_later_format_is_left_alone(backup: Path, elsewhere: Vault, tmp_path: Path) -> None:
    later = tmp_path / "later"
    with zipfile.ZipFile(backup) as archive, zipfile.ZipFile(later, "w") as changed:
        changed.writestr("backup.json", b'{"format": 2}')
        changed.writestr("vault.json", archive.read("vault.json"))

    with pytest.raises(NewerVaultError):
        merged(later, elsewhere)


@ONLY_ROOT
def test_a_full_disk_leaves_no_backup_and_no_piece_of_one(
    small_disk: Path, vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    filler = fill(small_disk, leave=20_000)

    with pytest.raises(DiskFullError):
        write_backup(vault, small_disk / "b")

    assert list(small_disk.iterdir()) == [filler]
    assert not list(tmp_path.rglob("vault.copying*"))


@ONLY_ROOT
def test_a_full_disk_restores_nothing(
    small_disk: Path, backup: Path, made: tuple[Path, bytes]
) -> None:
    folder = Path(shutil.copytree(made[0], small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        vault.sessions.add("here", Turn(Role.USER, "这里的"))
        fill(small_disk, leave=60_000)
        with pytest.raises(DiskFullError):
            merged(backup, vault)

        assert [session.id for session in vault.sessions.kept()] == ["here"]
