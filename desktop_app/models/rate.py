"""How fast something comes, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from resources.messages import sentence

WINDOW_S: Final = 8.0
"""Long enough to be calm, short enough to follow a connection that slows down."""
LEAST_S: Final = 0.5
MEGA: Final = 10**6


class Rate:
    """Bytes per second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, done: int, at: float) -> None:
        """Note that `done` bytes are there at second `at` of any clock."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()  # it began anew
        self._seen.append((at, done))
        while len(self._seen) > 2 and at - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """Bytes per second; None while that cannot be told."""
        if not self._seen:
            return None
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        if ended - began < LEAST_S or last <= first:
            return None
        return (last - first) / (ended - began)

    def seconds_left(self, total: int) -> int | None:
        """Seconds until all `total` bytes are there, at this rate."""
        speed = self.per_second
        if speed is None:
            return None
        return round((total - self._seen[-1][1]) / speed)

    def told(self, done: int, total: int) -> str:
        """Return how far it is, how fast, and how long it will take, in the language in force."""
        speed, left = self.per_second, self.seconds_left(total)
        so_far: dict[str, Any] = {"done": f"{done / MEGA:,.0f}", "total": f"{total / MEGA:,.0f}"}
        if speed is None or left is None:
            return sentence("models.progress", **so_far)
        minutes, seconds = divmod(left, 60)
        return sentence(
            "models.progress_at",
            **so_far,
            speed=f"{speed / MEGA:.1f}",
            left=f"{minutes}:{seconds:02}",
        )
