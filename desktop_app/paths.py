"""Where the app keeps what it keeps: one folder for data, one for what can be made again.

Both are readable by their owner alone (0700). Nothing here is named after what a person wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from desktop_app.errors import PathError

APP: Final = "soulchat"


@dataclass(frozen=True, slots=True)
class Paths:
    """The app's folders; none of them need exist."""

    data: Path
    cache: Path

    @property
    def models(self) -> Path:
        """One folder for each model a person added."""
        return self.data / "models"

    def engine_workdir(self) -> Path:
        """Make and return the current folder of the engine's child.

        ggml loads backend modules it finds in the current folder; this one nobody else writes.
        """
        return private_folder(self.cache / "engine")


def app_paths(data_dir: Path | None = None) -> Paths:
    """Return the folders under `data_dir`, or those of this system's conventions."""
    if data_dir is not None:
        absolute = data_dir.expanduser().absolute()
        return Paths(data=absolute, cache=absolute / "cache")
    return Paths(
        data=platformdirs.user_data_path(APP, appauthor=False),
        cache=platformdirs.user_cache_path(APP, appauthor=False),
    )


def private_folder(folder: Path) -> Path:
    """Make `folder` with mode 0700, parents too, and return it.

    Raises:
        PathError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise PathError("path.not_writable", folder=folder) from error
    return folder
