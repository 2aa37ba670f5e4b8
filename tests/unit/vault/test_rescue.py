"""What a rescue carries over, and how a backup brings back what it could not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.documents import document_names
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import DamagedHistoryError, DiskFullError, NewerVaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.merge import Gain
from desktop_app.vault.migrations import STEPS, Version
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.own_time import newest, note_ahead
from desktop_app.vault.peek import newest_turn
from desktop_app.vault.records import Draft, moment
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.crash_points import killed_at
from tests.support.damaged_vault import PAGE, damage_overflow, flip_a_byte, opened, pages_by_kind
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.write_ahead_log import FILE_HEADER, FRAME_HEADER

DAY = 24 * 60 * 60 * 1000

LONG = "长" * 4000
"""Fills pages of its own, which hold nothing else."""


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def shown(vault: Vault, session: str = "a") -> list[tuple[str, str, TurnState]]:
    turns = vault.sessions.turns(session)
    return [(turn.turn.role.value, turn.turn.content, turn.state) for turn in turns]


def test_another_historys_key_file_is_not_taken_for_that_of_what_is_rescued(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    own = vault.keys.envelope()
    vault.close()
    flip_a_byte(folder / "history.db", page=1)
    theirs = Envelope().with_passphrase(new_key(), "theirs")
    write_envelope(folder / "vault.json", theirs)

    with open_rescued(folder, data_key, own) as rescued:
        copy = rescued.backups.make()

    assert read_envelope(copy.files.envelope) == own
    assert read_envelope(folder / "vault.json") == own
    assert [read_envelope(path) for path in other_envelopes(VaultFiles(folder))] == [theirs]


@pytest.fixture
def backup(vault: Vault, tmp_path: Path) -> Path:
    """A backup of a conversation whose reply is lost after it was made."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, LONG)
    vault.sessions.finish(reply, TurnState.STOPPED)
    vault.sessions.add("a", Turn(Role.USER, "三"))
    write_backup(vault, tmp_path / "backup")
    vault.sessions.add("a", Turn(Role.USER, "四"))
    damage_overflow(vault)
    return tmp_path / "backup"


@pytest.mark.usefixtures("backup")
def test_a_placeholder_keeps_the_place_of_what_is_lost(folder: Path, data_key: bytes) -> None:
    with open_rescued(folder, data_key) as vault:
        assert shown(vault) == [
            ("user", "一", TurnState.COMPLETE),
            ("assistant", "", TurnState.DAMAGED),
            ("user", "三", TurnState.COMPLETE),
            ("user", "四", TurnState.COMPLETE),
        ]
        assert vault.sessions.kept()[0].turns == 4


def test_a_backup_fills_it_and_adds_nothing_else(
    backup: Path, folder: Path, data_key: bytes
) -> None:
    with (
        open_rescued(folder, data_key) as vault,
        opened_backup(backup, folder, by_passphrase, lambda: data_key) as opened_,
    ):
        assert opened_.preview(vault).gain.new_turns == 1
        assert opened_.merge_into(vault).new_turns == 1

        assert [(content, state) for _, content, state in shown(vault)] == [
            ("一", TurnState.COMPLETE),
            (LONG, TurnState.STOPPED),
            ("三", TurnState.COMPLETE),
            ("四", TurnState.COMPLETE),
        ]
        assert all(len(turn.versions) == 1 for turn in vault.sessions.turns("a"))
        assert len(vault.search.find("长长")) == 1
        assert verify(vault).whole
        assert opened_.preview(vault).gain.new_turns == 0


def test_the_preview_of_a_damaged_history_counts_what_is_missing(
    backup: Path, folder: Path, data_key: bytes
) -> None:
    with (
        opened(folder, data_key) as vault,
        opened_backup(backup, folder, by_passphrase, lambda: data_key) as opened_,
    ):
        assert opened_.preview(vault).gain.new_turns == 1


@pytest.mark.usefixtures("backup")
def test_a_placeholder_fills_nothing_elsewhere(
    folder: Path, data_key: bytes, tmp_path: Path
) -> None:
    with open_rescued(folder, data_key) as vault:
        write_backup(vault, tmp_path / "later")
        before = shown(vault)
        with opened_backup(tmp_path / "later", folder, by_passphrase, lambda: data_key) as opened_:
            assert opened_.preview(vault).gain.new_turns == 0
            opened_.merge_into(vault)
        assert shown(vault) == before


