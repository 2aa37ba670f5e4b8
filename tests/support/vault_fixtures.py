"""Vaults for the tests of several folders; a conftest.py there imports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.vault.creation import create
from desktop_app.vault.vault import Vault

PASSPHRASE = "正确的口令 correct horse"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a vault is or will be."""
    return tmp_path / "data" / "vault"


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    """A new vault opened by PASSPHRASE."""
    with create(folder, passphrase=PASSPHRASE) as vault:
        yield vault


@pytest.fixture
def closed(vault: Vault, folder: Path) -> Path:
    """The folder of a vault that was made and closed."""
    vault.close()
    return folder
