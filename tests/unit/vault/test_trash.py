from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.database import Database
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.merge import merge
from desktop_app.vault.records import Draft
from desktop_app.vault.trash import KEPT_FOR
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.damaged_vault import flip_a_byte
from tests.support.decrypted import decrypted
from tests.support.vault_fixtures import PASSPHRASE

NOW = 1_760_000_000.0
DAY = timedelta(days=1)


@contextmanager
def opened(folder: Path, after: timedelta = timedelta(0)) -> Iterator[Vault]:
    now = NOW + after.total_seconds()
    with open_with_passphrase(folder, PASSPHRASE, clock=lambda: now) as vault:
        yield vault


def say(vault: Vault, session: str, text: str = "在吗") -> None:
    vault.sessions.add(session, Turn(Role.USER, text))


def test_the_trash_is_kept_for_thirty_days(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")

    with opened(closed, KEPT_FOR - DAY) as vault:
        assert len(vault.sessions.trashed()) == 1
    with opened(closed, KEPT_FOR) as vault:
        assert vault.sessions.trashed() == ()


def test_what_is_not_in_the_trash_stays_for_ever(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")

    with opened(closed, 1000 * DAY) as vault:
        assert len(vault.sessions.kept()) == 1


def test_the_thirty_days_begin_with_the_last_deletion(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
    with opened(closed, 20 * DAY) as vault:
        vault.sessions.restore("a")
        vault.sessions.delete("a")

    with opened(closed, 40 * DAY) as vault:
        assert len(vault.sessions.trashed()) == 1


def test_a_clock_set_back_purges_nothing(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")

    with opened(closed, -100 * DAY) as vault:
        assert len(vault.sessions.trashed()) == 1


def test_what_is_deleted_by_a_clock_that_is_behind_is_kept_for_thirty_days(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
    with opened(closed, -3000 * DAY) as vault:
        vault.sessions.delete("a")

    with opened(closed, KEPT_FOR - DAY) as vault:
        assert len(vault.sessions.trashed()) == 1
    with opened(closed, KEPT_FOR) as vault:
        assert vault.sessions.trashed() == ()


def test_a_clock_that_was_once_far_ahead_empties_no_trash(closed: Path) -> None:
    """Not where something is said by it, either."""
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
    with opened(closed, 3000 * DAY) as vault:
        say(vault, "b")

    with opened(closed, DAY) as vault:
        assert [each.id for each in vault.sessions.trashed()] == ["a"]


def bring_in_from_the_future(vault: Vault) -> None:
    """Another clock, decades ahead, wrote what comes in."""
    turn = CarriedTurn(Role.USER, "在吗", created=milliseconds(10_000 * DAY))
    merge(vault.database, [CarriedSession("future", (turn,))], milliseconds())


def milliseconds(after: timedelta = timedelta(0)) -> int:
    return int((NOW + after.total_seconds()) * 1000)


def test_deleted_by_a_clock_that_fell_back_after_an_import_from_the_future_it_is_kept(
    closed: Path,
) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        bring_in_from_the_future(vault)
    with opened(closed, -3000 * DAY) as vault:
        vault.sessions.delete("a")

    with opened(closed, KEPT_FOR - DAY) as vault:
        assert [each.id for each in vault.sessions.trashed()] == ["a"]


def test_a_clock_once_far_ahead_empties_no_trash_after_an_import_from_the_future(
    closed: Path,
) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
        bring_in_from_the_future(vault)
    with opened(closed, 3000 * DAY):
        pass

    with opened(closed, DAY) as vault:
        assert [each.id for each in vault.sessions.trashed()] == ["a"]


def test_who_comes_back_after_years_finds_the_trash_emptied_once_something_was_said(
    closed: Path,
) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
    with opened(closed, 1000 * DAY) as vault:
        say(vault, "b")

    with opened(closed, 1001 * DAY) as vault:
        assert vault.sessions.trashed() == ()


def test_a_person_may_want_no_trash(closed: Path) -> None:
    with opened(closed) as vault:
        vault.trash.keep(False)
        say(vault, "a")
        say(vault, "b")
        vault.sessions.delete("a")
        vault.sessions.delete("b")
        vault.sessions.restore("b")

    with opened(closed) as vault:
        assert vault.trash.kept is False
        assert (vault.sessions.trashed(), len(vault.sessions.kept())) == ((), 1)


def test_a_session_purged_after_the_vault_s_death_is_purged_at_the_next_start(
    closed: Path,
) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
        vault.trash.keep(True)
    with opened(closed) as vault:
        vault.database.rows("UPDATE setting SET value = 0")

    with opened(closed) as vault:
        assert vault.sessions.trashed() == ()


def in_copies(vault: Vault) -> list[str]:
    """Return the conversations that the copies beside the history hold."""
    found = []
    for copy in kept_copies(vault.files):
        with Database(copy.files.history, vault.keys.dek) as database:
            found += [name for (name,) in database.rows("SELECT id FROM session ORDER BY id")]
    return found


def test_a_purge_renews_the_copies_by_the_time_the_history_closes(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        say(vault, "b")
        vault.backups.make()
        vault.backups.make_safety_copy()
        vault.sessions.delete("a")
        vault.sessions.purge("a")

    with opened(closed) as vault:
        assert in_copies(vault) == ["b"]


def test_no_damaged_copy_keeps_what_was_purged(closed: Path) -> None:
    """This program would read what is left in it."""
    with opened(closed) as vault:
        say(vault, "a")
        say(vault, "b")
        for copy in (vault.backups.make(), vault.backups.make_safety_copy()):
            flip_a_byte(copy.files.history, page=1)
        vault.sessions.delete("a")
        vault.sessions.purge("a")

    with opened(closed) as vault:
        assert in_copies(vault) == ["b"]


def test_what_was_due_is_gone_from_the_copies_too(closed: Path) -> None:
    with opened(closed) as vault:
        say(vault, "a")
        vault.sessions.delete("a")
        vault.backups.make()

    with opened(closed, KEPT_FOR):
        pass
    with opened(closed, KEPT_FOR) as vault:
        assert in_copies(vault) == []
        assert len(kept_copies(vault.files)) == 1


def test_a_damaged_conversation_keeps_no_other_in_the_trash(closed: Path, data_key: bytes) -> None:
    with opened(closed) as vault:
        for session, word in (("a", "长"), ("b", "短")):
            for _ in range(5):
                say(vault, session, word * 3000)
        vault.sessions.delete("a")
        vault.sessions.delete("b")
    _damage_a_turn(closed, data_key, which_says="长")

    with opened(closed, KEPT_FOR) as vault:
        assert [session.id for session in vault.sessions.trashed()] == ["a"]


def test_a_message_taken_back_leaves_no_word_after_closing(closed: Path, data_key: bytes) -> None:
    with opened(closed) as vault:
        say(vault, "a", "留下")
        say(vault, "a", "zyzzyva")
        vault.sessions.take_back("a")

    plain = decrypted(closed / "history.db", data_key)
    assert b"zyzzyva" not in plain
    assert "留下".encode() in plain


def _damage_a_turn(folder: Path, key: bytes, *, which_says: str) -> None:
    """Change a byte of a page on which part of a long message goes on."""
    history = folder / "history.db"
    with Database(history, key) as database:
        ((size,),) = database.rows("PRAGMA page_size")
        overflow = database.rows(
            "SELECT pageno FROM dbstat WHERE name = 'turn' AND pagetype = 'overflow'"
        )
    plain = decrypted(history, key)
    page = next(
        number
        for (number,) in overflow
        if (which_says * 100).encode() in plain[(number - 1) * size : number * size]
    )
    content = bytearray(history.read_bytes())
    content[page * size - size // 2] ^= 1
    history.write_bytes(content)


def in_json(text: str) -> bytes:
    """Return it as a draft is kept."""
    return json.dumps(text).strip('"').encode()


@pytest.mark.parametrize("word", ["魑魅魍魉", "zyzzyva", "ＱＷＥＲＴＹ"])
def test_purged_text_is_nowhere_in_a_decrypted_copy(
    closed: Path, data_key: bytes, word: str
) -> None:
    with opened(closed) as vault:
        for text in ("你好", word, f"前面{word}后面" * 500):
            say(vault, "a", text)
            say(vault, "b", "别的话 other words")
        reply = vault.sessions.begin_reply("a")
        vault.sessions.extend(reply, word)
        vault.sessions.finish(reply, TurnState.COMPLETE)
        vault.sessions.rename("a", word)
        vault.sessions.drafts.keep({"a": Draft(f"{word} 没有发出去", shown=True)})
        assert in_json(word) in decrypted(closed / "history.db", data_key)
        assert word.encode() in decrypted(closed / "history.db", data_key)
        vault.sessions.delete("a")

        vault.sessions.purge("a")

        plain = decrypted(closed / "history.db", data_key)
    for text in (word, word.casefold(), "qwerty", *word[:4]):
        if not text.isascii() or len(text) > 1:
            assert text.encode() not in plain
            assert text.encode("utf-16-le") not in plain
            assert in_json(text) not in plain
    assert "别的话".encode() in plain