def test_versions_trash_titles_and_keys_come_along(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    message = vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.edit("a", message, "改过的一")
    vault.sessions.rename("a", "标题")
    vault.blobs.put("a", "state", b"sealed")
    vault.sessions.add("b", Turn(Role.USER, "扔掉的"))
    vault.sessions.delete("b")
    taken = vault.sessions.add("a", Turn(Role.USER, "收回的"))
    vault.sessions.take_back("a")
    vault.close()
    flip_a_byte(folder / "history.db", page=1)

    with open_rescued(folder, data_key) as rescued:
        (turn,) = rescued.sessions.turns("a")
        assert (turn.turn.content, turn.version, len(turn.versions)) == ("改过的一", 2, 2)
        assert [session.title for session in rescued.sessions.kept()] == ["标题"]
        assert [session.id for session in rescued.sessions.trashed()] == ["b"]
        assert rescued.blobs.get("a", "state") == b"sealed"
        assert rescued.sessions.add("a", Turn(Role.USER, "新的")) > taken


def test_a_clock_is_not_said_to_be_behind_for_turns_that_were_brought_in_ahead(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    now = int(time.time() * 1000)
    vault.sessions.add("a", Turn(Role.USER, "一"))
    with vault.database.transaction():
        vault.database.rows("UPDATE turn SET created = ?", (now + 10 * DAY,))
        note_ahead(vault.database, now + 10 * DAY, now)
    vault.close()
    flip_a_byte(folder / "history.db", page=1)

    with open_rescued(folder, data_key) as rescued:
        assert [notice.key for notice in rescued.notices] == ["vault.rescued"]
        assert newest(rescued.database) == moment(now)


def test_what_was_taken_back_or_purged_does_not_come_back(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    for number in range(200):
        vault.sessions.add("gone", Turn(Role.USER, f"{number} " + "话" * 300))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.add("a", Turn(Role.USER, "收回的"))
    vault.sessions.take_back("a")
    vault.sessions.delete("gone")
    vault.sessions.purge("gone")
    vault.close()
    flip_a_byte(folder / "history.db", page=1)

    with open_rescued(folder, data_key) as rescued:
        assert [session.id for session in rescued.sessions.kept()] == ["a"]
        assert rescued.sessions.trashed() == ()
        assert [content for _, content, _ in shown(rescued)] == ["一"]


def test_what_stands_in_the_log_alone_is_saved_too(
    vault: Vault, folder: Path, data_key: bytes, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.database.checkpoint()
    vault.database.rows("UPDATE turn SET content = '改过的一' WHERE session = 'a'")
    died = Path(shutil.copytree(folder, tmp_path / "died"))
    flip_a_byte(died / "history.db", page=1)
    with pytest.raises(DamagedHistoryError):
        opened(died, data_key)

    with open_rescued(died, data_key) as rescued:
        assert [content for _, content, _ in shown(rescued)] == ["改过的一"]
    (log,) = died.glob("history.damaged-*.db-wal")
    assert log.stat().st_size > 0


@pytest.fixture
def died(vault: Vault, folder: Path, tmp_path: Path) -> Path:
    """A history whose first page is damaged, and in whose log two messages stand alone."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.database.checkpoint()
    for text in ("二", "三"):
        vault.sessions.add("a", Turn(Role.USER, text))
    copy = Path(shutil.copytree(folder, tmp_path / "died"))
    flip_a_byte(copy / "history.db", page=1)
    return copy


def frames(log: Path) -> list[tuple[int, bool]]:
    """Return where each frame begins, and whether it ends a transaction."""
    content = log.read_bytes()
    starts = range(FILE_HEADER, len(content), FRAME_HEADER + PAGE)
    return [(at, content[at + 4 : at + 8] != bytes(4)) for at in starts]


def rescued_texts(folder: Path, key: bytes) -> list[str]:
    with open_rescued(folder, key) as vault:
        return [content for _, content, _ in shown(vault)]


def test_a_whole_log_is_taken_to_its_end(died: Path, data_key: bytes) -> None:
    assert rescued_texts(died, data_key) == ["一", "二", "三"]


def test_of_a_commit_that_was_cut_short_nothing_is_taken(died: Path, data_key: bytes) -> None:
    log = died / "history.db-wal"
    ends = [at for at, ends in frames(log) if ends]
    content = bytearray(log.read_bytes())
    for at, _ in frames(log):
        if at > ends[0]:  # of the last message's pages, half reached the disk
            content[at + FRAME_HEADER + PAGE // 2 : at + FRAME_HEADER + PAGE] = bytes(PAGE // 2)
    log.write_bytes(content)

    assert rescued_texts(died, data_key) == ["一", "二"]


@pytest.mark.parametrize("at", [0, 24, FILE_HEADER, FILE_HEADER + 4, FILE_HEADER + 8, -1])
def test_a_log_that_is_not_as_it_was_written_takes_nothing_away(
    died: Path, data_key: bytes, at: int
) -> None:
    log = died / "history.db-wal"
    content = bytearray(log.read_bytes())
    content[at] ^= 1
    log.write_bytes(content)

    assert rescued_texts(died, data_key) == (["一", "二"] if at < 0 else ["一"])


def test_where_the_log_leaves_nothing_to_read_the_file_alone_is_read(
    died: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(copy: Path, _log: Path) -> None:
        copy.write_bytes(bytes(copy.stat().st_size))

    monkeypatch.setattr("desktop_app.vault.rescue.with_log", spoil)
    log = (died / "history.db-wal").read_bytes()

    assert rescued_texts(died, data_key) == ["一"]
    (aside,) = died.glob("history.damaged-*.db-wal")
    assert aside.read_bytes() == log


def test_the_new_file_and_the_old_one_are_encrypted_and_their_owners_alone(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, MARKER))
    vault.close()
    flip_a_byte(folder / "history.db", page=1)
    open_rescued(folder, data_key).close()

    assert traces(folder) == []
    assert {path.stat().st_mode & 0o777 for path in folder.glob("history*")} == {0o600}


def test_a_second_rescue_leaves_the_first_ones_file(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.close()
    for _ in range(2):
        flip_a_byte(folder / "history.db", page=1)
        open_rescued(folder, data_key).close()

    assert len(list(folder.glob("history.damaged-*.db"))) == 2


def test_a_rescue_does_not_take_the_name_of_keys_whose_file_a_person_removed(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.close()
    flip_a_byte(folder / "history.db", page=1)
    open_rescued(folder, data_key).close()
    (damaged,) = folder.glob("history.damaged-*.db")
    damaged.rename(damaged.with_suffix(".json"))
    flip_a_byte(folder / "history.db", page=1)
    open_rescued(folder, data_key).close()

    (another,) = folder.glob("history.damaged-*.db")
    assert another.stem != damaged.stem


def test_where_nothing_can_be_read_all_stands_as_it_was(vault: Vault, folder: Path) -> None:
    vault.close()
    (folder / "history.db").write_bytes(b"?" * 8192)

    with pytest.raises(DamagedHistoryError, match="什么都读不出来") as raised:
        open_with_passphrase(folder, PASSPHRASE, rescues=True)

    assert raised.value.key == "vault.beyond_rescue"
    assert {p.name: p.read_bytes() for p in folder.glob("history*")} == {"history.db": b"?" * 8192}


def test_a_history_that_opens_is_not_rescued_unasked(vault: Vault, folder: Path) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.close()

    with open_with_passphrase(folder, PASSPHRASE, rescues=True) as again:
        assert again.notices == ()
    assert not list(folder.glob("history.damaged-*"))


def test_what_a_later_program_wrote_is_left_to_it(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    newest = STEPS[-1][0]
    later = int(Version(newest.major, newest.minor + 1))
    vault.database.rows(f"PRAGMA user_version={later}")
    (page, *_) = pages_by_kind(vault)["turn/leaf"]
    vault.close()
    flip_a_byte(folder / "history.db", page=page)
    before = (folder / "history.db").read_bytes()

    with pytest.raises(NewerVaultError):
        open_rescued(folder, data_key)

    assert (folder / "history.db").read_bytes() == before


@pytest.mark.parametrize("left", ["history.rescuing.db", "history.reading.db"])
def test_what_a_killed_rescue_left_goes_when_the_history_is_opened(
    vault: Vault, folder: Path, data_key: bytes, left: str
) -> None:
    """No purge and no change of the key would reach it."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.add("a", Turn(Role.USER, "二"))
    vault.close()
    if left == "history.rescuing.db":
        assert killed_at("rescue.written", "tests.support.history_changes:rescue", folder)
    else:
        shutil.copyfile(folder / "history.db", folder / left)
    assert newest_turn(folder / left, data_key) == 2

    with open_with_passphrase(folder, PASSPHRASE) as again:
        again.rotate(passphrase=PASSPHRASE)

    assert {path.name for path in folder.iterdir()} == {"history.db", "vault.json"}
    assert all(newest_turn(path, data_key) is None for path in folder.glob("*.db"))


@ONLY_ROOT
def test_a_full_disk_leaves_the_damaged_history_as_it_was(
    vault: Vault, small_disk: Path, data_key: bytes
) -> None:
    for number in range(100):
        vault.sessions.add("a", Turn(Role.USER, f"{number} " + "话" * 300))
    vault.close()
    flip_a_byte(vault.files.history, page=1)
    folder = Path(shutil.copytree(vault.files.folder, small_disk / "vault"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    fill(small_disk, leave=60_000)

    with pytest.raises(DiskFullError):
        open_rescued(folder, data_key)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture
def titled(vault: Vault, tmp_path: Path) -> Path:
    """A backup of conversations that have titles and of one that was deleted; their rows go."""
    for session in ("a", "b", "gone"):
        vault.sessions.add(session, Turn(Role.USER, f"说给{session}"))
    vault.sessions.rename("a", "关于睡眠")
    vault.sessions.rename("gone", "扔掉的")
    vault.sessions.delete("gone")
    vault.documents.write("safety_plan", '{"steps": []}')
    write_backup(vault, tmp_path / "backup")
    lose(vault, "session/leaf")
    return tmp_path / "backup"


def lose(vault: Vault, kind: str) -> None:
    """Close the history and damage the first page of a kind."""
    (page, *_) = pages_by_kind(vault)[kind]
    vault.close()
    flip_a_byte(vault.files.history, page=page)


def merged(vault: Vault, backup: Path) -> Gain:
    key = vault.keys.dek
    with opened_backup(backup, vault.files.folder, by_passphrase, lambda: key) as opened_:
        expected = opened_.preview(vault).gain
        assert opened_.merge_into(vault) == expected
        assert not opened_.preview(vault).gain
    return expected


def rows_of(vault: Vault) -> tuple[dict[str, str], list[str]]:
    """Return the titles of what is kept, and what is in the trash."""
    kept = {session.id: session.title for session in vault.sessions.kept()}
    return kept, [session.id for session in vault.sessions.trashed()]


def test_titles_and_the_trash_come_back_from_a_backup(
    titled: Path, folder: Path, data_key: bytes
) -> None:
    with open_rescued(folder, data_key) as vault:
        assert rows_of(vault) == ({"a": "", "b": "", "gone": ""}, [])
        findings = verify(vault)
        assert (findings.undamaged, findings.whole, findings.lost_sessions) == (True, False, 3)

        gain = merged(vault, titled)

        assert (gain.regained_sessions, gain.new_turns) == (3, 0)
        assert "3 段对话的标题" in gain.told("backup.restored", "backup.nothing_new")
        assert rows_of(vault) == ({"a": "关于睡眠", "b": ""}, ["gone"])
        assert verify(vault).whole


def test_a_title_given_since_and_what_was_said_since_are_not_overwritten(
    titled: Path, folder: Path, data_key: bytes
) -> None:
    with open_rescued(folder, data_key) as vault:
        vault.sessions.rename("a", "新的标题")
        vault.sessions.add("gone", Turn(Role.USER, "又来了"))

        assert merged(vault, titled).regained_sessions == 2

        assert rows_of(vault) == ({"a": "新的标题", "b": "", "gone": "扔掉的"}, [])
        assert verify(vault).whole


def test_a_backup_that_lost_them_itself_gives_none_back(
    titled: Path, folder: Path, data_key: bytes, tmp_path: Path
) -> None:
    with open_rescued(folder, data_key) as vault:
        write_backup(vault, tmp_path / "later")

        assert not merged(vault, tmp_path / "later")
        assert merged(vault, titled).regained_sessions == 3


def test_that_a_title_is_lost_goes_with_its_conversation(
    titled: Path, folder: Path, data_key: bytes
) -> None:
    assert titled.exists()
    with open_rescued(folder, data_key) as vault:
        for session in ("a", "b", "gone"):
            vault.sessions.delete(session)
            vault.sessions.purge(session)

        assert document_names(vault.database) == ["safety_plan"]
        assert verify(vault).whole


@pytest.mark.parametrize("written", ["restored", "anew"])
def test_a_lost_plan_is_missed_until_there_is_one(
    vault: Vault, folder: Path, data_key: bytes, tmp_path: Path, written: str
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.documents.write("safety_plan", '{"steps": []}')
    write_backup(vault, tmp_path / "backup")
    lose(vault, "document/leaf")

    with open_rescued(folder, data_key) as rescued:
        findings = verify(rescued)
        assert (findings.undamaged, findings.whole, findings.lost_documents) == (True, False, 1)
        if written == "anew":
            rescued.documents.write("safety_plan", "{}")
        else:
            assert merged(rescued, tmp_path / "backup").newer_documents == 1

        assert verify(rescued).whole
        again = rescued.documents.read("safety_plan")
        assert again is not None
        assert again.body == ("{}" if written == "anew" else '{"steps": []}')


def test_what_is_lost_of_one_history_alone_is_told_and_no_backup_offered_for_it(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.drafts.keep({"a": Draft("没有发送", shown=False)})
    lose(vault, "document/leaf")

    with open_rescued(folder, data_key) as rescued:
        (told, *_) = rescued.notices
        assert "1 份没有发送的话" in told.sentence("zh")
        assert verify(rescued).whole


def test_a_plan_of_which_the_beginning_alone_can_be_read_is_lost(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.documents.write("safety_plan", f'"{LONG}"')
    (page, *_) = pages_by_kind(vault)["document/overflow"]
    (names, *_) = pages_by_kind(vault)["sqlite_autoindex_document_1/leaf"]
    vault.close()
    for each in (page, names):
        flip_a_byte(folder / "history.db", page=each)

    with open_rescued(folder, data_key) as rescued:
        assert verify(rescued).lost_documents == 1
