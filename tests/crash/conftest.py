from __future__ import annotations

from tests.support.engine_fixtures import endless, endless_model, engine, tiny_model

__all__ = ["endless", "endless_model", "engine", "tiny_model"]
