"""A draft goes where its conversation goes: into the trash, out of it, and away for good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.errors import DamagedHistoryError, SessionMissingError, VaultError
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.records import Draft
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.damaged_vault import flip_a_byte, opened, pages_by_kind
from tests.support.decrypted import decrypted
from tests.support.two_histories import by_passphrase
from tests.support.vault_fixtures import PASSPHRASE

WORD = "zyzzyva"
DRAFT = Draft(f"{WORD} 魑魅", shown=False)
PLAN = '{"signs": "整夜睡不着"}'


@pytest.fixture
def drafted(vault: Vault) -> Vault:
    """Two conversations with drafts, one begun and never spoken in, and a safety plan."""
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    vault.documents.write("safety_plan", PLAN)
    others = {name: Draft(f"draft of {name}", shown=False) for name in ("b", None)}
    vault.sessions.drafts.keep({"a": DRAFT, **others})
    return vault


def names(vault: Vault) -> list[str | None]:
    return vault.sessions.drafts.sessions()


def purge(vault: Vault, session: str) -> None:
    vault.sessions.delete(session)
    vault.sessions.purge(session)


def test_it_is_there_until_it_is_empty(drafted: Vault) -> None:
    drafts = drafted.sessions.drafts
    assert drafts.of("a") == DRAFT
    assert names(drafted) == [None, "a", "b"]

    drafts.keep({"a": Draft("", shown=True)})

    assert drafts.of("a") is None
    assert names(drafted) == [None, "b"]


def test_what_has_not_changed_is_not_written(drafted: Vault) -> None:
    before = drafted.database.rows("SELECT total_changes()")

    drafted.sessions.drafts.keep({"a": DRAFT, "c": Draft("", shown=False)})

    assert drafted.database.rows("SELECT total_changes()") == before


def test_in_the_trash_it_waits_for_its_conversation(drafted: Vault) -> None:
    drafted.sessions.delete("a")
    drafted.sessions.restore("a")

    assert drafted.sessions.drafts.of("a") == DRAFT


def test_a_purge_takes_it_along_and_no_other_document(drafted: Vault, data_key: bytes) -> None:
    drafted.backups.make()
    drafted.backups.make_safety_copy()
    assert WORD.encode() in decrypted(drafted.files.history, data_key)

    purge(drafted, "a")
    drafted.backups.renew()

    copies = [copy.files.history for copy in kept_copies(drafted.files)]
    assert len(copies) == 1
    for history in (drafted.files.history, *copies):
        plain = decrypted(history, data_key)
        assert WORD.encode() not in plain
        assert json.dumps("魑魅").strip('"').encode() not in plain
        assert "整夜睡不着".encode() in plain
    assert names(drafted) == [None, "b"]


def test_a_purge_that_does_not_happen_leaves_it(drafted: Vault) -> None:
    drafted.sessions.delete("a")

    with pytest.raises(SessionMissingError):
        drafted.sessions.purge("a", "b")  # which is not in the trash

    assert names(drafted) == [None, "a", "b"]


def test_a_conversation_whose_only_message_is_taken_back_leaves_none(drafted: Vault) -> None:
    drafted.sessions.take_back("a")

    assert names(drafted) == [None, "b"]


def test_a_message_that_is_taken_back_stands_before_the_draft_of_its_conversation(
    drafted: Vault,
) -> None:
    drafted.sessions.add("a", Turn(Role.USER, "too long"))

    drafted.sessions.take_back("a", as_draft=True)

    assert drafted.sessions.drafts.of("a") == Draft(f"too long\n\n{DRAFT.text}", shown=True)
    assert drafted.sessions.drafts.of(None) == Draft("draft of None", shown=False)


def test_the_only_message_that_is_taken_back_stands_in_what_was_begun(drafted: Vault) -> None:
    drafted.sessions.take_back("a", as_draft=True)

    texts = ["a", DRAFT.text, "draft of None"]
    assert drafted.sessions.drafts.of(None) == Draft("\n\n".join(texts), shown=True)
    assert names(drafted) == [None, "b"]


def damaged(drafted: Vault, session: str | None, data_key: bytes) -> Vault:
    """Open the history again, the draft of a session damaged."""
    text = "".join(map(str, range(3000)))  # on pages of its own
    drafted.sessions.drafts.keep({session: Draft(text, shown=False)})
    (page, *_) = pages_by_kind(drafted)["document/overflow"]
    drafted.close()
    flip_a_byte(drafted.files.history, page=page)
    return opened(drafted.files.folder, data_key)


def test_where_the_draft_is_damaged_a_message_stands_in_what_was_begun(
    drafted: Vault, data_key: bytes
) -> None:
    drafted.sessions.add("a", Turn(Role.USER, "too long"))

    with damaged(drafted, "a", data_key) as vault:
        assert vault.sessions.take_back("a", as_draft=True) == Turn(Role.USER, "too long")

        texts = ["too long", "draft of None"]
        assert vault.sessions.drafts.of(None) == Draft("\n\n".join(texts), shown=True)
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == ["a"]


def test_what_was_begun_may_be_damaged_where_it_is_not_needed(
    drafted: Vault, data_key: bytes
) -> None:
    drafted.sessions.add("a", Turn(Role.USER, "too long"))

    with damaged(drafted, None, data_key) as vault:
        vault.sessions.take_back("a", as_draft=True)
        assert vault.sessions.drafts.of("a") == Draft(f"too long\n\n{DRAFT.text}", shown=True)

        with pytest.raises(DamagedHistoryError):  # the last place there is
            vault.sessions.take_back("a", as_draft=True)
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == ["a"]


def test_a_backup_that_is_merged_brings_none(drafted: Vault, folder: Path, tmp_path: Path) -> None:
    write_backup(drafted, tmp_path / "backup")
    purge(drafted, "a")

    with opened_backup(tmp_path / "backup", folder, by_passphrase) as backup:
        backup.merge_into(drafted)

    assert [each.id for each in drafted.sessions.kept()] == ["a", "b"]
    assert names(drafted) == [None, "b"]


def test_a_backup_that_becomes_the_history_has_its_own(drafted: Vault, tmp_path: Path) -> None:
    write_backup(drafted, tmp_path / "backup")

    become(tmp_path / "backup", tmp_path / "elsewhere" / "vault", by_passphrase)

    with open_with_passphrase(tmp_path / "elsewhere" / "vault", PASSPHRASE) as vault:
        assert names(vault) == names(drafted)
        assert vault.sessions.drafts.of("a") == DRAFT


def test_a_rescue_carries_it_with_its_conversation(
    drafted: Vault, folder: Path, data_key: bytes
) -> None:
    purge(drafted, "b")
    body = json.dumps({"text": "left over", "shown": False})
    drafted.database.rows("INSERT INTO document VALUES ('local.draft.lost', ?, 1)", (body,))
    drafted.close()
    flip_a_byte(folder / "history.db", page=1)

    with open_rescued(folder, data_key) as vault:
        assert names(vault) == [None, "a"]
        assert vault.sessions.drafts.of("a") == DRAFT


def test_those_that_stood_together_are_parted(drafted: Vault, folder: Path) -> None:
    drafted.sessions.drafts.keep({"a": Draft("", shown=False)})
    plain = [
        {"id": name, "shown": name == "a", "draft": f"was {name}", "said": []}
        for name in ("a", "purged")
    ]
    drafted.documents.write("local.drafts", json.dumps({"conversations": plain, "edit": None}))
    drafted.close()

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert vault.sessions.drafts.of("a") == Draft("was a", shown=True)
        assert names(vault) == [None, "a", "b"]
        assert vault.documents.read("local.drafts") is None


def test_one_that_could_not_be_read_for_a_moment_is_not_emptied(
    drafted: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = drafted.sessions.drafts

    def fails(*_: object) -> None:
        raise VaultError("vault.busy")

    with monkeypatch.context() as broken:
        broken.setattr(drafted.database, "rows", fails)
        with pytest.raises(VaultError):
            drafts.of("a")
    drafts.keep({"a": Draft("", shown=True)})

    assert drafts.of("a") == DRAFT
