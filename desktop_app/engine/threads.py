"""How many threads to compute with: the physical cores this process may use.

Two hyper-threads of one core share its vector units, so more threads than cores only add waiting
at llama.cpp's barriers.
"""

from __future__ import annotations

import os
from pathlib import Path


def physical_cores() -> int:
    """Return the number of distinct physical cores among the usable logical ones, at least 1."""
    if not hasattr(os, "sched_getaffinity"):
        return max(1, (os.cpu_count() or 2) // 2)
    cores = set()
    for cpu in os.sched_getaffinity(0):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text(encoding="ascii").strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))
