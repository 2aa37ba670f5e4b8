"""A backup of one history, and another history with another key to bring it into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.merge import Gain
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault
from tests.support.damaged_vault import opened
from tests.support.vault_fixtures import PASSPHRASE

OTHER = "另一句口令 battery"


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def said_in(vault: Vault, session: str = "a") -> list[str]:
    return [turn.turn.content for turn in vault.sessions.turns(session)]


def merged(path: Path, vault: Vault) -> Gain:
    folder = vault.files.folder
    with opened_backup(path, folder, by_passphrase, lambda: vault.keys.dek) as backup:
        return backup.merge_into(vault)


def go_back(vault: Vault, tmp_path: Path) -> Path:
    """Put the state of now in the place of a later one, of which a copy is left; it is closed."""
    folder, dek = vault.files.folder, vault.keys.dek
    vault.close()
    older = Path(shutil.copytree(folder, tmp_path / "older"))
    with opened(folder, dek) as later:
        later.sessions.add("a", Turn(Role.USER, "二"))
        later.backups.make()
    shutil.rmtree(folder)
    shutil.copytree(older, folder)
    return folder


@pytest.fixture
def backup(vault: Vault, tmp_path: Path) -> Path:
    """A backup with one conversation of two turns."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "二")
    vault.sessions.finish(reply, TurnState.STOPPED)
    vault.sessions.rename("a", "标题")
    write_backup(vault, tmp_path / "b")
    return tmp_path / "b"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Vault]:
    """Another history, with another key and another passphrase."""
    with create(tmp_path / "elsewhere" / "vault", passphrase=OTHER) as vault:
        yield vault
