"""Named moments at which a test may end the process; a Python audit event (PEP 578), heard by none.

A name is `<file>.<what has just been done>`. The tests that listen are in tests/crash and
tests/unit/convert, with tests/support/crash_points.py.
"""

from __future__ import annotations

import sys
from typing import Final

EVENT: Final = "soulchat.crash_point"


def crash_point(name: str) -> None:
    """Say that the moment called `name` has come."""
    sys.audit(EVENT, name)
