"""All a history can hold, as earlier schemas wrote it; see support/golden_rich_vault.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.vault.database import Database
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.migrations import STEPS, Version
from desktop_app.vault.vault import Vault, open_with_passphrase, open_with_recovery
from desktop_app.vault.verify import verify
from tests.support.golden_rich_vault import (
    BEGUN,
    BLOB,
    BLOB_CONTENT,
    CODE,
    DRAFT,
    KEYRING,
    KEYRING_KEY,
    MEMORY,
    REPLIES,
    SAID,
    SAID_OTHERWISE,
    TALK,
    TITLE,
)
from tests.support.golden_vault import BEGAN, PASSPHRASE, PLAN

HERE = Path(__file__).parent
VAULTS = sorted(HERE.glob("rich-*"))


@pytest.fixture(params=VAULTS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a golden vault: opening one of an earlier schema changes it."""
    return Path(shutil.copytree(request.param, tmp_path / "vault"))


def opened(folder: Path) -> Vault:
    return open_with_passphrase(folder, PASSPHRASE, clock=lambda: BEGAN + 1000)


@pytest.mark.parametrize("kind", ["vault", "rich"])
def test_each_schema_has_one_and_the_newest_too(kind: str, tmp_path: Path) -> None:
    found = []
    for each in sorted(HERE.glob(f"{kind}-*")):
        folder = Path(shutil.copytree(each, tmp_path / each.name))
        key = read_envelope(folder / "vault.json").open_with_passphrase(PASSPHRASE)
        with Database(folder / "history.db", key) as database:
            found.append(Version.of(database))
        assert each.name == f"{kind}-{found[-1].major}.{found[-1].minor}"

    schemas = [version for version, _ in STEPS]
    assert found == (schemas if kind == "vault" else schemas[3:])  # none of these before 1.3


def test_all_three_ways_open_it(folder: Path) -> None:
    envelope = read_envelope(folder / "vault.json")
    assert envelope.slots() == {SlotKind.KEYRING, SlotKind.PASSPHRASE, SlotKind.RECOVERY}
    assert envelope.kept_by() == KEYRING
    key = envelope.open_with_keyring(KEYRING_KEY)

    assert envelope.open_with_passphrase(PASSPHRASE) == key
    with open_with_recovery(folder, CODE.text(), clock=lambda: BEGAN + 1000) as vault:
        assert vault.keys.dek == key


def test_every_version_is_there_and_the_chosen_ones_are_shown(folder: Path) -> None:
    with opened(folder) as vault:
        message, reply = vault.sessions.turns(TALK)
        assert (message.turn.content, message.version, len(message.versions)) == (
            SAID_OTHERWISE,
            2,
            2,
        )
        assert (reply.turn.content, reply.version, len(reply.versions)) == (REPLIES[0], 1, 2)
        assert [each.title for each in vault.sessions.kept()] == [TITLE]

        vault.sessions.choose(TALK, reply.versions[1])
        assert vault.sessions.turns(TALK)[1].turn.content == REPLIES[1]
        vault.sessions.choose(TALK, message.versions[0])
        assert [each.turn.content for each in vault.sessions.turns(TALK)] == [SAID]


def test_what_its_session_sealed_unseals(folder: Path) -> None:
    with opened(folder) as vault:
        assert vault.blobs.get(TALK, BLOB) == BLOB_CONTENT


def test_what_was_written_and_not_sent_the_memory_and_the_plan_are_there(folder: Path) -> None:
    with opened(folder) as vault:
        assert vault.sessions.drafts.of(TALK) == DRAFT
        assert vault.sessions.drafts.of(None) == BEGUN
        assert vault.sessions.memories.of(TALK) == MEMORY
        plan = vault.documents.read("safety_plan")
        assert plan is not None
        assert plan.body == PLAN


def test_the_trash_is_kept_for_no_time_as_it_was_chosen(folder: Path) -> None:
    with opened(folder) as vault:
        assert not vault.trash.kept
        vault.sessions.delete(TALK)

    with opened(folder) as vault:
        assert vault.sessions.trashed() == ()
        assert list(vault.files.blobs.iterdir()) == []


def test_nothing_of_it_is_damaged_or_lost(folder: Path) -> None:
    with opened(folder) as vault:
        vault.respelling.wait()

        assert {hit.text for hit in vault.search.find("没睡好")} == {SAID_OTHERWISE}
        assert verify(vault).whole
