"""A fault inside the engine's child; see tests/support/faults.py.

Python runs this at the start of every process whose PYTHONPATH names this folder. It acts in the
engine's child alone, and only where a file of its current folder says what shall happen.
"""

from __future__ import annotations

import sys
from pathlib import Path

ORDER = Path("fault")

if "desktop_app.engine.worker" in sys.orig_argv and ORDER.exists():
    from child_faults import Faulty  # beside this file

    Faulty(ORDER).prepare()
