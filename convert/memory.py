"""How much memory this process has used at most."""

from __future__ import annotations

from pathlib import Path


def peak_resident_bytes() -> int | None:
    """Return the peak resident size of this process in bytes, None where the system hides it.

    `getrusage` would count what the process was before it started this program.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
