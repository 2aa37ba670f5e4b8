"""A moment by this computer's clock, for whoever shows one: there is none that cannot be shown.

On the calendar's last day a clock east of Greenwich is in the year 10000 already, which has no
name; west of it the first day is in a year before the first. And some systems' clocks know fewer
years than the calendar: that of Windows begins in 1970 and ends in 3000.
"""

from __future__ import annotations

from datetime import datetime


def local(moment: datetime) -> datetime:
    """Return `moment`, which knows its zone, by the clock here; as it is where that has no name."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):  # which of them, is the system's choice
        return moment
