"""Where the app keeps what it keeps: data, settings, what it did, and what can be made again.

All four folders are made for their owner alone (0700). Nothing here is named after what a
person wrote.
"""

from __future__ import annotations

import os
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
    config: Path
    state: Path

    @property
    def vault(self) -> Path:
        """The encrypted history; see vault/files.py."""
        return self.data / "vault"

    @property
    def settings(self) -> Path:
        """What a person set; see settings.py."""
        return self.config / "settings.json"

    @property
    def machine(self) -> Path:
        """What was learned about this machine; see engine/learned.py."""
        return self.state / "machine.json"

    @property
    def window_lock(self) -> Path:
        """Held while a window is open; see views/single_instance.py."""
        return self.data / "window.lock"

    @property
    def raise_file(self) -> Path:
        """Touched by a second start, so that the window that is open comes to the front."""
        return self.data / "window.raise"

    @property
    def models(self) -> Path:
        """One folder for each model a person added."""
        return self.data / "models"

    @property
    def connections(self) -> Path:
        """Every connection that was made; see models/ledger.py."""
        return self.state / "connections.jsonl"

    @property
    def load_markers(self) -> Path:
        """What says that a model is being loaded; see engine/load_markers.py."""
        return self.cache / "loading"

    def engine_workdir(self) -> Path:
        """Make and return the current folder of the engine's child.

        ggml loads backend modules it finds in the current folder; this one nobody else writes.
        """
        if self.cache.is_relative_to(self.data):
            private_folder(self.data)
        private_folder(self.cache)
        return private_folder(self.cache / "engine")


def app_paths(data_dir: Path | None = None) -> Paths:
    """Return the folders under `data_dir`, or those of this system's conventions."""
    if data_dir is not None:
        absolute = data_dir.expanduser().absolute()
        return Paths(
            data=absolute,
            cache=absolute / "cache",
            config=absolute / "config",
            state=absolute / "state",
        )
    return Paths(
        data=platformdirs.user_data_path(APP, appauthor=False),
        cache=platformdirs.user_cache_path(APP, appauthor=False),
        config=platformdirs.user_config_path(APP, appauthor=False),
        state=platformdirs.user_state_path(APP, appauthor=False),
    )


def expanded(path: Path) -> Path:
    """Return a path with `~` or `~name` as that person's folder; as it is where there is none."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def private_folder(folder: Path) -> Path:
    """Make `folder` for its owner alone (0700) unless it is there, and return it.

    A folder that exists keeps its mode: `--data-dir` may name one that others use too.

    Raises:
        PathError: it cannot be made, or cannot be written to.
    """
    try:
        # `parents` ignores `mode`; what lies above ours belongs to the system's conventions.
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PathError("path.not_writable", folder=folder) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PathError("path.not_writable", folder=folder)
    return folder
