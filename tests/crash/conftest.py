from __future__ import annotations

from tests.support.engine_fixtures import endless, endless_model, engine, tiny_model
from tests.support.vault_keyring import secret_service

__all__ = ["endless", "endless_model", "engine", "secret_service", "tiny_model"]
