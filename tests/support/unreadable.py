"""A folder that is there and cannot be looked into, also by root."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest


def refuse_to_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system refuse to list a folder."""
    inside = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path == folder:
            raise PermissionError(errno.EACCES, "refused", str(path))
        return inside(path)

    monkeypatch.setattr(Path, "iterdir", refused)
