from __future__ import annotations

from tests.support.engine_fixtures import tiny_model
from tests.support.small_disk import small_disk

__all__ = ["small_disk", "tiny_model"]
