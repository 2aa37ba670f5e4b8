"""What a program of the first schema wrote into a history of today's is taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.branches import SHOWING_NOTHING
from desktop_app.vault.database import Database
from desktop_app.vault.errors import NewerVaultError
from desktop_app.vault.migrations import STEPS, Version, migrate
from desktop_app.vault.own_time import NEWEST
from desktop_app.vault.respelling import spelled_before
from desktop_app.vault.session_list import KEPT
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.vault_fixtures import PASSPHRASE

FIRST_SCHEMA_SAYS = (
    "INSERT INTO turn(session, role, state, content, created) VALUES (?, 'user', 'complete', ?, 1)"
)


def test_turns_of_an_earlier_program_are_placed_and_found(closed: Path, data_key: bytes) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
    with Database(closed / "history.db", data_key) as database:
        for text in ("焦虑", "睡不着"):
            database.rows(FIRST_SCHEMA_SAYS, ("a", text))

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert [each.turn.content for each in vault.sessions.turns("a")] == ["一", "焦虑", "睡不着"]
        assert len(vault.search.find("焦虑")) == 1
        assert vault.sessions.edit("a", vault.sessions.turns("a")[1].id, "平静")
        assert [each.turn.content for each in vault.sessions.turns("a")] == ["一", "平静"]


def test_an_earlier_program_removes_words_with_their_turns(closed: Path, data_key: bytes) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "焦虑"))
    with Database(closed / "history.db", data_key) as database:
        database.rows("DELETE FROM session WHERE id = 'a'")

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert vault.search.find("焦虑") == ()


def spelled_as_before(database: Database, turn: int, words: str, spellings: int = 1) -> None:
    """Make a turn look as one whose words a program of schema 1.1 took in, 1.3 or 1.4."""
    database.rows("INSERT OR REPLACE INTO words(rowid, content) VALUES (?, ?)", (turn, words))
    database.rows("UPDATE turn SET indexed = ? WHERE id = ?", (spellings, turn))


@pytest.mark.parametrize("spellings", [1, 2, 3])
def test_words_spelled_as_before_are_found_and_spelled_anew_in_the_background(
    closed: Path, data_key: bytes, spellings: int
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        turns = [vault.sessions.add("a", Turn(Role.USER, "安静的 café")) for _ in range(120)]
    with Database(closed / "history.db", data_key) as database:
        for turn in turns:
            spelled_as_before(database, turn, "安 静 的 café", spellings)

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert len(vault.search.find("安静的", most=200)) == 120
        vault.respelling.wait()
        assert len(vault.search.find("cafe", most=200)) == 120
        assert verify(vault).whole


def test_spelling_anew_goes_on_where_the_end_of_the_program_left_it(
    closed: Path, data_key: bytes
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        turns = [vault.sessions.add("a", Turn(Role.USER, "café")) for _ in range(300)]
    with Database(closed / "history.db", data_key) as database:
        for turn in turns:
            spelled_as_before(database, turn, "café")

    left = 300
    while left:
        with open_with_passphrase(closed, PASSPHRASE) as vault:
            assert verify(vault).whole
        with Database(closed / "history.db", data_key) as database:
            before, left = left, len(spelled_before(database, 0, most=-1))
        assert left < before


def test_lists_the_newest_turn_and_what_shows_nothing_are_read_from_indexes(vault: Vault) -> None:
    """What 100,000 messages would be read whole for, 0.6 s, at each start."""
    for statement in (KEPT, NEWEST, SHOWING_NOTHING):
        plan = [row[3] for row in vault.database.rows(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [step for step in plan if step.startswith("SCAN turn")], plan
        assert [step for step in plan if "COVERING INDEX turn_" in step], plan


def test_what_is_spelled_as_before_is_read_from_indexes(vault: Vault) -> None:
    plan = [
        row[3]
        for row in vault.database.rows(
            "EXPLAIN QUERY PLAN SELECT id FROM turn WHERE indexed = 1 AND id > 5"
            " UNION ALL SELECT id FROM turn WHERE indexed = 2 AND id > 5"
            " UNION ALL SELECT id FROM turn WHERE indexed = 3 AND id > 5 ORDER BY id LIMIT 9"
        )
    ]
    assert not [step for step in plan if step.startswith("SCAN turn")], plan


def test_a_later_major_is_refused_and_left_alone(closed: Path, data_key: bytes) -> None:
    later = int(Version(STEPS[-1][0].major + 1, 0))
    with Database(closed / "history.db", data_key) as database:
        database.rows(f"PRAGMA user_version={later}")

        with pytest.raises(NewerVaultError):
            migrate(database)
        assert database.rows("PRAGMA user_version") == [(later,)]
