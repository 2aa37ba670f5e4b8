"""A backup of every format that stood, read by the code of today; see support/golden_backup.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.vault import Vault, open_with_recovery
from tests.support.golden_backup import CODE
from tests.support.golden_vault import BEGAN, PASSPHRASE, PLAN, SAID, THROWN
from tests.support.source_tree import ROOT

BACKUPS = sorted(Path(__file__).parent.glob("*.soulchat-backup"))
TURNS = sum(len(said) for said in SAID.values())


@pytest.fixture(params=BACKUPS, ids=lambda path: path.name)
def backup(request: pytest.FixtureRequest) -> Path:
    """A golden backup, which nothing changes."""
    assert isinstance(request.param, Path)
    return request.param


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def by_code(envelope: Envelope) -> bytes:
    return envelope.open_with_recovery(CODE)


def said_in(vault: Vault) -> dict[str, list[str]]:
    kept = (each.id for each in vault.sessions.kept())
    return {name: [each.turn.content for each in vault.sessions.turns(name)] for name in kept}


GOLDEN = {name: [text for _, text, _ in said] for name, said in SAID.items() if name != THROWN}


def test_it_is_previewed_and_merged(backup: Path, tmp_path: Path) -> None:
    before, folder = backup.read_bytes(), tmp_path / "vault"
    with (
        create(folder, passphrase="another one") as vault,
        opened_backup(backup, folder, by_passphrase, lambda: vault.keys.dek) as opened,
    ):
        preview = opened.preview(vault)
        assert (preview.sessions, preview.turns, preview.gain.new_turns) == (3, TURNS, TURNS)

        gain = opened.merge_into(vault)

        assert (gain.new_sessions, gain.trashed_sessions, gain.newer_documents) == (2, 1, 1)
        assert said_in(vault) == GOLDEN
        plan = vault.documents.read("safety_plan")
        assert plan is not None
        assert plan.body == PLAN
    assert backup.read_bytes() == before


def test_it_becomes_a_history_and_its_code_opens_it(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "vault"

    assert become(backup, folder, by_code).turns == TURNS

    with open_with_recovery(folder, CODE.text(), clock=lambda: BEGAN + 1000) as vault:
        assert said_in(vault) == GOLDEN
        assert [each.id for each in vault.sessions.trashed()] == [THROWN]


@pytest.mark.parametrize("secret", [PASSPHRASE, CODE.text()])
def test_the_script_opens_it(backup: Path, secret: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "open_backup.py", backup],
        input=f"{secret}\n".encode(),
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    found = json.loads(done.stdout)
    told = found["conversations"]
    said = {each["id"]: [turn["content"] for turn in each["turns"]] for each in told}
    assert said == {name: [text for _, text, _ in turns] for name, turns in SAID.items()}
    assert found["documents"] == {"safety_plan": json.loads(PLAN)}
