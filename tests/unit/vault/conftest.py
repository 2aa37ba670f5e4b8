from __future__ import annotations

from tests.support.vault_fixtures import closed, data_key, folder, made, vault
from tests.support.vault_keyring import secret_service

__all__ = ["closed", "data_key", "folder", "made", "secret_service", "vault"]
