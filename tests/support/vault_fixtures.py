"""Vaults for the tests of several folders; a conftest.py there imports them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.vault import Vault

PASSPHRASE = "正确的口令 correct horse"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A vault made once, and its data key: Argon2id is slow on purpose."""
    folder = tmp_path_factory.mktemp("made") / "vault"
    create(folder, passphrase=PASSPHRASE).close()
    return folder, read_envelope(folder / "vault.json").open_with_passphrase(PASSPHRASE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a vault is or will be."""
    return tmp_path / "data" / "vault"


@pytest.fixture
def closed(made: tuple[Path, bytes], folder: Path) -> Path:
    """The folder of a vault that is not open; PASSPHRASE opens it."""
    shutil.copytree(made[0], folder)
    return folder


@pytest.fixture
def data_key(made: tuple[Path, bytes]) -> bytes:
    """The key of `closed` and `vault`."""
    return made[1]


@pytest.fixture
def vault(closed: Path, data_key: bytes) -> Iterator[Vault]:
    """An open vault, nothing said in it."""
    files = VaultFiles(closed)
    with ExitStack() as held:
        held.enter_context(locked(files))
        vault = Vault(files, data_key, held, clock=time.time)
    with vault:
        yield vault
