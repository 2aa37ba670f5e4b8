"""A damaged history that was set aside is looked into: what can be read of it comes back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.errors import BackupError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.restore import Preview, become, opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from resources.messages import sentence
from tests.support.damaged_vault import PAGE, flip_a_byte, pages_by_kind
from tests.support.two_histories import by_passphrase, merged, said_in
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

LONG = "长" * 4000
"""Fills pages of its own, which hold nothing else."""


def set_aside(vault: Vault, tmp_path: Path, *, page: int) -> Path:
    """Damage a page of the history, have an older backup take its place, return where it is."""
    vault.close()
    flip_a_byte(vault.files.history, page=page)
    aside = become(tmp_path / "older", vault.files.folder, by_passphrase).aside
    assert aside is not None
    return aside


@pytest.fixture
def told(vault: Vault, tmp_path: Path) -> Vault:
    """A history that a backup has the beginning of."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    write_backup(vault, tmp_path / "older")
    vault.sessions.add("a", Turn(Role.USER, LONG))
    vault.sessions.add("a", Turn(Role.USER, "三"))
    vault.sessions.add("b", Turn(Role.USER, MARKER))
    return vault


def preview(path: Path, vault: Vault) -> Preview:
    folder = vault.files.folder
    with opened_backup(path, folder, by_passphrase, lambda: vault.keys.dek) as backup:
        return backup.preview(vault)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_one_that_does_not_open_is_shown_and_brought_back_and_stays_as_it_was(
    told: Vault, tmp_path: Path
) -> None:
    aside = set_aside(told, tmp_path, page=1)
    before = content(aside)

    with open_with_passphrase(told.files.folder, PASSPHRASE) as vault:
        found = preview(aside, vault)
        assert (found.sessions, found.turns, found.lost_turns) == (2, 4, 0)
        assert (found.gain.new_sessions, found.gain.new_turns) == (1, 3)
        assert sentence("backup.preview_damaged") in found.sentences()
        assert merged(aside, vault).new_turns == 3

        assert said_in(vault) == ["一", LONG, "三"]
        assert said_in(vault, "b") == [MARKER]
        assert verify(vault).whole
    assert content(aside) == before
    assert traces(tmp_path) == []
    assert not list(aside.parent.glob("vault.restoring*"))


def test_what_a_damaged_page_takes_is_counted_and_the_rest_comes(
    told: Vault, tmp_path: Path
) -> None:
    (page, *_) = pages_by_kind(told)["turn/overflow"]
    aside = set_aside(told, tmp_path, page=page)

    with open_with_passphrase(told.files.folder, PASSPHRASE) as vault:
        found = preview(aside, vault)
        assert (found.turns, found.lost_turns) == (3, 1)
        assert sentence("backup.preview_lost", count=1) in found.sentences()
        assert merged(aside, vault).new_turns == 2

        assert said_in(vault) == ["一", "三"]
        assert all(turn.state is TurnState.COMPLETE for turn in vault.sessions.turns("a"))


def test_what_stands_in_its_log_alone_comes_along(told: Vault, tmp_path: Path) -> None:
    told.database.checkpoint()
    told.sessions.add("b", Turn(Role.USER, "在日志里"))
    died = {path.name: path.read_bytes() for path in told.files.folder.iterdir() if path.is_file()}
    told.close()
    for name, held in died.items():
        (told.files.folder / name).write_bytes(held)
    flip_a_byte(told.files.history, page=1)
    aside = become(tmp_path / "older", told.files.folder, by_passphrase).aside
    assert aside is not None
    before = content(aside)
    assert "history.db-wal" in before

    with open_with_passphrase(told.files.folder, PASSPHRASE) as vault:
        merged(aside, vault)
        assert said_in(vault, "b") == [MARKER, "在日志里"]
    assert content(aside) == before


def test_one_without_its_envelope_opens_by_the_key_of_the_history(
    told: Vault, tmp_path: Path
) -> None:
    told.close()
    told.files.envelope.write_bytes(b"damaged")
    aside = become(tmp_path / "older", told.files.folder, by_passphrase).aside
    assert aside is not None

    with open_with_passphrase(told.files.folder, PASSPHRASE) as vault:
        assert preview(aside, vault).lost_turns is None
        merged(aside, vault)
        assert said_in(vault) == ["一", LONG, "三"]


