from __future__ import annotations

from tests.support.vault_fixtures import closed, folder, vault
from tests.support.vault_keyring import secret_service

__all__ = ["closed", "folder", "secret_service", "vault"]
