"""Pictures among the resources: the program's icon, and the signs on its controls."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from PySide6.QtGui import QIcon

FOLDER: Final = Path(str(resources.files("resources"))) / "icons"


def icon(name: str) -> QIcon:
    """Return a picture by its name; the program's own is "soulchat"."""
    return QIcon(str(FOLDER / f"{name}.svg"))
