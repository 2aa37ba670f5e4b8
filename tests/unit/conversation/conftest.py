from __future__ import annotations

from tests.support.engine_fixtures import endless, endless_model, engine, tiny_model
from tests.support.vault_fixtures import closed, data_key, folder, made, vault

__all__ = [
    "closed",
    "data_key",
    "endless",
    "endless_model",
    "engine",
    "folder",
    "made",
    "tiny_model",
    "vault",
]
