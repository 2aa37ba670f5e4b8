"""The vault's named moments at which a test may end the process; see `resources.crash_points`."""

from __future__ import annotations

from resources.crash_points import EVENT, crash_point

__all__ = ["EVENT", "crash_point"]
