"""A vault of every schema that stood, opened by the code of today; see support/golden_vault.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.golden_vault import BEGAN, ODD, PASSPHRASE, PLAN, SAID, SLEEP, THROWN, TITLES

VAULTS = sorted(Path(__file__).parent.glob("vault-*"))


@pytest.fixture(params=VAULTS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a golden vault: opening one of an earlier schema changes it."""
    return Path(shutil.copytree(request.param, tmp_path / "vault"))


def opened(folder: Path) -> Vault:
    # By the clock of its making: later the trash would be emptied.
    return open_with_passphrase(folder, PASSPHRASE, clock=lambda: BEGAN + 1000)


def holds_all(vault: Vault) -> bool:
    read = {
        session: [(each.turn.role, each.turn.content, each.state) for each in turns]
        for session in SAID
        if session != THROWN
        for turns in [vault.sessions.turns(session)]
    }
    return read == {session: said for session, said in SAID.items() if session != THROWN}


def test_every_word_is_there(folder: Path) -> None:
    with opened(folder) as vault:
        assert holds_all(vault)
        titles = {each.id: each.title for each in vault.sessions.kept()}
        assert titles == {name: title for name, title in TITLES.items() if name != THROWN}


def test_its_words_are_found(folder: Path) -> None:
    with opened(folder) as vault:
        assert {hit.session for hit in vault.search.find("焦虑")} == {SLEEP}
        assert len(vault.search.find("睡不着")) == 1


def test_its_words_are_spelled_as_today(folder: Path) -> None:
    with opened(folder) as vault:
        vault.respelling.wait()

        assert {hit.session for hit in vault.search.find('"e"')} == {ODD}
        assert verify(vault).whole


def test_the_trash_comes_back(folder: Path) -> None:
    with opened(folder) as vault:
        assert [each.id for each in vault.sessions.trashed()] == [THROWN]
        vault.sessions.restore(THROWN)

        assert [t.turn.content for t in vault.sessions.turns(THROWN)] == [SAID[THROWN][0][1]]


def test_it_goes_on_where_it_was_left(folder: Path) -> None:
    session, told = next(iter(SAID.items()))
    with opened(folder) as vault:
        vault.sessions.add(session, Turn(Role.USER, "我又来了"))

    with opened(folder) as vault:
        turns = [each.turn.content for each in vault.sessions.turns(session)]
        assert turns == [text for _, text, _ in told] + ["我又来了"]


@pytest.mark.parametrize("name", [folder.name for folder in VAULTS])
def test_its_safety_plan_is_there_if_its_schema_had_one(name: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(Path(__file__).parent / name, tmp_path / "vault"))
    with opened(copy) as vault:
        before = vault.documents.read("safety_plan")
        assert (before and before.body) == (PLAN if name >= "vault-1.2" else None)
        vault.documents.write("safety_plan", "{}")

    with opened(copy) as vault:
        after = vault.documents.read("safety_plan")
        assert after is not None
        assert after.body == "{}"
