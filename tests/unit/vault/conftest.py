from __future__ import annotations

from tests.support.small_disk import small_disk
from tests.support.two_histories import backup, elsewhere
from tests.support.vault_fixtures import closed, data_key, folder, made, vault
from tests.support.vault_keyring import secret_service, silent_keyring

__all__ = [
    "backup",
    "closed",
    "data_key",
    "elsewhere",
    "folder",
    "made",
    "secret_service",
    "silent_keyring",
    "small_disk",
    "vault",
]