def test_one_of_which_nothing_can_be_read_is_one_sentence_about_it(
    told: Vault, tmp_path: Path
) -> None:
    told.close()
    told.files.history.write_bytes(b"?" * 3 * PAGE)
    aside = become(tmp_path / "older", told.files.folder, by_passphrase).aside
    assert aside is not None
    before = content(aside)

    with (
        open_with_passphrase(told.files.folder, PASSPHRASE) as vault,
        pytest.raises(BackupError, match=r"vault\.damaged-1"),
    ):
        preview(aside, vault)
    assert content(aside) == before


def test_it_becomes_the_history_again_as_far_as_it_can_be_read(told: Vault, tmp_path: Path) -> None:
    aside = set_aside(told, tmp_path, page=1)
    before = content(aside)
    told.files.history.write_bytes(b"damaged too")

    became = become(aside, told.files.folder, by_passphrase)

    assert (became.sessions, became.turns) == (2, 4)
    with open_with_passphrase(told.files.folder, PASSPHRASE) as vault:
        assert said_in(vault) == ["一", LONG, "三"]
        assert verify(vault).whole
    assert content(aside) == before
    assert not list(told.files.folder.glob("history.damaged-*"))


def test_one_without_its_titles_says_so_and_a_whole_backup_gives_them_back(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    write_backup(vault, tmp_path / "older")
    for session in ("b", "gone"):
        vault.sessions.add(session, Turn(Role.USER, "二"))
        vault.sessions.rename(session, "标题")
    vault.sessions.delete("gone")
    write_backup(vault, tmp_path / "whole")
    (page,) = pages_by_kind(vault)["session/leaf"]
    aside = set_aside(vault, tmp_path, page=page)

    with open_with_passphrase(vault.files.folder, PASSPHRASE) as again:
        assert sentence("backup.would_untitled", count=2) in preview(aside, again).sentences()
        gain = merged(aside, again)
        assert sentence("backup.has_untitled", count=2) in gain.told("backup.restored", "")
        assert {each.id for each in again.sessions.kept()} == {"a", "b", "gone"}

        assert preview(tmp_path / "whole", again).gain.regained_sessions == 2
        merged(tmp_path / "whole", again)
        assert {each.id: each.title for each in again.sessions.kept()} == {"a": "", "b": "标题"}
        assert [each.id for each in again.sessions.trashed()] == ["gone"]


def test_one_without_its_titles_says_so_before_it_takes_the_place(
    vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    write_backup(vault, tmp_path / "older")
    vault.sessions.rename("a", "标题")
    (page,) = pages_by_kind(vault)["session/leaf"]
    aside = set_aside(vault, tmp_path, page=page)

    with opened_backup(aside, tmp_path / "new" / "vault", by_passphrase) as backup:
        assert sentence("backup.would_untitled", count=1) in backup.preview().sentences()


@pytest.mark.parametrize("reached", ["the old key", "the new key"])
@pytest.mark.parametrize("damaged", ["page 1", "vault.json and page 1", "nothing"])
def test_one_whose_key_was_being_changed_is_brought_back(
    told: Vault, tmp_path: Path, reached: str, damaged: str
) -> None:
    told.close()
    before, folder = told.files, VaultFiles(tmp_path / "aside")
    shutil.copytree(before.folder, folder.folder)
    with open_with_passphrase(folder.folder, PASSPHRASE) as vault:
        vault.rotate(passphrase=PASSPHRASE)
    folder.envelope.rename(folder.next_envelope)
    shutil.copyfile(before.envelope, folder.envelope)
    if reached == "the old key":
        shutil.copyfile(before.history, folder.history)
    if "page 1" in damaged:
        flip_a_byte(folder.history, page=1)
    if "vault.json" in damaged:
        lost = folder.envelope if reached == "the new key" else folder.next_envelope
        lost.write_bytes(b"{")
    left = content(folder.folder)

    become(folder.folder, tmp_path / "new" / "vault", by_passphrase)

    with open_with_passphrase(tmp_path / "new" / "vault", PASSPHRASE) as vault:
        assert said_in(vault) == ["一", LONG, "三"]
        assert not vault.files.next_envelope.exists()
    assert content(folder.folder) == left
