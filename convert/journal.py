"""What a conversion has finished, line by line, so that one that was killed can go on.

`NAME.journal` stands beside `NAME.part`: a first line that names the plan, one line for every
finished tensor, and, when everything is proven, one with the card. A line is believed only if
the bytes it speaks of still have its hash, so nothing need be flushed in between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one output."""

    path: Path

    def begin(self, plan: str) -> None:
        """Start a new journal for the plan with this digest."""
        self.path.write_text(json.dumps({"plan": plan}) + "\n", encoding="utf-8")

    def belongs_to(self, plan: str) -> bool:
        """Tell whether a journal is there and of this plan."""
        lines = self._lines()
        return bool(lines) and lines[0].get("plan") == plan

    def add(self, tensor: str, sha256: str) -> None:
        """Note a finished tensor."""
        self._append({"tensor": tensor, "sha256": sha256})

    def finished(self) -> dict[str, str]:
        """Return the SHA-256 of every finished tensor by name."""
        return {
            line["tensor"]: line["sha256"]
            for line in self._lines()
            if isinstance(line.get("tensor"), str) and isinstance(line.get("sha256"), str)
        }

    def prove(self, outcome: Mapping[str, Any]) -> None:
        """Note, durably, that only the names are left to give, and what is said then."""
        self._append({"proven": outcome})
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())

    def proven(self) -> dict[str, Any] | None:
        """Return what was noted when everything was proven, None before."""
        outcomes = [line["proven"] for line in self._lines() if "proven" in line]
        return outcomes[-1] if outcomes else None

    def _append(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self.path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a kill tore the last line; this is not its end
                    text = "\n" + text
            file.write(text.encode())

    def _lines(self) -> list[dict[str, Any]]:
        """Return the whole lines; one that a kill tore is none."""
        lines: list[dict[str, Any]] = []
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return lines
        for line in text.split("\n"):  # a card may hold other ends of lines
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                lines.append(value)
        return lines
